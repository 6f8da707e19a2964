package gatehouse

import (
	"time"

	"gatehouse/internal/guard"
)

// Browser is one that has finished a sign-in as a user, and is no stranger since.
type Device struct {
	ID        string
	UserAgent string
	CreatedAt time.Time
	// SeenAt is the last sign-in in it, and IPAddress where that came from.
	SeenAt    time.Time
	IPAddress string
	// TrustedAt is when the person asked not to be challenged in it; zero: never.
	TrustedAt time.Time
}

// TrustedUntil is when a browser's trust ends, counted from the moment it was given and
// not from its last use; zero if it is not trusted at this time. Whenever the company's
// Enhanced Security is switched, the trust from before is over (B08).
func (b Device) TrustedUntil(p Policy, c Company, now time.Time) time.Time {
	end := b.TrustedAt.Add(p.TrustedDevice)
	switched := b.TrustedAt.Before(c.TwoFactorAt) && !guard.Out(guard.TwoFactorEndsTrust)
	if b.TrustedAt.IsZero() || switched || b.TrustedAt.After(now) || !now.Before(end) {
		return time.Time{}
	}
	return end
}

// DeviceKnownFor is how long a browser is known after its last sign-in: as long as it
// keeps a cookie.
const DeviceKnownFor = 400 * 24 * time.Hour
