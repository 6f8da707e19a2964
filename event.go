package gatehouse

import "time"

// Caller is who a service acts for. It is an argument of every method
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
	// IPAddress, UserAgent and Reference tie the event to the request.
	IPAddress string
	UserAgent string
	Reference string
	// Browser is the token of the device cookie; empty if there is none. It is a secret
	// and in no event.
	DeviceToken string
	// Post names the form that was posted and the browser that it was posted from, by a
	// keyed hash: the same form posted again has the same one. Empty: none was.
	Post string
}

// CallerKind is what sort of caller it is.
type CallerKind string

// The kinds of callers.
const (
	// Visitor: somebody who has not signed in.
	Visitor CallerKind = "visitor"
	// SignedIn: a user with a session, in the role the session's user has.
	SignedIn CallerKind = "user"
	// Operator: anyone who runs the installation.
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

// Event makes a line of the event log about a user (a zero User: about nobody who
// is known).
func (c Caller) Event(id string, at time.Time, siteID string, u User, kind EventKind, result EventResult, detail map[string]string) Event {
	return Event{
		ID: id, SiteID: siteID, CompanyID: u.CompanyID, UserID: u.ID, At: at,
		Kind: kind, Result: result, ActorKind: c.Kind, ActorID: c.UserID, ActorName: c.Name,
		IPAddress: c.IPAddress, UserAgent: c.UserAgent, Reference: c.Reference, Detail: detail,
	}
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
	IPAddress string
	UserAgent string
	Reference string
	// Detail holds further facts, never a secret.
	Detail map[string]string
}

// SignedIn reports whether the event is a sign-in that came to its end: a right password, or a
// passkey, after which nothing else was due, or the last of the steps after it.
func (e Event) SignedIn() bool {
	next := Step(e.Detail["next"])
	begins := e.Kind == EventSignIn || e.Kind == EventPasskey
	return e.Kind == EventSignInDone || begins && e.Result == ResultOK && (next == StepDone || next == "")
}

// EventKind names what happened, as noun.verb.
type EventKind string

// The kinds of events.
const (
	EventSignIn          EventKind = "sign_in.password"
	EventPasskey         EventKind = "sign_in.passkey"
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
	// EventCodeSent and EventCode: a code was mailed, and one was entered.
	EventCodeSent EventKind = "code.sent"
	EventCode     EventKind = "sign_in.code"
	// EventSignInDone: a sign-in that had steps to do came to its end.
	EventSignInDone      EventKind = "sign_in.done"
	EventPasswordChanged EventKind = "password.changed"
	// EventPasswordChecked: the present password was asked for again, and wrong.
	EventPasswordChecked  EventKind = "password.checked"
	EventChallengeSet     EventKind = "challenge.set"
	EventTermsAccepted    EventKind = "terms.accepted"
	EventSoleUser         EventKind = "sole_user.answered"
	EventRecovery         EventKind = "recovery.asked"
	EventRecoveryAnswered EventKind = "recovery.answered"
	EventUsernameAsked    EventKind = "username.asked"
	EventProfileChanged   EventKind = "profile.changed"
	EventEmailAsked       EventKind = "email.asked"
	// EventEmailConfirmed: an address that the account had already.
	EventEmailConfirmed EventKind = "email.confirmed"
	EventEmailChanged   EventKind = "email.changed"
	EventEmailUndone    EventKind = "email.undone"
	EventDeviceRemoved  EventKind = "device.removed"
	// EventDeviceUntrusted: a person ended the trust in a browser of the own.
	EventDeviceUntrusted EventKind = "device.untrusted"
	EventNotMe           EventKind = "activity.not_me"
	// EventTwoFactorEnabled and EventTwoFactorDisabled: a company's Enhanced Security was
	// switched. They are about no single user.
	EventTwoFactorEnabled  EventKind = "two_factor.enabled"
	EventTwoFactorDisabled EventKind = "two_factor.disabled"
	// EventOwnTwoFactor: a person's own choice of two-factor; Detail["on"] is yes or no.
	EventOwnTwoFactor EventKind = "two_factor.own"
	// EventTwoFactorReset: an administrator took back trust in browsers and the own
	// choice of two-factor (B19).
	EventTwoFactorReset EventKind = "two_factor.reset"
	// EventFactorAdded and EventFactorRemoved: an authenticator app or a passkey (Detail["kind"]);
	// Detail["name"] is what the user calls it. EventRecoveryCodesMade: new recovery codes, in the place of those before.
	EventFactorAdded       EventKind = "factor.added"
	EventFactorRemoved     EventKind = "factor.removed"
	EventRecoveryCodesMade EventKind = "recovery_codes.made"
	// EventMailBounced: mail to the user's address came back.
	EventMailBounced EventKind = "mail.bounced"
	// EventBounceCleared: what was held against the user's address was taken back, by an
	// operator or because too many addresses were refused for the same reason.
	EventBounceCleared EventKind = "mail.bounce_cleared"
	// EventMailResent: an administrator had a message sent again (C13).
	EventMailResent EventKind = "mail.resent"
	// Events about applications; Detail["application"] is the ID, and where users read about it,
	// Detail["name"] the name.
	EventApplicationCreated EventKind = "application.created"
	EventApplicationChanged EventKind = "application.changed"
	// EventApplicationDeleted and EventApplicationRestored: an operator deleted it, or took
	// that back; EventApplicationRemoved: it is gone, with everything.
	EventApplicationDeleted  EventKind = "application.deleted"
	EventApplicationRestored EventKind = "application.restored"
	EventApplicationRemoved  EventKind = "application.removed"
	// EventApplicationSecret: a secret was made for it.
	EventApplicationSecret EventKind = "application.secret_made"
	// EventApplicationSignIn: a user went on to an application with a session.
	EventApplicationSignIn EventKind = "application.signed_in"
	// EventConsentGiven and EventConsentRefused: a user was asked whether an application may
	// read about them.
	EventConsentGiven   EventKind = "application.consent_given"
	EventConsentRefused EventKind = "application.consent_refused"
	// EventReachChanged: a company's administrator said which of its users may reach an
	// application: Detail["reach"], and what it was before. It is about no single user.
	EventReachChanged EventKind = "application.reach_changed"
	// EventAccessAsked: a user without access asked for it; the other two are what came of it.
	EventAccessAsked    EventKind = "application.access_asked"
	EventAccessAllowed  EventKind = "application.access_allowed"
	EventAccessDeclined EventKind = "application.access_declined"
	// EventAccessRemoved: a user took an application's access to the own account away.
	EventAccessRemoved EventKind = "application.access_removed"
	// EventTokenReplayed: a code or a refresh token came a second time, and all that came of it
	// has ended.
	EventTokenReplayed EventKind = "application.token_replayed"
	// EventLogoutFailed: an application could not be told that a session of the user has ended.
	EventLogoutFailed EventKind = "application.logout_failed"
	EventKeysRotated  EventKind = "signing_keys.rotated"
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
	ResultUsed     EventResult = "used"
)
