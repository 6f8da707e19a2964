package signin

import (
	"context"
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// In is a session in which a user changes something about their own account.
type In struct {
	// Session and Device are the values of the cookies.
	Session, Device string
	Caller          gatehouse.Caller
}

// ChangePassword changes the password of a session's user (A10). All other sessions and devices
// end, and this session gets a new token, in Outcome.Session.
//
// Errors: Invalid with fields current_password, new_password and repeat_password;
// Unauthenticated if the session is over (too many wrong current passwords lock the
// account); Unavailable.
func (s *Service) ChangePassword(ctx context.Context, st *site.Site, in In, form NewPassword) (Outcome, error) {
	var f faults
	place, ses, done, err := s.prove(ctx, st, in, form.Old, &f)
	if err != nil {
		return Outcome{}, err
	}
	defer done()
	ctx, cancel := unhurried(ctx)
	defer cancel()
	c := choice{site: st, user: ses.User, place: place, form: form, proved: !f.At("current_password"), same: form.Old != "" && samePassword(form.Old, form.New)}
	hash, err := s.accept(ctx, c, &f)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Step: gatehouse.StepDone, Session: secret.NewToken(), Device: in.Device}
	err = s.Do(ctx, st, in.Caller, func(tx *act.Unit) error {
		u, err := s.still(tx, in, ses)
		if err != nil {
			return err
		}
		return errors.Join(
			s.setChosen(tx, &u, hash, gatehouse.Kept{Session: ses.ID, Device: ses.DeviceID}),
			tx.RenewSession(tx, ses.Session, secret.HashToken(out.Session), tx.Now()),
			s.tellChanged(tx, u, mail.ChangedByOwner))
	})
	return out, err
}

// SetChallenge stores a challenge question (A07). Errors as ChangePassword, with the
// fields question, own_question, answer and current_password.
func (s *Service) SetChallenge(ctx context.Context, st *site.Site, in In, form gatehouse.ChallengeForm) error {
	ses, err := s.Session(ctx, st, in.Session)
	if err != nil {
		return err
	}
	f := faults{gatehouse.CheckChallenge(form, knownWords(ses.User))}
	place, ses, done, err := s.prove(ctx, st, in, form.CurrentPassword, &f)
	if err != nil {
		return err
	}
	defer done()
	if err := f.Err(); err != nil {
		return err
	}
	challenge, sealed, err := s.sealChallenge(ctx, place, ses.User, form)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, in.Caller, func(tx *act.Unit) error {
		u, err := s.still(tx, in, ses)
		if err != nil {
			return err
		}
		return s.setChallenge(tx, u, challenge, sealed)
	})
}

// Challenge returns the question of a user; NotFound if there is none.
func (s *Service) Challenge(ctx context.Context, st *site.Site, userID string) (gatehouse.Challenge, error) {
	c, _, err := s.Store.Read().Challenge(ctx, st.ID, userID)
	return c, err
}

// Confirm asks for the present password of a session's user again, for a change that requires more
// than an open session (ASVS 7.5.1). A wrong one counts as a wrong attempt to sign in on this
// device.
//
// Errors: Invalid with field current_password (required, password-wrong);
// Unauthenticated if that locked the account; Unavailable.
func (s *Service) Confirm(ctx context.Context, st *site.Site, in In, password string) error {
	var f faults
	_, _, done, err := s.prove(ctx, st, in, password, &f)
	if err != nil {
		return err
	}
	done()
	return f.Err()
}

// prove verifies the present password of a session's user. It counts as an attempt on the
// session's device: somebody at an unattended screen gets no more guesses than at the sign-in
// page. It keeps the place at the gate until done is called.
func (s *Service) prove(ctx context.Context, st *site.Site, in In, password string, f *faults) (place *secret.Place, ses Session, done func(), err error) {
	if ses, err = s.Session(ctx, st, in.Session); err != nil {
		return nil, ses, nil, err
	}
	if ses.User, err = s.Store.Read().User(ctx, st.ID, ses.UserID); err != nil {
		return nil, ses, nil, err
	}
	// Checked again after the password was read: if this same session has changed it in between,
	// the right one would look like a guess.
	if _, err = s.Session(ctx, st, in.Session); err != nil {
		return nil, ses, nil, err
	}
	if place, err = s.enter(ctx, st, ses.User, password); err != nil {
		return nil, ses, nil, err
	}
	if password == "" {
		f.Add("current_password", "required")
		return place, ses, place.Leave, nil
	}
	ctx, cancel := unhurried(ctx)
	defer cancel()
	a := &attempt{site: st, user: ses.User, subject: ses.UserID, device: ses.DeviceID,
		req: PasswordRequest{Password: password, Device: in.Device, Caller: in.Caller}}
	err = s.judgeAgain(ctx, a, place, f)
	if err == nil && a.user.Locked() { // which ended the session
		err = errNoSession
	}
	if err != nil {
		place.Leave()
		return nil, ses, nil, err
	}
	return place, ses, place.Leave, nil
}

// enter takes a place at the hash gate for a user who types the present password again. Without
// one there is nothing to hash, and it takes no place. One account alone cannot fill the gate for
// everybody.
func (s *Service) enter(ctx context.Context, st *site.Site, u gatehouse.User, password string) (*secret.Place, error) {
	if password == "" {
		return nil, nil
	}
	wait, err := s.Store.Allow(ctx, s.Now(), s.Limits.Account.of("password:"+st.ID+":"+u.ID))
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
	}
	place, err := s.Hasher.Enter()
	if err != nil {
		return nil, busy(err)
	}
	return place, nil
}

func (s *Service) judgeAgain(ctx context.Context, a *attempt, place *secret.Place, f *faults) error {
	if err := s.take(ctx, a); err != nil {
		return err
	}
	if err := s.verify(ctx, a, place); err != nil {
		return err
	}
	wrong, over := false, false
	err := s.Do(ctx, a.site, a.req.Caller, func(tx *act.Unit) error {
		result, err := s.judge(tx, a)
		if err != nil {
			return err
		}
		wrong, over = false, false // a transaction may be retried
		switch {
		case result == gatehouse.ResultOK:
			return s.countIn(tx, a, gatehouse.Attempts.Right)
		case a.verdict.Match: // right a moment ago: another change was faster; not a guess
			over = true
			return s.countIn(tx, a, gatehouse.Attempts.Dropped)
		}
		wrong = true
		err = errors.Join(s.wrong(tx, a),
			tx.Record(a.user, gatehouse.EventPasswordChecked, gatehouse.ResultWrong, nil))
		if err == nil {
			a.user, err = tx.User(tx, a.site.ID, a.user.ID)
		}
		return err
	})
	if err == nil && over {
		err = errNoSession
	}
	if err == nil && wrong {
		f.Add("current_password", "password-wrong")
	}
	return err
}

// still returns the user of a session, held, if the session exists and the password is the one
// that was proved: a reset or a lock may have come in between.
func (s *Service) still(tx *act.Unit, in In, ses Session) (gatehouse.User, error) {
	u, err := tx.HoldUser(tx, tx.Site.ID, ses.UserID)
	if err != nil {
		return u, err
	}
	_, _, _, err = tx.Session(tx, tx.Site.ID, secret.HashToken(in.Session))
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && (!u.MaySignIn() || !u.Password.SetAt.Equal(ses.User.Password.SetAt)) {
		err = errNoSession
	}
	return u, err
}
