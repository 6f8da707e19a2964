package account

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Security is what a user needs between the password and a session, apart from what the company
// wants.
type Security struct {
	User gatehouse.User
	// Before is what the user must fix before choosing codes; empty: nothing.
	Before gatehouse.OutcomeReason
	// Trusted is how many devices are not asked for a code.
	Trusted int
}

// SecurityForm is a submitted choice.
type SecurityForm struct {
	// Own is the field own_two_factor, Automatic send_automatically: "on", "off", or empty for no
	// change.
	Own, Automatic string
}

// ReasonTwoFactorOften: the user's own choice was changed too often. Kind TooMany.
const ReasonTwoFactorOften = "two-factor-often"

// Security returns the caller's own choices about two-factor authentication.
func (s *Service) Security(ctx context.Context, st *site.Site, c gatehouse.Caller) (Security, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return Security{}, err
	}
	trusted, err := s.trusted(ctx, s.Store.Read(), st, u)
	u.Password.Hash = ""
	return Security{User: u, Before: before(u), Trusted: len(trusted)}, err
}

func before(u gatehouse.User) gatehouse.OutcomeReason {
	return gatehouse.BeforeTwoFactor(u, mail.CanSend(u.Email))
}

// SaveSecurity saves the user's own choices in the caller's session: turning off codes requires
// fresh proof (ASVS 7.5.1), which is gatehouse.ErrProofFirst.
//
// Errors: Invalid with fields own_two_factor (choice, two-factor-no-address,
// two-factor-bad-address, two-factor-bouncing, two-factor-unconfirmed),
// send_automatically; Conflict with ReasonProfileChanged if another
// window was faster; TooMany with ReasonTwoFactorOften; Unavailable.
func (s *Service) SaveSecurity(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, form SecurityForm) error {
	was, err := s.look(ctx, st, in.Caller)
	if err != nil {
		return err
	}
	if err := form.check(was); err != nil {
		return err
	}
	turns := form.turns(was)
	if turns {
		if err := s.mayTurn(ctx, st, in.Caller, was); err != nil {
			return err
		}
	}
	return s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		// The proof was for one direction: another window may have been faster.
		if form.turns(u) && (!turns || u.OwnTwoFactor != was.OwnTwoFactor) {
			return errProfileChanged
		}
		if err := form.check(u); err != nil {
			return err
		}
		return s.choose(tx, u, form)
	})
}

// turns reports whether the form changes the user's own choice.
func (f SecurityForm) turns(u gatehouse.User) bool {
	return f.Own != "" && (f.Own == "on") != u.OwnTwoFactor
}

// check returns what is wrong with the form, all at once.
func (f SecurityForm) check(u gatehouse.User) error {
	var bad []gatehouse.FieldError
	add := func(field, reason string) { bad = append(bad, gatehouse.FieldError{Field: field, Reason: reason}) }
	if !isChoice(f.Own) {
		add("own_two_factor", "choice")
	} else if reason := before(u); f.Own == "on" && f.turns(u) && reason != "" {
		add("own_two_factor", "two-factor-"+string(reason))
	}
	if !isChoice(f.Automatic) {
		add("send_automatically", "choice")
	}
	return invalid(bad)
}

func isChoice(value string) bool { return value == "" || value == "on" || value == "off" }

// mayTurn asks for proof if codes are being turned off, and counts changes: each of them is a mail.
func (s *Service) mayTurn(ctx context.Context, st *site.Site, c gatehouse.Caller, u gatehouse.User) error {
	if u.OwnTwoFactor && !c.Proved {
		return gatehouse.ErrProofFirst
	}
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: st.ID + ":own-two-factor:" + u.ID, Every: time.Hour / 5, Burst: 5})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTwoFactorOften, RetryAfter: wait}
	}
	return err
}

// choose writes the changes in the form.
func (s *Service) choose(tx *act.Unit, u gatehouse.User, form SecurityForm) error {
	if onRequest := form.Automatic == "off"; form.Automatic != "" && onRequest != u.CodesOnRequest {
		if err := tx.SetCodesOnRequest(tx, tx.Site.ID, u.ID, onRequest); err != nil {
			return err
		}
	}
	if !form.turns(u) {
		return nil
	}
	on := form.Own == "on"
	err := errors.Join(
		tx.SetOwnTwoFactor(tx, tx.Site.ID, u.ID, on),
		// As with the company's switch, earlier trust does not count afterwards (B08): neither now
		// nor when it is turned on again.
		tx.EndAll(u, gatehouse.TwoFactorChanged),
		tx.Record(u, gatehouse.EventOwnTwoFactor, gatehouse.ResultOK, map[string]string{"on": map[bool]string{true: "yes", false: "no"}[on]}))
	if err != nil {
		return err
	}
	return tx.Tell(u, mail.OwnTwoFactor{Username: u.Username, On: on, At: tx.Now(), IPAddress: tx.Caller.IPAddress,
		Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)})
}
