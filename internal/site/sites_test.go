package site

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var testEnv = LoadEnv{Scheme: "https"}

func host(t *testing.T, name string) map[string]string {
	return edit(t, "acme.example, www.acme.example", name)
}

func open(t *testing.T, dir string) *Sites {
	t.Helper()
	s, err := Open(dir, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDemoSites(t *testing.T) {
	s, err := Open("../demo/sites", LoadEnv{Scheme: "http", Port: 8080})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"meridian-uk": "http://uk.localhost:8080", "meridian-au": "http://au.localhost:8080", "inkwell": "http://inkwell.localhost:8080"} {
		one := s.ByID(id)
		if one == nil || one.Origin != want || one.TermsVersion != "2026-09" || one.Look.Mark == "" || one.Notice.Title == "" {
			t.Errorf("%s: %+v", id, one)
		}
	}
}

func TestOpenProblems(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, testEnv)
	wantError(t, err, "holds no site")
	_, err = Open(filepath.Join(dir, "none"), testEnv)
	wantError(t, err, "the sites cannot be read")

	folder(t, dir, "a", nil)
	folder(t, dir, "b", host(t, "b.example, www.acme.example"))
	folder(t, dir, "c", edit(t, "profile: classic", "profile: old"))
	_, err = Open(dir, testEnv)
	wantError(t, err, "b/site.yaml:3: hosts[1]: www.acme.example belongs to the site a already")
	wantError(t, err, "c/site.yaml:6: profile:")
}

func TestByHost(t *testing.T) {
	dir := t.TempDir()
	folder(t, dir, "a", nil)
	folder(t, dir, ".data", nil)
	s := open(t, dir)
	for name, found := range map[string]bool{
		"acme.example": true, "ACME.example:8443": true, "acme.example.": true, "www.acme.example.:80": true,
		"": false, "other.example": false, "acme.example..": false, "[::1]:80": false, ":80": false, "x.acme.example": false,
	} {
		if got := s.ByHost(name); (got != nil) != found {
			t.Errorf("%q: %v", name, got)
		}
	}
	if s.ByID("a") == nil || s.ByID("b") != nil || len(s.All()) != 1 {
		t.Errorf("all: %v", s.All())
	}
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	folder(t, dir, "a", host(t, "a.example"))
	folder(t, dir, "b", host(t, "b.example"))
	s := open(t, dir)
	reload := func(want ...string) {
		t.Helper()
		got := s.Reload()
		if len(got) != len(want) {
			t.Fatalf("reports %v, want %v", got, want)
		}
		for i := range want {
			wantError(t, got[i], want[i])
		}
	}

	reload()
	folder(t, dir, "c", host(t, "c.example")) // a new one
	reload()
	if s.ByHost("c.example") == nil {
		t.Error("the new site is not there")
	}

	folder(t, dir, "b", edit(t, "profile: classic", "profile: old")) // broken
	reload("b/site.yaml:6: profile:")
	if s.ByHost("b.example") == nil {
		t.Error("the broken folder ended its site")
	}

	folder(t, dir, "b", host(t, "b.example, c.example")) // claims a host
	folder(t, dir, "d", host(t, "c.example"))            // a new one that does
	reload("c/site.yaml:3: hosts[0]: c.example belongs to the site b already", "d/site.yaml:3: hosts[0]: c.example belongs to the site b already")
	if s.ByHost("c.example").ID != "c" || s.ByID("d") != nil || s.ByHost("b.example") == nil {
		t.Error("a host changed hands")
	}

	folder(t, dir, "b", host(t, "a.example")) // two change hosts at once
	folder(t, dir, "a", host(t, "b.example"))
	if err := os.RemoveAll(filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	reload()
	if s.ByHost("a.example").ID != "b" || s.ByHost("b.example").ID != "a" {
		t.Error("the hosts were not exchanged")
	}

	if err := os.RemoveAll(filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	reload("the folder is gone, so the site c has ended")
	if s.ByHost("c.example") != nil {
		t.Error("the removed site is still there")
	}

	for _, id := range []string{"a", "b"} {
		if err := os.RemoveAll(filepath.Join(dir, id)); err != nil {
			t.Fatal(err)
		}
	}
	reload("no longer holds a site")
	if len(s.All()) != 2 {
		t.Error("an empty folder ended all sites")
	}
}

func TestReloadWhileReading(t *testing.T) {
	dir := t.TempDir()
	folder(t, dir, "a", nil)
	s := open(t, dir)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if one := s.ByHost("acme.example"); one == nil || !strings.Contains(one.FormatDuration("en-GB", 0), "seconds") {
					t.Error("no site, or one without texts")
				}
				s.Reload()
			}
		})
	}
	wg.Wait()
}

// The operators' pages have an ID and hosts of their own, which no site may have.
func TestNoSiteHasWhatIsTheOperators(t *testing.T) {
	env := testEnv
	env.Operators = OperatorHosts{Hosts: []string{"console.example", "www.acme.example"}}
	dir := t.TempDir()
	folder(t, dir, "a", nil)
	_, err := Open(dir, env)
	wantError(t, err, "a/site.yaml:3: hosts[1]: www.acme.example is one of operator_hosts in the configuration, which no site may have")

	dir = t.TempDir()
	folder(t, dir, "a", nil)
	folder(t, dir, "operators", host(t, "other.example"))
	_, err = Open(dir, testEnv)
	wantError(t, err, "operators is that of the operators' pages; choose another one")

	dir = t.TempDir()
	folder(t, dir, "a", nil)
	env.Operators.Hosts = []string{"console.example"}
	s, err := Open(dir, env)
	if err != nil {
		t.Fatal(err)
	}
	if s.Operators() == nil || s.ByHost("console.example") != s.Operators() || s.ByHost("acme.example").ID != "a" || len(s.All()) != 1 {
		t.Errorf("%+v", s.All())
	}
	if alone := open(t, dir); alone.Operators() != nil || alone.ByHost("console.example") != nil {
		t.Error("operators without hosts")
	}
}
