package gatehouse

import "time"

// Caller says on whose behalf a service acts. It is an argument of every method that changes
// something, where permission check and event sit side by side.
type Caller struct {
	Kind CallerKind
	// UserID, CompanyID and SiteID identify the caller, as far as its Kind has them.
	UserID    string
	CompanyID string
	SiteID    string
	Role      Role
	// Act is what a signed-in operator is doing; see For.
	Act OperatorAct
	// Name is how the event log shows an operator or a command: the operating system account that
	// ran it.
	Name string
	// IPAddress, UserAgent and Reference tie the event to the request.
	IPAddress string
	UserAgent string
	Reference string
	// DeviceToken is the token of the device cookie; empty if there is none. It is a secret and
	// appears in no event.
	DeviceToken string
	// Post identifies the posted form and the browser it came from, by a keyed hash: the same form
	// posted again has the same one. Empty: none was posted.
	Post string
	// Proved: the session has fresh proof of who its user is; see AskProof. It is only known on
	// pages that may ask for it.
	Proved bool
}

// CallerKind is the type of a caller.
type CallerKind string

// The kinds of callers.
const (
	// Visitor: somebody who has not signed in.
	Visitor CallerKind = "visitor"
	// SignedIn: a user with a session, in the role the session's user has.
	SignedIn CallerKind = "user"
	// Operator: anyone who runs the installation: by a command, or signed in to the operators' pages
	// (SignedInOperator).
	Operator CallerKind = "operator"
	// System: a job of the server itself.
	System CallerKind = "system"
)

// MayManage reports whether the caller may change users of a company: its own administrator, or an
// operator (invariant 6); one who has signed in only for what they are doing, see For.
func (c Caller) MayManage(siteID, companyID string) bool {
	switch c.Kind {
	case Operator, System:
		return !c.SignedInOperator() || c.operatesOn(siteID)
	case SignedIn:
		return c.Role == RoleAdmin && siteID != OperatorsSite && c.SiteID == siteID && c.CompanyID == companyID
	}
	return false
}

// Event creates a line of the event log about a user (a zero User: about nobody known).
func (c Caller) Event(id string, at time.Time, siteID string, u User, kind EventKind, result EventResult, detail map[string]string) Event {
	return Event{
		ID: id, SiteID: siteID, CompanyID: u.CompanyID, UserID: u.ID, At: at,
		Kind: kind, Result: result, ActorKind: c.Kind, ActorID: c.UserID, ActorName: c.Name,
		IPAddress: c.IPAddress, UserAgent: c.UserAgent, Reference: c.Reference, Detail: detail,
	}
}

// Event is one line of the event log. It is written in the transaction that makes the change.
type Event struct {
	ID        string
	SiteID    string
	CompanyID string
	// UserID is the user it is about; empty for a site or an unknown name.
	UserID string
	At     time.Time
	Kind   EventKind
	Result EventResult
	// ActorKind, ActorID and ActorName say who did it.
	ActorKind CallerKind
	ActorID   string
	ActorName string
	IPAddress string
	UserAgent string
	Reference string
	// Detail holds further facts, never a secret.
	Detail map[string]string
}

// SignedIn reports whether the event is a completed sign-in: a right password or a passkey with no
// further step due, or the last of the steps after it.
func (e Event) SignedIn() bool {
	next := Step(e.Detail["next"])
	begins := e.Kind == EventSignIn || e.Kind == EventPasskey
	return e.Kind == EventSignInDone || begins && e.Result == ResultOK && (next == StepDone || next == "")
}

// EventKind names what happened, as noun.verb.
type EventKind string

// The kinds of events.
const (
	EventSignIn  EventKind = "sign_in.password"
	EventPasskey EventKind = "sign_in.passkey"
	EventSignOut EventKind = "session.ended"
	// EventSessionBound: a session was tied to its device; EventDeviceRefused: somebody tried to, or
	// tried to renew one, without the key that it takes. Detail["session"] is the session.
	EventSessionBound    EventKind = "session.bound"
	EventDeviceRefused   EventKind = "session.device_refused"
	EventLocked          EventKind = "user.locked"
	EventUnlocked        EventKind = "user.unlocked"
	EventUserCreated     EventKind = "user.created"
	EventUserChanged     EventKind = "user.changed"
	EventUserImported    EventKind = "user.imported"
	EventUserDeactivated EventKind = "user.deactivated"
	EventUserActivated   EventKind = "user.activated"
	// EventUserInvited: a user who has never signed in was given a first way in, or another one.
	EventUserInvited EventKind = "user.invited"
	// EventUserDeleted and EventUserRestored: an administrator deleted a user, or undid that;
	// EventUserRemoved: the user is gone, with everything.
	EventUserDeleted  EventKind = "user.deleted"
	EventUserRestored EventKind = "user.restored"
	EventUserRemoved  EventKind = "user.removed"
	// EventUserErased: an operator erased everything about the user, on request of the person. Earlier
	// events name nobody since.
	EventUserErased EventKind = "user.erased"
	// EventRequestAnswered: an administrator answered what a user had asked for; Detail["kind"] is
	// a UserRequestKind, Detail["answer"] is yes or no.
	EventRequestAnswered EventKind = "request.answered"
	EventPasswordReset   EventKind = "password.reset"
	EventCompanyCreated  EventKind = "company.created"
	EventCompanyChanged  EventKind = "company.changed"
	EventImport          EventKind = "company.imported"
	// EventCompanySuspended and EventCompanyResumed: an operator suspended a company, or ended that.
	// Detail["reason"] is the operator's, Detail["sessions"] how many ended.
	EventCompanySuspended EventKind = "company.suspended"
	EventCompanyResumed   EventKind = "company.resumed"
	// EventUserMovedAway and EventUserMovedIn: an operator made a user one of another company, whose name
	// Detail["company"] has: the first belongs to the company that the user left, the second to the other.
	EventUserMovedAway EventKind = "user.moved_away"
	EventUserMovedIn   EventKind = "user.moved_in"
	// EventCompanyMerged and EventCompanyJoined: an operator merged a company into another one, which
	// the first is about; the second is about the one that has all users now.
	EventCompanyMerged EventKind = "company.merged"
	EventCompanyJoined EventKind = "company.joined"
	// EventPolicyChanged: what the company requires beyond its site; Detail has each changed setting
	// and its earlier value (…_before), and how many sessions and trusted devices that ended.
	EventPolicyChanged EventKind = "company.policy_changed"
	// EventCodeSent and EventCode: a code was mailed, and one was entered.
	EventCodeSent EventKind = "code.sent"
	EventCode     EventKind = "sign_in.code"
	// EventSignInDone: a sign-in with further steps was completed.
	EventSignInDone      EventKind = "sign_in.done"
	EventPasswordChanged EventKind = "password.changed"
	// EventPasswordChecked: the present password was asked for again, and wrong.
	EventPasswordChecked EventKind = "password.checked"
	// EventProved: a page asked again who the user is, before a change that matters;
	// Detail["method"] is what was proved, Detail["fault"] what was wrong.
	EventProved           EventKind = "session.proved"
	EventChallengeSet     EventKind = "challenge.set"
	EventTermsAccepted    EventKind = "terms.accepted"
	EventSoleUser         EventKind = "sole_user.answered"
	EventRecovery         EventKind = "recovery.asked"
	EventRecoveryAnswered EventKind = "recovery.answered"
	EventUsernameAsked    EventKind = "username.asked"
	EventProfileChanged   EventKind = "profile.changed"
	EventEmailAsked       EventKind = "email.asked"
	// EventEmailConfirmed: an address that the account already had.
	EventEmailConfirmed EventKind = "email.confirmed"
	EventEmailChanged   EventKind = "email.changed"
	EventEmailUndone    EventKind = "email.undone"
	EventDeviceRemoved  EventKind = "device.removed"
	// EventDeviceUntrusted: a user ended the trust in one of their devices.
	EventDeviceUntrusted EventKind = "device.untrusted"
	EventNotMe           EventKind = "activity.not_me"
	// EventTwoFactorEnabled and EventTwoFactorDisabled: a company's Enhanced Security was
	// switched. They are not about a single user.
	EventTwoFactorEnabled  EventKind = "two_factor.enabled"
	EventTwoFactorDisabled EventKind = "two_factor.disabled"
	// EventBulkActBegun: an administrator began an act on many users: Detail["act"] on Detail["users"]
	// of them. It is about the company; each user whom it changes has an event of their own.
	EventBulkActBegun EventKind = "bulk_act.begun"
	// EventUsersExported: an administrator exported the data of Detail["users"] users of the company;
	// Detail["filter"] says of which.
	EventUsersExported EventKind = "users.exported"
	// EventSearchShared and EventSearchUnshared: an administrator shared a saved search with the
	// company's other administrators, or no longer does; Detail["name"] and Detail["search"] say which.
	EventSearchShared   EventKind = "search.shared"
	EventSearchUnshared EventKind = "search.unshared"
	// EventActivityExported: an administrator downloaded the company's activity; Detail["format"],
	// Detail["from"] and Detail["to"] say which.
	EventActivityExported EventKind = "activity.exported"
	// EventLogExported: an operator downloaded events of all sites; Detail["format"] and Detail["filter"]
	// say which.
	EventLogExported EventKind = "events.exported"
	// EventOwnTwoFactor: a user's own choice of two-factor; Detail["on"] is yes or no.
	EventOwnTwoFactor EventKind = "two_factor.own"
	// EventTwoFactorReset: an administrator revoked trust in devices and the user's own choice of
	// two-factor (B19).
	EventTwoFactorReset EventKind = "two_factor.reset"
	// EventTwoFactorResetAsked: a reset was asked for, and waits; Detail["due"] is when it is carried
	// out (RFC 3339). EventTwoFactorResetStopped: the owner has stopped it, with the link in the mail.
	EventTwoFactorResetAsked   EventKind = "two_factor.reset_asked"
	EventTwoFactorResetStopped EventKind = "two_factor.reset_stopped"
	// EventFactorAdded and EventFactorRemoved: an app, a passkey or a phone (Detail["kind"]);
	// Detail["name"] is the user's name for it. EventRecoveryCodesMade: new recovery codes
	// replaced the old ones.
	EventFactorAdded   EventKind = "factor.added"
	EventFactorRemoved EventKind = "factor.removed"
	// EventFactorAsked: an administrator (Detail["by"]) asked the user to set up a second factor.
	EventFactorAsked       EventKind = "factor.asked"
	EventRecoveryCodesMade EventKind = "recovery_codes.made"
	// EventEmailProposed: an operator has proposed another address for a user, which a second one has to
	// agree to. EventEmailProposalEnded: Detail["answer"], a ProposalState, of a proposal by
	// Detail["proposed_by"].
	EventEmailProposed      EventKind = "email.proposed"
	EventEmailProposalEnded EventKind = "email.proposal_ended"
	// EventMailBounced: mail to the user's address bounced.
	EventMailBounced EventKind = "mail.bounced"
	// EventBounceCleared: the bounce mark on the user's address was removed, by an operator or
	// because too many addresses were refused for the same reason.
	EventBounceCleared EventKind = "mail.bounce_cleared"
	// EventMailResent: an administrator or an operator had a message sent again (C13).
	EventMailResent EventKind = "mail.resent"
	// EventMailDropped: an operator ended a message that waited. EventMailHeld and EventMailReleased: an
	// operator had nothing of the site sent, or all again.
	EventMailDropped  EventKind = "mail.dropped"
	EventMailHeld     EventKind = "mail.held"
	EventMailReleased EventKind = "mail.released"
	// Events about alerts of operators; Detail["alert"] is the ID, Detail["kind"] an AlertKind.
	EventAlertOpened       EventKind = "alert.opened"
	EventAlertAcknowledged EventKind = "alert.acknowledged"
	EventAlertClosed       EventKind = "alert.closed"
	// Events about applications; Detail["application"] is the ID, and where users read about it,
	// Detail["name"] is the name.
	EventApplicationCreated EventKind = "application.created"
	EventApplicationChanged EventKind = "application.changed"
	// EventApplicationDeleted and EventApplicationRestored: an operator deleted it, or restored
	// it; EventApplicationRemoved: it is gone, with everything.
	EventApplicationDeleted  EventKind = "application.deleted"
	EventApplicationRestored EventKind = "application.restored"
	EventApplicationRemoved  EventKind = "application.removed"
	// EventApplicationSecret: a secret was made for it.
	EventApplicationSecret EventKind = "application.secret_made"
	// EventApplicationSignIn: a user went to an application with a session.
	EventApplicationSignIn EventKind = "application.signed_in"
	// EventConsentGiven and EventConsentRefused: a user was asked whether an application may read
	// their data.
	EventConsentGiven   EventKind = "application.consent_given"
	EventConsentRefused EventKind = "application.consent_refused"
	// EventReachChanged: a company's administrator set which of its users may reach an
	// application: Detail["reach"], and its earlier value. It is not about a single user.
	EventReachChanged EventKind = "application.reach_changed"
	// EventAccessAsked: a user without access asked for it; the other two are the outcomes.
	EventAccessAsked    EventKind = "application.access_asked"
	EventAccessAllowed  EventKind = "application.access_allowed"
	EventAccessDeclined EventKind = "application.access_declined"
	// EventAccessRemoved: a user removed an application's access to their account.
	EventAccessRemoved EventKind = "application.access_removed"
	// EventTokenReplayed: a code or a refresh token was presented twice, and everything derived
	// from it has ended.
	EventTokenReplayed EventKind = "application.token_replayed"
	// EventLogoutFailed: an application could not be told that a session of the user has ended.
	EventLogoutFailed EventKind = "application.logout_failed"
	EventKeysRotated  EventKind = "signing_keys.rotated"
	// Events about support cases; Detail["case"] is the number. EventCaseChanged: an operator changed
	// its state or who looks after it (Detail["state"], Detail["to"]); EventCaseConfirmed and
	// EventCaseDisowned: the one who reads the mail of a stranger's address did write, or did not.
	EventCaseOpened   EventKind = "case.opened"
	EventCaseReplied  EventKind = "case.replied"
	EventCaseAnswered EventKind = "case.answered"
	EventCaseNoted    EventKind = "case.noted"
	EventCaseChanged  EventKind = "case.changed"
	EventCaseClosed   EventKind = "case.closed"
	// EventCaseSettled: an operator let in a mail that was held, or deleted it: Detail["let_in"].
	EventCaseSettled   EventKind = "case.settled"
	EventCaseConfirmed EventKind = "case.confirmed"
	EventCaseDisowned  EventKind = "case.disowned"
	EventCaseRemoved   EventKind = "case.removed"
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
	// ResultSuspended: right credentials of a user whose company is suspended.
	ResultSuspended EventResult = "suspended"
	ResultExpired   EventResult = "expired"
	ResultLimited   EventResult = "limited"
	ResultUsed      EventResult = "used"
)
