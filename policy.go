package gatehouse

import (
	"fmt"
	"time"
)

// Profile names a consistent set of policy numbers.
type Profile string

// The two profiles. Classic is what the portals of the last decade used; Modern
// follows NIST SP 800-63B-4.
const (
	Classic Profile = "classic"
	Modern  Profile = "modern"
)

// Policy holds the numbers of a site. A company may tighten them, never loosen.
type Policy struct {
	Profile  Profile
	Password PasswordPolicy
	Lockout  LockoutPolicy
	Session  SessionLimits
	// TwoFactor is what all companies' users have to prove besides the password.
	TwoFactor TwoFactorRule
	// TemporaryPassword is the lifetime of a temporary password.
	TemporaryPassword time.Duration
	// ResetLink is the lifetime of a reset link.
	ResetLink time.Duration
	// Code is the lifetime of an emailed code, from when it was mailed.
	Code time.Duration
	// TrustedDevice is how long a device stays trusted; 0: not offered.
	TrustedDevice time.Duration
	// SignIn is the lifetime of an unfinished sign-in.
	SignIn time.Duration
	// FactorReset is how long a reset of somebody's factors waits.
	FactorReset FactorResetDelay
}

// modernSingleFactorLength is PV-1: a password that is the only factor has at least 15 characters,
// and one with a second factor at least 8.
const (
	modernSingleFactorLength = 15
	modernSecondFactorLength = 8
)

// The floors and ceilings for the whole server. No site or company may exceed them.
const (
	FloorPasswordLength     = 7
	CeilingPasswordLength   = 64 // a site may not require more than password managers generate
	CeilingAttempts         = 10
	CeilingAttemptsInAll    = 100 // SP 800-63B-4, RL-2
	CeilingSessionIdle      = 7 * 24 * time.Hour
	CeilingSessionAbsolute  = 30 * 24 * time.Hour
	FloorSession            = time.Minute
	FloorBound              = 2 * time.Minute // browsers renew the cookie before it ends
	CeilingBound            = time.Hour       // which is how long a copied one works
	CeilingTemporary        = 24 * time.Hour  // IRC-2
	CeilingResetLink        = time.Hour
	CeilingCode             = 10 * time.Minute // ASVS 6.5.5
	CeilingTrustedDevice    = 30 * 24 * time.Hour
	CeilingSignIn           = time.Hour
	CeilingPasswordHistory  = 24
	FloorPasswordAge        = 30 * 24 * time.Hour
	CeilingUnlockAfterHours = 24
	CeilingFactorReset      = 7 * 24 * time.Hour
)

// ClassicPolicy returns the classic profile's numbers.
func ClassicPolicy() Policy {
	return Policy{
		Profile: Classic,
		Password: PasswordPolicy{
			MinLength: 8, Upper: true, Lower: true, Digit: true,
			NoUsernameParts: true, History: 5, Blocklist: true,
		},
		Lockout:           LockoutPolicy{Attempts: 6, InAll: CeilingAttemptsInAll},
		Session:           SessionLimits{Idle: 30 * time.Minute, Absolute: 12 * time.Hour, Bound: 10 * time.Minute},
		TemporaryPassword: CeilingTemporary,
		ResetLink:         CeilingResetLink,
		Code:              5 * time.Minute,
		TrustedDevice:     15 * 24 * time.Hour,
		SignIn:            30 * time.Minute,
		FactorReset:       FactorResetDelay{BySupport: 24 * time.Hour},
	}
}

// ModernPolicy returns the modern profile's numbers.
func ModernPolicy() Policy {
	p := ClassicPolicy()
	p.Profile = Modern
	p.Password = PasswordPolicy{MinLength: modernSingleFactorLength, Blocklist: true, NoContextWords: true}
	p.TrustedDevice = 0
	return p
}

// PolicyError is a number in a policy that is outside the server's bounds.
type PolicyError struct {
	// Key is the path of the setting as it is written in site.yaml.
	Key string
	// Problem says what is wrong and what is allowed.
	Problem string
}

func (e PolicyError) Error() string { return e.Key + ": " + e.Problem }

// Check returns every setting that is outside its bounds.
func (p Policy) Check() []PolicyError {
	var bad []PolicyError
	add := func(ok bool, key, format string, args ...any) {
		if !ok {
			bad = append(bad, PolicyError{key, fmt.Sprintf(format, args...)})
		}
	}
	count := func(key string, v, low, high int) {
		add(v >= low && v <= high, key, "is %d, must be %d to %d", v, low, high)
	}
	span := func(key string, v, low, high time.Duration) {
		add(v >= low && v <= high, key, "is %s, must be %s to %s", v, low, high)
	}
	add(p.Profile == Classic || p.Profile == Modern, "policy.profile", "must be classic or modern")
	count("policy.password.min_length", p.Password.MinLength, FloorPasswordLength, CeilingPasswordLength)
	count("policy.password.history", p.Password.History, 0, CeilingPasswordHistory)
	add(p.Password.Blocklist, "policy.password.blocklist", "must be true: common passwords are refused everywhere")
	if p.Password.MaxAge != 0 {
		span("policy.password.max_age", p.Password.MaxAge, FloorPasswordAge, 10*365*24*time.Hour)
	}
	count("policy.lockout.attempts", p.Lockout.Attempts, 3, CeilingAttempts)
	count("policy.lockout.attempts_in_all", p.Lockout.InAll, p.Lockout.Attempts, CeilingAttemptsInAll)
	if p.Lockout.UnlockAfter != 0 {
		span("policy.lockout.unlock_after", p.Lockout.UnlockAfter, 5*time.Minute, CeilingUnlockAfterHours*time.Hour)
	}
	span("policy.session.idle", p.Session.Idle, FloorSession, CeilingSessionIdle)
	span("policy.session.absolute", p.Session.Absolute, p.Session.Idle, CeilingSessionAbsolute)
	if p.Session.Bound != 0 {
		span("policy.session.bound", p.Session.Bound, FloorBound, CeilingBound)
	}
	span("policy.temporary_password", p.TemporaryPassword, 5*time.Minute, CeilingTemporary)
	span("policy.reset_link", p.ResetLink, 5*time.Minute, CeilingResetLink)
	span("policy.code", p.Code, time.Minute, CeilingCode)
	span("policy.trusted_device", p.TrustedDevice, 0, CeilingTrustedDevice)
	span("policy.sign_in", p.SignIn, 5*time.Minute, CeilingSignIn)
	span("policy.factor_reset.by_administrator", p.FactorReset.ByAdministrator, 0, CeilingFactorReset)
	span("policy.factor_reset.by_support", p.FactorReset.BySupport, 0, CeilingFactorReset)
	rule := p.TwoFactor
	add(rule.Require == "" || rule.Require.Known(), "policy.two_factor.require", "must be off, code, factor or passkey")
	add(rule.By.IsZero() || rule.Require.OwnFactor(), "policy.two_factor.by", "is only for factor and passkey")
	return append(bad, p.checkModern()...)
}

// checkModern enforces the modern profile: what the standard forbids cannot be enabled under it.
func (p Policy) checkModern() []PolicyError {
	if p.Profile != Modern {
		return nil
	}
	var bad []PolicyError
	forbid := func(wrong bool, key, problem string) {
		if wrong {
			bad = append(bad, PolicyError{key, problem + " in the modern profile"})
		}
	}
	w := p.Password
	if p.TwoFactor.Require.OwnFactor() && p.TwoFactor.By.IsZero() { // no password is the only factor
		forbid(w.MinLength < modernSecondFactorLength, "policy.password.min_length", "must be at least 8 (SP 800-63B-4, PV-1)")
	} else {
		forbid(w.MinLength < modernSingleFactorLength, "policy.password.min_length",
			"must be at least 15, or 8 with policy.two_factor.require: factor or passkey and no date (SP 800-63B-4, PV-1)")
	}
	forbid(w.Upper || w.Lower || w.Digit, "policy.password", "has no composition rules (PV-3)")
	forbid(w.NoUsernameParts, "policy.password.no_username_parts", "is not allowed (PV-9)")
	forbid(w.MaxAge != 0, "policy.password.max_age", "is not allowed (PV-4)")
	forbid(p.TrustedDevice != 0, "policy.trusted_device", "is not allowed (SB-4)")
	return bad
}
