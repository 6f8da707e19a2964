package gatehouse

// TwoFactorState is whether a user is asked for codes, in one word.
type TwoFactorState string

// The states of a user's two-factor authentication.
const (
	// TwoFactorNone: a deactivated account is asked for nothing.
	TwoFactorNone TwoFactorState = ""
	TwoFactorOff  TwoFactorState = "off"
	TwoFactorOn   TwoFactorState = "on"
	// TwoFactorOwn: on by the user's own choice, no matter what the company says.
	TwoFactorOwn TwoFactorState = "own"
	// TwoFactorFactor: the user has an authenticator app or a passkey, and needs no mailbox for it.
	TwoFactorFactor TwoFactorState = "factor"
	// TwoFactorNoEmail and TwoFactorBouncing: a code is asked for, and cannot be mailed.
	TwoFactorNoEmail  TwoFactorState = "no-address"
	TwoFactorBouncing TwoFactorState = "bouncing"
	// TwoFactorLater: the very first sign-in asks for no code, the next one does (B16).
	TwoFactorLater TwoFactorState = "later"
)

// TwoFactorOf is the state of a user's two-factor authentication. company: Enhanced Security is
// on; reachable: mail can be sent to the user's address. What keeps a code from arriving
// comes before why it is asked for: somebody has to do something about it.
func TwoFactorOf(company bool, u User, reachable bool) TwoFactorState {
	switch {
	case u.State == Deactivated:
		return TwoFactorNone
	case u.Factors > 0:
		return TwoFactorFactor
	case !company && !u.OwnTwoFactor:
		return TwoFactorOff
	case u.Email == "":
		return TwoFactorNoEmail
	case !reachable || u.Bouncing():
		return TwoFactorBouncing
	case u.OwnTwoFactor:
		return TwoFactorOwn
	case u.State == Invited && u.FirstSignInAt.IsZero():
		return TwoFactorLater
	}
	return TwoFactorOn
}

// BeforeTwoFactor is what a person must fix before codes can be an own choice, so that
// nobody locks the own door with a key that does not arrive; empty: nothing.
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
