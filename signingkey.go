package gatehouse

import "time"

// SigningKey is a key that a site signs tokens with. Its public half is published before it
// signs, and for as long as something that it has signed may be looked at.
type SigningKey struct {
	SiteID string
	// ID is the key ID of RFC 7517.
	ID  string
	Alg SigningAlg
	// Public is the public half as a JSON Web Key; Sealed the private one, sealed with the key
	// file.
	Public string
	Sealed []byte
	// CreatedAt is when it was published. It signs from SignFrom on, and goes at RetireAt; zero:
	// not while no other has taken its place.
	CreatedAt, SignFrom, RetireAt time.Time
}

// The ages of signing keys.
const (
	// KeyLead is how long a key is published before it signs: longer than any process, client
	// or cache between them keeps a list without it.
	KeyLead = 10 * time.Minute
	// KeyKept is how long a key stays published once another one signs. Tokens are over after
	// minutes; the ID token that comes with a sign-out may be as old as a session.
	KeyKept = 30 * 24 * time.Hour
	// KeyAge is when a key is replaced by itself.
	KeyAge = 90 * 24 * time.Hour
)

// SigningKeyFor picks the key that signs now: of those that may sign, the one that began
// last. It reports whether there is one.
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

// Published reports whether others can check what the key has signed.
func (k SigningKey) Published(now time.Time) bool {
	return k.RetireAt.IsZero() || now.Before(k.RetireAt)
}
