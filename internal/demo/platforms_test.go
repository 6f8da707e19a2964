package demo

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// A demo that is restarted on another port has the same two applications, with the
// addresses of this start and one new secret each.
func TestPlatformsOfAnEarlierStart(t *testing.T) {
	g := newStage(t)
	ctx := context.Background()
	provider := &sso.Service{Desk: &act.Desk{Store: g.Store, Outbox: g.Outbox, Now: g.Now}, Keys: g.keys}
	operator := gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}
	secrets := map[string]bool{}
	for n, port := range []string{"8080", "8081"} {
		g.Now = func() time.Time { return noon.Add(time.Duration(n) * time.Hour) }
		at := strings.NewReplacer(":8080", ":"+port)
		uk := g.sites.ByID(platformSite)
		uk.Origin = at.Replace(uk.Origin)
		opened, err := OpenPlatforms(ctx, g.Deps, g.sites, "127.0.0.1:"+port)
		must(t, err)
		if len(opened) != 3 || opened[0].URL != "http://shop.localhost:"+port+"/" || opened[1].URL != "http://orders.localhost:"+port+"/" {
			t.Fatalf("%+v", opened)
		}
		apps, err := provider.List(ctx, uk, operator, "", 10)
		must(t, err)
		if len(apps) != 3 {
			t.Fatalf("%d applications", len(apps))
		}
		for i, a := range apps {
			if want := opened[i].URL + "callback"; !slices.Equal(a.Settings.RedirectURIs, []string{want}) {
				t.Errorf("%s comes back to %v, not %s", a.Name, a.Settings.RedirectURIs, want)
			}
			shown, err := provider.Show(ctx, uk, operator, a.ID)
			must(t, err)
			if len(shown.Secrets) != 1 || secrets[string(shown.Secrets[0].Hash)] {
				t.Errorf("%s has %d secrets, or that of the start before", a.Name, len(shown.Secrets))
			}
			for _, one := range shown.Secrets {
				secrets[string(one.Hash)] = true
			}
		}
	}
}

// The quick links lead to the platforms, and the platforms answer for their hosts.
func TestPlatformsAreLinked(t *testing.T) {
	g := newStage(t)
	opened, err := OpenPlatforms(context.Background(), g.Deps, g.sites, "127.0.0.1:8080")
	must(t, err)
	links := g.sites.ByID(platformSite).QuickLinks
	for _, want := range []string{"http://shop.localhost:8080/catalogue", "http://orders.localhost:8080/"} {
		if !slices.ContainsFunc(links, func(l site.Link) bool { return l.URL == want }) {
			t.Errorf("no quick link to %s: %v", want, links)
		}
	}
	if hosts := Hosts(opened); len(hosts) != 3 || hosts["shop.localhost"] == nil || hosts["orders.localhost"] == nil {
		t.Errorf("hosts: %v", hosts)
	}
}

// Platforms of the demo can reach this machine, and nothing beyond it.
func TestPlatformsStayOnThisMachine(t *testing.T) {
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Seen", r.Host) }))
	t.Cleanup(here.Close)
	client := loopbackClient(here.Listener.Addr().String())
	answer, err := client.Get("http://uk.localhost:1/")
	must(t, err)
	answer.Body.Close()
	if answer.Header.Get("Seen") != "uk.localhost:1" {
		t.Errorf("asked for %q", answer.Header.Get("Seen"))
	}
	for _, elsewhere := range []string{"http://uk.example/", "http://192.0.2.1/", "http://localhost.example/"} {
		if answer, err := client.Get(elsewhere); err == nil {
			answer.Body.Close()
			t.Errorf("went to %s", elsewhere)
		}
	}
}
