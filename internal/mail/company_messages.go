package mail

import (
	"time"

	"gatehouse"
)

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
	AccountCreated       AccountAct = "created"       // only of operators, as is the next
	AccountRole          AccountAct = "role"
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

// PolicyChanged tells a company's administrators that it requires more or less of its users.
type PolicyChanged struct {
	notice
	Company string
	// By is the name of the administrator who did it; empty: the operator.
	By      string
	At      time.Time
	Changes []PolicyChange
}

// Kind implements Message.
func (PolicyChanged) Kind() string { return "policy-changed" }

// PolicyChange is a setting with its values in force before and after; see gatehouse.Policy.Of.
type PolicyChange struct {
	Setting  gatehouse.PolicySetting
	Was, Now int64
}

// Before and After are the values as spans; zero: never.
func (c PolicyChange) Before() time.Duration { return max(time.Duration(c.Was), 0) }
func (c PolicyChange) After() time.Duration  { return max(time.Duration(c.Now), 0) }

// CompanySuspended tells a company's administrators that support has suspended it, or has ended that.
type CompanySuspended struct {
	notice
	Company string
	At      time.Time
	Resumed bool
}

// Kind implements Message.
func (CompanySuspended) Kind() string { return "company-suspended" }

// UserMoved tells a user that support has made them a user of another company.
type UserMoved struct {
	notice
	Username string
	// From and To are the names of the companies.
	From, To string
	// Merged: the whole company was merged into the other one.
	Merged bool
	// Administrator: they are an administrator there.
	Administrator bool
	At            time.Time
}

// Kind implements Message.
func (UserMoved) Kind() string { return "user-moved" }

// UsersMoved tells a company's administrators that support has made users of it users of another
// company, or the other way round. It does not say which company: customers are not told who the
// others are.
type UsersMoved struct {
	notice
	// Company is the one of the recipient.
	Company string
	// Came: the users are the recipient's now; else they were.
	Came  bool
	Users int
	// Names are the first of them.
	Names []string
	At    time.Time
}

// Kind implements Message.
func (UsersMoved) Kind() string { return "users-moved" }

// CompaniesMerged tells the administrators of two companies that they are one now.
type CompaniesMerged struct {
	notice
	// From is the one that has no users left, To the one that has them.
	From, FromNumber, To, ToNumber string
	Users                          int
	// Kept: its administrators stay administrators.
	Kept bool
	At   time.Time
}

// Kind implements Message.
func (CompaniesMerged) Kind() string { return "companies-merged" }

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

// MonthlyReport tells a company's administrators how it stands, once a month.
type MonthlyReport struct {
	notice
	Company, AccountNumber string
	// From is the beginning of the month that it is about.
	From time.Time
	// Users are how many there are now, and how many of them never signed in, have not for long, have
	// an address that bounces or none, are locked, and have no second factor.
	Users, Never, Away, Bouncing, NoEmail, Locked, Bare int
	// Worked and Failed are the sign-ins of the month.
	Worked, Failed int
	Changes        []RoleChange
	// Query names the month in the report's address.
	Query string
}

// Kind implements Message.
func (MonthlyReport) Kind() string { return "monthly-report" }

// Until is the last day of the month.
func (m MonthlyReport) Until() time.Time { return m.From.AddDate(0, 1, -1) }

// RoleChange is a user who was made an administrator, or is no longer one; By is empty if the
// operator did it, and Name if the user is gone.
type RoleChange struct {
	Name, By string
	Is       bool
	At       time.Time
}
