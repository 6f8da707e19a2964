package directory_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/directory"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is a directory on a database, with the demo's sites.
type house struct {
	*directory.Service
	t    testing.TB
	keys *secret.Keys
	now  time.Time
	// uk signs in with usernames, press with addresses.
	uk, au, press *site.Site
	operators     *site.Site
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	testkit.Databases(t, func(t *testing.T, url string) { test(t, newHouse(t, url)) })
}

// once runs a test on SQLite: for what does not depend on the database.
func once(t testing.TB) *house { return newHouse(t, testkit.SQLiteURL(t)) }

var demoSites = sync.OnceValues(func() (*site.Sites, error) {
	return site.Open("../demo/sites", site.LoadEnv{Scheme: "https", Operators: site.OperatorHosts{Hosts: []string{"operator.example"}}})
})

func newHouse(t testing.TB, url string) *house {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	sites, err := demoSites()
	if err != nil {
		t.Fatal(err)
	}
	own := func(id string) *site.Site { // which a test may change
		st := *sites.ByID(id)
		return &st
	}
	h := &house{t: t, now: noon, uk: own("meridian-uk"), au: own("meridian-au"), press: own("inkwell"), operators: own(gatehouse.OperatorsSite)}
	if h.keys, err = secret.ParseKeys(secret.NewKeyFile()); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return h.now }
	h.Service = &directory.Service{Desk: &act.Desk{Store: s, Outbox: &mail.Outbox{Keys: h.keys, Now: now}, Now: now},
		Hasher: secret.NewHasher(secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}, 2, 1)}
	return h
}

var operator = gatehouse.Caller{Kind: gatehouse.Operator, Name: "olive"}

// as returns a user as a caller.
func as(u gatehouse.User) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.SignedIn, UserID: u.ID, CompanyID: u.CompanyID, SiteID: u.SiteID, Role: u.Role, Name: u.Username}
}

func (h *house) company(st *site.Site, number, name string) gatehouse.Company {
	h.t.Helper()
	c, err := h.CreateCompany(h.t.Context(), st, operator, directory.CompanyFields{Name: name, AccountNumber: number})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// user makes a user; if the site signs in with addresses, name is one.
func (h *house) user(st *site.Site, companyID, name string, role gatehouse.Role) gatehouse.User {
	h.t.Helper()
	f := directory.UserFields{Username: name, FirstName: "Mira", LastName: "Santos", Email: name, Role: role}
	if !strings.Contains(name, "@") {
		f.Email = strings.ToLower(name) + "@northgate.example"
	}
	i, err := h.CreateUser(h.t.Context(), st, operator, companyID, f)
	if err != nil {
		h.t.Fatal(err)
	}
	return i.User
}

// stored returns a user as the database has it, including the hash.
func (h *house) stored(st *site.Site, username string) gatehouse.User {
	h.t.Helper()
	u, err := h.Store.Read().UserByUsername(h.t.Context(), st.ID, username)
	if err != nil {
		h.t.Fatalf("user %s: %v", username, err)
	}
	return u
}

// mails returns the waiting mail to a user in the outbox, oldest first: kind and text.
func (h *house) mails(u gatehouse.User) (kinds, texts []string) {
	h.t.Helper()
	all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Reverse(all)
	for _, m := range all {
		kinds, texts = append(kinds, m.Kind), append(texts, h.text(m))
	}
	return kinds, texts
}

// text returns the text of a waiting message; empty for one that was dropped.
func (h *house) text(m store.Message) string {
	h.t.Helper()
	if m.State.Final() {
		return ""
	}
	_, text := testkit.Waiting(h.t, h.keys, m)
	return text
}

var temporaryPassword = regexp.MustCompile(`[A-Z][a-z]{3}-\d\d[a-z]{3}-[A-Z][a-z]{3}-\d\d[a-z]{3}-[A-Z][a-z]{3}`)

// opens reports whether a password is the user's.
func (h *house) opens(u gatehouse.User, password string) bool {
	h.t.Helper()
	v, err := h.Hasher.Verify(h.t.Context(), h.stored(h.siteOf(u), u.Username).Password.Hash, password)
	if err != nil {
		h.t.Fatal(err)
	}
	return v.Match
}

func (h *house) siteOf(u gatehouse.User) *site.Site {
	for _, st := range []*site.Site{h.uk, h.au, h.press} {
		if st.ID == u.SiteID {
			return st
		}
	}
	h.t.Fatalf("no site %s", u.SiteID)
	return nil
}

// later moves the clock, so that what comes next is newer.
func (h *house) later() { h.now = h.now.Add(time.Second) }

// events returns the kinds of events about a user, oldest first.
func (h *house) events(u gatehouse.User) []gatehouse.EventKind {
	h.t.Helper()
	all, err := h.Store.Read().EventsOfUser(h.t.Context(), u.SiteID, u.ID, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	var kinds []gatehouse.EventKind
	for _, e := range slices.Backward(all) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// signIn gives a user a session and an unfinished sign-in.
func (h *house) signIn(u gatehouse.User) {
	h.t.Helper()
	h.write(func(q store.Queries) error {
		in := gatehouse.SignIn{ID: store.NewID("sin", h.now), SiteID: u.SiteID, UserID: u.ID, CreatedAt: h.now, ExpiresAt: h.now.Add(time.Hour)}
		if err := q.InsertSignIn(h.t.Context(), secret.NewToken(), in); err != nil {
			return err
		}
		s := gatehouse.Session{ID: store.NewID("ses", h.now), SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: h.now, SeenAt: h.now}
		return q.InsertSession(h.t.Context(), secret.NewToken(), s, h.now.Add(time.Hour))
	})
}

func (h *house) sessions(u gatehouse.User) int {
	h.t.Helper()
	n, err := h.Store.Read().CountSessionsOf(h.t.Context(), u.SiteID, u.ID, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) write(fn func(store.Queries) error) {
	h.t.Helper()
	if err := h.Store.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// fields returns what an Invalid error complains about, as field=code.
func fields(err error) string {
	var words []string
	if e, ok := err.(*gatehouse.Error); ok && e.Kind == gatehouse.Invalid {
		for _, f := range e.Fields {
			words = append(words, f.Field+"="+f.Reason)
		}
	}
	return strings.Join(words, " ")
}

func ptr[T any](v T) *T { return &v }

// enrolBatch does one batch of an enrolment.
func (h *house) enrolBatch(ctx context.Context, sites func(string) *site.Site) (more bool, err error) {
	return h.Continue(ctx, gatehouse.RunEnrolment, sites, func() bool { return false })
}

// users fills a company with users of all kinds: twenty of each.
func (h *house) users(st *site.Site, companyID string, kinds map[string]func(*gatehouse.User)) {
	h.t.Helper()
	h.some(20, st, companyID, kinds)
}

// some fills a company with users of all kinds: so many of each.
func (h *house) some(each int, st *site.Site, companyID string, kinds map[string]func(*gatehouse.User)) {
	h.t.Helper()
	h.write(func(q store.Queries) error {
		for kind, change := range kinds {
			for i := range each {
				u := gatehouse.User{SiteID: st.ID, CompanyID: companyID, ID: store.NewID("usr", h.now), Username: fmt.Sprintf("%s-%02d", kind, i),
					FirstName: "Grace", LastName: "Bell", EmailConfirmed: true, Role: gatehouse.RoleUser, State: gatehouse.Active,
					FirstSignInAt: h.now.Add(-time.Hour), CreatedAt: h.now}
				u.Email = u.Username + "@northgate.example"
				change(&u)
				if err := q.InsertUser(h.t.Context(), u); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
