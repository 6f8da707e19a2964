package ui

import (
	"testing"
	"testing/fstest"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit/fixture"
)

// TestRich: a value is never read as a link, and only known places are linked.
func TestRich(t *testing.T) {
	w := wordsFor(Frame{})
	for name, c := range map[string]struct {
		got, want string
	}{
		"place":   {string(w.Rich("locked.wait_text", "signin", w.To("/sign-in?a&b"))), `Then <a href="/sign-in?a&amp;b">sign in again</a> as usual.`},
		"unknown": {string(w.Rich("locked.wait_text")), "Then sign in again as usual."},
		"value":   {string(w.Rich("problem.reference_is", "reference", "[a](reference)<b>")), "Reference for support: [a](reference)&lt;b&gt;"},
		"number":  {string(w.Rich("home.sessions", "n", 1)), "You are signed in on this device only."},
		"other":   {string(w.Rich("problem.reference_is", "reference", 2.5)), "Reference for support: 2.5"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s", name, c.got)
		}
	}
}

func TestZoneInWords(t *testing.T) {
	for zone, want := range map[string]string{"Europe/London": "London (GMT)", "Australia/Sydney": "Sydney (AEDT)", "America/New_York": "New York (EST)",
		"Asia/Dubai": "Dubai (UTC+04)", "UTC": "UTC", "America/Argentina/Buenos_Aires": "Buenos Aires (UTC-03)"} {
		s := *fixture.Sites()["uk"]
		var err error
		if s.Zone, err = time.LoadLocation(zone); err != nil {
			t.Fatal(err)
		}
		if got := wordsFor(Frame{Site: &s, Now: fixture.Noon}).Zone(); got != want {
			t.Errorf("%s: %s", zone, got)
		}
	}
}

func TestRenderReportsFaults(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pages.Render(Frame{}, unknownView{}); err == nil {
		t.Error("a view without a template")
	}
	p := &Page{View: ErrorPage{}, pages: pages, Words: wordsFor(Frame{})}
	if _, err := p.Part("x"); err == nil {
		t.Error("a part of a page without a form")
	}
	p.View = formView{}
	if _, err := p.Part("x"); err == nil {
		t.Error("a field that there is not")
	}
	if _, err := p.Part("name"); err != nil {
		t.Error(err)
	}
	if _, err := p.Icon("x-files"); err == nil {
		t.Error("an icon that there is not")
	}
}

// If two pages had the same name, one would never be seen.
func TestPagesHaveNamesOfTheirOwn(t *testing.T) {
	own := fstest.MapFS{"error.html": {Data: []byte(`{{template "auth" .}}`)}}
	if _, err := New(own); err == nil {
		t.Error("two pages are called error")
	}
}

type unknownView struct{ ErrorPage }

func (unknownView) Template() string { return "unheard-of" }

type formView struct{ ErrorPage }

func (formView) Form(*Page) ([]Field, []gatehouse.FieldError) { return []Field{{Name: "name"}}, nil }
