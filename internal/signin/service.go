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

// Service signs people in.
type Service struct {
	*act.Desk
	Hasher *secret.Hasher
	// Keys seal the answers to challenge questions.
	Keys *secret.Keys
	// Blocklist are the passwords that nobody may choose; nil: the common ones.
	Blocklist *secret.Blocklist
	Limits    Limits
	// Even is how long answers take at least that must not tell what was done for them; see
	// EvenTime.
	Even time.Duration
	// Texting sends codes to phones; nil: there is no gateway.
	Texting *Texting
	Log     *slog.Logger
	// Counted is told the result of every sign-in, for the metrics.
	Counted func(result gatehouse.EventResult)
}

// Limits are how many sign-ins that do not work there may be: each scope admits a
// burst and then PerMinute. Sign-ins that work are given back, so that a company
// behind one address is never slowed down by its own people.
type Limits struct {
	IP, Username, Site Rate
	// RecoveryIP limits recoveries and requests for a username from an address
	// block. RecoveryName limits what is mailed for one email address that is typed, and
	// what one known user may ask for on known devices: those beyond the first are not sent, and the
	// asker is told nothing.
	RecoveryIP, RecoveryName Rate
	// Account limits what costs a hash and is not given back: sign-ins to one account
	// that work, and its password typed again. So one account cannot keep the hash
	// gate full for everybody.
	Account Rate
	// Company limits how many requests for a username reach one company's
	// administrators; those beyond it are dropped without a word.
	Company Rate
}

// Rate is one scope's limit: so many at once, and then PerMinute, or PerHour where
// that is set. Where nothing is set there is no limit.
type Rate struct{ Burst, PerMinute, PerHour int }

// DefaultLimits stop guessing over many accounts (ASVS 6.3.1); guessing at one
// account is the lockout's business.
var DefaultLimits = Limits{
	IP:       Rate{Burst: 200, PerMinute: 60},
	Username: Rate{Burst: 30, PerMinute: 10},
	Site:     Rate{Burst: 5000, PerMinute: 1500},

	RecoveryIP:   Rate{Burst: 60, PerMinute: 10},
	RecoveryName: Rate{Burst: keptLinks, PerHour: keptLinks},
	Account:      Rate{Burst: 60, PerMinute: 30},
	Company:      Rate{Burst: 5, PerHour: 5},
}

// of makes the store's limit of this rate for a key.
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

// timeToFinish is how long a sign-in may take once it has begun. It goes on when
// the visitor hangs up: a guess is counted whether its answer is waited for or not.
const timeToFinish = 30 * time.Second

// unhurried separates a sign-in that has begun from the request that began it.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), timeToFinish)
}
