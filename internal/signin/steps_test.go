package signin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

var (
	ctx     = context.Background()
	pet     = gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: second}
	chosen  = signin.NewPassword{Old: first, New: second, Repeat: second}
	yesForm = func(st *site.Site) signin.TermsForm { return signin.TermsForm{Version: st.TermsVersion, Accept: true} }
)

// B13 to B15, A03, A04: from the temporary password to the session, every step in order. B16: the
// company's switch requires no code this first time.
func TestAFirstSignInStepByStep(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.newcomer("meridian-uk", "newcomer")
		s.twoFactor(u, true)
		out := s.begin(u, first, "", gatehouse.StepPassword)
		at := s.at(st, out)
		if at.Device == "" || out.Session != "" {
			t.Fatalf("after a temporary password: %+v", out)
		}
		if facts, _, err := s.SignIn.InProgress(ctx, st, out.SignIn); err != nil || len(facts.SignIn.Steps) != 4 {
			t.Errorf("the steps to do are %v, %v", facts.SignIn.Steps, err)
		}
		next := func(want gatehouse.Step, do func() (signin.Outcome, error)) {
			t.Helper()
			s.Clock.Add(time.Minute)
			s.nothingElse(at, s.step(st, at.SignIn))
			got, err := do()
			if err != nil || got.Step != want {
				t.Fatalf("led to %q, %v, want %q", got.Step, err, want)
			}
			out = got
		}
		next(gatehouse.StepChallenge, func() (signin.Outcome, error) { return s.SignIn.ChoosePassword(ctx, st, at, chosen) })
		_, err := s.enter(u, first, at.Device)
		s.refused("the temporary password after the new one", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		next(gatehouse.StepTerms, func() (signin.Outcome, error) { return s.SignIn.SetFirstChallenge(ctx, st, at, pet) })
		next(gatehouse.StepSoleUser, func() (signin.Outcome, error) { return s.SignIn.AcceptTerms(ctx, st, at, yesForm(st)) })
		if s.alive(st, at.SignIn) {
			t.Fatal("a sign-in in progress is taken for a session")
		}
		next(gatehouse.StepDone, func() (signin.Outcome, error) { return s.SignIn.AnswerSoleUser(ctx, st, at, "yes") })
		if out.SignIn != "" || out.Device == "" || out.ReturnTo != "/account/profile" || !s.alive(st, out.Session) {
			t.Fatalf("at its end: %+v", out)
		}
		if s.step(st, at.SignIn) != "" {
			t.Error("the sign-in goes on after its end")
		}
		u = s.User(u)
		if u.State != gatehouse.Active || u.FirstSignInAt != s.Clock.Now() || u.TermsAccepted != st.TermsVersion || !u.SoleUser || !u.ChallengeSet {
			t.Errorf("afterwards: %+v", u)
		}
		if got, want := s.mails(u), "password-changed challenge-changed terms-receipt"; got != want {
			t.Errorf("mails %q, want %q", got, want)
		}
		ses, err := s.SignIn.Session(ctx, st, out.Session)
		if err != nil || ses.DeviceID == "" || ses.IPAddress != "192.0.2.7" {
			t.Errorf("the session: %+v, %v", ses, err)
		}
		s.twoFactor(u, false)
		s.open(u, second, out.Device)
	})
}

// nothingElse posts every step but the due one: each leads back to the due one, and none has done
// anything.
func (s *stage) nothingElse(at signin.At, due gatehouse.Step) {
	s.t.Helper()
	st := s.uk()
	for step, post := range map[gatehouse.Step]func() (signin.Outcome, error){
		gatehouse.StepPassword: func() (signin.Outcome, error) {
			return s.SignIn.ChoosePassword(ctx, st, at, signin.NewPassword{Old: second, New: "Third-Word-33", Repeat: "Third-Word-33"})
		},
		gatehouse.StepChallenge: func() (signin.Outcome, error) { return s.SignIn.SetFirstChallenge(ctx, st, at, pet) },
		gatehouse.StepTerms:     func() (signin.Outcome, error) { return s.SignIn.AcceptTerms(ctx, st, at, yesForm(st)) },
		gatehouse.StepSoleUser:  func() (signin.Outcome, error) { return s.SignIn.AnswerSoleUser(ctx, st, at, "yes") },
	} {
		if step == due {
			continue
		}
		if _, err := post(); due == "" {
			s.refused(string(step)+" of a sign-in that is over", err, gatehouse.Unauthenticated, "no-sign-in")
		} else {
			s.moved(string(step)+" while "+string(due)+" is due", err, due)
		}
		if got := s.step(st, at.SignIn); got != due {
			s.t.Fatalf("%s led from %s to %s", step, due, got)
		}
	}
}

func (s *stage) twoFactor(u gatehouse.User, on bool) {
	s.t.Helper()
	s.write(func(q store.Queries) error {
		c, err := q.Company(ctx, u.SiteID, u.CompanyID)
		if err != nil {
			return err
		}
		_, err = q.SetTwoFactor(ctx, c.SiteID, c.ID, gatehouse.EmailCodes(on), s.Clock.Now())
		return err
	})
}

// Something ends a sign-in, or the right to one, in between: each step then says that there is
// none, and changes nothing.
func TestAStepAfterSomethingElseHappened(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for name, happens := range map[string]func(u gatehouse.User, out signin.Outcome){
			"reset": func(u gatehouse.User, _ signin.Outcome) {
				_, err := s.desk.ResetPassword(ctx, s.uk(), operator, u.ID)
				s.must(err)
			},
			"deactivate": func(u gatehouse.User, _ signin.Outcome) { s.must(s.desk.Deactivate(ctx, s.uk(), operator, u.ID)) },
			"deactivate and activate": func(u gatehouse.User, _ signin.Outcome) {
				s.must(s.desk.Deactivate(ctx, s.uk(), operator, u.ID))
				s.must(s.desk.Activate(ctx, s.uk(), operator, u.ID))
			},
			"lock": func(u gatehouse.User, _ signin.Outcome) {
				s.write(func(q store.Queries) error {
					_, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByOperator, s.Clock.Now())
					return err
				})
			},
			"time": func(gatehouse.User, signin.Outcome) { s.Clock.Add(30 * time.Minute) },
			"sign out": func(u gatehouse.User, out signin.Outcome) {
				_, err := s.SignIn.SignOut(ctx, s.uk(), visitor(s.uk()), "", out.SignIn)
				s.must(err)
			},
		} {
			for _, due := range []gatehouse.Step{gatehouse.StepPassword, gatehouse.StepChallenge, gatehouse.StepTerms, gatehouse.StepSoleUser} {
				u := s.due(strings.ReplaceAll(name, " ", "-")+"-"+string(due), due)
				out := s.begin(u, first, "", due)
				s.Clock.Add(time.Second)
				happens(u, out)
				before := s.User(u)
				s.nothingElse(s.at(s.uk(), out), "")
				if after := s.User(u); after != before {
					t.Errorf("%s, then %s: %+v became %+v", name, due, before, after)
				}
			}
		}
	})
}

// due adds a user with one step to do.
func (s *stage) due(name string, step gatehouse.Step) gatehouse.User {
	return s.addUser(name, func(u *gatehouse.User) {
		switch step {
		case gatehouse.StepPassword:
			u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordRecovery, s.Clock.Now().Add(24*time.Hour)
		case gatehouse.StepChallenge:
			u.ChallengeSet = false
		case gatehouse.StepTerms:
			u.TermsAccepted = "2020-01"
		case gatehouse.StepSoleUser:
			u.SoleUserFor = ""
		}
	})
}

// A03: the text that counts is the one in force when it is accepted, not the one on a page that
// was opened before.
func TestTermsThatChangeMeanwhile(t *testing.T) {
	onOwnStage(t, func(t *testing.T, s *stage) {
		u := s.due("reader", gatehouse.StepTerms)
		out := s.begin(u, first, "", gatehouse.StepTerms)
		accept := func(form signin.TermsForm) (signin.Outcome, error) {
			return s.SignIn.AcceptTerms(ctx, s.uk(), s.at(s.uk(), out), form)
		}
		shown := func() signin.TermsForm {
			text, _ := s.uk().TermsText(s.uk().TermsVersion, "en-GB")
			return signin.TermsForm{Version: s.uk().TermsVersion, TextHash: gatehouse.TermsHash(text), Accept: true}
		}
		old := shown()
		_, err := accept(signin.TermsForm{Version: old.Version, TextHash: old.TextHash})
		s.faulty("not accepted", err, "accept required")
		_, err = accept(signin.TermsForm{Accept: true})
		s.faulty("no version", err, "accept terms-changed")
		s.terms(old.Version, "1. Another text of the same version.\n")
		_, err = accept(old)
		s.faulty("another text of the same version", err, "accept terms-changed")
		same := shown()
		s.terms("2027-01", "1. A new version.\n")
		_, err = accept(same)
		s.faulty("another version", err, "accept terms-changed")
		if u := s.User(u); u.TermsAccepted != "2020-01" || s.mails(u) != "" {
			t.Errorf("accepted %q, mails %q", u.TermsAccepted, s.mails(u))
		}
		now := shown()
		if out, err = accept(now); err != nil || out.Step != gatehouse.StepSoleUser {
			t.Fatalf("the text in force: %+v, %v (the question is asked again for this version)", out, err)
		}
		a, err := s.Store.Read().Acceptances(ctx, u.SiteID, u.ID)
		if err != nil || len(a) != 1 || a[0].Version != "2027-01" || a[0].TextHash != now.TextHash || a[0].Lang != "en-GB" ||
			a[0].IPAddress != "192.0.2.7" || a[0].AcceptedAt != s.Clock.Now() {
			t.Fatalf("recorded: %+v, %v", a, err)
		}
		s.terms("2027-01", "1. Changed without a new version.\n")
		if _, text, err := s.Store.Read().AcceptedText(ctx, u.SiteID, u.ID, a[0].ID); err != nil || text != "1. A new version.\n" {
			t.Errorf("the text that was accepted: %q, %v", text, err)
		}
		if m := s.sent(u.Email); len(m) != 1 || !strings.Contains(m[0].Text, now.TextHash) || !strings.Contains(m[0].Text, "2027-01") {
			t.Errorf("the receipt: %+v", m)
		}
	})
}

// Terms that are withdrawn while a user reads them are no longer due.
func TestTermsThatAreWithdrawnMeanwhile(t *testing.T) {
	onOwnStage(t, func(t *testing.T, s *stage) {
		asked := s.addUser("asked", func(u *gatehouse.User) { u.TermsAccepted, u.SoleUserFor = "", "" })
		out := s.begin(asked, first, "", gatehouse.StepTerms)
		free := s.addUser("free", func(u *gatehouse.User) { u.TermsAccepted, u.SoleUserFor = "", "once" })
		nothing := s.begin(free, first, "", gatehouse.StepTerms)
		form := yesForm(s.uk())
		s.terms("", "")
		_, err := s.SignIn.AcceptTerms(ctx, s.uk(), s.at(s.uk(), out), form)
		s.moved("terms that are gone", err, gatehouse.StepSoleUser)
		_, err = s.SignIn.AcceptTerms(ctx, s.uk(), s.at(s.uk(), nothing), form)
		s.moved("terms that are gone, and nothing else to do", err, gatehouse.StepDone)
		if s.User(free).TermsAccepted != "" {
			t.Error("terms that are gone were accepted")
		}
		s.open(free, first, nothing.Device)
	})
}

// A04: "no" tells those who can help, and nobody else.
func TestTheSoleUserQuestion(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		ask := func(u *gatehouse.User) { u.SoleUserFor, u.FirstName, u.LastName = "", "Ada", "Bloom" }
		admin := func(change func(*gatehouse.User)) func(*gatehouse.User) {
			return func(u *gatehouse.User) {
				u.Role = gatehouse.RoleAdmin
				if change != nil {
					change(u)
				}
			}
		}
		elsewhere := gatehouse.Company{SiteID: "meridian-uk", ID: "com_2", Name: "Eastgate Ltd", AccountNumber: "2", CreatedAt: s.Clock.Now()}
		bare := gatehouse.Company{SiteID: "meridian-uk", ID: "com_3", Name: "Westgate Ltd", AccountNumber: "3", CreatedAt: s.Clock.Now()}
		s.write(func(q store.Queries) error {
			if err := q.InsertCompany(ctx, bare); err != nil {
				return err
			}
			return q.InsertCompany(ctx, elsewhere)
		})
		helps := []gatehouse.User{s.addUser("admin-one", admin(nil)), s.addUser("admin-two", admin(nil))}
		others := []gatehouse.User{
			s.addUser("colleague", nil),
			s.addUser("admin-locked", admin(func(u *gatehouse.User) { u.LockedAt, u.LockReason = s.Clock.Now(), gatehouse.LockedByAttempts })),
			s.addUser("admin-gone", admin(func(u *gatehouse.User) { u.State = gatehouse.Deactivated })),
			s.addUser("admin-elsewhere", admin(func(u *gatehouse.User) { u.CompanyID = elsewhere.ID })),
			s.addUser("admin-unreachable", admin(func(u *gatehouse.User) { u.Email = "" })),
		}
		u := s.addUser("sharer", ask)
		out := s.begin(u, first, "", gatehouse.StepSoleUser)
		for _, bad := range []string{"", "maybe", "YES", "no "} {
			_, err := s.SignIn.AnswerSoleUser(ctx, s.uk(), s.at(s.uk(), out), bad)
			s.faulty("the answer "+bad, err, "sole_user required")
		}
		if out, err := s.SignIn.AnswerSoleUser(ctx, s.uk(), s.at(s.uk(), out), "no"); err != nil || out.Step != gatehouse.StepDone {
			t.Fatalf("%+v, %v", out, err)
		}
		if u := s.User(u); u.SoleUser || u.SoleUserFor != s.uk().TermsVersion {
			t.Errorf("the answer of %s: %v for %q", u.Username, u.SoleUser, u.SoleUserFor)
		}
		for _, to := range helps {
			if m := s.sent(to.Email); s.mails(to) != "shared-sign-in" || len(m) != 1 || !strings.Contains(m[0].Text, "sharer") || !strings.Contains(m[0].Text, "Ada Bloom") {
				t.Errorf("%s was told %q: %+v", to.Username, s.mails(to), m)
			}
		}
		support := s.uk().Support.Email
		if m := s.sent(support); len(m) != 0 {
			t.Errorf("support was told, too: %+v", m)
		}
		own := s.addUser("admin-sharer", admin(ask))
		out = s.begin(own, first, "", gatehouse.StepSoleUser)
		_, err := s.SignIn.AnswerSoleUser(ctx, s.uk(), s.at(s.uk(), out), "no")
		s.must(err)
		if m := s.sent(support); len(m) != 1 || !strings.Contains(m[0].Text, "The user is an administrator") || !strings.Contains(m[0].Text, "admin-sharer") {
			t.Errorf("about an administrator, support was told %+v", m)
		}
		// If nobody else would be told, support is.
		alone := s.addUser("nobody-else", func(u *gatehouse.User) { ask(u); u.CompanyID = "com_3" })
		out = s.begin(alone, first, "", gatehouse.StepSoleUser)
		_, err = s.SignIn.AnswerSoleUser(ctx, s.uk(), s.at(s.uk(), out), "no")
		s.must(err)
		if m := s.sent(support); len(m) != 2 || !strings.Contains(m[1].Text, "no administrator we could tell") {
			t.Errorf("without an administrator, support was told %+v", m)
		}
		yes := s.addUser("alone", ask)
		out = s.begin(yes, first, "", gatehouse.StepSoleUser)
		_, err = s.SignIn.AnswerSoleUser(ctx, s.uk(), s.at(s.uk(), out), "yes")
		s.must(err)
		if !s.User(yes).SoleUser || s.mails(helps[0]) != "shared-sign-in shared-sign-in" {
			t.Errorf("after one more no and a yes: %q", s.mails(helps[0]))
		}
		for _, to := range append(others, u, own, yes) {
			if strings.Contains(s.mails(to), "shared-sign-in") {
				t.Errorf("%s was told %q", to.Username, s.mails(to))
			}
		}
	})
}
