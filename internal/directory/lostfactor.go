package directory

import (
	"context"
	"errors"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ResetTwoFactor ends the trust in all devices of a user, the user's own choice of two-factor and
// the user's factors, with every code and unfinished sign-in; sessions continue. The owner is
// notified by mail, at all addresses (B19). If the user has factors, it waits as long as the site
// says (gatehouse.FactorResetDue), and the owner may stop it: then UserTwoFactor.Waiting is set.
// Asking again changes nothing.
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount, Unavailable.
func (s *Service) ResetTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.onUser(ctx, st, c, id, func(tx *act.Unit, firm gatehouse.Company, u gatehouse.User) error {
		waiting, err := tx.WaitingFactorReset(tx, st.ID, u.ID)
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			waiting, err = gatehouse.FactorReset{}, nil
		}
		if err != nil {
			return err
		}
		now := tx.Now()
		if at := gatehouse.FactorResetDue(st.Policy, c, u, now); at.After(now) {
			if waiting.ID != "" && !waiting.DueAt.After(at) {
				return nil
			}
			return s.askReset(tx, u, waiting, at)
		}
		if waiting.ID != "" {
			if _, err := tx.EndFactorReset(tx, waiting, gatehouse.FactorResetDone); err != nil {
				return err
			}
		}
		admin, err := administrator(tx)
		if err != nil {
			return err
		}
		return s.resetTwoFactor(tx, firm, u, admin.DisplayName())
	})
}

// askReset stores a reset that waits, in place of one that would come later, and tells the owner.
func (s *Service) askReset(tx *act.Unit, u gatehouse.User, instead gatehouse.FactorReset, due time.Time) error {
	now, token := tx.Now(), secret.NewToken()
	admin, err := administrator(tx)
	if err == nil && instead.ID != "" {
		_, err = tx.EndFactorReset(tx, instead, gatehouse.FactorResetStopped)
	}
	if err != nil {
		return err
	}
	r := gatehouse.FactorReset{ID: store.NewID("frs", now), SiteID: u.SiteID, UserID: u.ID, State: gatehouse.FactorResetWaits, AskedAt: now, DueAt: due,
		ByKind: tx.Caller.Kind, ByID: tx.Caller.UserID, ByName: admin.DisplayName()}
	if tx.Caller.Kind != gatehouse.SignedIn {
		r.ByName = tx.Caller.Name
	}
	return errors.Join(
		tx.InsertFactorReset(tx, secret.HashToken(token), r),
		tx.Record(u, gatehouse.EventTwoFactorResetAsked, gatehouse.ResultOK, map[string]string{"due": due.UTC().Format(time.RFC3339), "factors": strconv.Itoa(u.Factors)}),
		tx.TellAll(u, func(username string) mail.Message {
			return mail.TwoFactorResetAsked{Username: username, By: admin.DisplayName(), At: now, DueAt: due, StopToken: token}
		}))
}

// resetTwoFactor resets a user's two-factor, and notifies the owner. by is the administrator's name.
func (s *Service) resetTwoFactor(tx *act.Unit, firm gatehouse.Company, u gatehouse.User, by string) error {
	trusted, err := s.trusted(tx, tx.Queries, tx.Site, firm, u)
	if err != nil {
		return err
	}
	nothing := len(trusted) == 0 && !u.WantsTwoFactor()
	detail := map[string]string{"devices": strconv.Itoa(len(trusted)), "own": yesNo(u.OwnTwoFactor)}
	if !nothing {
		detail["factors"] = strconv.Itoa(u.Factors)
		err = errors.Join(tx.SetOwnTwoFactor(tx, u.SiteID, u.ID, false), tx.DeleteFactors(tx, u.SiteID, u.ID))
	}
	err = errors.Join(err,
		tx.EndAll(u, gatehouse.TwoFactorChanged), // codes and unfinished sign-ins, in any case
		tx.Record(u, gatehouse.EventTwoFactorReset, gatehouse.ResultOK, detail))
	if err != nil || nothing || u.Off() {
		return err
	}
	return tx.TellAll(u, func(username string) mail.Message {
		return mail.TwoFactorReset{Username: username, By: by, Factors: u.Factors > 0, Asked: asked(tx.Site, firm), At: tx.Now()}
	})
}

// resetsAtOnce is how many due resets one run of the job carries out.
const resetsAtOnce = 50

// CarryOutResets carries out the resets whose time has come. Each is claimed in its transaction, so
// several processes may do this at once.
func (s *Service) CarryOutResets(ctx context.Context, sites func(id string) *site.Site) error {
	due, err := s.Store.Read().DueFactorResets(ctx, s.Now(), resetsAtOnce)
	for _, r := range due {
		if st := sites(r.SiteID); st != nil && err == nil {
			err = s.carryOut(ctx, st, r)
		}
	}
	return err
}

func (s *Service) carryOut(ctx context.Context, st *site.Site, r gatehouse.FactorReset) error {
	return s.Do(ctx, st, gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID, Name: r.ByName}, func(tx *act.Unit) error {
		u, err := tx.HoldUser(tx, st.ID, r.UserID)
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		// Its owner may stop it at this moment.
		if mine, err := tx.EndFactorReset(tx, r, gatehouse.FactorResetDone); err != nil || !mine {
			return err
		}
		firm, err := tx.Company(tx, st.ID, u.CompanyID)
		if err != nil {
			return err
		}
		by := ""
		if r.ByKind == gatehouse.SignedIn {
			by = r.ByName
		}
		return s.resetTwoFactor(tx, firm, u, by)
	})
}
