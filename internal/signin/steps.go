package signin

import (
	"context"
	"errors"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// At is where a step of a sign-in is done: in which sign-in, browser and language.
type At struct {
	// SignIn and Browser are the values of the cookies; Browser may be empty.
	SignIn, Browser string
	Lang            string
	Caller          gatehouse.Caller
}

// MovedError says that another step is due than the one that was posted: another
// tab did it already, or something changed meanwhile.
type MovedError struct{ Step gatehouse.Step }

func (e *MovedError) Error() string { return "the step that is due is " + string(e.Step) }

// Unwrap gives it a kind.
func (*MovedError) Unwrap() error { return &gatehouse.Error{Kind: gatehouse.Conflict, Code: "moved"} }

// NewPassword is a password that somebody chooses. Old is the present one, typed
// again; it is not asked for on the page of a reset link.
type NewPassword struct{ Old, New, Repeat string }

// mostWrong is how often something may be entered wrongly on the pages of one sign-in;
// then it is over.
const mostWrong = 5

// ChoosePassword replaces a temporary or expired password (B13).
//
// Errors: Invalid with fields old_password, new_password, repeat_password;
// *MovedError; Unauthenticated if the sign-in is over, with CodeTemporaryExpired if
// that is why; Unavailable.
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
	if err := s.again(ctx, at, facts, place, "old_password", form.Old, &f); err != nil {
		return Outcome{}, err
	}
	c := choice{site: st, user: facts.User, place: place, form: form, proved: !f.at("old_password"), same: form.Old != "" && sameAsIssued(facts.User.Password, form.Old, form.New)}
	if err := s.check(ctx, c, &f); err != nil {
		return Outcome{}, err
	}
	if err := f.err(); err != nil {
		return Outcome{}, err
	}
	hash, err := c.hashNew(ctx)
	if err != nil {
		return Outcome{}, err
	}
	return s.step(ctx, st, at, gatehouse.StepPassword, func(q store.Queries, facts *gatehouse.SignInFacts) error {
		if !gatehouse.PasswordUsable(facts.User.Password, s.Now()) {
			return s.temporaryOver(CodeTemporaryExpired, facts.User, at.SignIn)
		}
		browser, err := s.knownBrowser(ctx, q, st, facts.User, at.Browser)
		if err == nil {
			err = s.setChosen(ctx, q, st, &facts.User, hash, kept{browser: browser, signIn: facts.SignIn.ID})
		}
		if err != nil {
			return err
		}
		facts.SignIn.PasswordSetAt, facts.SignIn.PasswordLength = facts.User.Password.SetAt, utf8.RuneCountInString(form.New)
		err = errors.Join(
			q.SignInPassword(ctx, st.ID, facts.SignIn.ID, facts.SignIn.PasswordSetAt, facts.SignIn.PasswordLength),
			s.codeAfterAll(ctx, q, st, facts, at.Caller))
		if err != nil {
			return err
		}
		return s.tellChanged(ctx, q, st, facts.User, at.Caller, mail.ChangedByOwner)
	})
}

// SetFirstChallenge stores the challenge question of a sign-in (B14). Its errors are
// those of ChoosePassword, with the fields question, own_question, answer and
// current_password.
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
	f := faults(gatehouse.CheckChallenge(form, knownWords(facts.User)))
	if err := s.again(ctx, at, facts, place, "current_password", form.CurrentPassword, &f); err != nil {
		return Outcome{}, err
	}
	if err := f.err(); err != nil {
		return Outcome{}, err
	}
	challenge, sealed, err := s.sealChallenge(ctx, place, facts.User, form)
	if err != nil {
		return Outcome{}, err
	}
	return s.step(ctx, st, at, gatehouse.StepChallenge, func(q store.Queries, facts *gatehouse.SignInFacts) error {
		facts.User.ChallengeSet = true
		return s.setChallenge(ctx, q, st, facts.User, at.Caller, challenge, sealed)
	})
}

// TermsForm is what is posted about terms: the version and hash of the text that was
// shown, and whether it was accepted.
type TermsForm struct {
	Version, TextHash string
	Accept            bool
}

// AcceptTerms records that the terms were accepted (A03, B15). Invalid has the field
// accept: required, or terms-changed if another text is in force by now.
func (s *Service) AcceptTerms(ctx context.Context, st *site.Site, at At, form TermsForm) (Outcome, error) {
	return s.step(ctx, st, at, gatehouse.StepTerms, func(q store.Queries, facts *gatehouse.SignInFacts) error {
		text, _ := st.TermsText(st.TermsVersion, at.Lang)
		hash := gatehouse.TermsHash(text)
		var f faults
		switch {
		case form.Version != st.TermsVersion, form.TextHash != "" && form.TextHash != hash:
			f.add("accept", "terms-changed")
		case !form.Accept:
			f.add("accept", "required")
		}
		if err := f.err(); err != nil {
			return err
		}
		u := &facts.User
		u.TermsAccepted = st.TermsVersion
		a := gatehouse.Acceptance{ID: store.NewID("acc", s.Now()), SiteID: st.ID, UserID: u.ID, Version: st.TermsVersion,
			TextHash: hash, Lang: st.TermsLanguage(st.TermsVersion, at.Lang), AcceptedAt: s.Now(), Address: at.Caller.Address}
		return errors.Join(
			q.AcceptTerms(ctx, st.ID, u.ID, a.Version),
			q.InsertAcceptance(ctx, a, text),
			q.InsertEvent(ctx, s.event(at.Caller, *u, gatehouse.EventTermsAccepted, gatehouse.ResultOK,
				map[string]string{"version": a.Version, "hash": hash, "lang": a.Lang})),
			s.tell(ctx, q, st, *u, mail.TermsReceipt{Username: u.Username, Version: a.Version, At: a.AcceptedAt, Address: a.Address, TextHash: hash}))
	})
}

// AnswerSoleUser records whether the person is the only one who uses the sign-in (A04);
// answer is yes or no. Invalid has the field sole_user.
func (s *Service) AnswerSoleUser(ctx context.Context, st *site.Site, at At, answer string) (Outcome, error) {
	return s.step(ctx, st, at, gatehouse.StepSoleUser, func(q store.Queries, facts *gatehouse.SignInFacts) error {
		if answer != "yes" && answer != "no" {
			var f faults
			f.add("sole_user", "required")
			return f.err()
		}
		u := &facts.User
		u.SoleUserFor, u.SoleUser = gatehouse.SoleUserVersion(st.Site), answer == "yes"
		err := errors.Join(
			q.AnswerSoleUser(ctx, st.ID, u.ID, u.SoleUserFor, u.SoleUser),
			q.InsertEvent(ctx, s.event(at.Caller, *u, gatehouse.EventSoleUser, gatehouse.ResultOK, map[string]string{"answer": answer})))
		if err != nil || u.SoleUser {
			return err
		}
		return s.tellShared(ctx, q, st, *u)
	})
}

// mostAdministrators is how many administrators of a company are told something.
const mostAdministrators = 5

// tellShared tells the company's other administrators that a sign-in is used by several
// people (A04): and support, where it is an administrator's, or nobody else would hear of it.
func (s *Service) tellShared(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User) error {
	company, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return err
	}
	msg := mail.SharedSignIn{Username: u.Username, Name: u.DisplayName(), Company: company.Name, At: s.Now()}
	administrators, err := q.Administrators(ctx, st.ID, u.CompanyID, u.ID, mostAdministrators)
	told := false
	for _, to := range administrators {
		told = told || mail.CanSend(to.Email)
		err = errors.Join(err, s.tell(ctx, q, st, to, msg))
	}
	msg.ForSupport, msg.Administrator = true, u.Role == gatehouse.RoleAdmin
	if err != nil || told && !msg.Administrator {
		return err
	}
	return s.Outbox.Enqueue(ctx, q, st, mail.Recipient{CompanyID: u.CompanyID, Address: st.Support.Email, Lang: st.Language("", "")}, msg)
}

// due returns the facts of a sign-in whose due step is the wanted one. A step that was
// posted and leads to the code instead sends it.
func (s *Service) due(ctx context.Context, st *site.Site, at At, want gatehouse.Step) (gatehouse.SignInFacts, error) {
	facts, step, err := s.InProgress(ctx, st, at.SignIn)
	switch {
	case err != nil || step == want:
	case step == gatehouse.StepCode:
		_, err = s.step(ctx, st, at, want, func(store.Queries, *gatehouse.SignInFacts) error { return nil })
	default:
		err = &MovedError{step}
	}
	return facts, err
}

// again verifies the password that was proved in this sign-in, typed once more. Every
// try is counted, and that is committed, before it is verified (invariant 3); the last
// one that may be wrong ends the sign-in if it is. One more than that at the same
// moment is refused and ends nothing: those before it may be right.
func (s *Service) again(ctx context.Context, at At, facts gatehouse.SignInFacts, place *secret.Place, field, password string, f *faults) error {
	if password == "" {
		f.add(field, "required")
		return nil
	}
	in, n := facts.SignIn, 0
	err := s.Store.Write(ctx, func(q store.Queries) (err error) {
		n, err = q.CountSignInWrong(ctx, in.SiteID, in.ID, mostWrong)
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
		return s.Store.Write(ctx, func(q store.Queries) error { return q.UncountSignInWrong(ctx, in.SiteID, in.ID) })
	case n >= mostWrong:
		err := s.Store.Write(ctx, func(q store.Queries) error { return q.DeleteSignIn(ctx, in.SiteID, secret.HashToken(at.SignIn)) })
		return errors.Join(err, errNoSignIn)
	}
	f.add(field, "password-wrong")
	return nil
}

// step does one step of a sign-in in one transaction: the account is held, the step must
// still be the one that is due, the fact is recorded, and NextStep says where it goes
// from there.
func (s *Service) step(ctx context.Context, st *site.Site, at At, want gatehouse.Step, do func(store.Queries, *gatehouse.SignInFacts) error) (out Outcome, err error) {
	if at.SignIn == "" {
		return out, errNoSignIn
	}
	var moved error // an outcome, not a failure: what it leads to stays
	err = s.write(ctx, func(q store.Queries) error {
		moved = nil
		facts, err := s.hold(ctx, q, st, at.SignIn)
		if err != nil {
			return err
		}
		switch next := gatehouse.NextStep(st.Site, facts, s.Now()); {
		case next == gatehouse.StepCredentials:
			return errNoSignIn
		case next == gatehouse.StepCode && next != want:
			moved = &MovedError{next}
			return s.sendLate(ctx, q, st, facts, at.Caller)
		case next != want:
			return &MovedError{next}
		}
		if err := do(q, &facts); err != nil {
			return err
		}
		out, err = s.goOn(ctx, q, st, at, facts)
		return err
	})
	if err == nil {
		err = moved
	}
	return out, err
}

// hold returns the facts of a sign-in with its account held.
func (s *Service) hold(ctx context.Context, q store.Queries, st *site.Site, token string) (f gatehouse.SignInFacts, err error) {
	hash := secret.HashToken(token)
	in, err := q.SignIn(ctx, st.ID, hash)
	if err == nil {
		f.User, err = q.HoldUser(ctx, st.ID, in.UserID)
	}
	if err == nil { // again: it may have ended while the account was waited for
		f.SignIn, err = q.SignIn(ctx, st.ID, hash)
	}
	if err == nil {
		var company gatehouse.Company
		company, err = q.Company(ctx, st.ID, f.User.CompanyID)
		f.CompanyTwoFactor = company.TwoFactor
	}
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = errNoSignIn
	}
	return f, err
}

// goOn leads a sign-in to its next step, or makes its session.
func (s *Service) goOn(ctx context.Context, q store.Queries, st *site.Site, at At, facts gatehouse.SignInFacts) (out Outcome, err error) {
	out = Outcome{Step: gatehouse.NextStep(st.Site, facts, s.Now()), SignIn: at.SignIn, ReturnTo: facts.SignIn.ReturnTo}
	if out.Step != gatehouse.StepDone {
		return out, nil
	}
	out.SignIn = ""
	if err := q.DeleteSignIn(ctx, st.ID, secret.HashToken(at.SignIn)); err != nil {
		return out, err
	}
	if out.Session, out.Browser, err = s.finish(ctx, q, st, facts, at.Browser, at.SignIn, at.Caller); err != nil {
		return out, err
	}
	return out, q.InsertEvent(ctx, s.event(at.Caller, facts.User, gatehouse.EventSignInDone, gatehouse.ResultOK, nil))
}
