package gatehouse

import (
	"slices"
	"time"
)

// FactorKind is the type of a second factor.
type FactorKind string

// The kinds of factors.
const (
	FactorApp     FactorKind = "app"
	FactorPasskey FactorKind = "passkey"
)

// FactorText is a phone that codes are sent to by text message; a user has one at most.
const FactorText FactorKind = "text"

// Factor is a second factor of a user other than the mailbox. Its secret is sealed, and not stored
// here.
type Factor struct {
	ID     string
	SiteID string
	UserID string
	Kind   FactorKind
	// Name is the user's name for it.
	Name      string
	CreatedAt time.Time
	// ConfirmedAt is when it was first proved; zero: never, so it does not count, and an
	// unfinished set-up locks nobody out.
	ConfirmedAt time.Time
	UsedAt      time.Time
	// Clock is that of an app.
	Clock AppClock
}

// FactorFilter selects users by their two-factor authentication: whether it is on, or which factor
// they have.
type FactorFilter string

// The filters by state, and FactorNone, which selects users without a factor of their own; the other
// filters are the kinds.
const (
	TwoFactorIsOn  FactorFilter = "on"
	TwoFactorIsOff FactorFilter = "off"
	// TwoFactorStuck: something has to be done before it works.
	TwoFactorStuck FactorFilter = "stuck"
	// FactorEmail: codes by email.
	FactorEmail FactorFilter = "email"
	FactorNone  FactorFilter = "none"
)

// FactorFilters are all of them.
var FactorFilters = []FactorFilter{TwoFactorIsOn, TwoFactorIsOff, TwoFactorStuck, FactorEmail,
	FactorFilter(FactorApp), FactorFilter(FactorPasskey), FactorFilter(FactorText), FactorNone}

// Fits reports whether a user is selected; an empty filter selects everybody.
func (f FactorFilter) Fits(u UserFacts) bool {
	state := TwoFactorOf(u.Need, u.User, u.Reachable)
	switch f {
	case TwoFactorIsOn:
		return state == TwoFactorOn || state == TwoFactorOwn || state == TwoFactorFactor || state == TwoFactorLater
	case TwoFactorIsOff:
		return state == TwoFactorOff
	case TwoFactorStuck:
		return state == TwoFactorSetUp || state == TwoFactorNoEmail || state == TwoFactorBouncing
	case FactorEmail:
		return state == TwoFactorOn || state == TwoFactorOwn || state == TwoFactorLater
	case FactorNone:
		return u.Factors == 0
	case FactorFilter(FactorApp):
		return u.Apps > 0
	case FactorFilter(FactorPasskey):
		return u.Passkeys > 0
	case FactorFilter(FactorText):
		return u.Factors > u.Apps+u.Passkeys
	}
	return f == ""
}

// Confirmed reports whether the factor counts.
func (f Factor) Confirmed() bool { return !f.ConfirmedAt.IsZero() }

// The limits of factors, for all sites.
const (
	// MostFactors is how many apps and passkeys a user may have, including unconfirmed ones.
	MostFactors = 10
	// FactorSetUp is how long a factor waits for its first code.
	FactorSetUp = time.Hour
	// RecoveryCodes is how many recovery codes are made at a time, and FewRecoveryCodes the number
	// left at which the user is reminded.
	RecoveryCodes    = 10
	FewRecoveryCodes = 3
)

// Way is a way to prove two-factor on the page for codes.
type Way string

// The ways.
const (
	WayEmail        Way = "email"
	WayApp          Way = "app"
	WayPasskey      Way = "passkey"
	WayText         Way = "text"
	WayRecoveryCode Way = "recovery-code"
	// WayPassword is only asked for again in a session; see AskProof.
	WayPassword Way = "password"
)

// Ways returns the ways that a user has, starting with the factor used last. A user who has a
// factor is not asked for a code by email: anyone who reads the mailbox can also get the password,
// by a recovery. Of the user's factors, those that the requirement accepts count.
func Ways(u User, factors []Factor, recoveryCodes int, need Requirement) []Way {
	if u.Factors == 0 {
		return []Way{WayEmail}
	}
	factors = slices.DeleteFunc(slices.Clone(factors), func(f Factor) bool { return !f.Confirmed() })
	slices.SortStableFunc(factors, func(a, b Factor) int { return b.UsedAt.Compare(a.UsedAt) })
	var ways []Way
	for _, f := range factors {
		if way := Way(f.Kind); !slices.Contains(ways, way) && need.AcceptsWay(way, u) {
			ways = append(ways, way)
		}
	}
	if recoveryCodes > 0 {
		ways = append(ways, WayRecoveryCode)
	}
	if len(ways) == 0 { // the last one was removed after the user was read
		ways = []Way{WayApp}
	}
	return ways
}

// RecoveryCode is a code that replaces a lost factor. Only a keyed hash of it is kept.
type RecoveryCode struct {
	Number    int
	MAC       string
	CreatedAt time.Time
	UsedAt    time.Time
}

// Left returns how many recovery codes are unused.
func Left(codes []RecoveryCode) (n int) {
	for _, c := range codes {
		if c.UsedAt.IsZero() {
			n++
		}
	}
	return n
}
