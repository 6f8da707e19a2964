package signin

import (
	"context"
	"log/slog"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Service signs in users.
type Service struct {
	*act.Desk
	Hasher *secret.Hasher
	// Keys seal the answers to challenge questions.
	Keys *secret.Keys
	// Blocklist are the passwords that nobody may choose; nil: the common ones.
	Blocklist *secret.Blocklist
	Limits    Limits
	// Even is the minimum time of responses that must not reveal what was done; see EvenTime.
	Even time.Duration
	// Texting sends codes to phones; nil: there is no gateway.
	Texting *Texting
	Log     *slog.Logger
	// Counted is called with the result of every sign-in, for the metrics.
	Counted func(result gatehouse.EventResult)
}

// Limits are how many failed sign-ins are allowed: each scope admits a burst and then PerMinute.
// Successful sign-ins are given back, so a company behind one address is never slowed down by its
// own users.
type Limits struct {
	IP, Username, Site Rate
	// RecoveryIP limits recoveries and requests for a username from an address block. RecoveryName
	// limits what is mailed for one typed email address, and what one known user may request on
	// known devices. What exceeds it is not sent, and the requester is not told.
	RecoveryIP, RecoveryName Rate
	// Account limits what costs a hash and is not given back: successful sign-ins to one account,
	// and its password typed again. So one account cannot keep the hash gate full for everybody.
	Account Rate
	// Company limits how many requests for a username reach one company's administrators; the rest
	// are dropped silently.
	Company Rate
}

// Rate is one scope's limit: Burst at once, and then PerMinute, or PerHour if that is set. If
// nothing is set, there is no limit.
type Rate struct{ Burst, PerMinute, PerHour int }

// DefaultLimits stop guessing over many accounts (ASVS 6.3.1); the lockout stops guessing at one
// account.
var DefaultLimits = Limits{
	IP:       Rate{Burst: 200, PerMinute: 60},
	Username: Rate{Burst: 30, PerMinute: 10},
	Site:     Rate{Burst: 5000, PerMinute: 1500},

	RecoveryIP:   Rate{Burst: 60, PerMinute: 10},
	RecoveryName: Rate{Burst: keptLinks, PerHour: keptLinks},
	Account:      Rate{Burst: 60, PerMinute: 30},
	Company:      Rate{Burst: 5, PerHour: 5},
}

// of returns the store's limit of this rate for a key.
func (r Rate) of(key string) store.Limit {
	if r == (Rate{}) {
		return store.Limit{Key: key, Every: time.Microsecond, Burst: 1 << 40}
	}
	every := time.Minute / time.Duration(max(1, r.PerMinute))
	if r.PerHour > 0 {
		every = time.Hour / time.Duration(r.PerHour)
	}
	return store.Limit{Key: key, Every: every, Burst: r.Burst}
}

// timeToFinish is how long a sign-in may take once it has begun. It continues if the client
// disconnects: a guess is counted whether or not anybody waits for the response.
const timeToFinish = 30 * time.Second

// unhurried detaches a sign-in that has begun from the request that began it.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), timeToFinish)
}
