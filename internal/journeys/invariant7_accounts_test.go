package journeys

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// asked is a name that a stranger asks about, and the facts about it.
type asked struct {
	kind        string
	name, email string // what is typed
	// answers are given to the challenge question of a recovery.
	answers [3]string
	// knows: this stranger gave the account's address and is shown its own question.
	knows bool
}

const (
	rightAnswer = "Biscuit the cat"
	ownQuestion = "Which boat did we hire in the summer of 1998?"
)

// account is a kind of account. Zero fields are as in an active and complete one.
type account struct {
	kind           string
	change         func(*gatehouse.User)
	own            bool // the question is in the user's own words
	noQuestion     bool
	wrongEmail     bool // the stranger gives another address
	rightAnswer    bool // the stranger knows the answer, which does not help
	lockedOut      bool // six strangers' wrong passwords before
	answeredWrong  bool // six wrong answers before
	anotherWithout bool // another account has the same address
}

var accounts = []account{
	{kind: "existing"},
	{kind: "wrong address", wrongEmail: true, rightAnswer: true},
	{kind: "own question", own: true},
	{kind: "own question, wrong address", own: true, wrongEmail: true, rightAnswer: true},
	{kind: "no question", noQuestion: true},
	{kind: "locked out", lockedOut: true},
	{kind: "answered wrong", answeredWrong: true},
	{kind: "shared address", anotherWithout: true},
	{kind: "locked by attempts", change: func(u *gatehouse.User) { u.LockedAt, u.LockReason = testkit.Start, gatehouse.LockedByAttempts }},
	{kind: "locked by attempts in all", change: func(u *gatehouse.User) { u.LockedAt, u.LockReason = testkit.Start, gatehouse.LockedByTotal }},
	{kind: "locked by the operator", rightAnswer: true, change: func(u *gatehouse.User) { u.LockedAt, u.LockReason = testkit.Start, gatehouse.LockedByOperator }},
	{kind: "locked by the administrator", rightAnswer: true, change: func(u *gatehouse.User) { u.LockedAt, u.LockReason = testkit.Start, gatehouse.LockedByAdministrator }},
	{kind: "deactivated", rightAnswer: true, change: func(u *gatehouse.User) { u.State = gatehouse.Deactivated }},
	{kind: "no address", rightAnswer: true, change: func(u *gatehouse.User) { u.Email, u.EmailConfirmed = "", false }},
	{kind: "no password", change: func(u *gatehouse.User) { u.Password = gatehouse.Password{} }},
	{kind: "another language", change: func(u *gatehouse.User) { u.Locale = "de" }},
	{kind: "administrator", change: func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin }},
	{kind: "invited", noQuestion: true, change: func(u *gatehouse.User) {
		u.State, u.FirstSignInAt, u.TermsAccepted, u.SoleUserFor = gatehouse.Invited, time.Time{}, "", ""
		u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, testkit.Start.Add(time.Hour)
	}},
	{kind: "temporary password expired", change: func(u *gatehouse.User) {
		u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordRecovery, testkit.Start.Add(-time.Hour)
	}},
}

// askedAbout makes the accounts on a site, and returns them after a nonexistent name,
// which all are compared with.
func askedAbout(t *testing.T, s *testkit.Server, siteID string) []asked {
	t.Helper()
	all := []asked{typed(s, siteID, "unknown", 0)}
	for i, a := range accounts {
		who := typed(s, siteID, a.kind, i+1)
		u := s.AddUser(siteID, who.name, password, a.change)
		byEmail := s.Sites.ByID(siteID).SignInWith == gatehouse.WithEmail
		switch {
		case byEmail && (u.Email == "" || a.wrongEmail || a.anotherWithout):
			continue // where the address is the name there is no such thing
		case a.wrongEmail:
			who.email = strings.Replace(who.email, "person", "nobody", 1)
		case a.anotherWithout:
			s.AddUser(siteID, "another", password, func(u *gatehouse.User) { u.Email = who.email })
		}
		if a.rightAnswer {
			who.answers = [3]string{rightAnswer, rightAnswer, rightAnswer}
		}
		who.knows = a.own && !a.wrongEmail
		giveHistory(t, s, u, a)
		all = append(all, who)
	}
	return all
}

// typed is what a stranger types about the nth name.
func typed(s *testkit.Server, siteID, kind string, n int) asked {
	name := fmt.Sprintf("person-%02d", n)
	who := asked{kind: kind, name: name, email: name + "@northgate.example", answers: [3]string{"wrong one", "wrong two", "wrong three"}}
	if s.Sites.ByID(siteID).SignInWith == gatehouse.WithEmail {
		who.name = who.email
	}
	return who
}

// giveHistory stores the account's question and what strangers have tried before.
func giveHistory(t *testing.T, s *testkit.Server, u gatehouse.User, a account) {
	t.Helper()
	ctx, st := t.Context(), s.Sites.ByID(u.SiteID)
	hash, err := s.Hasher.Hash(ctx, gatehouse.AnswerKey(rightAnswer))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := signin.SealAnswer(s.Keys, u.ID, hash)
	if err != nil {
		t.Fatal(err)
	}
	c := gatehouse.Challenge{Question: "car", SetAt: testkit.Start}
	if a.own {
		c.Question, c.Own = "", ownQuestion
	}
	err = s.Store.Write(ctx, func(q store.Queries) error {
		if a.lockedOut {
			if err := sixWrong(t, q, u, u.ID, st.Policy.Lockout); err != nil {
				return err
			}
		}
		if a.answeredWrong {
			if err := sixWrong(t, q, u, gatehouse.AnswerSubject(u.ID), st.Policy.AnswerLockout()); err != nil {
				return err
			}
		}
		if a.noQuestion || st.Recovery != gatehouse.RecoverByChallenge {
			return nil
		}
		return q.SetChallenge(ctx, u.SiteID, u.ID, c, sealed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sixWrong(t *testing.T, q store.Queries, u gatehouse.User, subject string, p gatehouse.LockoutPolicy) error {
	counts, err := q.HoldAttempts(t.Context(), u.SiteID, subject, "", testkit.Start)
	if err != nil {
		return err
	}
	for range p.Attempts {
		counts = counts.Wrong(p, testkit.Start)
	}
	return q.SaveAttempts(t.Context(), u.SiteID, subject, "", counts)
}
