package mail

import "time"

// Invitation brings the link with which a new user chooses the first password.
type Invitation struct {
	Username string
	Token    string
	// ExpiresAt is when the link stops working, and the message with it.
	ExpiresAt time.Time
	// Name and Company say who invites; empty if it was the operator.
	Name, Company string
}

// Kind implements Message.
func (Invitation) Kind() string { return "invitation" }

// Secret implements Message.
func (m Invitation) Secret() string { return m.Token }

// Expires implements Message.
func (m Invitation) Expires(time.Time) time.Time { return m.ExpiresAt }

// AccountChanged tells a user what an administrator did to the account.
type AccountChanged struct {
	notice
	Username string
	What     AccountAct
	// By is the administrator's name; empty: the operator did it.
	By string
	At time.Time
	// Until is when a deleted account is removed for good.
	Until time.Time
}

// Kind implements Message.
func (AccountChanged) Kind() string { return "account-changed" }

// AccountAct is what was done to an account.
type AccountAct string

// The acts.
const (
	AccountDeactivated   AccountAct = "deactivated"
	AccountActivated     AccountAct = "activated"
	AccountDeleted       AccountAct = "deleted"
	AccountRestored      AccountAct = "restored"
	AccountAdministrator AccountAct = "administrator" // is one now
	AccountUser          AccountAct = "user"          // is no administrator now
)

// NewAdministrator tells a company's administrators that there is one more.
type NewAdministrator struct {
	notice
	Username, Name string
	// By is the name of the administrator who did it; empty: the operator.
	By string
	At time.Time
}

// Kind implements Message.
func (NewAdministrator) Kind() string { return "new-administrator" }

// RequestsWaiting reminds a company's administrators of what users have asked for, once a day.
type RequestsWaiting struct {
	notice
	// Usernames, Shared and Access count forgotten usernames, shared sign-ins, and users waiting
	// for a platform.
	Usernames, Shared, Access int
}

// Kind implements Message.
func (RequestsWaiting) Kind() string { return "requests-waiting" }

// Expires implements Message: the next day has its own.
func (RequestsWaiting) Expires(now time.Time) time.Time { return now.Add(24 * time.Hour) }

// All is how many there are.
func (m RequestsWaiting) All() int { return m.Usernames + m.Shared + m.Access }
