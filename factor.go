package gatehouse

import (
	"slices"
	"time"
)

// FactorKind is what sort of second factor something is.
type FactorKind string

// The kinds of factors.
const (
	FactorApp     FactorKind = "app"
	FactorPasskey FactorKind = "passkey"
)

// FactorText is a phone that codes are sent to by text message; a user has one at most.
const FactorText FactorKind = "text"

// Factor is a second factor of a user that is not the mailbox. What it is proved with is
// sealed, and nowhere in here.
type Factor struct {
	ID     string
	SiteID string
	UserID string
	Kind   FactorKind
	// Name is what the user calls it.
	Name      string
	CreatedAt time.Time
	// ConfirmedAt is when it was proved for the first time; zero: never, so it counts for
	// nothing, and a set-up that is left halfway locks nobody out.
	ConfirmedAt time.Time
	UsedAt      time.Time
	// Clock is an app's.
	Clock AppClock
}

// Confirmed reports whether the factor counts.
func (f Factor) Confirmed() bool { return !f.ConfirmedAt.IsZero() }

// The numbers of factors, for all sites.
const (
	// MostFactors is how many apps and passkeys a user may have, those that wait to be confirmed
	// among them.
	MostFactors = 10
	// FactorSetUp is how long a factor waits for its first code.
	FactorSetUp = time.Hour
	// RecoveryCodes is how many recovery codes are made at a time, and FewRecoveryCodes of how
	// many the user is reminded that there are no more.
	RecoveryCodes    = 10
	FewRecoveryCodes = 3
)

// Way is how two-factor is proved on the page for codes.
type Way string

// The ways.
const (
	WayEmail        Way = "email"
	WayApp          Way = "app"
	WayPasskey      Way = "passkey"
	WayText         Way = "text"
	WayRecoveryCode Way = "recovery-code"
)

// Ways are those that a user has, the usual one first: that of the factor which was used last. A
// user who has a factor is not asked for a code by mail: anyone who reads the mailbox has the
// password too, by a recovery.
func Ways(u User, factors []Factor, recoveryCodes int) []Way {
	if u.Factors == 0 {
		return []Way{WayEmail}
	}
	factors = slices.DeleteFunc(slices.Clone(factors), func(f Factor) bool { return !f.Confirmed() })
	slices.SortStableFunc(factors, func(a, b Factor) int { return b.UsedAt.Compare(a.UsedAt) })
	var ways []Way
	for _, f := range factors {
		if way := Way(f.Kind); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	if recoveryCodes > 0 {
		ways = append(ways, WayRecoveryCode)
	}
	if len(ways) == 0 { // the last one has been removed since the user was read
		ways = []Way{WayApp}
	}
	return ways
}

// RecoveryCode is one of those that stand in for a lost factor. What it was is kept as a keyed
// hash.
type RecoveryCode struct {
	Number    int
	MAC       string
	CreatedAt time.Time
	UsedAt    time.Time
}

// Left is how many recovery codes have not been used.
func Left(codes []RecoveryCode) (n int) {
	for _, c := range codes {
		if c.UsedAt.IsZero() {
			n++
		}
	}
	return n
}
