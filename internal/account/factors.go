package account

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

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

// ReasonTooManyFactors: the user has reached the limit of apps and passkeys. Kind Conflict.
const ReasonTooManyFactors = "too-many-factors"

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

// AppSetUp is an authenticator app waiting for its first code.
type AppSetUp struct {
	gatehouse.Factor
	Key []byte
}

// BeginApp makes the key of an authenticator app. It does not count until its first code has been
// entered: an existing app still works, and an unfinished set-up locks nobody out. It requires a
// recent sign-in, or the password again (ASVS 7.5.1).
//
// Errors: Invalid with fields name, current_password; Conflict with ReasonTooManyFactors; what
// signin.Service.Confirm returns; Unavailable.
func (s *Service) BeginApp(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, name, password string) (AppSetUp, error) {
	name = strings.TrimSpace(name)
	if err := checkFactorName(name); err != nil {
		return AppSetUp{}, err
	}
	if err := s.fresh(ctx, st, in, here, password); err != nil {
		return AppSetUp{}, err
	}
	made := AppSetUp{Key: make([]byte, gatehouse.AppKeyBytes)}
	rand.Read(made.Key)
	err := s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		all, err := tx.Factors(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		if len(all) >= gatehouse.MostFactors {
			return errTooManyFactors
		}
		made.Factor = gatehouse.Factor{ID: store.NewID("fac", tx.Now()), SiteID: st.ID, UserID: u.ID, Kind: gatehouse.FactorApp, Name: name, CreatedAt: tx.Now()}
		sealed, err := signin.SealAppKey(s.Keys, made.Factor, made.Key)
		if err != nil {
			return err
		}
		return tx.InsertFactor(tx, made.Factor, sealed)
	})
	return made, err
}

// checkFactorName checks the name of a factor.
func checkFactorName(name string) error {
	switch {
	case name == "":
		return invalid([]gatehouse.FieldError{{Field: "name", Reason: "required"}})
	case len([]rune(name)) > mostFactorName:
		return invalid([]gatehouse.FieldError{{Field: "name", Reason: "too-long", Args: map[string]string{"max": strconv.Itoa(mostFactorName)}}})
	}
	return nil
}

// mostFactorName is the maximum length of a factor's name, in code points.
const mostFactorName = 40

// AppSetUp returns an app of the caller's waiting for its first code; NotFound if there is none
// with that ID, or it has expired, or is already confirmed.
func (s *Service) AppSetUp(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (AppSetUp, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return AppSetUp{}, err
	}
	return s.waiting(ctx, s.Store.Read(), u, id)
}

// waiting returns an app that waits for its first code.
func (s *Service) waiting(ctx context.Context, q store.Queries, u gatehouse.User, id string) (AppSetUp, error) {
	all, err := q.Factors(ctx, u.SiteID, u.ID)
	if err != nil {
		return AppSetUp{}, err
	}
	i := slices.IndexFunc(all, func(f store.SealedFactor) bool { return f.ID == id })
	if i < 0 || all[i].Confirmed() || s.Now().Sub(all[i].CreatedAt) >= gatehouse.FactorSetUp {
		return AppSetUp{}, gatehouse.ErrNotFound
	}
	key, err := signin.OpenAppKey(s.Keys, all[i])
	return AppSetUp{all[i].Factor, key}, err
}

// ConfirmApp accepts the first code of an app, which counts from then on. The first app comes with
// recovery codes, which are returned only once. Sign-ins in progress and trust in devices end, as
// with every change of two-factor: none of them has proved the app.
//
// Errors: Invalid with field code (required, code-form, app-code-first); NotFound; TooMany;
// Unavailable.
func (s *Service) ConfirmApp(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, id, typed string) (codes []string, err error) {
	plain, err := s.firstCode(ctx, typed, store.Limit{Key: st.ID + ":first-code:" + in.Caller.UserID, Every: 3 * time.Minute, Burst: 20})
	if err != nil {
		return nil, err
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		codes = nil
		app, err := s.waiting(tx, tx.Queries, u, id)
		if err != nil {
			return err
		}
		clock, verdict := gatehouse.FirstAppCode(app.Key, plain, tx.Now())
		if verdict != gatehouse.AppRight {
			return invalid([]gatehouse.FieldError{{Field: "code", Reason: "app-code-first"}})
		}
		app.Clock = clock
		confirmed, err := tx.ConfirmFactor(tx, app.Factor, tx.Now())
		if err != nil || !confirmed {
			return errors.Join(err, gatehouse.ErrNotFound)
		}
		if u.Factors == 0 {
			if codes, err = s.makeRecoveryCodes(tx, u); err != nil {
				return err
			}
		}
		return added(tx, u, app.Factor)
	})
	return codes, err
}

// added records a factor that counts from now on, notifies the owner, and ends what must end.
// Sign-ins in progress and trust in devices end: none of them has proved it.
func added(tx *act.Unit, u gatehouse.User, f gatehouse.Factor) error {
	return errors.Join(
		tx.EndAll(u, gatehouse.TwoFactorChanged),
		tx.Record(u, gatehouse.EventFactorAdded, gatehouse.ResultOK, factorDetail(f)),
		tellFactor(tx, u, map[gatehouse.FactorKind]mail.FactorChange{gatehouse.FactorApp: mail.AppAdded, gatehouse.FactorPasskey: mail.PasskeyAdded}[f.Kind], f.Name))
}

func factorDetail(f gatehouse.Factor) map[string]string {
	return map[string]string{"factor": f.ID, "kind": string(f.Kind), "name": f.Name}
}

// firstCode reads the code that confirms a factor. It counts the entry before the code is
// checked (invariant 3).
func (s *Service) firstCode(ctx context.Context, typed string, limit store.Limit) (plain string, err error) {
	plain, ok := gatehouse.ReadCode(typed)
	if !ok {
		reason := "code-form"
		if strings.TrimSpace(typed) == "" {
			reason = "required"
		}
		return "", invalid([]gatehouse.FieldError{{Field: "code", Reason: reason}})
	}
	wait, err := s.Store.Allow(ctx, s.Now(), limit)
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: signin.ReasonTooMany, RetryAfter: wait}
	}
	return plain, err
}

// makeRecoveryCodes replaces all recovery codes.
func (s *Service) makeRecoveryCodes(tx *act.Unit, u gatehouse.User) ([]string, error) {
	codes, macs := make([]string, gatehouse.RecoveryCodes), make([]string, gatehouse.RecoveryCodes)
	random := make([]byte, gatehouse.RecoveryCodeBytes)
	for i := range codes {
		rand.Read(random)
		codes[i] = gatehouse.RecoveryCodeOf(random)
		macs[i] = signin.RecoveryCodeMAC(s.Keys, u, codes[i])
	}
	return codes, tx.ReplaceRecoveryCodes(tx, u.SiteID, u.ID, macs, tx.Now())
}

// NewRecoveryCodes makes new recovery codes for a user who has a factor; the old ones no longer
// work. It requires a recent sign-in, or the password again.
//
// Errors: Invalid with field current_password; NotFound for a user without a factor; what
// signin.Service.Confirm returns; Unavailable.
func (s *Service) NewRecoveryCodes(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, password string) (codes []string, err error) {
	if err := s.fresh(ctx, st, in, here, password); err != nil {
		return nil, err
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		if u.Factors == 0 {
			return gatehouse.ErrNotFound
		}
		if codes, err = s.makeRecoveryCodes(tx, u); err != nil {
			return err
		}
		return errors.Join(
			tx.Record(u, gatehouse.EventRecoveryCodesMade, gatehouse.ResultOK, nil),
			tellFactor(tx, u, mail.RecoveryCodesMade, ""))
	})
	return codes, err
}

// RemoveFactor removes an app or a passkey; removing the last factor also removes the recovery
// codes. It requires a recent sign-in, or the password again. Sign-ins that wait on a later page
// end, and trust in devices, as with every change of two-factor.
//
// Errors: Invalid with field current_password; NotFound; what signin.Service.Confirm returns;
// Unavailable.
func (s *Service) RemoveFactor(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, id, password string) error {
	if err := s.fresh(ctx, st, in, here, password); err != nil {
		return err
	}
	return s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		all, err := tx.Factors(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(f store.SealedFactor) bool { return f.ID == id && f.Confirmed() })
		if i < 0 {
			return gatehouse.ErrNotFound
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
			tx.Record(u, gatehouse.EventFactorRemoved, gatehouse.ResultOK, factorDetail(all[i].Factor)),
			tellFactor(tx, u, map[gatehouse.FactorKind]mail.FactorChange{gatehouse.FactorApp: mail.AppRemoved, gatehouse.FactorPasskey: mail.PasskeyRemoved, gatehouse.FactorText: mail.PhoneRemoved}[all[i].Kind], all[i].Name))
	})
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

// fresh asks for the password if the sign-in is not recent (ASVS 7.5.1).
func (s *Service) fresh(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, password string) error {
	if gatehouse.IsFresh(here.CreatedAt, s.Now()) {
		return nil
	}
	return s.SignIn.Confirm(ctx, st, in, password)
}

// tellFactor tells the owner what happened to the factors.
func tellFactor(tx *act.Unit, u gatehouse.User, what mail.FactorChange, name string) error {
	return tx.Tell(u, mail.FactorChanged{Username: u.Username, What: what, Name: name, At: tx.Now(),
		IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)})
}
