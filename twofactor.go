package gatehouse

// TwoFactorState summarises whether a user is asked for codes.
type TwoFactorState string

// The states of a user's two-factor authentication.
const (
	// TwoFactorNone: a deactivated account is not asked for anything.
	TwoFactorNone TwoFactorState = ""
	TwoFactorOff  TwoFactorState = "off"
	TwoFactorOn   TwoFactorState = "on"
	// TwoFactorOwn: on by the user's own choice, no matter what the company says.
	TwoFactorOwn TwoFactorState = "own"
	// TwoFactorFactor: the user has their own factor, which needs no mailbox.
	TwoFactorFactor TwoFactorState = "factor"
	// TwoFactorSetUp: a factor that is, or will be, required has to be set up.
	TwoFactorSetUp TwoFactorState = "set-up"
	// TwoFactorNoEmail and TwoFactorBouncing: a code is required, but cannot be mailed.
	TwoFactorNoEmail  TwoFactorState = "no-address"
	TwoFactorBouncing TwoFactorState = "bouncing"
	// TwoFactorLater: the very first sign-in does not require a code, the next one does (B16).
	TwoFactorLater TwoFactorState = "later"
)

// TwoFactorOf returns the state of a user's two-factor authentication. need: what the company and
// its site require, at the latest in the end; reachable: mail can be sent to the user's address. A
// problem with the delivery of codes takes priority over why they are required: somebody has to fix
// it.
func TwoFactorOf(need Requirement, u User, reachable bool) TwoFactorState {
	switch {
	case u.State == Deactivated:
		return TwoFactorNone
	case u.Factors > 0 && !need.MetBy(u):
		return TwoFactorSetUp
	case u.Factors > 0:
		return TwoFactorFactor
	case !need.Over(RequireNothing) && !u.OwnTwoFactor:
		return TwoFactorOff
	case u.Email == "":
		return TwoFactorNoEmail
	case !reachable || u.Bouncing():
		return TwoFactorBouncing
	case need.OwnFactor() && u.State == Active:
		return TwoFactorSetUp
	case u.OwnTwoFactor:
		return TwoFactorOwn
	case u.State == Invited && u.FirstSignInAt.IsZero():
		return TwoFactorLater
	}
	return TwoFactorOn
}

// BeforeTwoFactor returns what a user must fix before choosing codes, so users do not lock
// themselves out with codes that do not arrive; empty: nothing.
func BeforeTwoFactor(u User, reachable bool) OutcomeReason {
	switch {
	case u.Email == "":
		return ReasonNoEmail
	case !reachable:
		return ReasonBadEmail
	case u.Bouncing():
		return ReasonBouncing
	case !u.EmailConfirmed:
		return ReasonUnconfirmed
	}
	return ""
}
