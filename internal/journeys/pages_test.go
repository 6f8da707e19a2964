package journeys

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit"
)

// notLookedAt are the routes without their own page, or with one that has no form, so
// that nothing typed can be lost: why, in a word.
var notLookedAt = map[string]string{
	"POST /company/users/{id}/sessions/{session}/end":                   "nothing is typed",
	"POST /company/users/{id}/invite":                                   "nothing is typed",
	"POST /company/users/{id}/invite-again":                             "nothing is typed",
	"POST /company/users/{id}/make-administrator":                       "nothing is typed",
	"POST /company/users/{id}/unmake-administrator":                     "nothing is typed",
	"POST /company/users/{id}/sign-out":                                 "nothing is typed",
	"POST /company/users/{id}/delete":                                   "nothing is typed",
	"POST /company/users/{id}/restore":                                  "nothing is typed",
	"POST /company/requests/{kind}/{user}":                              "nothing is typed",
	"POST /operator/mail/{site}/{message}/retry":                        "nothing is typed",
	"POST /operator/mail/{site}/{message}/drop":                         "nothing is typed",
	"POST /operator/mail/{site}/hold":                                   "nothing is typed",
	"POST /operator/mail/{site}/release":                                "nothing is typed",
	"POST /operator/alerts/{id}/acknowledge":                            "nothing is typed",
	"POST /operator/sites/{site}/companies/{company}/resume":            "nothing is typed",
	"POST /operator/sites/{site}/companies/{company}/move":              "nothing is typed; the one tick that may be missing is in TestC12_AUserGoesToAnotherCompany",
	"POST /operator/sites/{site}/companies/{company}/merge":             "nothing is typed",
	"POST /operator/sites/{site}/import":                                "asks for a file",
	"POST /operator/sites/{site}/imports/{id}":                          "asks for nothing",
	"POST /operator/sites/{site}/imports/{id}/columns":                  "asks for choices, of which one is always made",
	"POST /operator/sites/{site}/imports/{id}/discard":                  "asks for nothing",
	"GET /operator/sites/{site}/imports/{id}/events":                    "for programs",
	"POST /operator/bounced/{site}/{user}":                              "nothing is typed",
	"POST /operator/operators/{id}/role":                                "nothing is typed",
	"POST /operator/operators/{id}/act/{act}":                           "nothing is typed",
	"POST /company/users/new":                                           "see TestA09_AddingAndEditingLosesNothing",
	"POST /company/users/{id}/edit":                                     "see TestA09_AddingAndEditingLosesNothing",
	"GET /operator/sites/{site}/users/{id}/invite":                      "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/invite-again":                "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/send-password":               "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/sign-out":                    "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/activate":                    "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/deactivate":                  "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/delete":                      "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/restore":                     "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/make-administrator":          "the page of unlock, with other words",
	"GET /operator/sites/{site}/users/{id}/unmake-administrator":        "the page of unlock, with other words",
	"POST /operator/sites/{site}/users/{id}/invite":                     "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/invite-again":               "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/unlock":                     "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/send-password":              "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/sign-out":                   "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/activate":                   "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/deactivate":                 "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/delete":                     "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/restore":                    "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/make-administrator":         "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/unmake-administrator":       "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/reset-two-factor":           "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/email":                      "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/devices/{device}/end-trust": "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/sessions/{session}/end":     "asks for nothing, or as at the company",
	"POST /operator/sites/{site}/users/{id}/messages/{message}/resend":  "asks for nothing, or as at the company",
	"GET /support/cases/open/files/{attachment}":                        "files",
	"GET /support/cases/{number}/files/{attachment}":                    "files",
	"GET /operator/cases/{site}/{number}/files/{attachment}":            "files",
	"POST /support/cases/open/confirm":                                  "asks for nothing",
	"GET /operator/companies":                                           "leads to the companies of a site",
	"GET /static/":                                                      "files",
	"GET /static/site/":                                                 "files",
	"GET /static/site/platforms/{file}":                                 "files",
	"GET /robots.txt":                                                   "a file",
	"GET /.well-known/security.txt":                                     "a file",
	"POST /csp-report":                                                  "for programs",
	"POST /device-session":                                              "for browsers, without a page",
	"POST /device-session/refresh":                                      "for browsers, without a page",
	"GET /account/terms/{id}/download":                                  "a file",
	"GET /api/v1/session":                                               "for programs",
	"GET /company/enrolments/{id}/events":                               "for programs",
	"GET /company/bulk-acts/{id}/events":                                "for programs",
	"GET /api/v1/authorize-request":                                     "for programs",
	"GET /.well-known/openid-configuration":                             "for programs",
	"GET /oauth2/jwks":                                                  "for programs",
	"GET /oauth2/userinfo":                                              "for programs",
	"POST /oauth2/userinfo":                                             "for programs",
	"POST /oauth2/token":                                                "for programs",
	"POST /oauth2/par":                                                  "for programs",
	"POST /oauth2/register":                                             "for programs",
	"GET /oauth2/register/{id}":                                         "for programs",
	"PUT /oauth2/register/{id}":                                         "for programs",
	"DELETE /oauth2/register/{id}":                                      "for programs",
	"POST /oauth2/introspect":                                           "for programs",
	"POST /oauth2/revoke":                                               "for programs",
	"POST /oauth2/authorize":                                            "leads to the same request, opened",
	"POST /oauth2/logout":                                               "leads to the same request, opened",
	"POST /oauth2/logout/confirm":                                       "asks for nothing",
	"POST /oauth2/consent":                                              "asks for nothing",
	"GET /signed-out":                                                   "asks for nothing",
	"GET /forward-auth":                                                 "leads to an application",
	"GET /account":                                                      "leads to the profile",
	"GET /.well-known/change-password":                                  "leads to the password",
	"POST /sign-out":                                                    "asks for nothing",
	"POST /sign-in/temporary-password":                                  "asks for nothing",
	"POST /account/devices/{id}/remove":                                 "asks for nothing",
	"POST /account/sign-out-everywhere":                                 "asks for nothing",
	"POST /account/email/send":                                          "asks for nothing",
	"POST /account/email/drop":                                          "asks for nothing",
	"POST /account/email/confirm":                                       "asks for nothing",
	"POST /account/email/undo":                                          "asks for nothing",
	"POST /account/two-factor-reset":                                    "asks for nothing",
	"POST /company/users/export":                                        "asks for nothing",
	"POST /company/bulk-acts":                                           "asks for ticks, looked at by TestA09",
	"POST /company/details":                                             "its errors are looked at by TestA09_CompanyDetails",
	"POST /company/policy/preview":                                      "asks for nothing, after fresh proof",
	"POST /company/bulk-acts/{id}":                                      "asks for nothing, after fresh proof",
	"POST /company/users/import":                                        "asks for a file",
	"GET /company/files/{file}":                                         "a file",
	"GET /operator/files/{file}":                                        "a file",
	"POST /company/imports/{id}/columns":                                "asks for choices, of which one is always made",
	"POST /company/imports/{id}":                                        "asks for nothing",
	"POST /company/imports/{id}/discard":                                "asks for nothing",
	"GET /company/imports/{id}/events":                                  "for programs",
	"POST /home/cards":                                                  "asks for nothing",
	"POST /home/platforms":                                              "asks for nothing",
	"POST /searches/{id}/delete":                                        "asks for nothing",
	"POST /searches/{id}/hide":                                          "asks for nothing",
	"POST /account/language":                                            "asks for nothing",
	"POST /account/activity/{id}/not-me":                                "asks for nothing",
	"POST /account/platforms/{id}/remove":                               "asks for nothing",
	"POST /account/platforms/{id}/ask":                                  "asks for nothing",

	"POST /company/platforms/{id}":                 "asks for a choice, of which one is always made",
	"POST /company/platforms/{id}/requests/{user}": "asks for nothing",

	"GET /.well-known/passkey-endpoints":                  "for programs",
	"GET /.well-known/webauthn":                           "for programs",
	"GET /sign-in/passkey/options":                        "for scripts",
	"POST /sign-in/passkey":                               "asks for nothing",
	"GET /account/security/passkeys/offer":                "for scripts",
	"POST /account/security/passkeys/offer":               "asks for nothing",
	"POST /account/security/passkeys/create":              "asks for nothing",
	"POST /account/security/passkeys/{id}/remove":         "asks for nothing, after fresh proof",
	"POST /account/security/phone/{id}/remove":            "asks for nothing, after fresh proof",
	"POST /account/security/apps/{id}/remove":             "asks for nothing, after fresh proof",
	"POST /account/security/recovery-codes":               "asks for nothing, after fresh proof",
	"POST /account/devices/{id}/end-trust":                "asks for nothing",
	"POST /company/users/{id}/devices/{device}/end-trust": "asks for nothing",
	"POST /company/users/{id}/reset-two-factor":           "asks for nothing, after fresh proof",
	"POST /company/users/{id}/unlock":                     "asks for nothing, after fresh proof",
	"POST /company/users/{id}/activate":                   "asks for nothing, after fresh proof",
	"POST /company/users/{id}/deactivate":                 "asks for nothing, after fresh proof",
	"POST /company/users/{id}/send-password":              "asks for nothing, after fresh proof",
	"POST /company/users/{id}/messages/{message}/resend":  "asks for nothing",
	"PUT /api/v1/cards/{card}/users/{sub}":                "for programs",
	"DELETE /api/v1/cards/{card}/users/{sub}":             "for programs",
}

// walks says who walks through which site. The sites have the same pages, in colours that
// are tried on every page: the second one has other rules (usernames are email addresses, a
// forgotten password is answered with a link) and other words in the frame, and the third
// one differs from the first in what strangers see.
var walks = map[string]map[string]func(*walker){
	"meridian-uk": {"stranger": stranger, "newcomer": firstSignIn, "forgetful": forgetful, "customer": customer, "mover": mover, "switcher": switcher, "manager": manager, "apper": apper, "texter": texter, "asker": asker},
	"inkwell":     {"stranger": stranger, "newcomer": firstSignIn, "forgetful": forgetful, "customer": customer, "mover": mover, "manager": manager},
	"meridian-au": {"stranger": stranger},

	gatehouse.OperatorsSite: {"console": console},
}

// The census: users of all kinds walk through every page, on every site that has its own
// version of it, and each page is examined there. A route that nobody has seen fails the
// test.
func TestPages_EveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	phones := testkit.NewPhones(t)
	s := testkit.NewServer(t, testkit.SQLiteURL(t), phones.With(1000))
	s.Sites.ByID("meridian-uk").Staging = true // another line on every page
	c := &census{s: s, phones: phones, routes: readRoutes(t), seen: map[string]bool{}}
	t.Run("sites", func(t *testing.T) {
		for _, st := range append(slices.Clone(s.Sites.All()), s.Sites.Operators()) {
			for name, walk := range walks[st.ID] {
				c.left.Add(1)
				t.Run(st.ID+"/"+name, func(t *testing.T) {
					t.Parallel()
					walk(&walker{census: c, t: t, st: st, b: testkit.Browser(t)})
					c.left.Add(-1)
				})
			}
		}
	})
	if c.left.Load() > 0 {
		return // not all have gone, or not to the end
	}
	for pattern := range notLookedAt {
		if !slices.Contains(c.routes, pattern) {
			t.Errorf("%s is no longer a route", pattern)
		}
	}
	for _, pattern := range c.routes {
		if c.seen[pattern] == (notLookedAt[pattern] != "") {
			t.Errorf("%s: looked at is %v, the reason not to is %q", pattern, c.seen[pattern], notLookedAt[pattern])
		}
	}
}

// census is what all walkers have seen together.
type census struct {
	s      *testkit.Server
	phones *testkit.Phones
	routes []string
	left   atomic.Int32 // walkers
	mu     sync.Mutex
	seen   map[string]bool // routes
}

var routeLine = regexp.MustCompile(`to\("([A-Z]+ /[^"]*)"`)

// routeTable is the source of one of the tables of routes.
func routeTable(t *testing.T, file string) string {
	t.Helper()
	source, err := os.ReadFile("../web/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// readRoutes are the patterns of the tables in routes.go and routes_operator.go.
func readRoutes(t *testing.T) []string {
	t.Helper()
	source := routeTable(t, "routes.go") + routeTable(t, "routes_operator.go")
	routes := []string{"GET /static/", "GET /static/site/", "GET /static/site/platforms/{file}"} // their patterns are constants
	for _, m := range routeLine.FindAllStringSubmatch(source, -1) {
		routes = append(routes, m[1])
	}
	if lines := strings.Count(source, "\t\tto("); lines != len(routes) {
		t.Fatalf("%d lines of the table, %d routes found", lines, len(routes))
	}
	return routes
}

// note marks the route of the browser's current page as seen.
func (w *walker) note(method string) {
	mux := http.NewServeMux()
	for _, pattern := range w.routes {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	u, err := url.Parse(w.b.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	_, pattern := mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: u.Path}})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[pattern] = true
}

// walker is one user in a browser, on one site.
type walker struct {
	*census
	t  *testing.T
	st *site.Site
	b  *testkit.Tab
}

// at opens a page and examines it.
func (w *walker) at(path string) {
	w.t.Helper()
	w.b.Open(w.s.URL(w.st.ID, path))
	w.look()
}

// all examines these pages; if another site was there before, it skips those that
// differ only in their words.
func (w *walker) all(pages, variants []string) {
	w.t.Helper()
	if w.st.ID == "meridian-uk" {
		pages = append(pages, variants...)
	}
	for _, path := range pages {
		w.at(path)
	}
}

func (w *walker) user(name string) string {
	if w.st.SignInWith == gatehouse.WithEmail {
		return name + "@inkwell.example"
	}
	return name
}

func (w *walker) who() string {
	if w.st.SignInWith == gatehouse.WithEmail {
		return "Email address"
	}
	return "Username"
}

func (w *walker) signIn(name, password string) {
	w.t.Helper()
	browserSignIn(w.b, w.s, w.st.ID, w.who(), name, password)
}

// fill types into fields, by their names.
func (w *walker) fill(fields [][2]string) {
	w.t.Helper()
	for _, f := range fields {
		w.b.Fill(f[0], f[1])
	}
}
