package gatehouse

import (
	"time"

	"gatehouse/internal/guard"
)

// Step is what a sign-in in progress still has to do.
type Step string

// The steps, in their order.
const (
	StepCredentials Step = "credentials"
	StepCode        Step = "code"
	StepPassword    Step = "password"
	// StepFactor: a factor of the user's own has to be set up, or is offered.
	StepFactor    Step = "factor"
	StepChallenge Step = "challenge"
	StepTerms     Step = "terms"
	StepSoleUser  Step = "sole-user"
	StepDone      Step = "done"
)

// SignIn is a sign-in in progress. It is not a session and opens nothing but its
// own pages.
type SignIn struct {
	ID     string
	SiteID string
	UserID string
	// CredentialsAt is when the password (or passkey) was proved in this
	// sign-in; zero: not yet.
	CredentialsAt time.Time
	// Passkey is what was proved instead of the password; empty: it was the password.
	Passkey Method
	// Origin is that of the proved password: by the time of a later step, the password itself has
	// been replaced.
	Origin PasswordOrigin
	// PasswordSetAt is Password.SetAt of the password that was proved (or that the account had
	// when a passkey was), or of the one chosen in this sign-in. A password that somebody else
	// sets meanwhile (a reset) voids the proof of the old one.
	PasswordSetAt time.Time
	// TwoFactorAt is when the code or the user's own factor was proved; zero: not yet.
	TwoFactorAt time.Time
	// PasswordLength is that of the proved password, in code points.
	PasswordLength int
	// TwoFactorMethod is what was proved for two-factor.
	TwoFactorMethod Method
	// TrustDevice: do not ask again on this device once the sign-in is finished.
	TrustDevice bool
	// FactorLater: the user goes on without setting up a factor this time.
	FactorLater bool
	// AppID is the authenticator app that is being set up in this sign-in; empty: none.
	AppID string
	// CodesEntered counts codes, before they are verified.
	CodesEntered int
	// Wrong counts the wrong entries on the pages of its steps.
	Wrong int
	// Steps are those that were due at the start, for "step 2 of 3".
	Steps []Step
	// ReturnTo is the path on this site that was requested first.
	ReturnTo  string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// SignInFacts are what NextStep needs to know, read at that moment.
type SignInFacts struct {
	SignIn SignIn
	User   User
	// Company is what the company requires, beyond its site.
	Company TwoFactorRule
	// Policy is what else the company requires.
	Policy CompanyPolicy
	// Zone is the company's time zone; empty: the site's.
	Zone string
	// DeviceTrusted: this device is trusted for this user now.
	DeviceTrusted bool
}

// Methods returns the proofs that a sign-in rests on.
func (in SignIn) Methods() []Method {
	methods := []Method{MethodPassword}
	if in.Passkey != "" {
		methods[0] = in.Passkey
	}
	if in.TwoFactorMethod != "" && in.TwoFactorMethod != in.Passkey {
		methods = append(methods, in.TwoFactorMethod)
	}
	return methods
}

// NextStep alone decides what a sign-in must do next, and in which order. Every step records its
// fact and calls it again.
func NextStep(s Site, f SignInFacts, now time.Time) Step {
	if due := DueSteps(s, f, now); len(due) > 0 {
		return due[0]
	}
	return StepDone
}

// DueSteps lists everything that a sign-in must still do, in order. Without credentials, the later
// steps are unknown.
func DueSteps(s Site, f SignInFacts, now time.Time) []Step {
	if !credentialsProved(s, f, now) {
		return []Step{StepCredentials}
	}
	var due []Step
	add := func(is bool, step Step) {
		if is {
			due = append(due, step)
		}
	}
	_, asked := FactorDue(s, f, now)
	add(twoFactorDue(s, f, now), StepCode)
	add(PasswordExpired(s.Policy.For(f.Policy).Password, f.User.Password, now) || f.Policy.TooShort(f.SignIn), StepPassword)
	add(asked, StepFactor)
	add(s.Recovery == RecoverByChallenge && !f.User.ChallengeSet, StepChallenge)
	add(TermsDue(s, f.User), StepTerms)
	add(SoleUserDue(s, f.User), StepSoleUser)
	return due
}

// credentialsProved: invariants 1 and 4. A sign-in that has expired, or whose user was meanwhile
// locked, deactivated or given another password, starts again. It is void on another site
// (invariant 6).
func credentialsProved(s Site, f SignInFacts, now time.Time) bool {
	in := f.SignIn
	return !in.CredentialsAt.IsZero() && now.Before(in.ExpiresAt) &&
		in.SiteID == s.ID && in.SiteID == f.User.SiteID && in.UserID != "" && in.UserID == f.User.ID &&
		in.PasswordSetAt.Equal(f.User.Password.SetAt) && f.User.MaySignIn()
}

// twoFactorDue: two-factor is due if the site, the company or the user wants it, or the user has a
// factor. The exceptions are the very first sign-in with the password that came with the account
// (B16), and a trusted device (B08). A recovery never skips it, and a device does not stand in where
// a factor must be set up: what was proved here is all that vouches for the new one.
func twoFactorDue(s Site, f SignInFacts, now time.Time) bool {
	rules := RulesFor(s, f.Company)
	if !rules.On() && !f.User.WantsTwoFactor() {
		return false
	}
	need := rules.At(now)
	trustable := (need.MetBy(f.User) || guard.Out(guard.NoSetUpOnTrust)) && need.Accepts(MethodTrustedDevice, f.User)
	if method := f.SignIn.TwoFactorMethod; !f.SignIn.TwoFactorAt.IsZero() {
		return !need.Accepts(method, f.User) || method == MethodTrustedDevice && !trustable
	}
	first := (f.User.FirstSignInAt.IsZero() || guard.Out(guard.FirstSignInOnly)) &&
		(f.SignIn.Origin == PasswordInitial || guard.Out(guard.RecoveryAsksForCode))
	trusted := f.DeviceTrusted && f.SignIn.Origin != PasswordRecovery && trustable
	return !first && !trusted
}
