package directory

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// UserTwoFactor is what a user needs between the password and a session. Nobody can see codes.
type UserTwoFactor struct {
	// Company: the company or its site requires it. Own: it is the user's own choice.
	Company, Own bool
	// Reachable: mail can be sent to the user's address, and so can codes.
	Reachable bool
	// Factors are the confirmed apps and passkeys: kinds and dates. Their names are private to the
	// user.
	Factors []gatehouse.Factor
	// Asked is when an administrator last asked for one; nil: never.
	Asked *gatehouse.FactorAsk
	// Waiting is a reset that waits; nil: none.
	Waiting *gatehouse.FactorReset
	// Trusted are the devices on which no code is required, the last used first.
	Trusted []gatehouse.Device
}

// TwoFactor returns a user's two-factor (B19).
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) TwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (UserTwoFactor, error) {
	q := s.Store.Read()
	u, err := user(ctx, q, st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return UserTwoFactor{}, err
	}
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return UserTwoFactor{}, err
	}
	trusted, err := s.trusted(ctx, q, st, firm, u)
	if err != nil {
		return UserTwoFactor{}, err
	}
	sealed, err := q.Factors(ctx, st.ID, u.ID)
	var factors []gatehouse.Factor
	for _, f := range sealed {
		if f.Confirmed() {
			factors = append(factors, f.Factor)
		}
	}
	if err != nil {
		return UserTwoFactor{}, err
	}
	two := UserTwoFactor{Factors: factors, Company: asked(st, firm), Own: u.OwnTwoFactor, Reachable: reachable(u), Trusted: trusted}
	last, err := q.FactorAsk(ctx, st.ID, u.ID)
	switch {
	case err == nil:
		two.Asked = &last
	case gatehouse.KindOf(err) != gatehouse.NotFound:
		return two, err
	}
	waiting, err := q.WaitingFactorReset(ctx, st.ID, u.ID)
	switch {
	case err == nil:
		two.Waiting = &waiting
	case gatehouse.KindOf(err) == gatehouse.NotFound:
		err = nil
	}
	return two, err
}

func (s *Service) trusted(ctx context.Context, q store.Queries, st *site.Site, firm gatehouse.Company, u gatehouse.User) (trusted []gatehouse.Device, err error) {
	now := s.Now()
	all, err := q.DevicesOf(ctx, st.ID, u.ID, now.Add(-gatehouse.DeviceKnownFor))
	for _, b := range all {
		if !b.TrustedUntil(st.Policy, firm, now).IsZero() {
			trusted = append(trusted, b)
		}
	}
	return trusted, err
}

// EndTrust ends the trust in one device of a user, and the unfinished sign-ins that may have
// relied on it (B08). Ending it twice is no error, and notifies nobody again.
//
// Errors: as ResetTwoFactor; NotFound also if the user has no such device.
func (s *Service) EndTrust(ctx context.Context, st *site.Site, c gatehouse.Caller, id, browser string) error {
	return s.onUser(ctx, st, c, id, func(tx *act.Unit, firm gatehouse.Company, u gatehouse.User) error {
		all, err := tx.DevicesOf(tx, st.ID, u.ID, time.Time{})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(b gatehouse.Device) bool { return b.ID == browser })
		if i < 0 {
			return gatehouse.ErrNotFound
		}
		ended, err := tx.EndTrustIn(tx, st.ID, u.ID, browser)
		if err != nil || !ended {
			return err
		}
		admin, err := administrator(tx)
		err = errors.Join(err,
			tx.EndAll(u, gatehouse.DeviceDistrusted),
			tx.Record(u, gatehouse.EventTwoFactorReset, gatehouse.ResultOK, map[string]string{"devices": "1", "device": browser, "own": "no"}))
		if err != nil || u.State == gatehouse.Deactivated {
			return err
		}
		return tx.Tell(u, mail.TwoFactorReset{Username: u.Username, By: admin.DisplayName(), At: tx.Now(),
			Browser: st.Browser(st.Language("", u.Locale), all[i].UserAgent), Asked: asked(st, firm) || u.WantsTwoFactor()})
	})
}

// onUser changes a user's two-factor in a transaction.
func (s *Service) onUser(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change func(*act.Unit, gatehouse.Company, gatehouse.User) error) error {
	c = c.For(gatehouse.OperatorFactors)
	if err := knock(st, c); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		// A sign-in that finishes at this moment comes either before, and its trust ends here, or
		// after, and finds that it cannot continue.
		if _, err := tx.HoldUser(tx, st.ID, id); err != nil {
			return err
		}
		u, err := user(tx, tx.Queries, st, c, id)
		if err == nil {
			err = errors.Join(notOwn(c, u), stillLeads(tx, u.CompanyID))
		}
		if err != nil {
			return err
		}
		firm, err := tx.Company(tx, st.ID, u.CompanyID)
		if err != nil {
			return err
		}
		return change(tx, firm, u)
	})
}

// asked reports whether all users of a company are asked for two-factor.
func asked(st *site.Site, firm gatehouse.Company) bool {
	return gatehouse.RulesFor(st.Site, firm.Rule()).On()
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
