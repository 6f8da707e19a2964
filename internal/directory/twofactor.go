package directory

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// UserTwoFactor is what a user needs between the password and a session. Nobody can see codes.
type UserTwoFactor struct {
	// Company: Enhanced Security is on. Own: it is the user's own choice.
	Company, Own bool
	// Reachable: mail can be sent to the user's address, and so can codes.
	Reachable bool
	// Factors are the confirmed apps and passkeys: kinds and dates. Their names are private to the
	// user.
	Factors []gatehouse.Factor
	// Trusted are the devices on which no code is required, the last used first.
	Trusted []gatehouse.Device
}

// TwoFactor returns a user's two-factor (B19).
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) TwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (UserTwoFactor, error) {
	q := s.Store.Read()
	u, err := user(ctx, q, st, c, id)
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
	return UserTwoFactor{Factors: factors, Company: firm.TwoFactor, Own: u.OwnTwoFactor, Reachable: reachable(u), Trusted: trusted}, err
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

// ResetTwoFactor ends the trust in all devices of a user, the user's own choice of two-factor and
// the user's factors, with every code and unfinished sign-in; sessions continue. The owner is
// notified by mail (B19).
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount, Unavailable.
func (s *Service) ResetTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.onTwoFactor(ctx, st, c, id, func(tx *act.Unit, firm gatehouse.Company, u gatehouse.User) (*mail.TwoFactorReset, error) {
		trusted, err := s.trusted(tx, tx.Queries, st, firm, u)
		if err == nil && len(trusted) == 0 && !u.WantsTwoFactor() {
			// There is nothing to report; codes and unfinished sign-ins end all the same.
			return nil, errors.Join(tx.EndAll(u, gatehouse.TwoFactorChanged),
				tx.Record(u, gatehouse.EventTwoFactorReset, gatehouse.ResultOK, map[string]string{"devices": "0", "own": "no"}))
		}
		if err == nil {
			err = errors.Join(tx.SetOwnTwoFactor(tx, st.ID, u.ID, false), tx.DeleteFactors(tx, st.ID, u.ID))
		}
		if err == nil {
			err = tx.EndAll(u, gatehouse.TwoFactorChanged)
		}
		if err == nil {
			err = tx.Record(u, gatehouse.EventTwoFactorReset, gatehouse.ResultOK,
				map[string]string{"devices": strconv.Itoa(len(trusted)), "own": yesNo(u.OwnTwoFactor), "factors": strconv.Itoa(u.Factors)})
		}
		return &mail.TwoFactorReset{Asked: firm.TwoFactor}, err
	})
}

// EndTrust ends the trust in one device of a user, and the unfinished sign-ins that may have
// relied on it (B08). Ending it twice is no error, and notifies nobody again.
//
// Errors: as ResetTwoFactor; NotFound also if the user has no such device.
func (s *Service) EndTrust(ctx context.Context, st *site.Site, c gatehouse.Caller, id, browser string) error {
	return s.onTwoFactor(ctx, st, c, id, func(tx *act.Unit, firm gatehouse.Company, u gatehouse.User) (*mail.TwoFactorReset, error) {
		all, err := tx.DevicesOf(tx, st.ID, u.ID, time.Time{})
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(b gatehouse.Device) bool { return b.ID == browser })
		if i < 0 {
			return nil, gatehouse.ErrNotFound
		}
		ended, err := tx.EndTrustIn(tx, st.ID, u.ID, browser)
		if err != nil || !ended {
			return nil, err
		}
		if err := tx.EndAll(u, gatehouse.DeviceDistrusted); err != nil {
			return nil, err
		}
		err = tx.Record(u, gatehouse.EventTwoFactorReset, gatehouse.ResultOK, map[string]string{"devices": "1", "device": browser, "own": "no"})
		lang := st.Language("", u.Locale)
		return &mail.TwoFactorReset{Browser: st.Browser(lang, all[i].UserAgent), Asked: firm.TwoFactor || u.WantsTwoFactor()}, err
	})
}

// onTwoFactor changes a user's two-factor in a transaction, and mails the owner what the change
// returns; nil: nothing has changed.
func (s *Service) onTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, id string,
	change func(*act.Unit, gatehouse.Company, gatehouse.User) (*mail.TwoFactorReset, error)) error {
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
			err = notOwn(c, u)
		}
		if err != nil {
			return err
		}
		firm, err := tx.Company(tx, st.ID, u.CompanyID)
		if err != nil {
			return err
		}
		msg, err := change(tx, firm, u)
		if err != nil || msg == nil || !reachable(u) || u.State == gatehouse.Deactivated {
			return err
		}
		msg.Username, msg.At = u.Username, tx.Now()
		admin, err := administrator(tx)
		msg.By = admin.DisplayName()
		return errors.Join(err, tx.Tell(u, *msg))
	})
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
