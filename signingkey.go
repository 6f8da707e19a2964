package gatehouse

import "time"

// SigningKey is a key that a site signs tokens with. Its public half is published before it signs,
// and for as long as anything it has signed may be verified.
type SigningKey struct {
	SiteID string
	// ID is the key ID of RFC 7517.
	ID  string
	Alg SigningAlg
	// Public is the public half as a JSON Web Key; Sealed the private one, sealed with the key
	// file.
	Public string
	Sealed []byte
	// CreatedAt is when it was published. It signs from SignFrom on, and is removed at RetireAt;
	// zero: not until another one has replaced it.
	CreatedAt, SignFrom, RetireAt time.Time
}

// The lifetimes of signing keys.
const (
	// KeyLead is how long a key is published before it signs: longer than any process, client or
	// cache in between keeps a list without it.
	KeyLead = 10 * time.Minute
	// KeyKept is how long a key stays published after another one signs. Tokens expire after
	// minutes; the ID token that comes with a sign-out may be as old as a session.
	KeyKept = 30 * 24 * time.Hour
	// KeyAge is when a key is replaced automatically.
	KeyAge = 90 * 24 * time.Hour
)

// SigningKeyFor picks the key that signs now: the newest of those that may sign. It reports
// whether there is one.
func SigningKeyFor(keys []SigningKey, alg SigningAlg, now time.Time) (best SigningKey, found bool) {
	for _, k := range keys {
		if k.Alg != alg || k.SignFrom.After(now) || !k.Published(now) {
			continue
		}
		if !found || k.SignFrom.After(best.SignFrom) || k.SignFrom.Equal(best.SignFrom) && k.ID > best.ID {
			best, found = k, true
		}
	}
	return best, found
}

// Published reports whether others can still verify what the key has signed.
func (k SigningKey) Published(now time.Time) bool {
	return k.RetireAt.IsZero() || now.Before(k.RetireAt)
}
