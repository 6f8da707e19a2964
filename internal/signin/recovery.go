package signin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// RecoveryRequest is what a user who forgot a password typed.
type RecoveryRequest struct {
	Username, Email string
	Caller          gatehouse.Caller
}

// Reasons of errors about recoveries.
const (
	// ReasonRecoveryOver: three wrong answers, expired, or completed. Kind Gone.
	ReasonRecoveryOver = "recovery-over"
	// ReasonLinkOver: the link is used, expired, or replaced by newer ones. Kind Gone.
	ReasonLinkOver = "link-over"
	// ReasonTooManyRecoveries is of kind TooMany.
	ReasonTooManyRecoveries = "too-many-recoveries"
)

var errRecoveryOver = &gatehouse.Error{Kind: gatehouse.Gone, Reason: ReasonRecoveryOver}

// BeginRecovery begins a recovery by challenge question and returns the token of its cookie. Its
// response is the same for everything that has the form of a name and an address (invariant 7).
//
// Errors: Invalid with fields username and email, TooMany, Unavailable.
func (s *Service) BeginRecovery(ctx context.Context, st *site.Site, req RecoveryRequest) (token string, err error) {
	var f faults
	f.name("username", req.Username)
	f.email("email", req.Email)
	if err := f.Err(); err != nil {
		return "", err
	}
	defer s.evenly(ctx)()
	u, err := s.userByName(ctx, st, req.Username)
	if err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
		return "", err
	}
	browser, err := s.knownDevice(ctx, s.Store.Read(), st, u, req.Caller.DeviceToken)
	if err != nil {
		return "", err
	}
	if _, err := s.allowRecovery(ctx, st, req.Caller, "recovery", browser); err != nil {
		return "", err
	}
	token = secret.NewToken()
	return token, s.Do(ctx, st, req.Caller, func(tx *act.Unit) error {
		r, result, err := s.recoveryFor(tx, u, req)
		if err != nil {
			return err
		}
		return errors.Join(tx.InsertRecovery(tx, secret.HashToken(token), r),
			tx.Record(u, gatehouse.EventRecovery, result, nil))
	})
}

// recoveryFor makes the recovery of a name, known or not, and what the event log says about it.
// The question for a name is always the same: the stored one if it is a built-in one, no matter
// which address was given; otherwise one derived from the name, as before the name was an account.
// A question in the user's own words, which nobody could invent, is only shown to somebody who
// gave the right address.
func (s *Service) recoveryFor(tx *act.Unit, u gatehouse.User, req RecoveryRequest) (store.Recovery, gatehouse.EventResult, error) {
	now := tx.Now()
	// If no answer can be right, wrong ones count for the pair that was typed: a stranger who
	// knows only a name cannot block the account's own recovery.
	r := store.Recovery{SiteID: tx.Site.ID, ID: store.NewID("rec", now), Kind: gatehouse.RecoverByChallenge,
		Subject: nameSubject(req.Username + "\x00" + req.Email), CreatedAt: now, ExpiresAt: now.Add(tx.Site.Policy.SignIn)}
	r.Challenge = s.plausible(tx.Site.ID, gatehouse.NameKey(req.Username))
	c, _, err := tx.Challenge(tx, tx.Site.ID, u.ID)
	switch {
	case gatehouse.KindOf(err) == gatehouse.NotFound && u.ID == "":
		return r, gatehouse.ResultUnknown, nil
	case gatehouse.KindOf(err) == gatehouse.NotFound:
		return r, gatehouse.ResultWrong, nil // no question: nothing to answer
	case err != nil:
		return r, "", err
	}
	mine := u.Email != "" && gatehouse.NameKey(u.Email) == gatehouse.NameKey(req.Email)
	if c.Own == "" || mine {
		r.Challenge = c
	}
	if !mine {
		return r, gatehouse.ResultWrong, nil
	}
	r.UserID, r.Subject = u.ID, u.ID
	return r, gatehouse.ResultOK, nil
}

// nameSubject returns the subject for attempts on an unknown name.
func nameSubject(name string) string { return "name:" + secret.HashToken(gatehouse.NameKey(name)) }

// Recovery is a recovery by challenge question in progress.
type Recovery struct {
	gatehouse.Challenge
	// Left is how many more answers it accepts.
	Left int
}

// Recovery returns the recovery for a token; Gone if it is over.
func (s *Service) Recovery(ctx context.Context, st *site.Site, token string) (Recovery, error) {
	if token == "" {
		return Recovery{}, errRecoveryOver
	}
	r, err := s.Store.Read().Recovery(ctx, st.ID, secret.HashToken(token))
	switch {
	case gatehouse.KindOf(err) == gatehouse.NotFound:
		err = errRecoveryOver
	case err == nil && (r.Kind != gatehouse.RecoverByChallenge || r.Wrong >= gatehouse.RecoveryTries || !r.UsedAt.IsZero() || !s.Now().Before(r.ExpiresAt)):
		err = errRecoveryOver
	}
	return Recovery{r.Challenge, gatehouse.RecoveryTries - r.Wrong}, err
}

// AnswerChallenge accepts an answer. If it is right, a temporary password is mailed (A07).
//
// Errors: Invalid with field answer (required, answer-long, answer-wrong with
// Args["n"], the answers left), Gone after the last wrong one, Unavailable.
func (s *Service) AnswerChallenge(ctx context.Context, st *site.Site, c gatehouse.Caller, token, answer string) error {
	wait := s.evenly(ctx)
	err := s.answerChallenge(ctx, st, c, token, answer)
	if gatehouse.KindOf(err) == gatehouse.Gone {
		_, err = s.LinkRepeated(ctx, st, c, token, err)
	}
	switch gatehouse.KindOf(err) {
	case gatehouse.Invalid, gatehouse.Gone:
		wait()
	}
	return err
}

func (s *Service) answerChallenge(ctx context.Context, st *site.Site, c gatehouse.Caller, token, answer string) error {
	var f faults
	switch key := gatehouse.AnswerKey(answer); {
	case key == "":
		f.Add("answer", "required")
	case utf8.RuneCountInString(answer) > gatehouse.MaxAnswer:
		f.Add("answer", "answer-long", "limit", strconv.Itoa(gatehouse.MaxAnswer))
	}
	if err := f.Err(); err != nil {
		return err
	}
	place, err := s.Hasher.Enter()
	if err != nil {
		return busy(err)
	}
	defer place.Leave()
	ctx, cancel := unhurried(ctx)
	defer cancel()
	r, err := s.countAnswer(ctx, st, c, token)
	if err != nil {
		return err
	}
	a, err := s.answering(ctx, st, r, PasswordRequest{Password: gatehouse.AnswerKey(answer), Caller: c})
	if err != nil {
		return s.uncountAnswer(ctx, st, c, r, err)
	}
	if err := s.take(ctx, a); err != nil {
		return s.uncountAnswer(ctx, st, c, r, err)
	}
	if err := s.verifyAnswer(ctx, a, r, place); err != nil {
		return s.uncountAnswer(ctx, st, c, r, err)
	}
	if a.verdict.Match {
		return s.recovered(ctx, a, r, token, place)
	}
	return s.notAnswered(ctx, a, r)
}

// countAnswer counts an answer, and commits that, before it is verified.
func (s *Service) countAnswer(ctx context.Context, st *site.Site, c gatehouse.Caller, token string) (r store.Recovery, err error) {
	if token == "" {
		return r, errRecoveryOver
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		r, err = tx.CountAnswer(tx, st.ID, secret.HashToken(token), gatehouse.RecoverByChallenge, gatehouse.RecoveryTries, tx.Now())
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = errRecoveryOver
	}
	return r, err
}

// uncountAnswer takes back the count of an answer that was not judged.
func (s *Service) uncountAnswer(ctx context.Context, st *site.Site, c gatehouse.Caller, r store.Recovery, because error) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(because, s.Do(ctx, st, c, func(tx *act.Unit) error { return tx.UncountAnswer(tx, r.SiteID, r.ID) }))
}

// verifyAnswer spends the time of a hash on every answer. Only one that was admitted, for an
// account that can be recovered, learns whether it is right.
func (s *Service) verifyAnswer(ctx context.Context, a *attempt, r store.Recovery, place *secret.Place) error {
	q := s.Store.Read()
	u, err := q.User(ctx, r.SiteID, r.UserID)
	_, sealed, noChallenge := q.Challenge(ctx, r.SiteID, r.UserID)
	for _, err := range []error{err, noChallenge} {
		if err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
			return errors.Join(err, s.drop(ctx, a))
		}
	}
	encoded := ""
	if a.user = u; err == nil && noChallenge == nil && !a.refused && u.MayRecover() && mail.CanSend(u.Email) {
		hash, err := s.Keys.Open(answerPurpose(u.ID), sealed)
		if err != nil {
			s.Log.ErrorContext(ctx, "stored answer cannot be opened", "user", u.ID, "error", err)
		}
		encoded = string(hash)
	}
	v, err := place.Verify(ctx, encoded, a.req.Password)
	if err != nil && ctx.Err() != nil {
		return busy(errors.Join(err, s.drop(context.WithoutCancel(ctx), a)))
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "stored answer cannot be verified", "user", u.ID, "error", err)
	}
	a.verdict = v
	return nil
}

func (s *Service) notAnswered(ctx context.Context, a *attempt, r store.Recovery) error {
	send := false
	if a.refused && a.device != inMailbox {
		var err error
		if send, err = s.allowAnswerMail(ctx, a); err != nil {
			return err
		}
	}
	err := s.Do(ctx, a.site, a.req.Caller, func(tx *act.Unit) error {
		if send {
			if err := s.sendRecovery(tx, a, r); err != nil {
				return err
			}
		}
		return errors.Join(s.wrong(tx, a),
			tx.Record(a.user, gatehouse.EventRecoveryAnswered, gatehouse.ResultWrong, nil))
	})
	if err != nil {
		return err
	}
	left := gatehouse.RecoveryTries - r.Wrong
	if left <= 0 {
		return errRecoveryOver
	}
	var f faults
	f.Add("answer", "answer-wrong", "n", strconv.Itoa(left))
	return f.Err()
}

// recovered completes a recovery after the right answer: everything that was open ends, and a
// temporary password is mailed.
func (s *Service) recovered(ctx context.Context, a *attempt, r store.Recovery, token string, place *secret.Place) error {
	plain := secret.NewTemporaryPassword()
	hash, err := place.Hash(ctx, plain)
	if err != nil {
		return busy(err)
	}
	late := false // another answer was faster, or an administrator
	err = s.Do(ctx, a.site, a.req.Caller, func(tx *act.Unit) error {
		u, err := tx.HoldUser(tx, r.SiteID, r.UserID)
		if err != nil {
			return err
		}
		used, err := tx.UseRecovery(tx, r.SiteID, secret.HashToken(token), r.Kind, tx.Now())
		if err != nil {
			return err
		}
		if late = !used || !u.MayRecover() || !mail.CanSend(u.Email); late {
			return s.countIn(tx, a, gatehouse.Attempts.Dropped)
		}
		c := a.req.Caller
		w := gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordRecovery, SetAt: tx.Now(), ExpiresAt: tx.Now().Add(a.site.Policy.TemporaryPassword)}
		return errors.Join(
			s.countIn(tx, a, gatehouse.Attempts.Right),
			s.KeepLink(tx, u, token, ""),
			tx.ReplacePassword(tx, u, w, a.site.Policy.Password.History),
			tx.Record(u, gatehouse.EventRecoveryAnswered, gatehouse.ResultOK, nil),
			s.reopen(tx, u),
			s.recoveredIn(tx, u, token),
			s.provedBy(tx, &u, r),
			tx.Tell(u, mail.TemporaryPassword{Username: u.Username, Password: plain, ExpiresAt: w.ExpiresAt,
				For: mail.PasswordForRecovery, At: tx.Now(), IPAddress: c.IPAddress}))
	})
	if err == nil && late {
		err = errRecoveryOver
	}
	return err
}

// reopen is what every completed recovery does: it ends all that was open for the user (invariant
// 5), and a lock by wrong attempts with all their counts (A08).
func (s *Service) reopen(tx *act.Unit, u gatehouse.User) error {
	err := tx.EndAll(u, gatehouse.Recovered)
	if err != nil || !u.Locked() {
		return err
	}
	return errors.Join(tx.UnlockUser(tx, tx.Site.ID, u.ID),
		tx.Record(u, gatehouse.EventUnlocked, gatehouse.ResultOK, map[string]string{"scope": "account", "by": "recovery"}),
		tx.Tell(u, mail.Unlocked{Username: u.Username, At: tx.Now(), By: mail.UnlockedByRecovery}))
}

// name checks the form of a username.
func (f *faults) name(field, name string) {
	switch name = strings.TrimSpace(name); {
	case name == "":
		f.Add(field, "required")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isControl):
		f.Add(field, "character")
	case utf8.RuneCountInString(name) > maxUsernameLength:
		f.Add(field, "too-long", "max", strconv.Itoa(maxUsernameLength))
	}
}

// email checks the form of an address.
func (f *faults) email(field, address string) {
	before := len(f.Faults)
	f.name(field, address)
	if len(f.Faults) == before && !mail.CanSend(strings.TrimSpace(address)) {
		f.Add(field, "email")
	}
}
