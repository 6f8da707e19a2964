package signin_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// player does a walk on the real services, with its own account and company.
type player struct {
	*stage
	own      *account.Service
	st       *site.Site // with its own numbers
	user     gatehouse.User
	password string
	question string          // the token of the last recovery by question
	link     string          // the token of the last link
	told     map[string]bool // codes and temporary passwords that were mailed
	tabs     [2]*playerTab
	n        int
}

var mailedCode = regexp.MustCompile(`\b\d{6}\b`)

// playerTab is what a browser keeps. It also keeps what has ended, which must not work again.
type playerTab struct {
	browser, session, signIn string
	codes, late              []string // of the sign-in in progress, newest first
	past                     []string // of those before it
}

// The steps of the model's clock, and what they end.
const (
	anHour = 61 * time.Minute
	aWeek  = 8 * 24 * time.Hour
)

func newPlayer(s *stage, begin modelState) *player {
	name := fmt.Sprintf("walker-%d", walkers.Add(1))
	st := *s.uk()
	st.AsksSoleUser = false
	st.Policy.Code, st.Policy.TrustedDevice = anHour, 15*24*time.Hour
	st.Policy.SignIn, st.Policy.TemporaryPassword, st.Policy.ResetLink = 5*24*time.Hour, 5*24*time.Hour, anHour
	st.Policy.Session = gatehouse.SessionLimits{Idle: 6 * 24 * time.Hour, Absolute: 6 * 24 * time.Hour}
	st.Policy.Password.MaxAge = 0
	st.Policy.Lockout = gatehouse.LockoutPolicy{Attempts: 1e6, InAll: 1e6}
	p := &player{stage: s, st: &st, password: first, told: map[string]bool{}, tabs: [2]*playerTab{{}, {}},
		own: &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}}
	firm := gatehouse.Company{SiteID: st.ID, ID: store.NewID("com", s.Clock.Now()), Name: "Eastgate Ltd", AccountNumber: name,
		TwoFactor: begin.company, CreatedAt: s.Clock.Now()}
	s.write(func(q store.Queries) error { return q.InsertCompany(ctx, firm) })
	p.user = s.addUser(name, func(u *gatehouse.User) {
		u.CompanyID = firm.ID
		if begin.password == initialPassword {
			u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{}
			u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, s.Clock.Now().Add(st.Policy.TemporaryPassword)
		}
	})
	p.asked()
	p.usedUp()
	return p
}

// asked sets the account's challenge question.
func (p *player) asked() {
	p.t.Helper()
	hash, err := p.Hasher.Hash(ctx, gatehouse.AnswerKey(answer))
	p.must(err)
	sealed, err := signin.SealAnswer(p.Keys, p.user.ID, hash)
	p.must(err)
	p.write(func(q store.Queries) error {
		return q.SetChallenge(ctx, p.st.ID, p.user.ID, gatehouse.Challenge{Question: "pet", SetAt: p.Clock.Now()}, sealed)
	})
}

var walkers atomic.Int64

// usedUp uses up the codes of the hour that the model does not have.
func (p *player) usedUp() {
	now := p.Clock.Now()
	p.write(func(q store.Queries) error {
		for range gatehouse.CodesAnHour - modelAnHour {
			err := q.InsertCode(ctx, p.user.SiteID, p.user.ID, "sin_another", gatehouse.Code{ID: store.NewID("cod", now), MAC: "none",
				SentAt: now.Add(-gatehouse.CodePause), ExpiresAt: now})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *player) at(i int8) signin.At {
	return signin.At{SignIn: p.tabs[i].signIn, Device: p.tabs[i].browser, Lang: "en-GB", Caller: visitor(p.st)}
}

func (p *player) word() string {
	p.n++
	return fmt.Sprintf("Word-%d-Number", p.n)
}

// mailed waits for a mail with the wanted text. Every mail is read once; two of them may contain
// the same: of a million codes, one occasionally occurs twice in a long walk.
func (p *player) mailed(find func(text string) string) string {
	p.t.Helper()
	for {
		m := p.Mail.Wait(p.t, p.user.Email)
		if found := find(m.Text); found != "" {
			p.told[found] = true
			return found
		}
	}
}

func (p *player) enterPassword(i int8, password string) (reply, error) {
	tab := p.tabs[i]
	out, err := p.SignIn.Password(ctx, p.st, signin.PasswordRequest{Username: p.user.Username, Password: password, Device: tab.browser, Caller: visitor(p.st)})
	if err != nil {
		return said(err)
	}
	tab.past = append(tab.past, tab.codes...)
	tab.codes, tab.late = nil, nil
	tab.signIn = out.SignIn // the previous one is abandoned
	if out.SignIn != "" {
		facts, _, err := p.SignIn.InProgress(ctx, p.st, out.SignIn)
		if err != nil {
			return "", err
		}
		p.write(func(q store.Queries) (err error) { // the entries that the model does not cover
			for range gatehouse.CodeTries - modelTries {
				_, err = q.CountCode(ctx, p.st.ID, facts.SignIn.ID, gatehouse.CodeTries)
			}
			return err
		})
	}
	return p.led(i, out, nil)
}

// led stores what a browser is given.
func (p *player) led(i int8, out signin.Outcome, err error) (reply, error) {
	tab := p.tabs[i]
	var moved *signin.MovedError
	if errors.As(err, &moved) && moved.Step == gatehouse.StepCode && len(tab.codes)+len(tab.late) == 0 && p.hasCode(i) {
		tab.codes = []string{p.code()}
		return movedSent, nil
	}
	if err != nil {
		return said(err)
	}
	if out.Device != "" {
		tab.browser = out.Device
	}
	if out.SignIn != "" {
		tab.signIn = out.SignIn
	}
	switch out.Step {
	case gatehouse.StepCode:
		if !p.hasCode(i) {
			return toCodeBare, nil
		}
		tab.codes = []string{p.code()}
		return toCode, nil
	case gatehouse.StepPassword:
		return toPassword, nil
	case gatehouse.StepTerms:
		return toTerms, nil
	case gatehouse.StepDone:
		tab.session = out.Session
		return done, nil
	}
	return "", fmt.Errorf("led to %q", out.Step)
}

// hasCode reports whether a code was sent for a browser's sign-in.
func (p *player) hasCode(i int8) bool {
	p.t.Helper()
	state, err := p.SignIn.CodeState(ctx, p.st, p.at(i))
	p.must(err)
	return !state.SentAt.IsZero()
}

func (p *player) code() string {
	return p.mailed(func(text string) string { return mailedCode.FindString(text) })
}

func (p *player) send(i int8, before modelState) (reply, error) {
	tab := p.tabs[i]
	if before.sent < modelAnHour { // then it is the pause that prevents it
		p.Clock.Add(gatehouse.CodePause)
	}
	err := p.SignIn.SendCode(ctx, p.st, p.at(i))
	if err != nil {
		return said(err)
	}
	tab.codes = append([]string{p.code()}, tab.codes...)
	if err := p.SignIn.SendCode(ctx, p.st, p.at(i)); reasonOf(err) != signin.ReasonCodeWait {
		return "", fmt.Errorf("sent again at once: %w", err)
	}
	return sentOne, nil
}

// seen returns what is visible in both browsers.
func (p *player) seen() (all seen) {
	for i, tab := range p.tabs {
		all[i].session = p.alive(p.st, tab.session)
		all[i].due = map[gatehouse.Step]dueStep{"": nothing, gatehouse.StepCode: codeDue, gatehouse.StepPassword: passwordDue,
			gatehouse.StepTerms: termsDue, gatehouse.StepDone: nothingLeft}[p.step(p.st, tab.signIn)]
	}
	return all
}

// trusted counts the devices that are listed as trusted (B08).
func (p *player) trusted() int {
	p.t.Helper()
	second, err := p.desk.TwoFactor(ctx, p.st, operator, p.user.ID)
	p.must(err)
	return len(second.Trusted)
}

// play does a walk and compares every reply, and what is visible then, with the model's; the notes
// check the invariants for the real replies. It returns the first difference, with the way to it.
func (s *stage) play(g *graph, w walk) string {
	s.t.Helper()
	p, m, n := newPlayer(s, w.begin), w.begin, notesOf(w.begin)
	var way strings.Builder
	way.WriteString(w.begin.beginning())
	for i, a := range w.todo {
		next, want, may := g.rules.do(m, a)
		if !may {
			return fmt.Sprintf("nobody can do this: %s\n%s", a, way.String())
		}
		got, err := p.do(a, m)
		fmt.Fprintf(&way, "\n%3d. %s: %s", i+1, a, got)
		now, trusted := p.seen(), 0
		for _, b := range next.browsers {
			if b.trusted > 0 {
				trusted++
			}
		}
		switch wrong := n.take(a, got, now); {
		case err != nil || got != want:
			return fmt.Sprintf("replied %q (%v), the model says %q (%s)\n%s", got, err, want, wrong, way.String())
		case now != g.rules.seen(next):
			return fmt.Sprintf("seen %v, the model says %v (%s)\n%s", now, g.rules.seen(next), wrong, way.String())
		case wrong != "":
			return wrong + "\n" + way.String()
		case p.trusted() != trusted:
			return fmt.Sprintf("%d browsers are trusted, the model says %d\n%s", p.trusted(), trusted, way.String())
		}
		m = next
	}
	return ""
}
