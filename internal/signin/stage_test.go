package signin_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// stage is a whole server, and what it takes to play its users.
type stage struct {
	*testkit.Server
	t     testing.TB
	desk  *directory.Service
	sites string // the folder of the sites, if the stage has its own
}

// onStage plays a scene on each kind of database.
func onStage(t *testing.T, scene func(t *testing.T, s *stage)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) { scene(t, newStage(t, url, noLimits)) })
}

func newStage(t testing.TB, url string, limits signin.Limits) *stage {
	return raise(t, url, limits, testkit.SharedSites())
}

// onOwnStage is onStage for a scene that changes the sites.
func onOwnStage(t *testing.T, scene func(t *testing.T, s *stage)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) {
		dir := ""
		s := raise(t, url, noLimits, testkit.WithSites(func(folder string) { dir = folder }))
		s.sites = dir
		scene(t, s)
	})
}

func raise(t testing.TB, url string, limits signin.Limits, sites testkit.ServerOption) *stage {
	s := &stage{t: t, Server: testkit.NewServer(t, url, testkit.WithLimits(limits), sites)}
	s.desk = &directory.Service{Desk: s.SignIn.Desk, Hasher: s.Hasher}
	return s
}

func (s *stage) uk() *site.Site    { return s.Sites.ByID("meridian-uk") }
func (s *stage) press() *site.Site { return s.Sites.ByID("inkwell") }

var operator = gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}

var noLimits = signin.Limits{
	IP: signin.Rate{Burst: 1e6, PerMinute: 1e6}, Username: signin.Rate{Burst: 1e6, PerMinute: 1e6}, Site: signin.Rate{Burst: 1e6, PerMinute: 1e6},
}

func visitor(st *site.Site) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: st.ID, IPAddress: "192.0.2.7", UserAgent: "test", Reference: "GH-TEST-TEST"}
}

// The passwords of everybody on stage, and an unknown one.
const (
	first  = "First-Password-1"
	second = "Second-Password-2"
	wrong  = "Wrong-Guess-1"
	answer = "Tibbles the Cat"
)

// addUser adds a user at Meridian UK with nothing left to do.
func (s *stage) addUser(name string, change func(*gatehouse.User)) gatehouse.User {
	return s.AddUser("meridian-uk", name, first, change)
}

// newcomer has a temporary password, and everything else to do.
func (s *stage) newcomer(siteID, name string) gatehouse.User {
	return s.AddUser(siteID, name, first, func(u *gatehouse.User) {
		u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{}
		u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, s.Clock.Now().Add(24*time.Hour)
		u.ChallengeSet, u.TermsAccepted, u.SoleUserFor, u.SoleUser = false, "", "", false
	})
}

// enter types a username and a password on a device.
func (s *stage) enter(u gatehouse.User, password, browser string) (signin.Outcome, error) {
	st := s.Sites.ByID(u.SiteID)
	return s.SignIn.Password(context.Background(), st, signin.PasswordRequest{Username: u.Username, Password: password, Device: browser,
		ReturnTo: "/account/profile", Caller: visitor(st)})
}

// begin enters a right password, and expects the next step.
func (s *stage) begin(u gatehouse.User, password, browser string, want gatehouse.Step) signin.Outcome {
	s.t.Helper()
	out, err := s.enter(u, password, browser)
	if err != nil || out.Step != want {
		s.t.Fatalf("%s signs in with %q: %q, %v, want %q", u.Username, password, out.Step, err, want)
	}
	return out
}

// open opens a session of a user, on a device that is known from now on.
func (s *stage) open(u gatehouse.User, password, browser string) signin.In {
	s.t.Helper()
	st := s.Sites.ByID(u.SiteID)
	out, err := s.enter(u, password, browser)
	if err == nil && out.Step == gatehouse.StepFactor { // the modern profile offers one at the first sign-in
		out, err = s.SignIn.FactorLater(context.Background(), st, s.at(st, out))
	}
	if err != nil || out.Step != gatehouse.StepDone {
		s.t.Fatalf("%s signs in with %q: %q, %v, want a session", u.Username, password, out.Step, err)
	}
	return signin.In{Session: out.Session, Device: out.Device, Caller: visitor(s.Sites.ByID(u.SiteID))}
}

func (s *stage) at(st *site.Site, out signin.Outcome) signin.At {
	return signin.At{SignIn: out.SignIn, Device: out.Device, Lang: "en-GB", Caller: visitor(st)}
}

// asked gives a user the built-in question about a pet, in a session that ends again.
func (s *stage) asked(u gatehouse.User) gatehouse.User {
	s.t.Helper()
	in := s.open(u, first, "")
	form := gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: first}
	s.must(s.SignIn.SetChallenge(context.Background(), s.uk(), in, form))
	_, err := s.SignIn.SignOut(context.Background(), s.uk(), in.Caller, in.Session, "")
	s.must(err)
	s.Clock.Add(time.Second)
	return s.User(u)
}

// recovery begins one by challenge question.
func (s *stage) recovery(username, email string) string {
	s.t.Helper()
	token, err := s.SignIn.BeginRecovery(context.Background(), s.uk(), signin.RecoveryRequest{Username: username, Email: email, Caller: visitor(s.uk())})
	s.must(err)
	return token
}

func (s *stage) answer(token, text string) error {
	return s.SignIn.AnswerChallenge(context.Background(), s.uk(), visitor(s.uk()), token, text)
}

// link requests a reset link and reads it from the next mail that has one.
func (s *stage) link(email string) string {
	s.t.Helper()
	return s.linkAt(s.press(), email)
}

func (s *stage) linkAt(st *site.Site, email string) string {
	s.t.Helper()
	s.must(s.SignIn.SendResetLink(context.Background(), st, visitor(st), email))
	for {
		for _, address := range s.Mail.Wait(s.t, email).Links() {
			if _, token, ok := strings.Cut(address, "/reset-password?token="); ok {
				return token
			}
		}
	}
}

var temporaryPassword = regexp.MustCompile(`[A-Z][a-z]{3}-\d\d[a-z]{3}-[A-Z][a-z]{3}-\d\d[a-z]{3}-[A-Z][a-z]{3}`)

// mailedPassword reads a temporary password from a user's next mail that has one.
func (s *stage) mailedPassword(u gatehouse.User) string {
	s.t.Helper()
	for {
		if found := temporaryPassword.FindString(s.Mail.Wait(s.t, u.Email).Text); found != "" {
			return found
		}
	}
}

// mails returns the kinds of all messages to a user, oldest first.
func (s *stage) mails(u gatehouse.User) string {
	s.t.Helper()
	all, err := s.Store.Read().MessagesOfUser(context.Background(), u.SiteID, u.ID, "", 100)
	s.must(err)
	var kinds []string
	for _, m := range all {
		kinds = append([]string{m.Kind}, kinds...)
	}
	return strings.Join(kinds, " ")
}

// sent waits until nothing is left to send, and returns every mail to an address.
func (s *stage) sent(address string) (mails []testkit.Mail) {
	s.t.Helper()
	testkit.Eventually(s.t, "the outbox to be empty", func() bool {
		waiting, _, err := s.Store.Read().MailQueue(context.Background(), s.Clock.Now())
		return err == nil && waiting == 0
	})
	for _, m := range s.Mail.All() {
		if strings.Join(m.To, " ") == address {
			mails = append(mails, m)
		}
	}
	return mails
}

// write changes the database directly, bypassing the services.
func (s *stage) write(change func(q store.Queries) error) {
	s.t.Helper()
	s.must(s.Store.Write(context.Background(), change))
}

// terms puts a file of the terms into the folder of Meridian UK, or removes all.
func (s *stage) terms(version, text string) {
	s.t.Helper()
	folder := filepath.Join(s.sites, "meridian-uk", "terms")
	if version == "" {
		s.must(os.RemoveAll(folder))
	} else {
		s.must(os.WriteFile(filepath.Join(folder, version+".md"), []byte(text), 0o644))
	}
	if bad := s.Sites.Reload(); len(bad) > 0 {
		s.t.Fatal(bad)
	}
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// refused expects an error of a kind and with a reason.
func (s *stage) refused(what string, err error, kind gatehouse.Kind, code string) {
	s.t.Helper()
	var e *gatehouse.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Reason != code {
		s.t.Fatalf("%s: %v, want %q of kind %d", what, err, code, kind)
	}
}

// moved expects to be led to another step.
func (s *stage) moved(what string, err error, want gatehouse.Step) {
	s.t.Helper()
	var moved *signin.MovedError
	if !errors.As(err, &moved) || moved.Step != want || gatehouse.KindOf(err) != gatehouse.Conflict {
		s.t.Fatalf("%s: %v, want to be led to %s", what, err, want)
	}
}

// faulty expects faults in a form, as "field code".
func (s *stage) faulty(what string, err error, want string) {
	s.t.Helper()
	if got := faultsOf(err); got != want {
		s.t.Fatalf("%s: %q (%v), want %q", what, got, err, want)
	}
}

// reasonOf returns an error's reason.
func reasonOf(err error) string {
	var e *gatehouse.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return fmt.Sprint(err)
}

func faultsOf(err error) string {
	var e *gatehouse.Error
	if !errors.As(err, &e) || e.Kind != gatehouse.Invalid {
		return ""
	}
	var all []string
	for _, f := range e.Fields {
		all = append(all, strings.TrimSpace(f.Field+" "+f.Reason+" "+f.Args["n"]))
		if strings.HasPrefix(f.Reason, "password-") {
			all[len(all)-1] = f.Field + " " + f.Reason
		}
	}
	return strings.Join(all, ", ")
}

// alive reports whether a session's token works.
func (s *stage) alive(st *site.Site, token string) bool {
	s.t.Helper()
	_, err := s.SignIn.Session(context.Background(), st, token)
	if err != nil && gatehouse.KindOf(err) != gatehouse.Unauthenticated {
		s.t.Fatal(err)
	}
	return err == nil
}

// step returns the step of a sign-in in progress; "" if it is over.
func (s *stage) step(st *site.Site, token string) gatehouse.Step {
	s.t.Helper()
	_, step, err := s.SignIn.InProgress(context.Background(), st, token)
	if err != nil && gatehouse.KindOf(err) != gatehouse.Unauthenticated {
		s.t.Fatal(err)
	}
	return step
}

// endLocked ends what locking an account ends.
func endLocked(ctx context.Context, q store.Queries, u gatehouse.User) error {
	_, err := q.End(ctx, store.Ending{User: u, Change: gatehouse.Locked})
	return err
}
