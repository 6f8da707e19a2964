package gatehouse

import "slices"

// SignInEvents are the kinds of events about getting in and out of an account.
var SignInEvents = []EventKind{
	EventSignIn, EventPasskey, EventSignInDone, EventSignOut, EventLocked, EventUnlocked, EventPasswordChecked, EventRecovery, EventRecoveryAnswered,
	EventUsernameAsked, EventDeviceRemoved, EventDeviceUntrusted, EventNotMe, EventCodeSent, EventCode, EventProved,
	EventSessionBound, EventDeviceRefused, EventApplicationSignIn, EventTokenReplayed, EventConsentRefused, EventLogoutFailed,
}

// ChangeEvents are the kinds of events that change an account, or its company.
var ChangeEvents = []EventKind{
	EventUserCreated, EventUserChanged, EventUserImported, EventUserDeactivated, EventUserActivated, EventUserInvited, EventUserDeleted, EventUserRestored, EventUserRemoved, EventUserErased, EventRequestAnswered, EventPasswordReset,
	EventPasswordChanged, EventChallengeSet, EventTermsAccepted, EventSoleUser, EventProfileChanged, EventEmailAsked,
	EventEmailConfirmed, EventEmailChanged, EventEmailUndone, EventEmailProposed, EventEmailProposalEnded, EventCompanyCreated, EventCompanyChanged, EventCompanySuspended, EventCompanyResumed, EventUserMovedAway, EventUserMovedIn, EventCompanyMerged, EventCompanyJoined, EventPolicyChanged, EventImport,
	EventTwoFactorEnabled, EventTwoFactorDisabled, EventBulkActBegun, EventUsersExported, EventActivityExported, EventLogExported, EventSearchShared, EventSearchUnshared, EventOwnTwoFactor, EventTwoFactorReset, EventTwoFactorResetAsked, EventTwoFactorResetStopped, EventFactorAdded, EventFactorRemoved, EventFactorAsked, EventRecoveryCodesMade,
	EventMailBounced, EventBounceCleared, EventMailResent, EventMailDropped, EventMailHeld, EventMailReleased, EventAlertOpened, EventAlertAcknowledged, EventAlertClosed,
	EventApplicationCreated, EventApplicationChanged, EventApplicationDeleted, EventApplicationRestored, EventApplicationRemoved, EventApplicationSecret, EventKeysRotated,
	EventConsentGiven, EventReachChanged, EventAccessAsked, EventAccessAllowed, EventAccessDeclined, EventAccessRemoved,
	EventCaseOpened, EventCaseReplied, EventCaseAnswered, EventCaseNoted, EventCaseChanged, EventCaseSettled, EventCaseClosed, EventCaseConfirmed, EventCaseDisowned, EventCaseRemoved,
}

// ActivityTopic is a group of kinds of events, by which users and administrators look for some.
type ActivityTopic string

// The topics.
const (
	ActivitySignIns ActivityTopic = "sign-ins"
	ActivityChanges ActivityTopic = "changes"
)

// ActivityTopics and ActivityResults are what lists of events are narrowed to.
var (
	ActivityTopics  = []ActivityTopic{ActivitySignIns, ActivityChanges}
	ActivityResults = []string{string(ResultOK), EventsNotOK}
)

// Kinds are the kinds of events of a topic; of none: nil, which means every kind.
func (t ActivityTopic) Kinds() []EventKind {
	switch t {
	case ActivitySignIns:
		return SignInEvents
	case ActivityChanges:
		return ChangeEvents
	}
	return nil
}

// ByOther reports whether somebody else did it: an administrator, an operator, or the system.
func (e Event) ByOther() bool {
	switch e.ActorKind {
	case SignedIn:
		return e.ActorID != e.UserID
	case Visitor:
		return false
	}
	return true
}

// Disownable reports whether the owner of the account can say "this wasn't me" to an
// event (C09): to a sign-in that worked, a lock, and a change, unless an administrator
// or an operator is known to have done it.
func (e Event) Disownable() bool {
	if e.Result != ResultOK || e.ByOther() {
		return false
	}
	switch e.Kind {
	case EventSignIn, EventPasskey, EventSignInDone, EventCodeSent, EventCode, EventLocked, EventRecoveryAnswered, EventDeviceRemoved:
		return true
	}
	return slices.Contains(ChangeEvents, e.Kind)
}
