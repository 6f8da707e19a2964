package signin

import (
	"context"
	"errors"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// At says where a step of a sign-in is done: in which sign-in, device and language.
type At struct {
	// SignIn and Device are the values of the cookies; Device may be empty.
	SignIn, Device string
	Lang           string
	Caller         gatehouse.Caller
	// Facts are what this request has just read about the sign-in; nil: nothing.
	Facts *gatehouse.SignInFacts
}

// MovedError says that a different step is due than the one that was posted: another tab already
// did it, or something changed meanwhile.
type MovedError struct{ Step gatehouse.Step }

func (e *MovedError) Error() string { return "the step that is due is " + string(e.Step) }

// Unwrap gives it a kind.
func (*MovedError) Unwrap() error { return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: "moved"} }

// NewPassword is a password that a user chooses. Old is the present one, typed again; the page of
// a reset link does not ask for it.
type NewPassword struct{ Old, New, Repeat string }

// mostWrong is how many wrong entries the pages of one sign-in allow; then it is over.
const mostWrong = 5

// ChoosePassword replaces a temporary or expired password (B13).
//
// Errors: Invalid with fields old_password, new_password, repeat_password; *MovedError;
// Unauthenticated if the sign-in is over, with ReasonTemporaryExpired if that is why; Unavailable.
func (s *Service) ChoosePassword(ctx context.Context, st *site.Site, at At, form NewPassword) (Outcome, error) {
	facts, err := s.due(ctx, st, at, gatehouse.StepPassword)
	if err != nil {
		return Outcome{}, err
	}
	place, err := s.enter(ctx, st, facts.User, form.Old)
	if err != nil {
		return Outcome{}, err
	}
	defer place.Leave()
	ctx, cancel := unhurried(ctx)
	defer cancel()
	var f faults
	if err := s.again(ctx, st, at, facts, place, "old_password", form.Old, &f); err != nil {
		return Outcome{}, err
	}
	c := choice{site: st, user: facts.User, place: place, form: form, proved: !f.At("old_password"), same: form.Old != "" && sameAsIssued(facts.User.Password, form.Old, form.New)}
	hash, err := s.accept(ctx, c, &f)
	if err != nil {
		return Outcome{}, err
	}
	return s.step(ctx, st, at, gatehouse.StepPassword, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		if !gatehouse.PasswordUsable(facts.User.Password, tx.Now()) {
			return s.temporaryOver(ReasonTemporaryExpired, facts.User, at.SignIn)
		}
		browser, err := s.knownDevice(tx, tx.Queries, st, facts.User, at.Device)
		if err == nil {
			err = s.setChosen(tx, &facts.User, hash, gatehouse.Kept{SignIn: facts.SignIn.ID, Device: browser})
		}
		if err != nil {
			return err
		}
		facts.SignIn.PasswordSetAt, facts.SignIn.PasswordLength = facts.User.Password.SetAt, utf8.RuneCountInString(form.New)
		err = errors.Join(
			tx.SignInPassword(tx, st.ID, facts.SignIn.ID, facts.SignIn.PasswordSetAt, facts.SignIn.PasswordLength),
			s.codeAfterAll(tx, facts))
		if err != nil {
			return err
		}
		return s.tellChanged(tx, facts.User, mail.ChangedByOwner)
	})
}

// SetFirstChallenge stores the challenge question of a sign-in (B14). Its errors are those of
// ChoosePassword, with the fields question, own_question, answer and current_password.
func (s *Service) SetFirstChallenge(ctx context.Context, st *site.Site, at At, form gatehouse.ChallengeForm) (Outcome, error) {
	facts, err := s.due(ctx, st, at, gatehouse.StepChallenge)
	if err != nil {
		return Outcome{}, err
	}
	place, err := s.enter(ctx, st, facts.User, form.CurrentPassword)
	if err != nil {
		return Outcome{}, err
	}
	defer place.Leave()
	ctx, cancel := unhurried(ctx)
	defer cancel()
	f := faults{gatehouse.CheckChallenge(form, knownWords(facts.User))}
	if err := s.again(ctx, st, at, facts, place, "current_password", form.CurrentPassword, &f); err != nil {
		return Outcome{}, err
	}
	if err := f.Err(); err != nil {
		return Outcome{}, err
	}
	challenge, sealed, err := s.sealChallenge(ctx, place, facts.User, form)
	if err != nil {
		return Outcome{}, err
	}
	return s.step(ctx, st, at, gatehouse.StepChallenge, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		facts.User.ChallengeSet = true
		return s.setChallenge(tx, facts.User, challenge, sealed)
	})
}

// TermsForm is the posted form about terms: the version and hash of the text that was shown, and
// whether it was accepted.
type TermsForm struct {
	Version, TextHash string
	Accept            bool
}

// AcceptTerms records that the terms were accepted (A03, B15). Invalid has the field
// accept: required, or terms-changed if another text is in force by now.
func (s *Service) AcceptTerms(ctx context.Context, st *site.Site, at At, form TermsForm) (Outcome, error) {
	return s.step(ctx, st, at, gatehouse.StepTerms, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		text, _ := st.TermsText(st.TermsVersion, at.Lang)
		hash := gatehouse.TermsHash(text)
		var f faults
		switch {
		case form.Version != st.TermsVersion, form.TextHash != "" && form.TextHash != hash:
			f.Add("accept", "terms-changed")
		case !form.Accept:
			f.Add("accept", "required")
		}
		if err := f.Err(); err != nil {
			return err
		}
		u := &facts.User
		u.TermsAccepted = st.TermsVersion
		a := gatehouse.Acceptance{ID: store.NewID("acc", tx.Now()), SiteID: st.ID, UserID: u.ID, Version: st.TermsVersion,
			TextHash: hash, Lang: st.TermsLanguage(st.TermsVersion, at.Lang), AcceptedAt: tx.Now(), IPAddress: at.Caller.IPAddress}
		return errors.Join(
			tx.AcceptTerms(tx, st.ID, u.ID, a.Version),
			tx.InsertAcceptance(tx, a, text),
			tx.Record(*u, gatehouse.EventTermsAccepted, gatehouse.ResultOK,
				map[string]string{"version": a.Version, "hash": hash, "lang": a.Lang}),
			tx.Tell(*u, mail.TermsReceipt{Username: u.Username, Version: a.Version, At: a.AcceptedAt, IPAddress: a.IPAddress, TextHash: hash}))
	})
}

// AnswerSoleUser records whether the user is the only person who uses the sign-in (A04); answer is
// yes or no. Invalid has the field sole_user.
func (s *Service) AnswerSoleUser(ctx context.Context, st *site.Site, at At, answer string) (Outcome, error) {
	return s.step(ctx, st, at, gatehouse.StepSoleUser, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		if answer != "yes" && answer != "no" {
			var f faults
			f.Add("sole_user", "required")
			return f.Err()
		}
		u := &facts.User
		u.SoleUserFor, u.SoleUser = gatehouse.SoleUserVersion(st.Site), answer == "yes"
		err := errors.Join(
			tx.AnswerSoleUser(tx, st.ID, u.ID, u.SoleUserFor, u.SoleUser),
			tx.Record(*u, gatehouse.EventSoleUser, gatehouse.ResultOK, map[string]string{"answer": answer}))
		if err != nil || u.SoleUser {
			return err
		}
		return s.tellShared(tx, *u)
	})
}

// mostAdministrators is how many administrators of a company are notified at most.
const mostAdministrators = 5

// tellShared tells the company's other administrators that a sign-in is used by several people
// (A04). It tells support if the sign-in is an administrator's, or if nobody else would be told.
func (s *Service) tellShared(tx *act.Unit, u gatehouse.User) error {
	company, err := tx.Company(tx, tx.Site.ID, u.CompanyID)
	if err != nil {
		return err
	}
	msg := mail.SharedSignIn{Username: u.Username, Name: u.DisplayName(), Company: company.Name, At: tx.Now()}
	administrators, err := tx.Administrators(tx, tx.Site.ID, u.CompanyID, u.ID, mostAdministrators)
	told := false
	for _, to := range administrators {
		told = told || mail.CanSend(to.Email)
		err = errors.Join(err, tx.Tell(to, msg))
	}
	msg.ForSupport, msg.Administrator = true, u.Role == gatehouse.RoleAdmin
	if err != nil || told && !msg.Administrator {
		return err
	}
	return tx.MailSupport(u.CompanyID, msg)
}

// dueNow is due by what the request has already read, if that says that it is due. The step itself
// holds the account and checks again.
func (s *Service) dueNow(ctx context.Context, st *site.Site, at At, want gatehouse.Step) (gatehouse.SignInFacts, error) {
	if at.Facts != nil && nextStep(ctx, st.Site, *at.Facts, s.Now()) == want {
		return *at.Facts, nil
	}
	return s.due(ctx, st, at, want)
}

// due returns the facts of a sign-in that is at the wanted step. If a step is posted but the code
// is due instead, it sends the code.
func (s *Service) due(ctx context.Context, st *site.Site, at At, want gatehouse.Step) (gatehouse.SignInFacts, error) {
	facts, step, err := s.InProgress(ctx, st, at.SignIn)
	switch {
	case err != nil || step == want:
	case step == gatehouse.StepCode:
		_, err = s.step(ctx, st, at, want, func(*act.Unit, *gatehouse.SignInFacts) error { return nil })
	default:
		err = &MovedError{step}
	}
	return facts, err
}

// again verifies the password that was proved in this sign-in, typed once more. Every try is
// counted, and that is committed, before it is verified (invariant 3); the last allowed try ends
// the sign-in if it is wrong. One more at the same moment is refused and ends nothing: an earlier
// one may be right.
func (s *Service) again(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, place *secret.Place, field, password string, f *faults) error {
	if password == "" {
		f.Add(field, "required")
		return nil
	}
	in, n := facts.SignIn, 0
	err := s.Do(ctx, st, at.Caller, func(tx *act.Unit) (err error) {
		n, err = tx.CountSignInWrong(tx, in.SiteID, in.ID, mostWrong)
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = errNoSignIn
	}
	if err != nil {
		return err
	}
	v, err := place.Verify(ctx, facts.User.Password.Hash, asIssued(facts.User.Password, password))
	if err != nil && ctx.Err() != nil {
		return busy(err)
	}
	switch {
	case v.Match:
		return s.Do(ctx, st, at.Caller, func(tx *act.Unit) error { return tx.UncountSignInWrong(tx, in.SiteID, in.ID) })
	case n >= mostWrong:
		err := s.Do(ctx, st, at.Caller, func(tx *act.Unit) error { return tx.DeleteSignIn(tx, in.SiteID, secret.HashToken(at.SignIn)) })
		return errors.Join(err, errNoSignIn)
	}
	f.Add(field, "password-wrong")
	return nil
}

// step does one step of a sign-in in one transaction: it holds the account, the step must still be
// due, it records the fact, and NextStep says what follows. If do changes two-factor in
// the facts, that is recorded afterwards.
func (s *Service) step(ctx context.Context, st *site.Site, at At, want gatehouse.Step, do func(*act.Unit, *gatehouse.SignInFacts) error) (out Outcome, err error) {
	if at.SignIn == "" {
		return out, errNoSignIn
	}
	var moved error // an outcome, not a failure: its changes are kept
	err = s.Do(ctx, st, at.Caller, func(tx *act.Unit) error {
		moved = nil
		facts, err := s.hold(tx, at.SignIn)
		if err != nil {
			return err
		}
		switch next := nextStep(tx, st.Site, facts, tx.Now()); {
		case next == gatehouse.StepCredentials:
			return errNoSignIn
		case next == gatehouse.StepCode && next != want:
			moved = &MovedError{next}
			return s.sendLate(tx, facts)
		case next != want:
			return &MovedError{next}
		}
		before := facts.SignIn
		if err := do(tx, &facts); err != nil {
			return err
		}
		out, err = s.goOn(tx, at, facts, before)
		return err
	})
	if err == nil {
		err = moved
	}
	return out, err
}

// hold returns the facts of a sign-in with its account held.
func (s *Service) hold(tx *act.Unit, token string) (f gatehouse.SignInFacts, err error) {
	f, err = tx.HoldSignIn(tx, tx.Site.ID, secret.HashToken(token))
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = errNoSignIn
	}
	return f, err
}

// goOn leads a sign-in to its next step, or makes its session. before is the sign-in as it is in
// the database: one that is done goes, and its session says what was proved for two-factor.
func (s *Service) goOn(tx *act.Unit, at At, facts gatehouse.SignInFacts, before gatehouse.SignIn) (out Outcome, err error) {
	in := facts.SignIn
	out = Outcome{Step: nextStep(tx, tx.Site.Site, facts, tx.Now()), SignIn: at.SignIn, ReturnTo: in.ReturnTo}
	switch {
	case out.Step == gatehouse.StepDone:
	case in.TwoFactorAt.Equal(before.TwoFactorAt) && in.TwoFactorMethod == before.TwoFactorMethod && in.TrustDevice == before.TrustDevice:
		return out, nil
	default:
		return out, tx.SignInTwoFactor(tx, in.SiteID, in.ID, in.TwoFactorAt, in.TwoFactorMethod, in.TrustDevice)
	}
	out.SignIn = ""
	if err := tx.DeleteSignIn(tx, tx.Site.ID, secret.HashToken(at.SignIn)); err != nil {
		return out, err
	}
	if out.Session, out.Device, err = s.finish(tx, facts, at.Device, at.SignIn); err != nil {
		return out, err
	}
	return out, tx.Record(facts.User, gatehouse.EventSignInDone, gatehouse.ResultOK, nil)
}
