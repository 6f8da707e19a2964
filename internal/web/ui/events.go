package ui

import (
	"strings"

	"gatehouse"
)

// EventLook is the icon of a kind of event, and the class that colours it.
type EventLook struct{ Icon, Class string }

// EventLooks has every kind of event; the words are event.KIND for the owner of the account, and
// did.KIND for administrators.
var EventLooks = map[gatehouse.EventKind]EventLook{
	gatehouse.EventSignIn:           {"laptop", ""},
	gatehouse.EventPasskey:          {"fingerprint-pattern", ""},
	gatehouse.EventSignInDone:       {"laptop", ""},
	gatehouse.EventSignOut:          {"log-out", ""},
	gatehouse.EventLocked:           {"lock", "is-bad"},
	gatehouse.EventUnlocked:         {"key-round", "is-ok"},
	gatehouse.EventUserCreated:      {"user-plus", ""},
	gatehouse.EventUserChanged:      {"user", ""},
	gatehouse.EventUserImported:     {"user-plus", ""},
	gatehouse.EventUserDeactivated:  {"x", "is-warn"},
	gatehouse.EventUserDeleted:      {"x", "is-warn"},
	gatehouse.EventUserActivated:    {"circle-check", "is-ok"},
	gatehouse.EventUserInvited:      {"mail", ""},
	gatehouse.EventUserRestored:     {"circle-check", "is-ok"},
	gatehouse.EventUserRemoved:      {"x", "is-warn"},
	gatehouse.EventUserErased:       {"x", "is-warn"},
	gatehouse.EventRequestAnswered:  {"circle-check", ""},
	gatehouse.EventPasswordReset:    {"key-round", ""},
	gatehouse.EventCompanyCreated:   {"building-2", ""},
	gatehouse.EventCompanyChanged:   {"building-2", ""},
	gatehouse.EventCompanySuspended: {"x", "is-warn"},
	gatehouse.EventCompanyResumed:   {"circle-check", "is-ok"},
	gatehouse.EventUserMovedAway:    {"log-out", ""},
	gatehouse.EventUserMovedIn:      {"user-plus", ""},
	gatehouse.EventCompanyMerged:    {"users", "is-warn"},
	gatehouse.EventCompanyJoined:    {"users", ""},
	gatehouse.EventPolicyChanged:    {"shield-check", ""},
	gatehouse.EventImport:           {"building-2", ""},
	gatehouse.EventPasswordChanged:  {"key-round", ""},
	gatehouse.EventPasswordChecked:  {"triangle-alert", "is-warn"},
	gatehouse.EventChallengeSet:     {"shield-check", ""},
	gatehouse.EventTermsAccepted:    {"circle-check", ""},
	gatehouse.EventSoleUser:         {"user", ""},
	gatehouse.EventRecovery:         {"key-round", ""},
	gatehouse.EventRecoveryAnswered: {"shield-check", ""},
	gatehouse.EventUsernameAsked:    {"user", ""},
	gatehouse.EventProfileChanged:   {"user", ""},
	gatehouse.EventEmailAsked:       {"mail", ""},
	gatehouse.EventEmailConfirmed:   {"mail", "is-ok"},
	gatehouse.EventEmailChanged:     {"mail", ""},
	gatehouse.EventEmailUndone:      {"mail", ""},
	gatehouse.EventDeviceRemoved:    {"monitor", ""},
	gatehouse.EventDeviceUntrusted:  {"monitor", ""},
	gatehouse.EventSessionBound:     {"monitor", "is-ok"},
	gatehouse.EventDeviceRefused:    {"triangle-alert", "is-warn"},
	gatehouse.EventNotMe:            {"triangle-alert", "is-warn"},
	gatehouse.EventCodeSent:         {"mail", ""},
	gatehouse.EventCode:             {"shield-check", ""},
	gatehouse.EventProved:           {"shield-check", ""},

	gatehouse.EventCaseOpened:    {"mail", ""},
	gatehouse.EventCaseReplied:   {"mail", ""},
	gatehouse.EventCaseAnswered:  {"mail", "is-ok"},
	gatehouse.EventCaseNoted:     {"file-text", ""},
	gatehouse.EventCaseChanged:   {"user", ""},
	gatehouse.EventCaseSettled:   {"mail", ""},
	gatehouse.EventCaseClosed:    {"circle-check", ""},
	gatehouse.EventCaseConfirmed: {"mail", "is-ok"},
	gatehouse.EventCaseDisowned:  {"triangle-alert", "is-warn"},
	gatehouse.EventCaseRemoved:   {"x", ""},

	gatehouse.EventTwoFactorEnabled:  {"shield-check", "is-ok"},
	gatehouse.EventTwoFactorDisabled: {"shield-check", "is-warn"},
	gatehouse.EventBulkActBegun:      {"users", ""},
	gatehouse.EventUsersExported:     {"download", ""},
	gatehouse.EventActivityExported:  {"download", ""},
	gatehouse.EventLogExported:       {"download", ""},
	gatehouse.EventSearchShared:      {"bookmark", ""},
	gatehouse.EventSearchUnshared:    {"bookmark", ""},
	gatehouse.EventOwnTwoFactor:      {"shield-check", ""},
	gatehouse.EventTwoFactorReset:    {"monitor", "is-warn"},
	gatehouse.EventFactorAdded:       {"smartphone", "is-ok"},

	gatehouse.EventFactorAsked:           {"mail", ""},
	gatehouse.EventTwoFactorResetAsked:   {"clock", "is-warn"},
	gatehouse.EventTwoFactorResetStopped: {"shield-check", "is-ok"},

	gatehouse.EventFactorRemoved:      {"smartphone", "is-warn"},
	gatehouse.EventRecoveryCodesMade:  {"key-round", ""},
	gatehouse.EventMailBounced:        {"mail", "is-warn"},
	gatehouse.EventBounceCleared:      {"mail", ""},
	gatehouse.EventMailResent:         {"mail", ""},
	gatehouse.EventMailDropped:        {"x", "is-warn"},
	gatehouse.EventMailHeld:           {"lock", "is-warn"},
	gatehouse.EventEmailProposed:      {"users", ""},
	gatehouse.EventEmailProposalEnded: {"users", ""},
	gatehouse.EventAlertOpened:        {"triangle-alert", "is-warn"},
	gatehouse.EventAlertAcknowledged:  {"circle-check", ""},
	gatehouse.EventAlertClosed:        {"circle-check", ""},
	gatehouse.EventMailReleased:       {"mail", ""},

	gatehouse.EventApplicationSignIn:   {"link", ""},
	gatehouse.EventConsentGiven:        {"circle-check", ""},
	gatehouse.EventConsentRefused:      {"x", ""},
	gatehouse.EventReachChanged:        {"package", ""},
	gatehouse.EventAccessAsked:         {"lock", ""},
	gatehouse.EventAccessAllowed:       {"circle-check", "is-ok"},
	gatehouse.EventAccessDeclined:      {"lock", "is-warn"},
	gatehouse.EventAccessRemoved:       {"x", ""},
	gatehouse.EventTokenReplayed:       {"triangle-alert", "is-warn"},
	gatehouse.EventLogoutFailed:        {"triangle-alert", "is-warn"},
	gatehouse.EventApplicationCreated:  {"package", ""},
	gatehouse.EventApplicationChanged:  {"package", ""},
	gatehouse.EventApplicationDeleted:  {"package", ""},
	gatehouse.EventApplicationRestored: {"package", ""},
	gatehouse.EventApplicationRemoved:  {"package", ""},
	gatehouse.EventApplicationSecret:   {"key-round", ""},
	gatehouse.EventKeysRotated:         {"key-round", ""},
}

// EventWords names the words for an event, and its look. Some kinds have more than one
// sentence.
func EventWords(e gatehouse.Event) (which string, look EventLook) {
	look, known := EventLooks[e.Kind]
	if !known {
		return "something_else", EventLook{Icon: "history"}
	}
	which = strings.ReplaceAll(string(e.Kind), ".", "_")
	ok := e.Result == gatehouse.ResultOK
	switch e.Kind {
	case gatehouse.EventSignIn, gatehouse.EventSignInDone:
		switch {
		case ok && e.SignedIn():
			which = "sign_in"
		case ok:
			which = "sign_in_begun"
		case e.Result == gatehouse.ResultWrong:
			which, look = "sign_in_wrong", EventLook{"triangle-alert", "is-warn"}
		default:
			which, look = "sign_in_refused", EventLook{"lock", "is-warn"}
		}
	case gatehouse.EventPasskey:
		switch {
		case ok && !e.SignedIn():
			which += "_begun"
		case !ok:
			which, look = which+"_wrong", EventLook{"triangle-alert", "is-warn"}
		}
	case gatehouse.EventFactorAdded, gatehouse.EventFactorRemoved:
		if e.Detail["kind"] == string(gatehouse.FactorPasskey) {
			which, look.Icon = which+"_passkey", "fingerprint-pattern"
		}
		if e.Detail["kind"] == string(gatehouse.FactorText) {
			which, look.Icon = which+"_text", "phone"
		}
	case gatehouse.EventRecoveryAnswered:
		if !ok {
			which, look = "recovery_wrong", EventLook{"triangle-alert", "is-warn"}
		}
	case gatehouse.EventCode, gatehouse.EventProved:
		if !ok {
			which, look = which+"_wrong", EventLook{"triangle-alert", "is-warn"}
		}
	case gatehouse.EventOwnTwoFactor:
		if e.Detail["on"] == "no" {
			which = "two_factor_own_off"
		}
	case gatehouse.EventTwoFactorReset:
		if e.Detail["device"] != "" {
			which += "_one"
		}
	case gatehouse.EventSignOut, gatehouse.EventLocked:
		switch scope := e.Detail["scope"]; scope {
		case "one", "others", "strangers":
			which += "_" + scope
		}
	}
	return which, look
}
