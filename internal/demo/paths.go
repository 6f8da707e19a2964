package demo

import (
	"net/url"
	"strconv"

	"gatehouse/internal/site"
)

// step is one click of a path through the demo: a page, and the user to be there.
type step struct {
	// page is a path of the path's site; inbox: the user's mails instead.
	page  string
	inbox bool
	as    string
	// link and then are what the tour says about it; the link leads there.
	link, then string
}

// path is the subject of one of the documents that Gatehouse follows, or a part of it, in five
// clicks.
type path struct {
	site, title string
	steps       [5]step
}

// paths are the documents in order: the help of a portal, the guide to two-factor sign-in, and the
// guide to an account; and the pages for administrators.
var paths = []path{
	{"meridian-uk", "The portal’s help: signing in and passwords", [5]step{
		{page: "/sign-in", as: "zakesson",
			link: "Sign in", then: " with the password of the old system."},
		{page: "/account/profile", as: "zakesson",
			link: "Complete the profile", then: ". A new address takes effect once it is confirmed."},
		{page: "/forgot-password", as: "dwhitlock",
			link: "Forget the password", then: ": name, address, and the answer, which the table below has."},
		{inbox: true, as: "dwhitlock",
			link: "Read the email", then: " with the temporary password, sign in with it, and choose your own."},
		{page: "/sign-in", as: "chorvath",
			link: "Try a locked account", then: ". The page says the same as for a wrong password; its owner has an email."},
	}},
	{"meridian-au", "Two-factor sign-in for a company", [5]step{
		{page: "/company/enhanced-security", as: "jharrow",
			link: "Open Enhanced Security", then: " as the administrator, choose Enable, look at what it changes, and save."},
		{inbox: true, as: "jharrow",
			link: "Read the summary", then: " when the enrolment is done. The page and the file say the same."},
		{page: "/sign-in", as: "mtran",
			link: "Sign in as a colleague", then: ". The code is in the inbox."},
		{page: "/sign-in", as: "lchalmers",
			link: "Sign in as a new user", then: ": from the temporary password through all the first steps."},
		{page: "/company/users", as: "jharrow",
			link: "Look after the users", then: ": who cannot sign in and why, and what became of each email."},
	}},
	{"inkwell", "Your own account, with an email address", [5]step{
		{page: "/sign-in", as: "hanna.lindqvist@fernhollow.example",
			link: "Sign in", then: " with an email address and a long password."},
		{page: "/account/security", as: "hanna.lindqvist@fernhollow.example",
			link: "Turn on two-factor", then: " for yourself. Or create a passkey, which your browser keeps. Or add a mobile phone: its text messages are in the inbox."},
		{page: "/account/activity", as: "hanna.lindqvist@fernhollow.example",
			link: "See your activity", then: ": when, from where, and “This wasn’t me”."},
		{page: "/forgot-password", as: "beatrix.ollerenshaw@fernhollow.example",
			link: "Ask for a link", then: " in place of a forgotten password."},
		{inbox: true, as: "beatrix.ollerenshaw@fernhollow.example",
			link: "Open the link", then: " in the email and choose a new password."},
	}},
	{"meridian-uk", "A company’s own console", [5]step{
		{page: "/company/users", as: "msantos",
			link: "Find users", then: " by parts of names, tick some of the 152, and choose what to do with all of them at once. The company of praghunathan has 5,000."},
		{page: "/company/users/import", as: "msantos",
			link: "Import a list", then: " from a spreadsheet. Nothing happens before you agree."},
		{page: "/company/requests", as: "msantos",
			link: "Answer requests", then: ": a forgotten username, a shared sign-in, access to a platform."},
		{page: "/company/activity", as: "msantos",
			link: "See the activity", then: ": sign-ins by day, and who did what."},
		{page: "/company/details", as: "msantos",
			link: "Say whom to ask", then: " at the company, in which time zone, and read the monthly report."},
	}},
}

// TourPath is one way through the demo, click by click.
type TourPath struct {
	Number, Title string
	Site          *site.Site
	Steps         []TourStep
}

// TourStep is a page, and the account to use there.
type TourStep struct {
	Link, Then, URL    string
	Username, Password string
	// Mail: the page is the inbox, which asks for no account.
	Mail bool
}

// Paths are what to try first, with the existing accounts.
func (a Accounts) Paths() []TourPath {
	var all []TourPath
	for n, p := range paths {
		for _, s := range a.Sites {
			if s.Site.ID != p.site {
				continue
			}
			shown := TourPath{Number: strconv.Itoa(n + 1), Title: p.title, Site: s.Site}
			for _, step := range p.steps {
				for _, who := range s.Accounts {
					if who.Username == step.as {
						shown.Steps = append(shown.Steps, TourStep{Link: step.link, Then: step.then, URL: step.url(s.Site.Origin, who.Email),
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
