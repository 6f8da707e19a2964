package gatehouse

// SignInOutcome is what a chart of sign-ins counts; empty: the event is none of them.
type SignInOutcome string

// The outcomes. A sign-in that was challenged and then completed counts as both.
const (
	SignInWorked SignInOutcome = "worked"
	// SignInChallenged: the password or passkey was right, and something else was asked for.
	SignInChallenged SignInOutcome = "challenged"
	// SignInFailed: something wrong was entered, or the account was locked or deactivated.
	SignInFailed SignInOutcome = "failed"
)

// SignInOutcomes are all of them, in the order in which they are shown.
var SignInOutcomes = []SignInOutcome{SignInWorked, SignInChallenged, SignInFailed}

// SignInOutcome is what the event counts as.
func (e Event) SignInOutcome() SignInOutcome {
	switch {
	case e.SignedIn():
		return SignInWorked
	case e.Kind != EventSignIn && e.Kind != EventPasskey && e.Kind != EventCode:
		return ""
	case e.Result != ResultOK:
		return SignInFailed
	case e.Kind != EventCode:
		return SignInChallenged
	}
	return ""
}
