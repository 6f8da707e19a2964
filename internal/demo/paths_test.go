package demo

import (
	"strings"
	"testing"

	"gatehouse"
)

// Each path has five steps on its site, with accounts that can take them; the one about
// Enhanced Security is there, and is for an administrator.
func TestThePathsOfTheTour(t *testing.T) {
	g := newStage(t)
	all := g.listed()
	shown := all.Paths()
	if len(shown) != len(paths) || len(shown) != 4 {
		t.Fatalf("%d paths of %d", len(shown), len(paths))
	}
	for n, p := range shown {
		if len(p.Steps) != 5 {
			t.Errorf("path %s has %d steps: an account is missing", p.Number, len(p.Steps))
		}
		for i, s := range p.Steps {
			step := paths[n].steps[i]
			if s.Username != step.as || s.Password == "" || step.inbox != strings.HasPrefix(s.URL, "/inbox?to=") || !step.inbox && s.URL != p.Site.Origin+step.page {
				t.Errorf("path %s, step %d: %+v", p.Number, i+1, s)
			}
			for _, site := range all.Sites {
				for _, who := range site.Accounts {
					if site.Site.ID == p.Site.ID && who.Username == s.Username && strings.HasPrefix(step.page, "/company/") && who.Role != gatehouse.RoleAdmin {
						t.Errorf("%s cannot open %s", who.Username, step.page)
					}
				}
			}
		}
	}
	body := get(t, newHandler(t, all, newInbox(t)), "/").Body.String()
	for _, want := range []string{"/company/enhanced-security", "/company/users", "/company/activity", "/account/activity", "/account/security", "/inbox?to="} {
		if !strings.Contains(body, want) {
			t.Errorf("the tour does not lead to %s", want)
		}
	}
}
