package gatehouse

import (
	"time"

	"gatehouse/internal/guard"
)

// DeviceBinding ties a session to a key that does not leave the device (Device Bound Session
// Credentials). The browser gets a second, short-lived cookie, the bound cookie, and renews it by
// signing a challenge with that key: a copy of the cookies dies within minutes. Bound cookies and
// challenges are numbered from 1, each in their own order; both are derived from their numbers
// with the key file, so none is stored.
type DeviceBinding struct {
	ID        string
	SiteID    string
	SessionID string
	UserID    string
	// Key is the device's public key, as a JWK; Algorithm is what it signs with, and Thumbprint
	// its hash (RFC 7638).
	Key        []byte
	Algorithm  string
	Thumbprint string
	UserAgent  string
	CreatedAt  time.Time
	// RefreshedAt is when the key was last proved.
	RefreshedAt time.Time
	// Cookie is the current bound cookie, and CookieAt when it was first given out.
	Cookie   int
	CookieAt time.Time
	// Challenge is the newest challenge, which has not been answered; ChallengeAt is when it was
	// made. OlderAt is when the one before was made; zero: that one has been answered.
	Challenge   int
	ChallengeAt time.Time
	OlderAt     time.Time
	// WrongProofs is how many proofs were wrong since the last good one.
	WrongProofs int
}

const (
	// BindWithin is how long after the sign-in a session can be bound: browsers ask at once.
	BindWithin = 2 * time.Minute
	// BoundGrace is how long the previous bound cookie stays valid, for requests that were under
	// way when it was replaced. The first one replaces having none.
	BoundGrace = 30 * time.Second
	// MostWrongProofs in a row end the session.
	MostWrongProofs = 5
	// challengeFresh is how long an unanswered challenge is given out again: tabs that ask at the
	// same moment get the same one.
	challengeFresh = time.Minute
)

// Binds reports whether a session created at this time may be bound to a device now.
func (l SessionLimits) Binds(created, now time.Time) bool {
	return l.Bound > 0 && now.Sub(created) < BindWithin
}

// challengeFor is how long a challenge is valid: longer than a bound cookie, because it is given
// out together with one and answered when that ends.
func (l SessionLimits) challengeFor() time.Duration { return l.Bound + l.Bound/2 }

// Bind returns the binding as it begins.
func (b DeviceBinding) Bind(now time.Time) DeviceBinding {
	b.CreatedAt, b.RefreshedAt = now, now
	b.Cookie, b.CookieAt = 1, now
	b.Challenge, b.ChallengeAt, b.OlderAt, b.WrongProofs = 1, now, time.Time{}, 0
	return b
}

// Admits reports whether a request with this bound cookie (0: none, or one of another binding) may
// use the session. If the site has switched binding off, every request may.
func (b DeviceBinding) Admits(cookie int, l SessionLimits, now time.Time) bool {
	switch {
	case l.Bound <= 0, guard.Out(guard.BoundCookie):
		return true
	case cookie == b.Cookie:
		return now.Before(b.CookieEnds(l))
	case cookie == b.Cookie-1:
		return now.Before(b.CookieAt.Add(BoundGrace))
	}
	return false
}

// CookieEnds returns when the current bound cookie ends.
func (b DeviceBinding) CookieEnds(l SessionLimits) time.Time { return b.CookieAt.Add(l.Bound) }

// Proved returns the binding after an answer with a good signature to a challenge, and whether the
// challenge was still open: the newest one and the one before are, each once. An answer to another
// one is no attack, because browsers may send a signature again; it proves nothing.
//
// The bound cookie is replaced. Only one that is newer than BoundGrace stays: tabs that refresh at
// the same moment get the same one, whatever order their responses arrive in.
func (b DeviceBinding) Proved(challenge int, l SessionLimits, now time.Time) (DeviceBinding, bool) {
	switch {
	case challenge == b.Challenge && now.Before(b.ChallengeAt.Add(l.challengeFor())):
		if !guard.Out(guard.ProofOnce) {
			b.Challenge, b.ChallengeAt, b.OlderAt = b.Challenge+1, now, time.Time{}
		}
	case challenge == b.Challenge-1 && !b.OlderAt.IsZero() && now.Before(b.OlderAt.Add(l.challengeFor())):
		b.OlderAt = time.Time{}
	default:
		return b, false
	}
	if now.Sub(b.CookieAt) >= BoundGrace {
		b.Cookie, b.CookieAt = b.Cookie+1, now
	}
	b.RefreshedAt, b.WrongProofs = now, 0
	return b, true
}

// Challenged returns the binding with a challenge to give out: the newest one if it is fresh, else
// another one.
func (b DeviceBinding) Challenged(now time.Time) DeviceBinding {
	if now.Sub(b.ChallengeAt) < challengeFresh {
		return b
	}
	b.Challenge, b.ChallengeAt, b.OlderAt = b.Challenge+1, now, b.ChallengeAt
	return b
}

// Wrong returns the binding after a proof that the device's key has not signed, and whether that
// was one too many: then the session ends.
func (b DeviceBinding) Wrong() (DeviceBinding, bool) {
	b.WrongProofs++
	return b, b.WrongProofs >= MostWrongProofs
}
