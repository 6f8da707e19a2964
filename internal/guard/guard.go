// Package guard names what in the code keeps an invariant, so that a test can take out one
// guard at a time and show that the tests notice.
//
// Only a program that is built with the tag "guards" has that switch, and only `make test`
// builds such programs. In every other one Out is the constant false, and the compiler
// leaves out what depends on it: nothing there can turn a guard off.
package guard

// Name is one guard's: what it keeps true.
type Name string

// The guards that internal/signin's tests take out. Where a second one stands behind the
// first, so that taking out one alone shows nothing, both have the same name.
const (
	CodeCountedFirst     Name = "a code is counted before it is looked at"
	LastCodeEndsSignIn   Name = "the last wrong code ends the sign-in"
	FiveCodes            Name = "a sign-in takes five codes"
	CodeOfItsSignIn      Name = "a code is for the sign-in that it was sent for"
	CodeExpires          Name = "a code expires"
	RecoveryAsksForCode  Name = "a recovery skips no code"
	FirstSignInOnly      Name = "only the very first sign-in needs no code"
	TemporaryOnce        Name = "a temporary password opens one sign-in"
	TwoFactorEndsTrust   Name = "switching Enhanced Security ends trust"
	PasswordEndsTrust    Name = "a new password ends trust"
	PasswordEndsSessions Name = "a new password ends other sessions"
	TrustDoesNotSlide    Name = "trust ends so long after it was given"
	TrustLookedAtAgain   Name = "trust that has ended finishes no sign-in"
	LockedIsLocked       Name = "a locked account takes no password"
	LockEndsSessions     Name = "a lock ends sessions"
	BoundCookie          Name = "a bound session asks for its bound cookie"
	ProofOnce            Name = "a proof of a device's key works once"
	FactorWhenAsked      Name = "a factor that is required is set up before anything else"
	OnlyWhatIsRequired   Name = "only the factor that is required opens a session"
	NoSetUpOnTrust       Name = "a trusted device does not stand in where a factor is set up"
	FirstCodeFirst       Name = "an app counts from its first right code on"
	AppCodeOnce          Name = "a code of an app works once"
	FactorEndsSignIns    Name = "a new factor ends the sign-ins that have not proved it"
	ChallengeOnce        Name = "the challenge of a passkey is answered once"
	ChallengeOfBrowser   Name = "the challenge of a passkey is for one browser"
	PasskeyVerifies      Name = "a passkey that is used alone verifies its user"
	PasskeyOfItsUser     Name = "a passkey proves its own user"
)

// All are the guards.
func All() []Name {
	return []Name{CodeCountedFirst, LastCodeEndsSignIn, FiveCodes, CodeOfItsSignIn, CodeExpires, RecoveryAsksForCode, FirstSignInOnly,
		TemporaryOnce, TwoFactorEndsTrust, PasswordEndsTrust, PasswordEndsSessions, TrustDoesNotSlide, TrustLookedAtAgain, LockedIsLocked,
		LockEndsSessions, BoundCookie, ProofOnce, FactorWhenAsked, OnlyWhatIsRequired, NoSetUpOnTrust,
		FirstCodeFirst, AppCodeOnce, FactorEndsSignIns, ChallengeOnce, ChallengeOfBrowser, PasskeyVerifies, PasskeyOfItsUser}
}

// Kept is the value, and nothing while the guard is out: what ends something for a user
// ends it for nobody then.
func Kept(n Name, value string) string {
	if Out(n) {
		return ""
	}
	return value
}
