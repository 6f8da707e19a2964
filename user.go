package gatehouse

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"gatehouse/internal/guard"
)

// Company is a customer of one site; its users sign in on its behalf.
type Company struct {
	ID            string
	SiteID        string
	Name          string
	AccountNumber string
	// TwoFactor is the company's Enhanced Security switch. If it is on, Factor is the factor that
	// users need from FactorBy on: RequireFactor or RequirePasskey; empty: a code by email is enough.
	TwoFactor bool
	Factor    Requirement
	FactorBy  time.Time
	// TwoFactorAt is when it was switched last; zero: never.
	TwoFactorAt time.Time
	CreatedAt   time.Time
	// Zone is the time zone that its administrators have chosen; empty: the site's.
	Zone string
	// Policy is what it requires of its users beyond its site.
	Policy CompanyPolicy
	// SuspendedAt is since when nobody of the company can sign in; zero: it is not suspended.
	// SuspendedBy and SuspendedWhy are who did that, and why in that operator's words.
	SuspendedAt               time.Time
	SuspendedBy, SuspendedWhy string
	// MergedInto is the company that operators have merged this one into, and MergedAt when; empty: it
	// stands for itself. One that was merged has no users and gets none, and its account number stands
	// for the other one.
	MergedInto string
	MergedAt   time.Time
}

// Suspended reports whether operators have suspended the company.
func (c Company) Suspended() bool { return !c.SuspendedAt.IsZero() }

// Merged reports whether operators have merged the company into another one.
func (c Company) Merged() bool { return c.MergedInto != "" }

// Rule returns what the company requires of its users, beyond its site.
func (c Company) Rule() TwoFactorRule { return ruleOf(c.TwoFactor, c.Factor, c.FactorBy) }

// Version identifies what operators change about a company: if it is another one when a form arrives,
// somebody else has changed it meanwhile.
func (c Company) Version() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q", c.Name, c.AccountNumber, c.SuspendedAt.UnixMicro(), c.MergedInto))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Role is what a user may do in their company.
type Role string

// The roles of a user.
const (
	RoleUser  Role = "user"
	RoleAdmin Role = "admin"
)

// UserState is whether an account may be used at all. A lock is not a state: it
// comes and goes without changing what the administrator decided.
type UserState string

// The states of a user.
const (
	// Invited: created, with a temporary password on its way, never signed in.
	Invited UserState = "invited"
	// Active: may sign in.
	Active UserState = "active"
	// Deactivated: an administrator turned it off; no recovery brings it back.
	Deactivated UserState = "deactivated"
)

// User is a person (or, on old accounts, several people) signing in for a company.
type User struct {
	ID        string
	SiteID    string
	CompanyID string
	// Username is as entered; UsernameKey is what is compared.
	Username  string
	FirstName string
	LastName  string
	// Email is empty if none is known.
	Email          string
	EmailConfirmed bool
	Role           Role
	State          UserState
	// Locale is the BCP 47 tag of the user's language; empty: the site's.
	Locale string
	// LockedAt is zero unless the account is locked for everybody.
	LockedAt   time.Time
	LockReason LockReason
	Password   Password
	// FirstSignInAt is zero until the first finished sign-in (B16).
	FirstSignInAt time.Time
	LastSignInAt  time.Time
	// CodesOnRequest: a code is sent on request, not as soon as one is due (B09).
	CodesOnRequest bool
	// OwnTwoFactor: the user wants a code at every sign-in, no matter what the company says.
	OwnTwoFactor bool
	// Factors is how many factors other than the mailbox are set up. If there are any, one is
	// required at every sign-in, no matter what the company says.
	Factors int
	// Apps and Passkeys are how many of them are authenticator apps and passkeys.
	Apps, Passkeys int
	// Bounce is what is known about mail to Email that did not arrive.
	Bounce Bounce
	// ChallengeSet: a challenge question is stored.
	ChallengeSet bool
	// TermsAccepted is the last version accepted; empty: none.
	TermsAccepted string
	// SoleUserFor is the version of the terms for which the question "are you the only person" was
	// last answered; SoleUser is that answer.
	SoleUserFor string
	SoleUser    bool
	CreatedAt   time.Time
	// DeletedAt is when an administrator deleted the user; zero: nobody has. A deleted user is
	// Deactivated, so everything that a deactivated one is refused, a deleted one is, too (invariant
	// 4). DeletedState is the state to restore.
	DeletedAt    time.Time
	DeletedState UserState
	// SuspendedAt is since when the company is suspended; zero: it is not. It is the company's and comes
	// with every account that is read, so that nobody has to remember to ask (invariant 4).
	SuspendedAt time.Time
	// ProfileChangedAt is when the profile, as applications read it, was last changed; zero: not
	// since the user was created, or it was not loaded.
	ProfileChangedAt time.Time
}

// WantsTwoFactor reports whether the user must use two-factor no matter what the company says.
func (u User) WantsTwoFactor() bool { return u.OwnTwoFactor || u.Factors > 0 }

// Bounce is a mail that did not arrive at a user's present address.
type Bounce struct {
	// At is when that became known; zero: no bounce is known.
	At time.Time
	// Reason is what a mail server said.
	Reason string
	// Reported: a delivery report said so, and not the server that accepted or refused the mail
	// (RFC 3464).
	Reported bool
}

// Bouncing reports whether mail to the user's address bounces.
func (u User) Bouncing() bool { return !u.Bounce.At.IsZero() }

// Locked reports whether the account is locked for everybody.
func (u User) Locked() bool { return !u.LockedAt.IsZero() }

// MaySignIn reports whether the account can have sessions at all. Invariant 4: a locked,
// deactivated or deleted user has none and gets none, and nobody of a suspended company. An unknown
// state may not.
func (u User) MaySignIn() bool { return u.MayProve() && !u.Suspended() }

// MayProve reports whether credentials of the account are verified at all. Those of a suspended
// company are: only after a right password is anybody told.
func (u User) MayProve() bool {
	return (u.State == Invited || u.State == Active) && (!u.Locked() || guard.Out(guard.LockedIsLocked))
}

// Suspended reports whether the user's company is suspended.
func (u User) Suspended() bool { return !u.SuspendedAt.IsZero() }

// Off reports whether the account is out of use: deactivated, deleted, or with its whole company.
// Nothing is mailed to its user, and no link opens it.
func (u User) Off() bool { return u.State == Deactivated || u.Suspended() }

// DisplayName is how the user is addressed: the username if the profile is still empty.
func (u User) DisplayName() string {
	switch {
	case u.FirstName != "" && u.LastName != "":
		return u.FirstName + " " + u.LastName
	case u.FirstName != "":
		return u.FirstName
	case u.LastName != "":
		return u.LastName
	}
	return u.Username
}

// Password is what is known about a user's password.
type Password struct {
	// Hash is the encoded hash; empty if none is set.
	Hash string
	// Origin says where it comes from.
	Origin PasswordOrigin
	// SetAt is when it was chosen or issued.
	SetAt time.Time
	// ExpiresAt ends a temporary password; zero otherwise.
	ExpiresAt time.Time
	// UsedBy is the browser in which a temporary password has opened a sign-in; empty: none yet.
	UsedBy string
	// Warned is the last warning about the password's expiry, in days before it; 0: none yet.
	Warned int
}

// PasswordOrigin is where a password comes from.
type PasswordOrigin string

// The origins of a password. All but PasswordChosen are temporary: valid for one sign-in, which
// must choose a new one.
const (
	PasswordChosen PasswordOrigin = "chosen"
	// PasswordInitial came with the account, from an invitation or an import.
	PasswordInitial PasswordOrigin = "initial"
	// PasswordRecovery came from a recovery or a reset. It is not a first sign-in and does not
	// skip two-factor.
	PasswordRecovery PasswordOrigin = "recovery"
)

// Temporary reports whether the password must be replaced at the next sign-in.
func (w Password) Temporary() bool { return w.Origin != PasswordChosen }

// LockReason says why an account is locked.
type LockReason string

// The reasons for a lock.
const (
	LockedByAttempts      LockReason = "attempts"
	LockedByAdministrator LockReason = "administrator"
	LockedByOperator      LockReason = "operator"
	// LockedByTotal: too many wrong attempts in all; it does not expire.
	LockedByTotal LockReason = "attempts-in-all"
)

// Session is a finished sign-in in one browser.
type Session struct {
	ID        string
	SiteID    string
	UserID    string
	CompanyID string
	CreatedAt time.Time
	// SeenAt is the last request, written at most once a minute.
	SeenAt    time.Time
	IPAddress string
	UserAgent string
	// DeviceID is the device it runs on, if known.
	DeviceID string
	// Assurance is what this sign-in proved.
	Assurance Assurance
	// Proved is what was last proved again in this session; zero: nothing was.
	Proved Proof
	// BindingID is the session's DeviceBinding; empty: it is not bound.
	BindingID string
}

// SessionLimits say how long a session lives.
type SessionLimits struct {
	// Idle ends a session that is not used.
	Idle time.Duration
	// Absolute ends every session.
	Absolute time.Duration
	// Bound is the lifetime of the cookie that ties a session to its device, in browsers that can
	// prove a key; see DeviceBinding. 0: sessions are not tied.
	Bound time.Duration
}

// Alive reports whether a session created and last seen at these times may still be used (ASVS
// 7.3.1, 7.3.2). A clock that went backwards does not end it; one that is far ahead does.
func (l SessionLimits) Alive(created, seen, now time.Time) bool {
	return now.Sub(created) < l.Absolute && now.Sub(seen) < l.Idle
}

// SeenEvery is how often "last seen" is written: in between, checking a session writes nothing.
const SeenEvery = time.Minute
