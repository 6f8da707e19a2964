package mail

import (
	"slices"
	"time"

	"gatehouse"
)

// VerificationCode brings the code for two-factor (B12).
type VerificationCode struct {
	Username string
	// Code is six digits.
	Code string
	// ExpiresAt is when it stops working, and the message with it.
	ExpiresAt time.Time
	At        time.Time
	// Own: the user chose two-factor, and the company does not require it.
	Own bool
	// IPAddress, Place and Browser are where somebody signs in; each may be empty.
	IPAddress, Place, Browser string
}

// Kind implements Message.
func (VerificationCode) Kind() string { return "verification-code" }

// Secret implements Message.
func (m VerificationCode) Secret() string { return m.Code }

// Expires implements Message.
func (m VerificationCode) Expires(time.Time) time.Time { return m.ExpiresAt }

// Grouped is the code in readable form: "418 207". The text has it in one piece, for
// copying and autofill.
func (m VerificationCode) Grouped() string {
	half := len(m.Code) / 2
	return m.Code[:half] + " " + m.Code[half:]
}

// Minutes is how long it works after it was sent.
func (m VerificationCode) Minutes() int { return int(m.ExpiresAt.Sub(m.At).Minutes()) }

// TwoFactorNotice is what a notice says when Enhanced Security was switched (B03).
type TwoFactorNotice struct {
	notice
	Username string
	// Company is the customer's name.
	Company string
	// By is the name of the administrator who switched it, and ByEmail whom to ask;
	// each may be empty.
	By, ByEmail string
	At          time.Time
	// Own: the user asked for codes themselves, and that choice stays; or already has the factor
	// that is required.
	Own bool
	// Factor is the factor that is required from FactorBy on; empty: none.
	Factor   gatehouse.Requirement
	FactorBy time.Time
	// CodeMinutes is how long a code works, TrustDays how long a browser can be trusted;
	// 0: it cannot be.
	CodeMinutes, TrustDays int
}

// TwoFactorEnabled tells a user that a code is required from now on. It goes to the
// address that the codes go to.
type TwoFactorEnabled struct{ TwoFactorNotice }

// Kind implements Message.
func (TwoFactorEnabled) Kind() string { return "two-factor-enabled" }

// FactorRequired tells a user that a factor of their own is required, and from when on.
type FactorRequired struct{ TwoFactorNotice }

// Kind implements Message.
func (FactorRequired) Kind() string { return "factor-required" }

// LastDay is the last day on which a code by email is enough; zero: there is none.
func (n TwoFactorNotice) LastDay() time.Time {
	if n.FactorBy.IsZero() {
		return n.FactorBy
	}
	return gatehouse.LastDay(n.FactorBy)
}

// TwoFactorDisabled tells a user that a code is no longer required.
type TwoFactorDisabled struct{ TwoFactorNotice }

// Kind implements Message.
func (TwoFactorDisabled) Kind() string { return "two-factor-disabled" }

// Enrolment is what the mails about an enrolment in Enhanced Security say (B04).
type Enrolment struct {
	notice
	gatehouse.Enrolment
	// Company and AccountNumber are the customer's.
	Company, AccountNumber string
	// Reasons are how many there were of each outcome and reason, as they are shown.
	Reasons []gatehouse.OutcomeCount
	// NotAlerted: nobody was told of failures, because the platform has no security
	// address.
	NotAlerted bool
}

// Replaced reports whether the switch was reversed before the enrolment had reached everybody.
func (e Enrolment) Replaced() bool { return e.State == gatehouse.RunReplaced }

// LastDay is the last day on which users may do without the factor; zero: there is none.
func (e Enrolment) LastDay() time.Time {
	if e.FactorBy.IsZero() {
		return e.FactorBy
	}
	return gatehouse.LastDay(e.FactorBy)
}

// Why counts the reasons for an outcome, leaving out users with nothing to report.
func (e Enrolment) Why() []gatehouse.OutcomeCount {
	return slices.DeleteFunc(slices.Clone(e.Reasons), func(n gatehouse.OutcomeCount) bool { return n.Reason == "" })
}

// FailedWhy is the part of Why about failed enrolments.
func (e Enrolment) FailedWhy() []gatehouse.OutcomeCount {
	return slices.DeleteFunc(e.Why(), func(n gatehouse.OutcomeCount) bool { return n.Outcome != gatehouse.OutcomeFailed })
}

// Stranded is how many cannot sign in after an enrolment that switched two-factor on, because
// no code reaches them.
func (e Enrolment) Stranded() int {
	stranded := 0
	for _, n := range e.Reasons {
		switch n.Reason {
		case gatehouse.ReasonNoEmail, gatehouse.ReasonBadEmail, gatehouse.ReasonBouncing:
			stranded += n.Count
		}
	}
	if !e.Enable || e.Replaced() {
		return 0
	}
	return stranded
}

// EnrolmentSummary tells the administrator the result of an enrolment.
type EnrolmentSummary struct{ Enrolment }

// Kind implements Message.
func (EnrolmentSummary) Kind() string { return "enrolment-summary" }

// EnrolmentFailures alerts the platform's security address.
type EnrolmentFailures struct{ Enrolment }

// Kind implements Message.
func (EnrolmentFailures) Kind() string { return "enrolment-failures" }

// ManyRefusals tells the platform's security address that mail bounces from so many
// addresses for one cause that none of them is marked.
type ManyRefusals struct {
	notice
	// Status is the kind of status, such as 5.1, or a status code.
	Status string
	// Domain is the domain of the addresses; empty: there is more than one.
	Domain string
	// Users is how many there are within an hour, Most how many are marked at most, and
	// TakenBack how many marks were removed.
	Users, Most, TakenBack int
	At                     time.Time
}

// Kind implements Message.
func (ManyRefusals) Kind() string { return "many-refusals" }

// TextsStopped tells the platform's security address that no more text messages are sent today.
type TextsStopped struct {
	notice
	// PerDay is how many there may be.
	PerDay int
	At     time.Time
}

// Kind implements Message.
func (TextsStopped) Kind() string { return "texts-stopped" }

// TwoFactorReset tells a user that an administrator ended the trust in all browsers and
// the user's own choice of two-factor, or the trust in one browser alone (B19).
type TwoFactorReset struct {
	notice
	Username string
	At       time.Time
	// Browser is the one that is no longer trusted, in words; empty: all of them, and
	// the user's own choice.
	Browser string
	// By is the administrator's name; empty: support did it.
	By string
	// Factors: apps, passkeys or a phone were removed, and the recovery codes with them.
	Factors bool
	// Asked: a code is required at the next sign-in.
	Asked bool
}

// Kind implements Message.
func (TwoFactorReset) Kind() string { return "two-factor-reset" }

// FactorAsked asks a user to set up a second factor, because an administrator wishes it.
type FactorAsked struct {
	notice
	Username string
	// By is the administrator's name; empty: support asks.
	By string
	At time.Time
}

// Kind implements Message.
func (FactorAsked) Kind() string { return "factor-asked" }

// TwoFactorResetAsked tells a user that an administrator or support will remove all factors, unless
// the user stops it with the link.
type TwoFactorResetAsked struct {
	Username string
	// By is as in TwoFactorReset.
	By string
	// At is when it was asked for, and DueAt when it is carried out and the link becomes useless.
	At, DueAt time.Time
	StopToken string
}

// Kind implements Message.
func (TwoFactorResetAsked) Kind() string { return "two-factor-reset-asked" }

// Secret implements Message.
func (m TwoFactorResetAsked) Secret() string { return m.StopToken }

// Expires implements Message.
func (m TwoFactorResetAsked) Expires(time.Time) time.Time { return m.DueAt }

// WrongCodes tells the owner that a sign-in ended after wrong codes: the person who tried knows
// the password.
type WrongCodes struct {
	notice
	Username string
	// Tries is how many codes were entered.
	Tries int
	// InSession: they were entered in a session, before a change that matters, and have ended it.
	InSession bool
	At        time.Time
	// IPAddress, Place and Browser say where the last one was entered; each may be
	// empty.
	IPAddress, Place, Browser string
}

// Kind implements Message.
func (WrongCodes) Kind() string { return "wrong-codes" }

// AddressCorrected goes to the old address when an administrator or support gave the
// account another one. Nobody has confirmed it, so it is effective at once.
type AddressCorrected struct {
	notice
	Username string
	// NewAddress is masked: the old mailbox may belong to somebody else by now. Empty:
	// the account no longer has one.
	NewAddress string
	// By is the administrator's name; empty: support did it.
	By string
	At time.Time
	// Waits: the new address is not confirmed yet, and counts once it is.
	Waits bool
}

// Kind implements Message.
func (AddressCorrected) Kind() string { return "address-corrected" }

// OwnTwoFactor tells a user that their own choice of two-factor was changed.
type OwnTwoFactor struct {
	notice
	Username string
	// On: codes are required from now on.
	On bool
	At time.Time
	// IPAddress, Place and Browser say where it was done; each may be empty.
	IPAddress, Place, Browser string
}

// Kind implements Message.
func (OwnTwoFactor) Kind() string { return "own-two-factor" }

// FactorChange is what happened to a user's second factors.
type FactorChange string

// The changes of factors.
const (
	AppAdded          FactorChange = "app-added"
	AppRemoved        FactorChange = "app-removed"
	PasskeyAdded      FactorChange = "passkey-added"
	PasskeyRemoved    FactorChange = "passkey-removed"
	PhoneAdded        FactorChange = "phone-added"
	PhoneRemoved      FactorChange = "phone-removed"
	RecoveryCodesMade FactorChange = "codes-made"
	RecoveryCodeUsed  FactorChange = "code-used"
)

// FactorChanged tells a user that an authenticator app, a passkey or a phone was added or removed, or that recovery
// codes were made or used: anyone who did it can sign in (SP 800-63B-4 4.6).
type FactorChanged struct {
	notice
	Username string
	What     FactorChange
	// Name is the name of the app or passkey.
	Name string
	// Left is how many recovery codes there are after one was used.
	Left int
	At   time.Time
	// IPAddress, Place and Browser say where it was done; each may be empty.
	IPAddress, Place, Browser string
}

// Kind implements Message.
func (FactorChanged) Kind() string { return "factor-changed" }
