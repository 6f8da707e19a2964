package demo

import (
	"net/url"
	"strconv"

	"gatehouse/internal/web/ui"
)

// step is one click of a path through the demo: a page, and whom to be there.
type step struct {
	// page is a path of the path's site; inbox: the mails of the person instead.
	page  string
	inbox bool
	as    string
}

// path is what one of the documents that Gatehouse follows is about, in five clicks; its
// words are tour.path_N_….
type path struct {
	site  string
	steps [5]step
}

// paths are the documents in their order: the help of a portal, the guide to two-factor
// sign-in, and the guide to an account.
var paths = []path{
	{"meridian-uk", [5]step{
		{page: "/sign-in", as: "zakesson"},
		{page: "/account/profile", as: "zakesson"},
		{page: "/forgot-password", as: "dwhitlock"},
		{inbox: true, as: "dwhitlock"},
		{page: "/sign-in", as: "chorvath"},
	}},
	{"meridian-au", [5]step{
		{page: "/company/enhanced-security", as: "jharrow"},
		{inbox: true, as: "jharrow"},
		{page: "/sign-in", as: "mtran"},
		{page: "/sign-in", as: "lchalmers"},
		{page: "/company/users", as: "jharrow"},
	}},
	{"inkwell", [5]step{
		{page: "/sign-in", as: "hanna.lindqvist@fernhollow.example"},
		{page: "/account/security", as: "hanna.lindqvist@fernhollow.example"},
		{page: "/account/activity", as: "hanna.lindqvist@fernhollow.example"},
		{page: "/forgot-password", as: "beatrix.ollerenshaw@fernhollow.example"},
		{inbox: true, as: "beatrix.ollerenshaw@fernhollow.example"},
	}},
}

// paths are those of the tour, with the accounts that there are.
func (a Accounts) paths() []ui.TourPath {
	var all []ui.TourPath
	for n, p := range paths {
		for _, s := range a.Sites {
			if s.Site.ID != p.site {
				continue
			}
			shown := ui.TourPath{Number: strconv.Itoa(n + 1), Site: s.Site}
			for i, step := range p.steps {
				for _, who := range s.Accounts {
					if who.Username == step.as {
						shown.Steps = append(shown.Steps, ui.TourStep{Number: strconv.Itoa(i + 1), URL: step.url(s.Site.Origin, who.Email),
							Username: who.Username, Password: who.Password, Mail: step.inbox})
					}
				}
			}
			all = append(all, shown)
		}
	}
	return all
}

func (s step) url(origin, email string) string {
	if s.inbox {
		return "/inbox?" + url.Values{"to": {email}}.Encode()
	}
	return origin + s.page
}
