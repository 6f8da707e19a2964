package account

import (
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// trusted returns until when each device is not asked for a code as this user, by the device's ID.
// Other users of the same device have their own trust (B08).
func (s *Service) trusted(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User) (map[string]time.Time, error) {
	now := s.Now()
	browsers, err := q.DevicesOf(ctx, st.ID, u.ID, now.Add(-gatehouse.DeviceKnownFor))
	if err != nil {
		return nil, err
	}
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return nil, err
	}
	return s.trustedAmong(st, firm, browsers), nil
}

func (s *Service) trustedAmong(st *site.Site, firm gatehouse.Company, browsers []gatehouse.Device) map[string]time.Time {
	until := map[string]time.Time{}
	for _, b := range browsers {
		if end := b.TrustedUntil(st.Policy, firm, s.Now()); !end.IsZero() {
			until[b.ID] = end
		}
	}
	return until
}

// EndTrust makes a device of the caller, possibly the current one, require a code again; sessions
// on it continue (B08). Unfinished sign-ins may rely on the trust, and end with it. Ending it
// twice is no error.
//
// Errors: NotFound if it is not a device of the caller's; Unauthenticated if the session has
// ended; Unavailable.
func (s *Service) EndTrust(ctx context.Context, st *site.Site, c gatehouse.Caller, here gatehouse.Session, id string) error {
	if !rowID.MatchString(id) {
		return gatehouse.ErrNotFound
	}
	return s.inSession(ctx, st, c, here, func(tx *act.Unit, u gatehouse.User) error {
		browsers, err := tx.DevicesOf(tx, u.SiteID, u.ID, time.Time{})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(browsers, func(b gatehouse.Device) bool { return b.ID == id }) {
			return endedBefore(tx, tx.Queries, u, id)
		}
		ended, err := tx.EndTrustIn(tx, u.SiteID, u.ID, id)
		if err != nil || !ended {
			return err
		}
		if err := tx.EndAll(u, gatehouse.DeviceDistrusted); err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventDeviceUntrusted, gatehouse.ResultOK, map[string]string{"device": id})
	})
}
