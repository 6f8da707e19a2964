package demo

import (
	"encoding/json"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// State is what an account demonstrates.
type State string

// The states, as `demo --json` names them.
const (
	// StateActive signs in straight to the home page.
	StateActive State = "active"
	// StateTemporary has a temporary password that still works.
	StateTemporary State = "temporary-password"
	// StateExpired has an expired password.
	StateExpired State = "expired-password"
	// StateLocked is locked for everybody after too many wrong attempts.
	StateLocked State = "locked"
	// StateDeactivated was ended by an administrator.
	StateDeactivated State = "deactivated"
	// StateInvited was made by an administrator and has not signed in yet.
	StateInvited State = "invited"
	// StateNoEmail is active, but has no address. A site that signs in by address has
	// no such account.
	StateNoEmail State = "no-email"
	// StateLegacy has the hash of another program and is otherwise like StateActive:
	// what was accepted in the previous system was imported.
	StateLegacy State = "legacy"
	// StateNeverSignedIn came from the previous system and has accepted nothing yet.
	StateNeverSignedIn State = "never-signed-in"
	// StateApp has an authenticator app, and recovery codes.
	StateApp State = "authenticator-app"
	// StateFactorAsked has no factor, and the company requires one: the sign-in leads
	// through setting it up.
	StateFactorAsked State = "factor-asked"
)

// Account is an account to try.
type Account struct {
	Username  string         `json:"username"`
	Password  string         `json:"password"`
	Email     string         `json:"email"`
	FirstName string         `json:"first_name"`
	LastName  string         `json:"last_name"`
	Company   string         `json:"company"`
	Role      gatehouse.Role `json:"role"`
	State     State          `json:"state"`
	// ChallengeAnswer answers the challenge question; empty if there is none.
	ChallengeAnswer string `json:"challenge_answer,omitempty"`
	// AppKey is the key of the authenticator app, in base32, and RecoveryCodes are those
	// that still work; empty: the account began without an app, or has lost it since.
	AppKey        string   `json:"app_key,omitempty"`
	RecoveryCodes []string `json:"recovery_codes,omitempty"`
	Note          string   `json:"note"`
}

// SiteAccounts are the accounts of one site.
type SiteAccounts struct {
	Site     *site.Site
	Accounts []Account
}

// Accounts are all accounts to try.
type Accounts struct {
	Sites []SiteAccounts
	// Operators are those who run the installation; nil: there is no host for them.
	Operators *SiteAccounts
	// Reused: the database existed already, so accounts may have other passwords and
	// states by now than those listed.
	Reused bool
	// Platforms are the other links of the tour; there may be none.
	Platforms []Platform

	// The database, which has the authenticator apps, and what opens their keys; nil: none
	// are shown.
	store *store.Store
	keys  *secret.Keys
}

// Addresses are where the demo answers.
type Addresses struct {
	// Tour and Inbox are URLs, SMTP is HOST:PORT.
	Tour, Inbox, SMTP string
}

// JSON is what `demo --json` prints: one line.
func (a Accounts) JSON(at Addresses) ([]byte, error) {
	type siteJSON struct {
		ID       string    `json:"id"`
		Name     string    `json:"name"`
		URL      string    `json:"url"`
		Accounts []Account `json:"accounts"`
	}
	type operatorJSON struct {
		Account
		URL string `json:"url"`
	}
	out := struct {
		Tour  string `json:"tour"`
		Inbox string `json:"inbox"`
		SMTP  string `json:"smtp"`
		// Operator is the owner; Operators are all, one in each role.
		Operator  *operatorJSON  `json:"operator,omitempty"`
		Operators []operatorJSON `json:"operators,omitempty"`
		Sites     []siteJSON     `json:"sites"`
	}{Tour: at.Tour, Inbox: at.Inbox, SMTP: at.SMTP, Sites: []siteJSON{}}
	if a.Operators != nil {
		for _, who := range a.Operators.Accounts {
			out.Operators = append(out.Operators, operatorJSON{who, a.Operators.Site.Origin})
			if who.Role == gatehouse.RoleOwner {
				out.Operator = &operatorJSON{who, a.Operators.Site.Origin}
			}
		}
	}
	for _, s := range a.Sites {
		out.Sites = append(out.Sites, siteJSON{s.Site.ID, s.Site.Name, s.Site.Origin, s.Accounts})
	}
	line, err := json.Marshal(out)
	return append(line, '\n'), err
}

// DisplayName is the name of the account's owner.
func (a Account) DisplayName() string {
	return gatehouse.User{FirstName: a.FirstName, LastName: a.LastName, Username: a.Username}.DisplayName()
}
