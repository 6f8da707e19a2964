package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/phone"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Phone is one that codes are sent to.
type Phone struct {
	gatehouse.Factor
	Number phone.Number
}

// PhoneSetUp is a phone waiting for the code that was sent to it.
type PhoneSetUp struct {
	gatehouse.Factor
	Number phone.Number
	// Left is how many codes may still be entered.
	Left int
}

// phoneCodePurpose is the purpose that the code confirming a number is hashed for.
const phoneCodePurpose = "phone-code"

// BeginPhone sends a code to a number that a user wants codes to be sent to. The number does not
// count until the code has been entered, and an existing one works until then.
//
// Errors: Invalid with field phone (required, phone-form, phone-no-country, phone-not-mobile,
// phone-country); Conflict with signin.ReasonNoTexts; TooMany with signin.ReasonTextsOver;
// Unavailable.
func (s *Service) BeginPhone(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, typed string) (made PhoneSetUp, err error) {
	n, reason := s.readNumber(st, typed)
	if reason != "" {
		return made, invalid([]gatehouse.FieldError{{Field: "phone", Reason: reason}})
	}
	u, err := s.look(ctx, st, in.Caller)
	if err != nil {
		return made, err
	}
	if err := s.SignIn.AllowText(ctx, st, in.Caller, u, n); err != nil {
		return made, err
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		now := tx.Now()
		if err := s.dropWaitingPhones(tx, u); err != nil {
			return err
		}
		made = PhoneSetUp{Number: n, Left: gatehouse.CodeTries, Factor: gatehouse.Factor{ID: store.NewID("fac", now), SiteID: st.ID, UserID: u.ID,
			Kind: gatehouse.FactorText, Name: gatehouse.MaskPhone(n.E164), CreatedAt: now}}
		sealed, err := signin.SealNumber(s.Keys, made.Factor, n)
		if err != nil {
			return err
		}
		plain := secret.NewCode()
		code := gatehouse.Code{ID: store.NewID("cod", now), MAC: s.phoneMAC(made.Factor, plain), SentAt: now, ExpiresAt: now.Add(st.Policy.Code)}
		code.MessageID, err = tx.Text(u, n.E164, mail.TextMessage{Purpose: mail.TextConfirm, Code: plain, At: now, ExpiresAt: code.ExpiresAt})
		if err != nil {
			return err
		}
		return errors.Join(
			tx.InsertFactor(tx, made.Factor, sealed),
			tx.InsertCode(tx, st.ID, u.ID, made.ID, code))
	})
	return made, err
}

// readNumber reads a number that codes may be sent to; reason says why they may not.
func (s *Service) readNumber(st *site.Site, typed string) (n phone.Number, reason string) {
	if strings.TrimSpace(typed) == "" {
		return n, "required"
	}
	country := ""
	if len(st.TextCountries) > 0 {
		country = st.TextCountries[0]
	}
	n, why := phone.Read(typed, country)
	switch {
	case why != "":
		return n, string(why)
	case !slices.Contains(st.TextCountries, n.Country):
		return n, "phone-country"
	}
	return n, ""
}

// dropWaitingPhones ends the unconfirmed set-ups of phones: a new one replaces them.
func (s *Service) dropWaitingPhones(tx *act.Unit, u gatehouse.User) error {
	all, err := tx.Factors(tx, u.SiteID, u.ID)
	for _, f := range all {
		if err == nil && f.Kind == gatehouse.FactorText && !f.Confirmed() {
			err = tx.DeleteFactor(tx, u.SiteID, u.ID, f.ID)
		}
	}
	return err
}

func (s *Service) phoneMAC(f gatehouse.Factor, plain string) string {
	return s.Keys.MAC(phoneCodePurpose, f.SiteID, f.UserID, f.ID, plain)
}

// PhoneSetUp returns a phone of the caller's waiting for its code; NotFound if there is none with
// that ID, or it has expired, or is already confirmed.
func (s *Service) PhoneSetUp(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (PhoneSetUp, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return PhoneSetUp{}, err
	}
	return s.waitingPhone(ctx, s.Store.Read(), u, id)
}

func (s *Service) waitingPhone(ctx context.Context, q store.Queries, u gatehouse.User, id string) (set PhoneSetUp, err error) {
	all, err := q.Factors(ctx, u.SiteID, u.ID)
	if err != nil {
		return set, err
	}
	i := slices.IndexFunc(all, func(f store.SealedFactor) bool { return f.ID == id && f.Kind == gatehouse.FactorText })
	if i < 0 || all[i].Confirmed() || s.Now().Sub(all[i].CreatedAt) >= gatehouse.FactorSetUp {
		return set, gatehouse.ErrNotFound
	}
	set.Factor = all[i].Factor
	set.Number, err = signin.OpenNumber(s.Keys, all[i])
	return set, err
}

// ConfirmPhone accepts the code that was sent to a number, which counts from then on and replaces
// the previous one. The first factor comes with recovery codes, which are returned only once. What
// must not survive the new number ends, as with every change of two-factor.
//
// Errors: Invalid with field code (required, code-form, code-wrong-phone, code-expired-phone);
// NotFound; TooMany; Unavailable.
func (s *Service) ConfirmPhone(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, id, typed string) (codes []string, err error) {
	// Five entries for a code.
	plain, err := s.SignIn.ReadFirstCode(ctx, typed, store.Limit{Key: st.ID + ":phone-code:" + id, Every: 24 * time.Hour, Burst: gatehouse.CodeTries})
	if err != nil {
		return nil, err
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		codes = nil
		set, err := s.waitingPhone(tx, tx.Queries, u, id)
		if err != nil {
			return err
		}
		if reason, err := s.phoneCodeFault(tx, set, plain); err != nil || reason != "" {
			return errors.Join(err, invalid([]gatehouse.FieldError{{Field: "code", Reason: reason}}))
		}
		confirmed, err := tx.ConfirmFactor(tx, set.Factor, tx.Now())
		if err != nil || !confirmed {
			return errors.Join(err, gatehouse.ErrNotFound)
		}
		if err := s.dropEarlierPhones(tx, u, id); err != nil {
			return err
		}
		if codes, err = s.SignIn.AddedFactor(tx, u, set.Factor, gatehouse.Kept{}); err != nil || u.Factors > 0 { // which was proved before, and may prove more
			return err
		}
		return provedNew(tx, here, gatehouse.MethodTextMessage)
	})
	return codes, err
}

// phoneCodeFault returns what is wrong with a code that should confirm a number; empty: nothing.
func (s *Service) phoneCodeFault(tx *act.Unit, set PhoneSetUp, plain string) (string, error) {
	sent, err := tx.Codes(tx, set.SiteID, set.ID)
	reason := "code-wrong-phone"
	for _, c := range sent {
		if s.Keys.CheckMAC(phoneCodePurpose, c.MAC, set.SiteID, set.UserID, set.ID, plain) {
			if reason = "code-expired-phone"; tx.Now().Before(c.ExpiresAt) {
				return "", err
			}
		}
	}
	return reason, err
}

// dropEarlierPhones removes earlier phones: a user has only one.
func (s *Service) dropEarlierPhones(tx *act.Unit, u gatehouse.User, id string) error {
	all, err := tx.Factors(tx, u.SiteID, u.ID)
	for _, f := range all {
		if err == nil && f.Kind == gatehouse.FactorText && f.ID != id {
			err = errors.Join(
				tx.DeleteFactor(tx, u.SiteID, u.ID, f.ID),
				tx.Record(u, gatehouse.EventFactorRemoved, gatehouse.ResultOK, signin.FactorDetail(f.Factor)))
		}
	}
	return err
}
