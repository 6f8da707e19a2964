package portal

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// written is the answer to a visit, as the server writes it.
func written(t *testing.T, p *ui.Pages, v *ui.Visit, path string, status int, view ui.View) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.Write(w, ui.WithVisit(httptest.NewRequest("GET", path, nil), v), status, fixture.Noon, view); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

// visitor is a visit with a mark in everything that belongs to it.
func visitor(s *site.Site, mark string) *ui.Visit {
	return &ui.Visit{Site: s, Lang: s.Languages[0], Reference: "GH-" + mark, IPAddress: mark, SessionToken: mark, SignInToken: mark, DeviceToken: mark,
		Token: func([]string) string { return "token-" + mark }}
}

// alike are the samples with cached pages, by the address that they are cached for.
func alike(t *testing.T) map[string]ui.View {
	views := map[string]ui.View{}
	for _, x := range samples() {
		if v, may := x.View.(ui.Alike); may && v.Alike() != "" {
			views[v.Alike()] = v
		}
	}
	for _, address := range []string{"/sign-in", "/help", "/contact"} {
		if views[address] == nil {
			t.Fatalf("%s is rendered for each visitor: %v", address, slices.Sorted(maps.Keys(views)))
		}
	}
	return views
}

// visits are those of strangers, of a user who is signed in, and of one with a form that comes back.
func visits(s *site.Site) []*ui.Visit {
	all := []*ui.Visit{visitor(s, "visit-a"), visitor(s, "visit-b"), visitor(s, "visit-c"), visitor(s, "visit-d"), visitor(s, "visit-e")}
	all[1].User, all[1].Company, all[1].Session = fixture.User(), fixture.Company(), &gatehouse.Session{}
	all[2].Again = &ui.Again{Why: ui.AgainStale, Action: "/sign-in"}
	all[4].Lang = s.Languages[len(s.Languages)-1]
	return all
}

// Each cached page is what would have been rendered for the visitor, and contains
// nothing of earlier visitors.
func TestNoPageHoldsAnythingOfAnotherVisitor(t *testing.T) {
	for address, view := range alike(t) {
		for id, s := range fixture.Sites() {
			p, all := suite.Parsed(t), visits(s)
			for _, query := range []string{"", "?return_to=%2F", ""} {
				for i, v := range all {
					path := address + query
					if query != "" {
						path += v.SignInToken
					}
					got := written(t, p, v, path, 200, view)
					want, err := p.Render(ui.Frame{Site: s, Lang: v.Lang, Path: path, Now: fixture.Noon, Reference: v.Reference, Token: v.Token,
						Again: v.Again, User: v.User, Company: v.Company}, view)
					if err != nil || got != string(want) {
						t.Errorf("%s %s: visit %d is answered with another page than its own: %v", id, path, i, err)
					}
					for j, other := range all {
						if i != j && strings.Contains(got, other.SignInToken) {
							t.Errorf("%s %s: visit %d sees something of visit %d", id, path, i, j)
						}
					}
					if v.User == nil && (strings.Contains(got, "Santos") || strings.Contains(got, "msantos") || strings.Contains(got, "Northgate")) {
						t.Errorf("%s %s: visit %d sees who was signed in", id, path, i)
					}
				}
			}
		}
	}
}

// Only the empty form is the same for everybody: anything more on a page is for one
// visitor.
func TestPagesThatSaySomethingAreNotKept(t *testing.T) {
	for _, v := range []ui.Alike{
		SignIn{Username: "msantos"}, SignIn{ReturnTo: "/account"}, SignIn{LastFailed: true}, SignIn{Expired: true},
		SignIn{Fields: []gatehouse.FieldError{{Field: "username", Reason: "required"}}}, HelpIndex{Query: "locked"},
	} {
		if v.Alike() != "" {
			t.Errorf("%#v is kept for %s", v, v.Alike())
		}
	}
	s, p := fixture.Sites()["uk"], suite.Parsed(t)
	written(t, p, visitor(s, "first"), "/sign-in", 200, SignIn{})
	if got := written(t, p, visitor(s, "first"), "/sign-in", 401, SignIn{LastFailed: true, Username: "msantos"}); !strings.Contains(got, "msantos") {
		t.Error("what was typed is lost")
	}
	if got := written(t, p, visitor(s, "second"), "/sign-in", 200, SignIn{}); strings.Contains(got, "msantos") {
		t.Error("what was typed is shown to the next visitor")
	}
}

// The cache belongs to the site as it was loaded: a changed site shows its change at
// once, and visits that began before keep their version.
func TestASiteThatIsLoadedAgainShowsItself(t *testing.T) {
	p := suite.Parsed(t)
	before, after := fixture.Sites()["uk"], fixture.Sites()["uk"]
	after.Brand = "Meridian Two"
	for _, s := range []*site.Site{before, after, before} {
		page := pages.Parse(t, []byte(written(t, p, visitor(s, "first"), "/sign-in", 200, SignIn{})))
		if got := pages.Squeeze(page.Find(".brand").Text()); got != s.Brand+" UK" {
			t.Errorf("%q", got)
		}
	}
}
