package sso

import (
	"context"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// How cards are fetched.
const (
	// fetchTimeout is how long a platform may take.
	fetchTimeout = 2 * time.Second
	// fetchesAtOnce is the maximum in one process, over all platforms.
	fetchesAtOnce = 8
	dueAtOnce     = 64
	// brokenAfter failures in a row, a platform is left alone for brokenFor: requests for further
	// users would not be answered either.
	brokenAfter = 3
	brokenFor   = 30 * time.Second
	// cardTokenLifetime is how long a platform may take to check the token.
	cardTokenLifetime = time.Minute
	// typeCard is the type of that token, so it is not mistaken for another kind.
	typeCard = "card+jwt"
)

// broken records which platforms do not respond, as this process has seen it.
type broken struct {
	mu    sync.Mutex
	count map[string]int
	until map[string]time.Time
}

// leftAlone returns until when a platform is left alone; zero: requests are allowed.
func (b *broken) leftAlone(id string, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := b.until[id]; now.Before(until) {
		return until
	}
	return time.Time{}
}

func (b *broken) note(id string, came bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count == nil {
		b.count, b.until = map[string]int{}, map[string]time.Time{}
	}
	if came {
		delete(b.count, id)
		delete(b.until, id)
		return
	}
	if b.count[id]++; b.count[id] >= brokenAfter {
		b.until[id] = now.Add(brokenFor)
	}
}

// FetchCards fetches the due cards of users who opened home recently. Every process runs it; each
// card is fetched by one process.
func (s *Service) FetchCards(ctx context.Context, sites func(string) *site.Site) error {
	due, err := s.Store.Read().DueCards(ctx, s.Now(), dueAtOnce)
	if err != nil {
		return err
	}
	places := make(chan struct{}, fetchesAtOnce)
	var all sync.WaitGroup
	for _, f := range due {
		st := sites(f.SiteID)
		if st == nil {
			continue
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if err := s.fetchCard(ctx, st, f); err != nil && s.Log != nil {
				s.Log.WarnContext(ctx, "card of a platform", "site", f.SiteID, "application", f.ApplicationID, "error", err)
			}
		})
	}
	all.Wait()
	return nil
}

// fetchCard fetches one card, if no other process does.
func (s *Service) fetchCard(ctx context.Context, st *site.Site, f gatehouse.CardFetch) error {
	until := s.broken.leftAlone(f.ApplicationID, s.Now())
	leased := f
	if leased.DueAt = until; until.IsZero() {
		leased.DueAt = s.Now().Add(gatehouse.CardLease)
	}
	mine := false
	err := s.Store.Write(ctx, func(q store.Queries) (err error) {
		mine, err = q.MoveFetch(ctx, f, leased.DueAt, f.Failures)
		return err
	})
	if err != nil || !mine || !until.IsZero() {
		return err
	}
	q := s.Store.Read()
	a, err := q.Application(ctx, f.SiteID, f.ApplicationID)
	if err != nil {
		return err
	}
	u, err := q.User(ctx, f.SiteID, f.UserID)
	if err != nil {
		return err
	}
	may, err := mayReach(ctx, q, a, u)
	if err != nil {
		return err
	}
	if a.Settings.Home.CardsURL == "" || !may {
		return s.Store.Write(ctx, func(q store.Queries) error {
			if _, err := q.DeleteCard(ctx, f.SiteID, f.UserID, f.ApplicationID, ""); err != nil {
				return err
			}
			return q.DeleteFetch(ctx, f)
		})
	}
	body, failed := s.askForCard(ctx, st, a, u)
	s.broken.note(a.ID, failed == nil, s.Now())
	err = s.Store.Write(ctx, func(q store.Queries) error { return s.keepFetched(ctx, q, leased, body, failed == nil) })
	if failed != nil {
		return failed
	}
	return err
}

// keepFetched stores the result of a fetch. A failing platform keeps its last card.
func (s *Service) keepFetched(ctx context.Context, q store.Queries, f gatehouse.CardFetch, body gatehouse.CardBody, came bool) error {
	now, failures := s.Now(), 0
	if !came {
		failures = f.Failures + 1
	}
	if mine, err := q.MoveFetch(ctx, f, f.Next(came, now), failures); err != nil || !mine || !came { // no longer ours: it took so long that another process has it
		return err
	}
	return q.PutCard(ctx, gatehouse.PlatformCard{SiteID: f.SiteID, UserID: f.UserID, ApplicationID: f.ApplicationID, Body: body, AsOf: now, ExpiresAt: now.Add(gatehouse.CardKept)})
}

// askForCard requests a user's card from an application. A token identifies us and the user; it is
// only valid at this address, for a minute. If the application has no card for the user (204), the
// card is empty.
func (s *Service) askForCard(ctx context.Context, st *site.Site, a gatehouse.Application, u gatehouse.User) (body gatehouse.CardBody, err error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return body, err
	}
	address, now := a.Settings.Home.CardsURL, s.Now()
	token, err := r.sign(a.Settings.IDTokenAlg, typeCard, map[string]any{
		"iss": Issuer(st), "sub": gatehouse.Subject(a, u.ID, r.salt), "aud": address, "client_id": a.ID,
		"iat": now.Unix(), "exp": now.Add(cardTokenLifetime).Unix(), "jti": secret.NewToken(),
	}, now)
	if err != nil {
		return body, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	text, err := s.Outbound.GetAs(ctx, token, address, "application/json")
	if err != nil || len(text) == 0 {
		return body, err
	}
	return gatehouse.ReadCard(a, text)
}
