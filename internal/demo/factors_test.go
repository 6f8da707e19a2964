package demo

import (
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// tourAt is the tour's page at a time.
func (g *stage) tourAt(t *testing.T, now time.Time) *goquery.Document {
	t.Helper()
	h := newHandlerAt(t, g.accounts, newInbox(t), func() time.Time { return now })
	doc, err := goquery.NewDocumentFromReader(get(t, h, "/").Body)
	must(t, err)
	return doc
}

// keeper is an account that begins with an app.
func (g *stage) keeper(t *testing.T) Account {
	t.Helper()
	for _, a := range g.accounts.Sites[0].Accounts {
		if a.State == StateApp {
			return a
		}
	}
	t.Fatal("nobody begins with an app")
	return Account{}
}

// The tour shows the code that the app shows, and until when; programs get the key.
func TestTourShowsTheCodesOfApps(t *testing.T) {
	g := newStage(t)
	g.seed(t, "inkwell")
	who := g.keeper(t)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(who.AppKey)
	must(t, err)
	if len(who.RecoveryCodes) != gatehouse.RecoveryCodes {
		t.Errorf("%d recovery codes", len(who.RecoveryCodes))
	}
	clock := gatehouse.AppClock{}
	for _, now := range []time.Time{noon, noon.Add(29 * time.Second), noon.Add(30 * time.Second)} {
		doc := g.tourAt(t, now)
		code := doc.Find("[data-app-code]").Text()
		next, verdict := clock.Take(key, code, now)
		if want := map[bool]gatehouse.AppVerdict{true: gatehouse.AppUsed, false: gatehouse.AppRight}[now.Second() == 29]; verdict != want {
			t.Errorf("%s: the code %q is %s, not %s", now, code, verdict, want)
		}
		clock = next
		until, err := time.Parse("15:04:05 MST", doc.Find("[data-app-until]").Text())
		if err != nil || gatehouse.AppCode(key, gatehouse.AppStep(now.Truncate(24*time.Hour).Add(time.Duration(until.Hour()*3600+until.Minute()*60+until.Second())*time.Second))) == code {
			t.Errorf("%s: the code is still shown at %s, %v", now, until, err)
		}
	}
	line, err := g.accounts.JSON(somewhereLocal)
	must(t, err)
	var out struct {
		Sites []struct{ Accounts []map[string]any }
	}
	must(t, json.Unmarshal(line, &out))
	for _, a := range out.Sites[0].Accounts {
		if has := a["app_key"] != nil && a["recovery_codes"] != nil; has != (a["state"] == string(StateApp)) {
			t.Errorf("%v is %v, and has a key: %t", a["username"], a["state"], has)
		}
	}
}

// A visitor who sets up an app in the demo finds its codes on the tour; recovery codes that were
// used are no longer listed, and a restart shows the same.
func TestTourFollowsTheDatabase(t *testing.T) {
	g := newStage(t)
	g.seed(t, "inkwell")
	who := g.keeper(t)
	u, _ := g.user(t, "inkwell", who.Username)
	other, _ := g.user(t, "inkwell", "hanna.lindqvist@fernhollow.example")
	must(t, g.Store.Write(t.Context(), func(q store.Queries) error {
		stored, err := q.RecoveryCodes(t.Context(), u.SiteID, u.ID)
		if err != nil {
			return err
		}
		if _, err := q.UseRecoveryCode(t.Context(), u.SiteID, u.ID, stored[0], noon); err != nil {
			return err
		}
		f := gatehouse.Factor{ID: store.NewID("fac", noon), SiteID: other.SiteID, UserID: other.ID, Kind: gatehouse.FactorApp, Name: "Work phone", CreatedAt: noon}
		sealed, err := signin.SealAppKey(g.keys, f, []byte("12345678901234567890"))
		if err != nil {
			return err
		}
		return q.InsertFactor(t.Context(), f, sealed)
	}))
	first := who.RecoveryCodes[0]
	g.seed(t, "inkwell") // as a restart
	again := g.keeper(t)
	if !g.accounts.Reused || again.AppKey != who.AppKey || !slices.Equal(again.RecoveryCodes, who.RecoveryCodes[1:]) {
		t.Errorf("after a restart: %+v", again)
	}
	doc := g.tourAt(t, noon)
	text := doc.Find(".tour-apps").Text()
	if doc.Find("[data-app-code]").Length() != 2 || !strings.Contains(text, "Work phone") || !strings.Contains(text, "Waiting for its first code") {
		t.Errorf("the apps are %q", text)
	}
	if strings.Contains(text, first) || !strings.Contains(text, who.RecoveryCodes[1]) {
		t.Errorf("%s has been used: %q", first, text)
	}
}

// The accounts without a factor are led through setting one up: at once, or with "not now"
// until the end of a day.
func (g *stage) testFactorsRequired(t *testing.T) {
	for _, s := range g.accounts.Sites {
		for _, a := range s.Accounts {
			if a.State != StateFactorAsked {
				continue
			}
			u, c := g.user(t, s.Site.ID, a.Username)
			facts := gatehouse.SignInFacts{User: u, Company: c.Rule()}
			asked, due := gatehouse.FactorDue(s.Site.Site, facts, noon)
			if later := s.Site.ID == "meridian-uk"; !due || asked.Require != gatehouse.RequireFactor || asked.Later != later {
				t.Errorf("%s: %+v, %t", a.Username, asked, due)
			}
			asked, due = gatehouse.FactorDue(s.Site.Site, facts, noon.AddDate(0, 0, 31))
			if !due || asked.Later {
				t.Errorf("%s, a month later: %+v, %t", a.Username, asked, due)
			}
		}
	}
}
