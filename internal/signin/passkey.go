package signin

import (
	"cmp"
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/guard"
	"gatehouse/internal/passkey"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// PasskeyRequest is a browser's response with a passkey, instead of a username and a password.
type PasskeyRequest struct {
	// Answer is the output of PublicKeyCredential.toJSON.
	Answer   string
	ReturnTo string
	// Browser is the cookie that the challenge was made for. Device and SignIn are as in
	// PasswordRequest.
	Browser, Device, SignIn string
	Caller                  gatehouse.Caller
}

// UnknownPasskeyError says that the site has no such passkey (or no longer has it): the browser
// may be told to stop offering it. Its recipient already has the ID, which is random and shown to
// nobody.
type UnknownPasskeyError struct{ CredentialID string }

func (*UnknownPasskeyError) Error() string { return "no such passkey" }

// Unwrap returns the error that everybody else gets.
func (*UnknownPasskeyError) Unwrap() error { return errPasskeyFailed }

var (
	errPasskeyFailed = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonPasskeyFailed}
	errPasskeyLate   = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonPasskeyLate}
	errPasskeyAlone  = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonPasskeyAlone}
)

// passkeyAttempt is a sign-in with a passkey in progress.
type passkeyAttempt struct {
	attempt
	browser   string // in which the response was made
	challenge string
	answer    passkey.Answer
	proof     passkey.Proof
	alone     bool // it does not yet count without the password
	result    gatehouse.EventResult
}

// Passkey signs in with a passkey. The passkey has verified its user, so it counts as both factors
// and no further two-factor is required; the other steps follow as usual. Wrong responses are not
// guesses, so they count for no lockout, and a lock of strangers does not lock out the holder of
// the key; a locked account stays closed.
//
// Errors: TooMany; Unavailable; *LockedError for a known device; *UnknownPasskeyError;
// Unauthenticated with ReasonPasskeyFailed, ReasonPasskeyLate or ReasonPasskeyAlone.
func (s *Service) Passkey(ctx context.Context, st *site.Site, req PasskeyRequest) (Outcome, error) {
	wait := s.evenly(ctx)
	out, err := s.passkey(ctx, st, req)
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
		wait()
	}
	return out, err
}

func (s *Service) passkey(ctx context.Context, st *site.Site, req PasskeyRequest) (Outcome, error) {
	a := &passkeyAttempt{attempt: attempt{site: st, req: PasswordRequest{ReturnTo: req.ReturnTo, Device: req.Device, SignIn: req.SignIn, Caller: req.Caller}},
		browser: req.Browser}
	answer, err := passkey.ReadAnswer(req.Answer)
	if err != nil {
		return Outcome{}, errPasskeyFailed
	}
	a.answer, a.challenge = answer, answer.Challenge()
	ctx, cancel := unhurried(ctx)
	defer cancel()
	if err := s.judgePasskey(ctx, a); err != nil {
		return Outcome{}, err
	}
	out, err := s.settlePasskey(ctx, a)
	if err != nil {
		return Outcome{}, err
	}
	s.Counted(a.result)
	if a.result != gatehouse.ResultOK {
		return Outcome{}, s.passkeyRefusal(a)
	}
	return out, nil
}

// judgePasskey finds the passkey and its user, and checks the response. The outcome is settled
// afterwards.
func (s *Service) judgePasskey(ctx context.Context, a *passkeyAttempt) error {
	k, err := s.Store.Read().Passkey(ctx, a.site.ID, a.answer.CredentialID())
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		a.result = gatehouse.ResultUnknown
		return nil
	}
	if err == nil {
		a.user, err = s.Store.Read().User(ctx, a.site.ID, k.UserID)
	}
	if err == nil {
		err = s.endLock(ctx, &a.attempt)
	}
	if err == nil {
		a.device, err = s.knownDevice(ctx, s.Store.Read(), a.site, a.user, a.req.Device)
	}
	if err != nil {
		return err
	}
	proof, err := a.answer.Verify(passkey.PartyOf(a.site.Site), k, a.challenge, !guard.Out(guard.PasskeyVerifies))
	switch {
	case err == nil && !k.Verified:
		// Anyone who finds a key without a PIN can set one (WebAuthn 7.2 step 24): until the owner
		// has used it with the password, its PIN proves nothing.
		a.result, a.alone = gatehouse.ResultWrong, true
	case err != nil:
		a.result = gatehouse.ResultWrong
		s.Log.InfoContext(ctx, "a passkey did not prove what it should", "ref", a.req.Caller.Reference, "passkey", k.ID, "error", err)
	}
	a.proof = proof
	return nil
}

// passkeyLimits are the limits of the site and the address, which passwords use, too. Successful
// sign-ins give them back.
func (s *Service) passkeyLimits(a *passkeyAttempt) []store.Limit {
	limits := s.limits(&a.attempt)
	if a.device != "" {
		return limits[:1]
	}
	return limits[:2]
}

// settlePasskey records the outcome of a response, in one transaction.
func (s *Service) settlePasskey(ctx context.Context, a *passkeyAttempt) (out Outcome, err error) {
	limits, judged := s.passkeyLimits(a), a.result
	wait, err := s.DoAllowed(ctx, a.site, a.req.Caller, limits, func(tx *act.Unit) error {
		out, a.result = Outcome{}, judged
		detail := map[string]string{}
		until, good := s.GoodChallenge(a.site.ID, ToSignIn, a.browser, a.challenge)
		if !good {
			a.result = gatehouse.ResultExpired
		}
		if a.result == "" {
			if out, err = s.usePasskey(tx, a, func() (bool, error) { return s.SpendChallenge(tx, a.challenge, until) }); err != nil {
				return err
			}
		}
		if a.result == gatehouse.ResultOK {
			tx.GiveBackWith(limits...)
			detail = a.detail(out.Step)
			detail["passkey"] = a.proof.Passkey.ID
			if a.proof.CountedBack {
				detail["counter"] = "back"
			}
		}
		if out.again {
			return nil
		}
		return tx.Record(a.user, gatehouse.EventPasskey, a.result, detail)
	})
	if err == nil && wait > 0 {
		s.Counted(gatehouse.ResultLimited)
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
	}
	return out, err
}

// usePasskey uses up the response and begins the sign-in, with the account as it is now.
func (s *Service) usePasskey(tx *act.Unit, a *passkeyAttempt, spend func() (bool, error)) (Outcome, error) {
	u, err := tx.HoldUser(tx, a.site.ID, a.user.ID)
	if err != nil {
		return Outcome{}, err
	}
	a.user = u
	switch {
	case u.State == gatehouse.Deactivated:
		a.result = gatehouse.ResultInactive
		return Outcome{}, nil
	case u.Locked():
		a.result = gatehouse.ResultLocked
		return Outcome{}, nil
	case u.Suspended():
		a.result, a.suspended = gatehouse.ResultSuspended, true
		return Outcome{}, nil
	}
	if fresh, err := spend(); err != nil || !fresh {
		return s.answeredBefore(tx, a, err)
	}
	there, err := tx.TakePasskey(tx, a.proof.Passkey, tx.Now())
	if err != nil || !there { // just removed
		a.result = gatehouse.ResultUnknown
		return Outcome{}, err
	}
	company, err := tx.Company(tx, a.site.ID, u.CompanyID)
	if err != nil {
		return Outcome{}, err
	}
	a.result = gatehouse.ResultOK
	in := s.newSignIn(tx, &a.attempt)
	in.Passkey = a.proof.Passkey.Method(true)
	in.TwoFactorAt, in.TwoFactorMethod = in.CredentialsAt, in.Passkey
	return s.begun(tx, &a.attempt, gatehouse.SignInFacts{SignIn: in, User: u, Company: company.Rule(), Policy: company.Policy, Zone: company.Zone})
}

// answeredBefore handles a challenge that was already answered: the same form posted again by the
// same browser gets the same session, and anything else nothing.
func (s *Service) answeredBefore(tx *act.Unit, a *passkeyAttempt, err error) (out Outcome, _ error) {
	a.result = gatehouse.ResultUsed
	if err != nil {
		return out, err
	}
	out, again, err := s.repeated(tx, tx.Queries, a.site, a.req.Caller, a.user.ID, a.req.SignIn)
	if again && err == nil {
		a.result, out.again = gatehouse.ResultOK, true
	}
	return out, err
}

// passkeyRefusal is the error for a passkey that did not work.
func (s *Service) passkeyRefusal(a *passkeyAttempt) error {
	switch {
	case a.suspended:
		return &SuspendedError{}
	case a.result == gatehouse.ResultExpired, a.result == gatehouse.ResultUsed:
		return errPasskeyLate
	case a.alone:
		return errPasskeyAlone
	case a.result == gatehouse.ResultUnknown:
		return &UnknownPasskeyError{a.answer.CredentialID()}
	case a.result == gatehouse.ResultLocked && a.device != "":
		return &LockedError{Reason: a.user.LockReason, Until: gatehouse.AccountLockEnds(a.site.Policy.Lockout, a.user)}
	}
	return errPasskeyFailed
}

// findPasskey checks a passkey of a user who has entered the password, as one way to do the second
// step. Without user verification, it counts as one factor, in addition to the password.
func (s *Service) findPasskey(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, typed string) (proof factorProof, fault string, err error) {
	answer, err := passkey.ReadAnswer(typed)
	if err != nil {
		return proof, "passkey-wrong", nil
	}
	until, good := s.GoodChallenge(st.ID, ToProve, at.SignIn, answer.Challenge())
	if !good {
		return proof, "passkey-late", nil
	}
	k, err := s.Store.Read().Passkey(ctx, st.ID, answer.CredentialID())
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && k.UserID != facts.User.ID && !guard.Out(guard.PasskeyOfItsUser) {
		return proof, "passkey-wrong", nil
	}
	if err != nil {
		return proof, "", err
	}
	shown, err := answer.Verify(passkey.PartyOf(st.Site), k, answer.Challenge(), false)
	if err != nil {
		s.Log.InfoContext(ctx, "a passkey did not prove what it should", "ref", at.Caller.Reference, "passkey", k.ID, "error", err)
		return proof, "passkey-wrong", nil
	}
	proof = factorProof{k.Method(shown.Verified && k.Verified), func(tx *act.Unit) (bool, error) {
		fresh, err := s.SpendChallenge(tx, answer.Challenge(), until)
		if err != nil || !fresh {
			return false, err
		}
		return tx.TakePasskey(tx, shown.Passkey, tx.Now())
	}}
	return proof, "", nil
}

// BrowserOf returns the cookie that a challenge on the sign-in page is bound to.
func BrowserOf(signIn, session string) string { return cmp.Or(signIn, session) }
