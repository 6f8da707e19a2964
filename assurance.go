package gatehouse

// Method is one thing a person proved in a sign-in.
type Method string

// The methods of proof.
const (
	MethodPassword Method = "password"
	// MethodEmailCode is a check, not a factor: SP 800-63B-4 3.1.3.1 bars email as an out-of-band
	// authenticator.
	MethodEmailCode    Method = "email-code"
	MethodTOTP         Method = "totp"
	MethodRecoveryCode Method = "recovery-code"
	// MethodTextMessage is a code to a phone: a factor, restricted by SP 800-63B-4 3.1.3.3.
	MethodTextMessage Method = "text-message"
	// MethodPasskey is a passkey without user verification.
	MethodPasskey Method = "passkey"
	// MethodVerifiedPasskey is a passkey with user verification.
	MethodVerifiedPasskey Method = "verified-passkey"
	// MethodSyncedPasskey and MethodVerifiedSyncedPasskey are the same for a passkey that may be
	// on several devices.
	MethodSyncedPasskey         Method = "synced-passkey"
	MethodVerifiedSyncedPasskey Method = "verified-synced-passkey"
	// MethodTrustedDevice stands in for a second factor; it never replaces a
	// factor (SP 800-63B-4 5.1).
	MethodTrustedDevice Method = "trusted-device"
)

// Assurance is what a finished sign-in may claim, after SP 800-63B-4.
type Assurance struct {
	// Level is the authentication assurance level: 1 or 2, or 0 if not even level 1 may be
	// claimed. Level 3 needs hardware attestation and is never given.
	Level int
	// Methods are the proofs it rests on.
	Methods []Method
}

// Assure computes what the proofs of a sign-in amount to under a profile. It
// is the one function that maps proofs to a level; tokens and the event log take
// it from here ("compute, don't claim").
//
// passwordLength is the length of the password as typed, in code points: one from another system
// may be shorter than the policy now requires. A password alone reaches level 1 only with the
// modern profile's length (PV-1); with another factor it counts from eight characters on. The
// classic profile claims level 1 at most, and none for a password alone, because a challenge
// question and mailed passwords can recover it.
func Assure(p Policy, methods []Method, passwordLength int) Assurance {
	has := make(map[Method]bool, len(methods))
	for _, m := range methods {
		has[m] = true
	}
	knows := has[MethodPassword] && passwordLength >= modernSecondFactorLength
	holds := has[MethodTOTP] || has[MethodTextMessage] || has[MethodRecoveryCode] || has[MethodPasskey] || has[MethodSyncedPasskey]
	level := 0
	switch {
	case has[MethodVerifiedPasskey], has[MethodVerifiedSyncedPasskey], knows && holds:
		level = 2
	case holds, knows && passwordLength >= modernSingleFactorLength && p.Profile == Modern:
		level = 1
	}
	if p.Profile != Modern {
		level = min(level, 1)
	}
	return Assurance{Level: level, Methods: methods}
}

// MostLevel returns the level that a sign-in with a password and a second factor reaches under a
// profile.
func MostLevel(p Policy) int {
	return Assure(p, []Method{MethodPassword, MethodTOTP}, modernSingleFactorLength).Level
}
