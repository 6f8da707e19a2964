package account

import (
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// Home is what the home page needs from the account apart from its events.
type Home struct {
	Layout gatehouse.HomeLayout
	// Platforms are the IDs of platforms in the caller's order.
	Platforms []string
	// PasswordExpiresAt is when the password expires; zero: not soon.
	PasswordExpiresAt time.Time
	// Searches are the caller's saved searches that the caller may open.
	Searches []gatehouse.SavedSearch
}

// expirySoon is how long before its expiry a password is pointed out: from the first warning by
// mail on (A08).
const expirySoon = 14 * 24 * time.Hour

// Home returns the caller's arrangement of the home page.
func (s *Service) Home(ctx context.Context, st *site.Site, c gatehouse.Caller) (Home, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return Home{}, err
	}
	var h Home
	if st.Policy.Password.MaxAge > 0 {
		firm, err := s.Store.Read().Company(ctx, st.ID, u.CompanyID)
		if err != nil {
			return h, err
		}
		if ends := gatehouse.PasswordExpiresAt(st.Policy.For(firm.Policy).Password, u.Password); ends.Sub(s.Now()) <= expirySoon {
			h.PasswordExpiresAt = ends
		}
	}
	if h.Layout, h.Platforms, err = s.Store.Read().HomeLayout(ctx, st.ID, u.ID); err != nil {
		return h, err
	}
	h.Searches, err = s.SavedSearches(ctx, st, c)
	return h, err
}

// Reasons of errors about the home page.
const (
	// ReasonProfileIncomplete: the profile must be completed first (A06). Kind Forbidden.
	ReasonProfileIncomplete = "profile-incomplete"
	// ReasonNoSuchCard is of kind Invalid.
	ReasonNoSuchCard = "no-such-card"
)

// HomeCards returns the cards that a user's home page has now, including those that platforms
// supply: they replace the card that says that there are none. saved is the number of the user's
// saved searches.
func HomeCards(st *site.Site, u gatehouse.User, supplied []gatehouse.HomeCard, saved int) []gatehouse.HomeCard {
	there := slices.Clone(supplied)
	for _, card := range gatehouse.HomeCards {
		switch {
		case card == gatehouse.CardProfile && len(gatehouse.MissingOf(st.Site, u)) == 0:
		case card == gatehouse.CardLinks && len(st.QuickLinks) == 0:
		case card == gatehouse.CardOrders && len(supplied) > 0:
		case card == gatehouse.CardSearches && saved == 0:
		default:
			there = append(there, card)
		}
	}
	return there
}

// ArrangeHome applies an action to a card of the home page; supplied are those of platforms. Of
// two windows, the last one wins; what is stored is always a whole layout.
//
// Errors: Forbidden with ReasonProfileIncomplete, Invalid with ReasonNoSuchCard,
// Unavailable.
func (s *Service) ArrangeHome(ctx context.Context, st *site.Site, c gatehouse.Caller, card gatehouse.HomeCard, action gatehouse.CardAction, supplied []gatehouse.HomeCard) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		if len(gatehouse.MissingOf(st.Site, u)) > 0 {
			return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonProfileIncomplete}
		}
		layout, _, err := tx.HomeLayout(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		saved, err := tx.SavedSearches(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		layout, ok := layout.With(supplied).Arrange(card, action, HomeCards(st, u, supplied, len(saved)))
		if !ok {
			return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonNoSuchCard}
		}
		return tx.PutHomeLayout(tx, st.ID, u.ID, layout)
	})
}
