package sso

import (
	"context"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reachable returns the applications that a user may go to, in the order of their creation. It is
// the single source for the launcher, the cards of home and their supply.
func (s *Service) Reachable(ctx context.Context, st *site.Site, u gatehouse.User) ([]gatehouse.Platform, error) {
	return platformsOf(ctx, s.Store.Read(), st, u)
}

func platformsOf(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User) ([]gatehouse.Platform, error) {
	var all []gatehouse.Platform
	there, err := q.Platforms(ctx, st.ID, u.CompanyID, u.ID)
	for _, p := range there {
		if gatehouse.MayReach(p.Application, p.Said, u) {
			all = append(all, gatehouse.Platform{Application: p.Application, UsedAt: p.Grant.UsedAt})
		}
	}
	return all, err
}

// Launcher returns those of a user's applications that are on the launcher, in the user's order.
func Launcher(all []gatehouse.Platform, liked []string) []gatehouse.Platform {
	return gatehouse.ArrangePlatforms(slices.DeleteFunc(slices.Clone(all), func(p gatehouse.Platform) bool {
		return p.Settings.Home.LaunchURL == ""
	}), liked)
}

// Reasons of errors about the launcher.
const (
	// ReasonProfileIncomplete: the profile must be completed first (A06). Kind Forbidden.
	ReasonProfileIncomplete = "profile-incomplete"
	// ReasonNoSuchPlatform is of kind Invalid.
	ReasonNoSuchPlatform = "no-such-platform"
)

// MovePlatform moves an application on the caller's launcher.
//
// Errors: Forbidden, also with ReasonProfileIncomplete, Invalid with ReasonNoSuchPlatform,
// Unavailable.
func (s *Service) MovePlatform(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, action gatehouse.CardAction) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := tx.HoldUser(tx, st.ID, c.UserID)
		switch {
		case err != nil:
			return notFound(err, errForbidden)
		case c.Kind != gatehouse.SignedIn || c.SiteID != st.ID || !u.MaySignIn():
			return errForbidden
		case len(gatehouse.MissingOf(st.Site, u)) > 0:
			return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonProfileIncomplete}
		}
		all, err := platformsOf(tx, tx.Queries, st, u)
		if err != nil {
			return err
		}
		_, liked, err := tx.HomeLayout(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		order, ok := gatehouse.MovePlatform(Launcher(all, liked), id, action)
		if !ok {
			return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonNoSuchPlatform}
		}
		return tx.PutPlatformOrder(tx, st.ID, u.ID, order)
	})
}
