package account

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Factors are a user's second factors.
type Factors struct {
	// Apps are the confirmed authenticator apps.
	Apps     []gatehouse.Factor
	Passkeys []gatehouse.Passkey
	// Phone is the one that codes are sent to; nil: none.
	Phone *Phone
	// Codes are the recovery codes, including used ones.
	Codes []gatehouse.RecoveryCode
}

// Any reports whether the user has a factor at all.
func (f Factors) Any() bool { return f.count() > 0 }

// Last reports whether there is only one.
func (f Factors) Last() bool { return f.count() == 1 }

func (f Factors) count() int {
	n := len(f.Apps) + len(f.Passkeys)
	if f.Phone != nil {
		n++
	}
	return n
}

// Factors returns the caller's second factors.
func (s *Service) Factors(ctx context.Context, st *site.Site, c gatehouse.Caller) (Factors, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return Factors{}, err
	}
	q := s.Store.Read()
	all, err := q.Factors(ctx, st.ID, u.ID)
	if err != nil {
		return Factors{}, err
	}
	var f Factors
	for _, factor := range all {
		if factor.Confirmed() && factor.Kind == gatehouse.FactorApp {
			f.Apps = append(f.Apps, factor.Factor)
		}
		if factor.Confirmed() && factor.Kind == gatehouse.FactorText {
			n, err := signin.OpenNumber(s.Keys, factor)
			if err != nil {
				return Factors{}, err
			}
			f.Phone = &Phone{factor.Factor, n}
		}
	}
	if f.Passkeys, err = q.Passkeys(ctx, st.ID, u.ID); err != nil {
		return Factors{}, err
	}
	f.Codes, err = q.RecoveryCodes(ctx, st.ID, u.ID)
	return f, err
}

// BeginApp makes the key of an authenticator app, which does not count until its first code has
// been entered.
//
// Errors: Invalid with field name; Conflict with signin.ReasonTooManyFactors; Unavailable.
func (s *Service) BeginApp(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, name string) (made signin.AppSetUp, err error) {
	name = strings.TrimSpace(name)
	if err := checkFactorName(name); err != nil {
		return made, err
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) (err error) {
		made, err = s.SignIn.BeginApp(tx, u, name)
		return err
	})
	return made, err
}

// checkFactorName checks the name of a factor.
func checkFactorName(name string) error {
	switch {
	case name == "":
		return invalid([]gatehouse.FieldError{{Field: "name", Reason: "required"}})
	case len([]rune(name)) > signin.MostFactorName:
		return invalid([]gatehouse.FieldError{{Field: "name", Reason: "too-long", Args: map[string]string{"max": strconv.Itoa(signin.MostFactorName)}}})
	}
	return nil
}

// AppSetUp returns an app of the caller's waiting for its first code; NotFound if there is none
// with that ID, or it has expired, or is already confirmed.
func (s *Service) AppSetUp(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (signin.AppSetUp, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return signin.AppSetUp{}, err
	}
	return s.SignIn.WaitingApp(ctx, s.Store.Read(), u, id)
}

// ConfirmApp accepts the first code of an app, which counts from then on. The first factor comes
// with recovery codes, which are returned only once.
//
// Errors: Invalid with field code (required, code-form, app-code-first); NotFound; TooMany;
// Unavailable.
func (s *Service) ConfirmApp(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, id, typed string) (codes []string, err error) {
	plain, err := s.SignIn.ReadFirstCode(ctx, typed, signin.FirstAppCodes(st.ID, in.Caller.UserID))
	if err != nil {
		return nil, err
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) (err error) {
		if codes, err = s.SignIn.ConfirmApp(tx, u, id, plain, gatehouse.Kept{}); err != nil {
			return err
		}
		return provedNew(tx, here, gatehouse.MethodTOTP)
	})
	return codes, err
}

// provedNew records that a session has just proved the factor that was added in it.
func provedNew(tx *act.Unit, here gatehouse.Session, method gatehouse.Method) error {
	return tx.ProveSession(tx, here, gatehouse.Proof{Method: method, At: tx.Now()})
}

// NewRecoveryCodes makes new recovery codes for a user who has a factor; the old ones no longer
// work. Errors: NotFound for a user without a factor; Unavailable.
func (s *Service) NewRecoveryCodes(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session) (codes []string, err error) {
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		if u.Factors == 0 {
			return gatehouse.ErrNotFound
		}
		if codes, err = s.SignIn.MakeRecoveryCodes(tx, u); err != nil {
			return err
		}
		return errors.Join(
			tx.Record(u, gatehouse.EventRecoveryCodesMade, gatehouse.ResultOK, nil),
			signin.TellFactor(tx, u, mail.RecoveryCodesMade, ""))
	})
	return codes, err
}

// RemoveFactor removes an app or a passkey; removing the last factor also removes the recovery
// codes. Sign-ins that wait on a later page end, and trust in devices, as with every change of
// two-factor. Errors: Invalid with field remove (factor-required, passkey-required); NotFound;
// Unavailable.
func (s *Service) RemoveFactor(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, id string) error {
	return s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		all, err := tx.Factors(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(f store.SealedFactor) bool { return f.ID == id && f.Confirmed() })
		if i < 0 {
			return gatehouse.ErrNotFound
		}
		if err := s.mayRemove(tx, u, all[i].Kind); err != nil {
			return err
		}
		if err := tx.DeleteFactor(tx, st.ID, u.ID, id); err != nil {
			return err
		}
		if u.Factors == 1 {
			if err := tx.DeleteRecoveryCodes(tx, st.ID, u.ID); err != nil {
				return err
			}
		}
		return errors.Join(
			tx.EndAll(u, gatehouse.TwoFactorChanged),
			tx.Record(u, gatehouse.EventFactorRemoved, gatehouse.ResultOK, signin.FactorDetail(all[i].Factor)),
			signin.TellFactor(tx, u, map[gatehouse.FactorKind]mail.FactorChange{gatehouse.FactorApp: mail.AppRemoved, gatehouse.FactorPasskey: mail.PasskeyRemoved, gatehouse.FactorText: mail.PhoneRemoved}[all[i].Kind], all[i].Name))
	})
}

// mayRemove refuses to remove the last factor of a kind that the user needs to sign in.
func (s *Service) mayRemove(tx *act.Unit, u gatehouse.User, kind gatehouse.FactorKind) error {
	firm, err := tx.Company(tx, u.SiteID, u.CompanyID)
	if err != nil {
		return err
	}
	need := gatehouse.RulesFor(tx.Site.Site, firm.Rule()).At(tx.Now())
	left := u
	switch kind {
	case gatehouse.FactorApp:
		left.Apps--
	case gatehouse.FactorPasskey:
		left.Passkeys--
	}
	if need.MetBy(left) || !need.MetBy(u) {
		return nil
	}
	return invalid([]gatehouse.FieldError{{Field: "remove", Reason: string(need) + "-required"}})
}

// RenameFactor gives an app or a passkey another name. Errors: Invalid with field name; NotFound; Unavailable.
func (s *Service) RenameFactor(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, id, name string) error {
	name = strings.TrimSpace(name)
	if err := checkFactorName(name); err != nil {
		return err
	}
	return s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		return tx.RenameFactor(tx, st.ID, u.ID, id, name)
	})
}
