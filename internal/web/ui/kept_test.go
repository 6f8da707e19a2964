package ui_test

import (
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// wrong claims to be the same for everybody, and shows the reference of a request.
type wrong struct{ ui.ErrorPage }

func (wrong) Alike() string { return "/wrong" }

func answered(t *testing.T, p *ui.Pages, v *ui.Visit) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.Write(w, ui.WithVisit(t.Context(), httptest.NewRequest("GET", "/wrong", nil), v), 200, fixture.Noon, wrong{ui.ErrorPage{Status: 500}}); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

// A cached page is rendered for nobody, so that even a view with a false claim shows
// nothing of one visitor to another.
func TestWhatIsKeptIsRenderedForNobody(t *testing.T) {
	p, s := suite.Parsed(t), fixture.Sites()["uk"]
	for _, reference := range []string{"GH-1111-1111", "GH-2222-2222"} {
		if got := answered(t, p, &ui.Visit{Site: s, Reference: reference}); strings.Contains(got, "GH-") {
			t.Error("a page that is kept holds a reference")
		}
	}
	if got := answered(t, p, &ui.Visit{Site: s, Reference: "GH-1111-1111", User: fixture.User(), Company: fixture.Company()}); !strings.Contains(got, "GH-1111-1111") {
		t.Error("the page of a user is not their own")
	}
}

// Sites are reloaded for as long as the server runs.
func TestWhatIsKeptGoesWithItsSite(t *testing.T) {
	p, err := ui.New()
	if err != nil {
		t.Fatal(err)
	}
	answered(t, p, &ui.Visit{Site: fixture.Sites()["uk"]})
	if ui.KeptSites(p) != 1 {
		t.Fatal("nothing is kept")
	}
	for range 1000 {
		if runtime.GC(); ui.KeptSites(p) == 0 {
			return
		}
		time.Sleep(time.Millisecond) // the cleanup for a removed site runs concurrently
	}
	t.Error("the pages of a site are kept for ever")
}
