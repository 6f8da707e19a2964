package demo

import (
	"fmt"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// cast is the companies at one site, and those of their users that the tour lists. A
// namer makes up the others.
type cast struct {
	site      string
	companies []firm
	people    []person
}

// casts are the sites of the demo, in the order of the tour.
var casts = []cast{meridianUK, meridianAU, inkwell}

// firm is a company of the demo. Every company, person and address is invented.
type firm struct {
	account, name, domain string
	// users is how many users it has, including listed ones.
	users     int
	twoFactor bool
	// factor is the factor that it requires, in so many days; zero: now.
	factor gatehouse.Requirement
	inDays int
}

// person is a user that the tour lists.
type person struct {
	company            string // the account number
	username, password string
	first, last        string
	email              string // empty: none
	role               gatehouse.Role
	state              State
	// hash was made by another program from the password; empty: it is hashed when the
	// demo starts.
	hash string
	// mailed: what belongs to the state was mailed, and is in the inbox.
	mailed bool
	// bounced: the same, but the mail bounces, see bounce.go.
	bounced bool
	// forgot: the user asked for the temporary password, not an administrator.
	forgot bool
	// soon: the password expires in six days, if passwords do.
	soon bool
	// question is the user's own, with its answer; empty: a built-in one, see answers.
	question, answer string
	note             string
}

const (
	admin = gatehouse.RoleAdmin
	user  = gatehouse.RoleUser
)

// The passwords of all users who are not listed, one for the classic sites and one for
// the modern one: that makes one hash per site instead of thousands.
const (
	sharedClassic = "Everyone-Else-90"
	sharedModern  = "everyone-else-has-this-one"
)

func sharedPassword(s *site.Site) string {
	if s.Policy.Profile == gatehouse.Modern {
		return sharedModern
	}
	return sharedClassic
}

// firm returns the company with an account number.
func (c cast) firm(account string) firm {
	for _, f := range c.companies {
		if f.account == account {
			return f
		}
	}
	panic("demo: no company " + account) // the tables are part of the program
}

// accounts are the users of a cast as listed; fresh: their mails are on the way to an
// inbox, which forgets them when the demo ends.
func (c cast) accounts(s *site.Site, fresh bool) []Account {
	var all []Account
	for i, p := range c.people {
		answer := ""
		if p.state.answered(s) {
			answer = p.challenge(i).answer
		}
		all = append(all, Account{
			ChallengeAnswer: answer,
			Username:        p.username, Password: p.password, Email: p.email, FirstName: p.first, LastName: p.last,
			Company: c.firm(p.company).name, Role: p.role, State: p.state, Note: p.describe(s, fresh, answer),
		})
	}
	return all
}

// describe says what to expect of an account.
func (p person) describe(s *site.Site, fresh bool, answer string) string {
	text := ""
	switch p.state {
	case StateActive:
		text = "Signs in straight to the home page."
	case StateTemporary:
		text = "Has a temporary password, which works once: the sign-in asks for a new one."
	case StateExpired:
		text = "The temporary password is right, but has expired: the page leads to a new one."
		if s.Policy.Password.MaxAge > 0 {
			text = "The password is too old and must be replaced at the sign-in."
		}
	case StateLocked:
		text = fmt.Sprintf("Locked after %d wrong attempts: the same page as for a wrong password. A forgotten password, recovered, opens it again.", s.Policy.Lockout.Attempts)
	case StateDeactivated:
		text = "Ended by the company’s administrator: the same page as for a wrong password."
	case StateInvited:
		text = "New: the first sign-in leads from the temporary password through all the first steps."
	case StateNoEmail:
		text = "Nothing can be mailed: no address is known."
	case StateLegacy:
		text = "Brought its password hash (" + p.scheme() + ") from another system."
	case StateNeverSignedIn:
		text = "Moved from another system: the first sign-in asks only for what is missing."
	case StateApp:
		text = "Signs in with the password and a code from an authenticator app, which this page shows above."
	case StateFactorAsked:
		text = "Signs in with a code by email, and is then asked to set up an authenticator app or a passkey."
	}
	if p.mailed && fresh {
		text += " The mail is in the inbox."
	}
	if answer != "" {
		text += " Answers the challenge question with “" + answer + "”."
	}
	if p.note != "" {
		text += " " + p.note
	}
	return text
}

// scheme names the kind of a user's hash.
func (p person) scheme() string {
	scheme, err := secret.Inspect(p.hash)
	if err != nil {
		return "unknown"
	}
	return scheme
}
