package gatehouse

import "time"

// Browser is one that has finished a sign-in as a user, and is no stranger since.
type Browser struct {
	ID        string
	UserAgent string
	CreatedAt time.Time
	// SeenAt is the last sign-in in it.
	SeenAt time.Time
}

// BrowserKnownFor is how long a browser is known after its last sign-in: as long as it
// keeps a cookie.
const BrowserKnownFor = 400 * 24 * time.Hour
