package gatehouse

import "time"

// Caller is on whose behalf a service acts. It is an argument of every method
// that changes something, where permission check and event sit side by side.
type Caller struct {
	Kind CallerKind
	// UserID, CompanyID and SiteID say who it is, as far as Kind has them.
	UserID    string
	CompanyID string
	SiteID    string
	Role      Role
	// Name is how the event log shows an operator or a command: the account
	// that ran it.
	Name string
	// Address, UserAgent and Reference tie the event to the request.
	Address   string
	UserAgent string
	Reference string
}

// CallerKind is what sort of caller it is.
type CallerKind string

// The kinds of callers.
const (
	// Visitor: somebody who has not signed in.
	Visitor CallerKind = "visitor"
	// SignedIn: a user with a session, in the role the session's user has.
	SignedIn CallerKind = "user"
	// Operator: whoever runs the installation.
	Operator CallerKind = "operator"
	// System: a job of the server itself.
	System CallerKind = "system"
)

// MayManage reports whether the caller may change users of a company: its own
// administrator, or an operator (invariant 6).
func (c Caller) MayManage(siteID, companyID string) bool {
	switch c.Kind {
	case Operator, System:
		return true
	case SignedIn:
		return c.Role == RoleAdmin && c.SiteID == siteID && c.CompanyID == companyID
	}
	return false
}

// Event is one line of the event log. It is written in the transaction that
// makes the change it tells about.
type Event struct {
	ID        string
	SiteID    string
	CompanyID string
	// UserID is whom it is about; empty for a site's or an unknown name's.
	UserID string
	At     time.Time
	Kind   EventKind
	Result EventResult
	// ActorKind, ActorID and ActorName are who did it.
	ActorKind CallerKind
	ActorID   string
	ActorName string
	Address   string
	UserAgent string
	Reference string
	// Detail holds further facts, never a secret.
	Detail map[string]string
}

// EventKind names what happened, as noun.verb.
type EventKind string

// The kinds of events.
const (
	EventSignIn          EventKind = "sign_in.password"
	EventSignOut         EventKind = "session.ended"
	EventLocked          EventKind = "user.locked"
	EventUnlocked        EventKind = "user.unlocked"
	EventUserCreated     EventKind = "user.created"
	EventUserChanged     EventKind = "user.changed"
	EventUserImported    EventKind = "user.imported"
	EventUserDeactivated EventKind = "user.deactivated"
	EventUserActivated   EventKind = "user.activated"
	EventPasswordReset   EventKind = "password.reset"
	EventCompanyCreated  EventKind = "company.created"
	EventCompanyChanged  EventKind = "company.changed"
	EventImport          EventKind = "company.imported"
)

// EventResult is how it went.
type EventResult string

// The results of events.
const (
	ResultOK       EventResult = "ok"
	ResultWrong    EventResult = "wrong"
	ResultUnknown  EventResult = "unknown"
	ResultLocked   EventResult = "locked"
	ResultInactive EventResult = "deactivated"
	ResultExpired  EventResult = "expired"
	ResultLimited  EventResult = "limited"
)
