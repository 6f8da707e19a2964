package sso

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of errors about cards that applications supply.
const (
	ReasonClient       = "invalid-client"     // Unauthenticated
	ReasonScope        = "insufficient-scope" // Forbidden
	ReasonNoSuchUser   = "no-such-user"       // NotFound: also a user who may not reach the application
	ReasonTooManyCards = "too-many-cards"     // Conflict
	ReasonTooLarge     = "too-large"          // Invalid
)

// An application may send this many cards at once, and then this many a second.
const (
	cardsAtOnce = 5000
	cardsEvery  = 10 * time.Millisecond
)

// PutCard stores a card that an application supplies for one of its users, replacing one of the
// same name.
//
// Errors: Unauthenticated, Forbidden, NotFound, Invalid with fields, Conflict, TooMany,
// Unavailable.
func (s *Service) PutCard(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization, card, sub string, text []byte) error {
	a, err := s.supplier(ctx, st, c, authorization)
	if err != nil {
		return err
	}
	var wrong gatehouse.Faults
	switch {
	case !gatehouse.CardNameGood(card):
		wrong.Add("card", "characters")
		return wrong.Err()
	case len(text) > gatehouse.MostCardBody:
		return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonTooLarge}
	}
	body, err := gatehouse.ReadCard(a, text)
	if err != nil {
		return err
	}
	return s.supply(ctx, st, c, a, func(tx *act.Unit) error {
		u, err := userOf(tx, tx.Queries, st, a, sub)
		if err != nil {
			return err
		}
		now := tx.Now()
		put := gatehouse.PlatformCard{SiteID: st.ID, UserID: u.ID, ApplicationID: a.ID, Card: card, Body: body, AsOf: now, ExpiresAt: now.Add(body.Lifetime())}
		n, err := tx.OtherCards(tx, put, now)
		if err == nil && n >= gatehouse.MostCards {
			err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonTooManyCards}
		}
		if err != nil {
			return err
		}
		return tx.PutCard(tx, put)
	})
}

// DeleteCard deletes a card. It succeeds if there is none.
//
// Errors: as PutCard.
func (s *Service) DeleteCard(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization, card, sub string) error {
	a, err := s.supplier(ctx, st, c, authorization)
	if err != nil {
		return err
	}
	if !gatehouse.CardNameGood(card) {
		return nil
	}
	return s.supply(ctx, st, c, a, func(tx *act.Unit) error {
		u, err := userOf(tx, tx.Queries, st, a, sub)
		if err == nil {
			_, err = tx.DeleteCard(tx, st.ID, u.ID, a.ID, card)
		}
		return err
	})
}

// supply changes cards as fast as an application may. The event log does not record that: cards
// only display what the platform knows, and there are many.
func (s *Service) supply(ctx context.Context, st *site.Site, c gatehouse.Caller, a gatehouse.Application, change func(*act.Unit) error) error {
	c.Name = a.ID
	limits := []store.Limit{{Key: "cards " + st.ID + " " + a.ID, Every: cardsEvery, Burst: cardsAtOnce}}
	wait, err := s.DoAllowed(ctx, st, c, limits, change)
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: "too-many", RetryAfter: wait}
	}
	return err
}

// supplier returns the application that sends a card: by its secret (Basic), or with an access
// token that it got for itself. Either way, the operator must have granted it the scope.
func (s *Service) supplier(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization string) (a gatehouse.Application, err error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	scoped := true
	switch {
	case strings.EqualFold(scheme, "Basic"):
		a, err = s.authenticate(ctx, st, c, authorization, Params{})
	case strings.EqualFold(scheme, "Bearer"):
		var at Access
		at, err = s.access(ctx, st, strings.TrimSpace(token))
		a, scoped = at.Application, at.Grant == nil && slices.Contains(at.Token.Scopes, gatehouse.ScopeCards)
		if err == nil && (at.Token.JKT != "" || len(at.Token.Audience) > 0) { // a thief's, or another server's
			err = errNoAccess
		}
	default:
		err = errClient
	}
	var refused *ProtocolError
	switch {
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return a, &gatehouse.Error{Kind: gatehouse.TooMany, Reason: "too-many", RetryAfter: refused.RetryAfter}
	case errors.As(err, &refused):
		return a, &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonClient}
	case err != nil:
		return a, err
	case !scoped || !slices.Contains(a.Settings.Scopes, gatehouse.ScopeCards):
		return a, &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonScope}
	}
	return a, nil
}

// userOf returns the application's user with this subject. It makes no difference whether the user
// does not exist, is of another site, or may not reach the application: an application learns
// nothing about users who are not its own.
func userOf(ctx context.Context, q store.Queries, st *site.Site, a gatehouse.Application, sub string) (u gatehouse.User, err error) {
	nobody := &gatehouse.Error{Kind: gatehouse.NotFound, Reason: ReasonNoSuchUser}
	if sub == "" || len(sub) > 100 {
		return u, nobody
	}
	id := sub
	if a.Settings.Sector != "" {
		if id, err = q.UserOfSubject(ctx, st.ID, a.ID, sub); err != nil {
			return u, notFound(err, nobody)
		}
	}
	if u, err = q.User(ctx, st.ID, id); err != nil {
		return u, notFound(err, nobody)
	}
	if may, err := mayReach(ctx, q, a, u); err != nil || !may {
		return gatehouse.User{}, cmp.Or[error](err, nobody)
	}
	return u, nil
}

// mayReach calls gatehouse.MayReach with the setting of the user's company.
func mayReach(ctx context.Context, q store.Queries, a gatehouse.Application, u gatehouse.User) (bool, error) {
	said, err := q.Reach(ctx, u.SiteID, u.CompanyID, a.ID)
	return gatehouse.MayReach(a, said, u), err
}

// SuppliedCard is a platform's card on a user's home page.
type SuppliedCard struct {
	gatehouse.PlatformCard
	Platform gatehouse.Platform
	// Waiting: it is being fetched, and has not arrived yet.
	Waiting bool
}

// Name returns the home page's name for the card.
func (c SuppliedCard) Name() gatehouse.HomeCard {
	return gatehouse.Supplied(c.ApplicationID, c.Card)
}

// noteOpened is how often at most to record that a user opens home.
const noteOpened = gatehouse.CardFresh

// Cards returns the cards of the platforms that a user may reach. Fetched ones arrive later:
// nobody waits for a platform here.
func (s *Service) Cards(ctx context.Context, st *site.Site, u gatehouse.User, reachable []gatehouse.Platform) ([]SuppliedCard, error) {
	now := s.Now()
	found, fetches, err := s.Store.Read().CardsOf(ctx, st.ID, u.ID, now)
	if err != nil {
		return nil, err
	}
	var cards []SuppliedCard
	var wanted []string
	for _, p := range reachable {
		came := false
		for _, c := range found {
			if c.ApplicationID != p.ID || c.Card == "" && p.Settings.Home.CardsURL == "" {
				continue
			}
			came = came || c.Card == ""
			if c.Body.Title != "" { // otherwise the platform has none for this user
				cards = append(cards, SuppliedCard{PlatformCard: c, Platform: p})
			}
		}
		if p.Settings.Home.CardsURL == "" {
			continue
		}
		if !came {
			waiting := gatehouse.PlatformCard{SiteID: st.ID, UserID: u.ID, ApplicationID: p.ID, Body: gatehouse.CardBody{Title: p.Name}}
			cards = append(cards, SuppliedCard{PlatformCard: waiting, Platform: p, Waiting: true})
		}
		if !slices.ContainsFunc(fetches, func(f gatehouse.CardFetch) bool { return f.ApplicationID == p.ID && now.Sub(f.OpenedAt) < noteOpened }) {
			wanted = append(wanted, p.ID)
		}
	}
	if err := s.want(ctx, st, u, wanted, now); err != nil && s.Log != nil { // home works without them
		s.Log.WarnContext(ctx, "cards to fetch", "site", st.ID, "error", err)
	}
	return cards, nil
}

// want requests that cards are fetched.
func (s *Service) want(ctx context.Context, st *site.Site, u gatehouse.User, wanted []string, now time.Time) error {
	if len(wanted) == 0 {
		return nil
	}
	return s.Store.Write(ctx, func(q store.Queries) error {
		for _, id := range wanted {
			if err := q.WantCard(ctx, st.ID, u.ID, id, now); err != nil {
				return err
			}
		}
		return nil
	})
}
