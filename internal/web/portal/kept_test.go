package portal

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// written is the answer to a visit, as the server writes it.
func written(t *testing.T, p *ui.Pages, v *ui.Visit, path string, status int, view ui.View) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.Write(w, ui.WithVisit(t.Context(), httptest.NewRequest("GET", path, nil), v), status, fixture.Noon, view); err != nil {
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
		if v, may := x.View.(ui.AlikeAmong); may && v.Template() == (FactorCode{}).Template() {
			if address, _, _ := v.AlikeAmong(); address != "" {
				views[address] = v
			}
		}
	}
	for _, address := range []string{"/sign-in", "/help", "/contact", "/sign-in/code"} {
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

// The page for an app's code is shared by those who have the same ways and steps, and by nobody
// else: not if it says anything, not for another way, and not by a page that is built on it.
func TestThePageForAnAppsCodeIsSharedByThoseWhoseIsAlike(t *testing.T) {
	s, p := fixture.Sites()["uk"], suite.Parsed(t)
	page := func(mark string, view ui.View) string {
		return written(t, p, visitor(s, mark), "/sign-in/code", 200, view)
	}
	app := func(change func(*FactorCode)) FactorCode {
		v := FactorCode{Code: Code{InSteps: atStep(gatehouse.StepCode), CodeState: signin.CodeState{Ways: []gatehouse.Way{gatehouse.WayApp}}}, Way: gatehouse.WayApp}
		change(&v)
		return v
	}
	page("first", app(func(v *FactorCode) {
		v.User.Username, v.Email, v.Phone, v.Left = "msantos", "m••••@northgate.example", "+44••••12", 2
	}))
	if got := page("second", app(func(*FactorCode) {})); strings.Contains(got, "northgate") || strings.Contains(got, "+44••••12") || strings.Contains(got, "msantos") {
		t.Error("the page shows something of another visitor")
	}
	for name, view := range map[string]ui.View{
		"recovery-code": app(func(v *FactorCode) { v.Ways = append(v.Ways, gatehouse.WayRecoveryCode) }),
		"aria-invalid":  app(func(v *FactorCode) { v.Errors = fixture.Wrong("code", "app-code-wrong") }),
		"418 207":       app(func(v *FactorCode) { v.Typed = "418 207" }),
		"Step 1 of 4": app(func(v *FactorCode) {
			v.SignIn.Steps = []gatehouse.Step{gatehouse.StepCode, gatehouse.StepPassword, gatehouse.StepTerms, gatehouse.StepSoleUser}
		}),
		`action="/step-up"`: StepUp{FactorCode: app(func(*FactorCode) {}), ReturnTo: "/"},
	} {
		if got := page("third", view); !strings.Contains(got, name) {
			t.Errorf("the page does not say %q", name)
		}
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
