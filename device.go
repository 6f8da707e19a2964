package gatehouse

import (
	"time"

	"gatehouse/internal/guard"
)

// Device is a browser that has finished a sign-in as a user and is known since.
type Device struct {
	ID        string
	UserAgent string
	CreatedAt time.Time
	// SeenAt is its last sign-in, and IPAddress the address it came from.
	SeenAt    time.Time
	IPAddress string
	// TrustedAt is when the user asked not to be challenged on it; zero: never.
	TrustedAt time.Time
}

// TrustedUntil returns when a device's trust ends, counted from when it was given and not from its
// last use; zero if it is not trusted now. Switching the company's Enhanced Security ends all
// earlier trust (B08).
func (b Device) TrustedUntil(p Policy, c Company, now time.Time) time.Time {
	end := b.TrustedAt.Add(p.For(c.Policy).TrustedDevice)
	switched := b.TrustedAt.Before(c.TwoFactorAt) && !guard.Out(guard.TwoFactorEndsTrust)
	if b.TrustedAt.IsZero() || switched || b.TrustedAt.After(now) || !now.Before(end) {
		return time.Time{}
	}
	return end
}

// DeviceKnownFor is how long a device is known after its last sign-in: as long as browsers keep a
// cookie.
const DeviceKnownFor = 400 * 24 * time.Hour
