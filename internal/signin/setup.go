package signin

import (
	"context"
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// FactorStep is what the page shows on which a user sets up a factor as a step of a sign-in.
type FactorStep struct {
	gatehouse.FactorAsked
	Facts gatehouse.SignInFacts
	// App is the authenticator app that waits for its first code; nil: none was begun.
	App *AppSetUp
	// Passkey are the options to request a new passkey from a browser, in the standard's JSON;
	// empty: the user has as many as possible.
	Passkey string
}

// FactorStep returns what the page shows. It writes nothing but the user's handle, which stays the
// same.
//
// Errors: *MovedError; Unauthenticated; Unavailable.
func (s *Service) FactorStep(ctx context.Context, st *site.Site, at At) (state FactorStep, err error) {
	if state.Facts, err = s.due(ctx, st, at, gatehouse.StepFactor); err != nil {
		return state, err
	}
	state.FactorAsked, _ = gatehouse.FactorDue(st.Site, state.Facts, s.Now())
	if id := state.Facts.SignIn.AppID; id != "" && state.Require != gatehouse.RequirePasskey {
		app, err := s.WaitingApp(ctx, s.Store.Read(), state.Facts.User, id)
		switch {
		case err == nil:
			state.App = &app
		case gatehouse.KindOf(err) != gatehouse.NotFound: // if its time is up, another one is begun
			return state, err
		}
	}
	err = s.Do(ctx, st, at.Caller, func(tx *act.Unit) error {
		state.Passkey, err = s.CreationOptions(tx, state.Facts.User, s.NewChallenge(st.ID, ToCreate, at.SignIn))
		if errors.Is(err, errTooManyFactors) {
			return nil
		}
		return err
	})
	return state, err
}

// BeginAppInSignIn makes the key of an authenticator app as a step of a sign-in. The key belongs to
// this sign-in: somebody else who knows the password and has begun one cannot give the user a key
// that they know, too.
//
// Errors: Conflict with ReasonTooManyFactors; *MovedError; Unauthenticated; Unavailable.
func (s *Service) BeginAppInSignIn(ctx context.Context, st *site.Site, at At, name string) error {
	_, err := s.step(ctx, st, at, gatehouse.StepFactor, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		in := &facts.SignIn
		if in.AppID != "" {
			if err := s.dropWaiting(tx, facts.User, in.AppID); err != nil {
				return err
			}
		}
		app, err := s.BeginApp(tx, facts.User, name)
		in.AppID = app.ID
		return errors.Join(err, tx.SignInFactor(tx, st.ID, in.ID, in.AppID, in.FactorLater))
	})
	return err
}

// dropWaiting removes an app that was never confirmed; a new key replaces it.
func (s *Service) dropWaiting(tx *act.Unit, u gatehouse.User, id string) error {
	_, err := s.WaitingApp(tx, tx.Queries, u, id)
	if err == nil {
		err = tx.DeleteFactor(tx, u.SiteID, u.ID, id)
	}
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	return err
}

// ConfirmAppInSignIn accepts the first code of the app, which also proves two-factor in this
// sign-in. The first factor comes with recovery codes, which are returned only once.
//
// Errors: Invalid with field code; NotFound if no app was begun, or its time is up; TooMany;
// *MovedError; Unauthenticated; Unavailable.
func (s *Service) ConfirmAppInSignIn(ctx context.Context, st *site.Site, at At, typed string) (out Outcome, codes []string, err error) {
	facts, err := s.due(ctx, st, at, gatehouse.StepFactor)
	if err != nil {
		return out, nil, err
	}
	plain, err := s.ReadFirstCode(ctx, typed, FirstAppCodes(st.ID, facts.User.ID))
	if err != nil {
		return out, nil, err
	}
	out, err = s.step(ctx, st, at, gatehouse.StepFactor, func(tx *act.Unit, facts *gatehouse.SignInFacts) (err error) {
		if codes, err = s.ConfirmApp(tx, facts.User, facts.SignIn.AppID, plain, gatehouse.Kept{SignIn: facts.SignIn.ID}); err != nil {
			return err
		}
		facts.User.Apps++
		return s.setUp(tx, facts, gatehouse.MethodTOTP)
	})
	if err != nil { // the codes of a unit that was rolled back open nothing
		return out, nil, err
	}
	return out, codes, nil
}

// CreatePasskeyInSignIn accepts a browser's new passkey, which also proves two-factor in this
// sign-in. The first factor comes with recovery codes, which are returned only once.
//
// Errors: Invalid with field answer, as AddPasskey; *MovedError; Unauthenticated; Unavailable.
func (s *Service) CreatePasskeyInSignIn(ctx context.Context, st *site.Site, at At, answer string) (out Outcome, made NewPasskey, err error) {
	out, err = s.step(ctx, st, at, gatehouse.StepFactor, func(tx *act.Unit, facts *gatehouse.SignInFacts) (err error) {
		made, err = s.AddPasskey(tx, facts.User, MadeIn{Use: ToCreate, Browser: at.SignIn, Keep: gatehouse.Kept{SignIn: facts.SignIn.ID}}, answer)
		if err != nil {
			return err
		}
		facts.User.Passkeys++
		return s.setUp(tx, facts, made.Passkey.Method(made.Passkey.Verified))
	})
	if err != nil {
		return out, NewPasskey{}, err
	}
	return out, made, nil
}

// setUp continues a sign-in in which a factor was set up: it has just been proved.
func (s *Service) setUp(tx *act.Unit, facts *gatehouse.SignInFacts, method gatehouse.Method) error {
	facts.User.Factors++
	in := &facts.SignIn
	in.TwoFactorAt, in.TwoFactorMethod, in.AppID, in.TrustDevice = tx.Now(), method, "", false
	return tx.SignInFactor(tx, in.SiteID, in.ID, "", in.FactorLater)
}

// FactorLater continues a sign-in without a factor. One that is mandatory is still due: see
// gatehouse.FactorDue.
func (s *Service) FactorLater(ctx context.Context, st *site.Site, at At) (Outcome, error) {
	return s.step(ctx, st, at, gatehouse.StepFactor, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		facts.SignIn.FactorLater = true
		return tx.SignInFactor(tx, st.ID, facts.SignIn.ID, facts.SignIn.AppID, true)
	})
}
