package demo

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// stage is a database and the demo's sites.
type stage struct {
	Deps
	keys     *secret.Keys
	sites    *site.Sites
	accounts Accounts
}

// newStage is one with an empty database.
func newStage(t testing.TB) *stage {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	st, err := store.Open(ctx, "sqlite://"+filepath.Join(dir, "demo.db"))
	must(t, err)
	t.Cleanup(func() { st.Close() })
	_, err = st.Migrate(ctx, noon)
	must(t, err)
	must(t, WriteSites(filepath.Join(dir, "sites")))
	sites, err := site.Open(filepath.Join(dir, "sites"), site.LoadEnv{Scheme: "http", Port: 8080, Operators: OperatorHosts})
	must(t, err)
	keys, err := secret.ParseKeys(secret.NewKeyFile())
	must(t, err)
	cheap := secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}
	return &stage{Deps{Store: st, Hasher: secret.NewHasher(cheap, 2, 4), Outbox: &mail.Outbox{Keys: keys, Now: atNoon}, Now: atNoon}, keys, sites, Accounts{}}
}

// seed seeds the sites with the given IDs; the large one makes it slow.
func (g *stage) seed(t testing.TB, ids ...string) {
	t.Helper()
	var sites []*site.Site
	for _, id := range ids {
		sites = append(sites, g.sites.ByID(id))
	}
	all, err := Seed(context.Background(), g.Deps, sites)
	must(t, err)
	if len(all.Sites) != len(ids) {
		t.Fatalf("%d sites seeded, want %d", len(all.Sites), len(ids))
	}
	g.accounts = all
}

var everySite = []string{"meridian-uk", "meridian-au", "inkwell"}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (g *stage) user(t testing.TB, siteID, name string) (gatehouse.User, gatehouse.Company) {
	t.Helper()
	u, err := g.Store.Read().UserByUsername(context.Background(), siteID, name)
	must(t, err)
	c, err := g.Store.Read().Company(context.Background(), siteID, u.CompanyID)
	must(t, err)
	return u, c
}

// next is the next step of a sign-in with the correct password.
func next(s *site.Site, u gatehouse.User, c gatehouse.Company) gatehouse.Step {
	in := gatehouse.SignIn{SiteID: s.ID, UserID: u.ID, CredentialsAt: noon, Origin: u.Password.Origin,
		PasswordSetAt: u.Password.SetAt, ExpiresAt: noon.Add(time.Minute),
		FactorLater: true} // it is only offered
	return gatehouse.NextStep(s.Site, gatehouse.SignInFacts{SignIn: in, User: u, Company: c.Rule()}, noon)
}

// TestSeed looks at everything that a start puts into the database.
func TestSeed(t *testing.T) {
	g := newStage(t)
	g.seed(t, everySite...)
	t.Run("accounts are what they claim", g.testAccounts)
	t.Run("companies have their sizes", g.testCompanies)
	t.Run("accounts have a past", g.testPast)
	t.Run("mails arrive", g.testMails)
	t.Run("companies require a factor", g.testFactorsRequired)
}

func (g *stage) testAccounts(t *testing.T) {
	ofState := map[State]int{}
	for _, s := range g.accounts.Sites {
		here := map[State]int{}
		companies := map[string]bool{}
		for _, a := range s.Accounts {
			here[a.State]++
			ofState[a.State]++
			if a.Role == admin {
				companies[a.Company] = true
			}
			t.Run(s.Site.ID+"/"+a.Username, func(t *testing.T) { g.checkAccount(t, s.Site, a) })
		}
		for state := range checks {
			enough := 2
			switch {
			case state == StateNoEmail && s.Site.SignInWith == gatehouse.WithEmail:
				enough = 0
			case state == StateApp || state == StateFactorAsked:
				enough = factorAccounts[s.Site.ID]
			}
			if here[state] < enough {
				t.Errorf("%s has %d accounts that are %s", s.Site.ID, here[state], state)
			}
		}
		if len(companies) < 3 {
			t.Errorf("%s lists administrators of %d companies only", s.Site.ID, len(companies))
		}
	}
	if len(ofState) != len(checks) {
		t.Errorf("the states are %v", ofState)
	}
}

func (g *stage) checkAccount(t *testing.T, s *site.Site, a Account) {
	u, c := g.user(t, s.ID, a.Username)
	if u.Username != a.Username || u.Email != a.Email || u.FirstName != a.FirstName || u.LastName != a.LastName ||
		u.Role != a.Role || c.Name != a.Company {
		t.Errorf("listed as %+v, is %+v of %s", a, u, c.Name)
	}
	v, err := g.Hasher.Verify(context.Background(), u.Password.Hash, a.Password)
	if err != nil || !v.Match {
		t.Errorf("the password is not right: %v", err)
	}
	if legacy := a.State == StateLegacy; legacy && !v.Stale {
		t.Error("the hash is not a legacy one")
	}
	check := checks[a.State]
	if check == nil {
		t.Fatalf("no such state: %q", a.State)
	}
	if problem := check(s, u, next(s, u, c)); problem != "" {
		t.Errorf("%s: %s", a.State, problem)
	}
	if a.Note == "" {
		t.Error("nothing is said about it")
	}
}

// factorAccounts are how many accounts of a site begin with an app, and how many are asked
// to set up a factor.
var factorAccounts = map[string]int{"meridian-uk": 1, "inkwell": 1}

// checks say what is wrong with an account that claims a state.
var checks = map[State]func(s *site.Site, u gatehouse.User, step gatehouse.Step) string{
	StateActive: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(step == gatehouse.StepDone && u.State == gatehouse.Active && u.Email != "" && !u.LastSignInAt.IsZero(),
			"does not sign in to the home page")
	},
	StateLegacy: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(step == gatehouse.StepDone && u.LastSignInAt.IsZero(), "does not sign in to the home page")
	},
	StateNoEmail: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(step == gatehouse.StepDone && u.Email == "", "has an address, or does not sign in")
	},
	StateTemporary: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(step == gatehouse.StepPassword && u.Password.Temporary() && gatehouse.PasswordUsable(u.Password, noon.Add(20*time.Hour)),
			"is not asked for a new password")
	},
	StateExpired: func(s *site.Site, u gatehouse.User, _ gatehouse.Step) string {
		tooOld := !u.Password.Temporary() && gatehouse.PasswordExpired(s.Policy.Password, u.Password, noon)
		return unless(tooOld || !gatehouse.PasswordUsable(u.Password, noon), "the password is still good")
	},
	StateLocked: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(u.Locked() && u.LockReason == gatehouse.LockedByAttempts && step == gatehouse.StepCredentials, "is not locked")
	},
	StateDeactivated: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(u.State == gatehouse.Deactivated && step == gatehouse.StepCredentials, "is not deactivated")
	},
	StateInvited: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(u.State == gatehouse.Invited && u.Password.Origin == gatehouse.PasswordInitial && step == gatehouse.StepPassword &&
			gatehouse.PasswordUsable(u.Password, noon.Add(20*time.Hour)), "is no new account")
	},
	StateNeverSignedIn: func(s *site.Site, u gatehouse.User, step gatehouse.Step) string {
		asked := step == gatehouse.StepCode || step == gatehouse.StepChallenge || step == gatehouse.StepTerms
		return unless(u.State == gatehouse.Active && u.FirstSignInAt.IsZero() && u.TermsAccepted == "" && !u.ChallengeSet &&
			(asked || s.TermsVersion == ""), "has accepted something")
	},
	StateApp: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(step == gatehouse.StepCode && u.Apps == 1 && u.Factors == 1, "has no app, or is not asked for its code")
	},
	StateFactorAsked: func(_ *site.Site, u gatehouse.User, step gatehouse.Step) string {
		return unless(step == gatehouse.StepCode && u.Factors == 0, "is not asked for a code by email, or has a factor")
	},
}

func unless(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

// TestPasswordsKeepToThePolicy: the passwords on the tour could have been chosen.
func TestPasswordsKeepToThePolicy(t *testing.T) {
	g := newStage(t)
	common := secret.CommonPasswords()
	used := map[string]string{}
	for _, c := range casts {
		s := g.sites.ByID(c.site)
		for _, p := range append(c.people, person{password: sharedPassword(s)}) {
			facts := gatehouse.PasswordFacts{Password: p.password, Username: p.username, Context: []string{p.first, p.last, s.Name},
				Common: common.Contains(p.password)}
			if failed := gatehouse.CheckPassword(s.Policy.Password, facts); len(failed) > 0 {
				t.Errorf("%s of %s: %q fails %v", p.username, c.site, p.password, failed)
			}
			if other := used[p.password]; other != "" && p.username != "" {
				t.Errorf("%s and %s have the same password", p.username, other)
			}
			used[p.password] = p.username
		}
	}
}

func TestEveryLegacyFormatHasAnAccount(t *testing.T) {
	seen := map[string]int{}
	for _, c := range casts[:2] {
		for _, p := range c.people {
			if p.state == StateLegacy {
				seen[p.scheme()]++
			}
		}
	}
	for _, scheme := range []string{"bcrypt", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512", "ssha", "ssha512", "sha256-crypt",
		"sha512-crypt", "md5-crypt", "phpass", "django-pbkdf2-sha256", "scrypt"} {
		if seen[scheme] == 0 {
			t.Errorf("nobody has a hash of %s; there are %v", scheme, seen)
		}
	}
}

func (g *stage) testCompanies(t *testing.T) {
	twoFactor := 0
	for _, c := range casts {
		for _, f := range c.companies {
			company, err := g.Store.Read().CompanyByAccount(t.Context(), c.site, f.account)
			must(t, err)
			users, err := g.Store.Read().Users(t.Context(), c.site, company.ID, "", 10000)
			must(t, err)
			if len(users) != f.users || company.TwoFactor != f.twoFactor || company.Factor != f.factor || company.Name != f.name {
				t.Errorf("%s has %d users, want %d; %+v", f.name, len(users), f.users, company)
			}
			if company.TwoFactor {
				twoFactor++
			}
			checkPeople(t, g.sites.ByID(c.site), company, users)
		}
	}
	if twoFactor == 0 {
		t.Error("no company has Enhanced Security on")
	}
}

// checkPeople checks a company as a whole: somebody administers it, nothing happened in
// the future, addresses differ.
func checkPeople(t *testing.T, s *site.Site, c gatehouse.Company, users []gatehouse.User) {
	admins, emails := 0, map[string]bool{}
	for _, u := range users {
		if u.Role == admin {
			admins++
		}
		for what, at := range map[string]time.Time{"created": u.CreatedAt, "password": u.Password.SetAt, "first": u.FirstSignInAt,
			"last": u.LastSignInAt, "locked": u.LockedAt} {
			if at.After(noon) || !at.IsZero() && at.Before(c.CreatedAt) {
				t.Errorf("%s of %s: %s at %s", u.Username, c.Name, what, at)
			}
		}
		if !u.LastSignInAt.IsZero() && u.LastSignInAt.Before(u.FirstSignInAt) {
			t.Errorf("%s of %s: last sign-in before the first", u.Username, c.Name)
		}
		if u.Email != "" && (emails[u.Email] || !mail.CanSend(u.Email)) {
			t.Errorf("%s of %s: address %s", u.Username, c.Name, u.Email)
		}
		if s.SignInWith == gatehouse.WithEmail && u.Username != u.Email {
			t.Errorf("%s of %s signs in with another address than %s", u.Username, c.Name, u.Email)
		}
		emails[u.Email] = true
	}
	if admins == 0 {
		t.Errorf("nobody administers %s", c.Name)
	}
}

func (g *stage) testPast(t *testing.T) {
	for _, s := range g.accounts.Sites {
		for _, a := range s.Accounts {
			u, _ := g.user(t, s.Site.ID, a.Username)
			events, err := g.Store.Read().EventsOfUser(t.Context(), s.Site.ID, u.ID, 100)
			must(t, err)
			if len(events) == 0 {
				t.Errorf("%s: nothing has happened", a.Username)
			}
			var last time.Time
			for i, e := range events {
				if e.At.After(noon) || i > 0 && e.At.After(events[i-1].At) {
					t.Errorf("%s: events out of order, or in the future", a.Username)
				}
				if e.Kind == gatehouse.EventSignIn && e.Result == gatehouse.ResultOK && last.IsZero() {
					last = e.At
				}
			}
			if a.State == StateActive && (len(events) < 4 || !last.Equal(u.LastSignInAt.Truncate(time.Microsecond))) {
				t.Errorf("%s: %d events, last sign-in %s, not %s", a.Username, len(events), last, u.LastSignInAt)
			}
			if e := events[0]; a.State == StateLocked && e.Kind != gatehouse.EventLocked {
				t.Errorf("%s: the newest event is %s", a.Username, e.Kind)
			}
		}
	}
}

func TestASecondStartKeepsTheData(t *testing.T) {
	g := newStage(t)
	g.seed(t, "meridian-au", "inkwell")
	first := g.accounts
	must(t, g.Store.Write(t.Context(), func(q store.Queries) error {
		u, _ := g.user(t, "inkwell", "kofi.mensah@fernhollow.example")
		u.Username = "kofi@elsewhere.example"
		return q.UpdateProfile(t.Context(), u, time.Time{})
	}))
	queued, _, err := g.Store.Read().MailQueue(t.Context(), noon)
	must(t, err)
	g.seed(t, "meridian-au", "inkwell")
	second := g.accounts
	again, _, err := g.Store.Read().MailQueue(t.Context(), noon)
	must(t, err)
	if first.Reused || !second.Reused || again != queued {
		t.Errorf("reused %v, then %v; %d mails, then %d", first.Reused, second.Reused, queued, again)
	}
	for i, s := range second.Sites {
		missing := 0
		if s.Site.ID == "inkwell" {
			missing = 1 // a user who is not there under that name is not listed
		}
		if len(s.Accounts) != len(first.Sites[i].Accounts)-missing {
			t.Errorf("%s lists %d accounts, then %d", s.Site.ID, len(first.Sites[i].Accounts), len(s.Accounts))
		}
		for _, a := range s.Accounts {
			if strings.Contains(a.Note, "inbox") {
				t.Errorf("%s: %q, but the inbox is a new one", a.Username, a.Note)
			}
		}
	}
}

// TestPasswordsThatAge: if the site has a maximum age, an expired password is a chosen
// one, and nobody else's is too old.
func TestPasswordsThatAge(t *testing.T) {
	g := newStage(t)
	s := *g.sites.ByID("meridian-au")
	s.Policy.Password.MaxAge = 90 * day
	all, err := Seed(t.Context(), g.Deps, []*site.Site{&s, {Site: gatehouse.Site{ID: "another"}}})
	must(t, err)
	if len(all.Sites) != 1 {
		t.Fatalf("seeded %d sites", len(all.Sites))
	}
	for _, a := range all.Sites[0].Accounts {
		u, c := g.user(t, s.ID, a.Username)
		step := next(&s, u, c)
		if a.State == StateExpired && (step != gatehouse.StepPassword || u.Password.Temporary()) ||
			a.State == StateActive && step != gatehouse.StepDone {
			t.Errorf("%s, %s: %s next", a.Username, a.State, step)
		}
	}
}

// BenchmarkSeed measures a start of the demo, with passwords at their real cost.
func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		g := newStage(b)
		g.Hasher = secret.NewHasher(secret.DefaultParams, 2, 100)
		b.StartTimer()
		g.seed(b, everySite...)
	}
}
