package signin

import (
	"context"
	"log/slog"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Service signs people in.
type Service struct {
	Store  *store.Store
	Hasher *secret.Hasher
	Outbox *mail.Outbox
	Limits Limits
	Now    func() time.Time
	Log    *slog.Logger
	// Counted is told the result of every sign-in, for the metrics.
	Counted func(result gatehouse.EventResult)
}

// Limits are how many sign-ins that do not work there may be: each scope admits a
// burst and then PerMinute. Sign-ins that work are given back, so that a company
// behind one address is never slowed down by its own people.
type Limits struct {
	Address, Username, Site Rate
}

// Rate is one scope's limit.
type Rate struct{ Burst, PerMinute int }

// DefaultLimits stop guessing over many accounts (ASVS 6.3.1); guessing at one
// account is the lockout's business.
var DefaultLimits = Limits{
	Address:  Rate{Burst: 200, PerMinute: 60},
	Username: Rate{Burst: 30, PerMinute: 10},
	Site:     Rate{Burst: 5000, PerMinute: 1500},
}

// of makes the store's limit of this rate for a key.
func (r Rate) of(key string) store.Limit {
	return store.Limit{Key: key, Every: time.Minute / time.Duration(r.PerMinute), Burst: r.Burst}
}

// timeToFinish is how long a sign-in may take once it has begun. It goes on when
// the visitor hangs up: a guess is counted whether its answer is waited for or not.
const timeToFinish = 30 * time.Second

// unhurried separates a sign-in that has begun from the request that began it.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), timeToFinish)
}

// event makes a line of the event log about a user.
func (s *Service) event(c gatehouse.Caller, u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, detail map[string]string) gatehouse.Event {
	now := s.Now()
	return gatehouse.Event{
		ID: store.NewID("evt", now), SiteID: c.SiteID, CompanyID: u.CompanyID, UserID: u.ID, At: now,
		Kind: kind, Result: result, ActorKind: c.Kind, ActorID: c.UserID, ActorName: c.Name,
		Address: c.Address, UserAgent: c.UserAgent, Reference: c.Reference, Detail: detail,
	}
}

func (s *Service) recipient(st *site.Site, u gatehouse.User) mail.Recipient {
	return mail.Recipient{UserID: u.ID, CompanyID: u.CompanyID, Name: u.DisplayName(),
		Address: u.Email, Lang: st.Language("", u.Locale)}
}
