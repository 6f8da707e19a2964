package signin

import (
	"context"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/guard"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// settle records the outcome of an attempt, in one transaction that is committed regardless of the
// result: the records of a failure must not be rolled back with it. A successful attempt gives the
// limits back.
func (s *Service) settle(ctx context.Context, a *attempt, limits []store.Limit) (out Outcome, result gatehouse.EventResult, err error) {
	err = s.Do(ctx, a.site, a.req.Caller, func(tx *act.Unit) error {
		held, err := tx.HoldSettling(tx, a.openAttempt(), a.user.ID, formRepeat(tx.Caller), a.verdict.Match, tx.Now())
		if err != nil {
			return err
		}
		out = Outcome{}
		switch result = s.judged(tx, a, held.User); result {
		case gatehouse.ResultOK:
			tx.GiveBackWith(limits...)
			again := false
			if out, again, err = s.begunBefore(tx, a, held); again || err != nil {
				return err
			}
			out, err = s.proved(tx, a, held)
		case gatehouse.ResultExpired, gatehouse.ResultUsed, gatehouse.ResultSuspended:
			err = s.settled(tx, a, held, gatehouse.Attempts.Right)
		default:
			if !a.refused {
				err = s.settled(tx, a, held, s.asWrong(tx, a))
			}
		}
		if err != nil {
			return err
		}
		return tx.Record(a.user, gatehouse.EventSignIn, result, a.detail(out.Step))
	})
	return out, result, err
}

// begunBefore returns the outcome that the same form had a moment ago: for a second click, or a
// lost response. It is the same sign-in or session, without a second event.
func (s *Service) begunBefore(tx *act.Unit, a *attempt, held store.Settling) (Outcome, bool, error) {
	if !held.Repeated {
		return Outcome{}, false, nil
	}
	out, again, err := s.repeated(tx, tx.Queries, a.site, tx.Caller, a.user.ID, a.req.SignIn)
	if again && err == nil {
		err = s.settled(tx, a, held, gatehouse.Attempts.Right)
	}
	return out, again, err
}

// detail returns what else the event log keeps: the device, and what is still due.
func (a *attempt) detail(next gatehouse.Step) map[string]string {
	d := map[string]string{}
	if a.device != "" {
		d["device"] = a.device
	}
	if next != "" {
		d["next"] = string(next)
	}
	return d
}

// judge reads the account again and judges the attempt.
func (s *Service) judge(tx *act.Unit, a *attempt) (gatehouse.EventResult, error) {
	if a.user.ID == "" {
		return gatehouse.ResultUnknown, nil
	}
	read := tx.User
	if a.verdict.Match {
		read = tx.HoldUser
	}
	u, err := read(tx, a.site.ID, a.user.ID)
	if err != nil {
		return "", err
	}
	return s.judged(tx, a, u), nil
}

// judged judges the attempt by the account as it is in this transaction: it may have been locked,
// deactivated, or given another password while the hash was being computed (invariant 4). It
// compares with what was verified, not with what an earlier run of the transaction read.
func (s *Service) judged(tx *act.Unit, a *attempt, u gatehouse.User) gatehouse.EventResult {
	if a.user.ID == "" {
		return gatehouse.ResultUnknown
	}
	a.user, a.suspended = u, false
	// A password that was set again voids the verdict; one that another sign-in has only rehashed
	// meanwhile is the same password.
	voided := !u.Password.SetAt.Equal(a.checked.SetAt) || u.Password.Origin != a.checked.Origin
	switch {
	case u.State == gatehouse.Deactivated:
		return gatehouse.ResultInactive
	case u.Locked() && !guard.Out(guard.LockedIsLocked) || a.refused:
		return gatehouse.ResultLocked
	case !a.verdict.Match || voided:
		return gatehouse.ResultWrong
	case u.Suspended():
		a.suspended = true
		return gatehouse.ResultSuspended
	case !gatehouse.PasswordUsable(u.Password, tx.Now()):
		return gatehouse.ResultExpired
	case !guard.Out(guard.TemporaryOnce) &&
		gatehouse.PasswordUsedUp(u.Password, deviceHash(a.req.Device)) &&
		gatehouse.PasswordUsedUp(u.Password, deviceHash(s.temporaryDevice(u, a.req.SignIn))):
		return gatehouse.ResultUsed
	}
	return gatehouse.ResultOK
}

// wrong counts an admitted attempt that failed, and locks if it was one too many. It does so for
// every account and every name, so none of them behaves differently at the next attempt.
func (s *Service) wrong(tx *act.Unit, a *attempt) error {
	if a.refused {
		return nil
	}
	return s.countIn(tx, a, s.asWrong(tx, a))
}

// asWrong is the rule for a failed attempt.
func (s *Service) asWrong(tx *act.Unit, a *attempt) func(gatehouse.Attempts) gatehouse.Attempts {
	return func(counts gatehouse.Attempts) gatehouse.Attempts { return counts.Wrong(a.lockout(), tx.Now()) }
}

// lock handles a lock by wrong attempts. Strangers lock out strangers; the owner's own device (or
// anyone using it) locks the account, which ends its sessions. Either way, the owner is told the
// truth by mail.
func (s *Service) lock(tx *act.Unit, a *attempt, counts gatehouse.Attempts) error {
	now := tx.Now()
	var notice mail.Message
	administrator, err := tx.Administrator(tx, a.site.ID, a.user.CompanyID, a.user.ID)
	if err != nil {
		return err
	}
	policy := a.site.Policy.Lockout
	facts := mail.Lock{Attempts: counts.Row, At: now, IPAddress: a.req.Caller.IPAddress, Username: a.user.Username, Administrator: administrator}
	if !gatehouse.LockEnds(policy, counts).IsZero() {
		facts.UnlockAfter = policy.UnlockAfter
	}
	if a.user.ID == "" || a.user.Locked() {
		return s.pretend(tx, facts)
	}
	reason := gatehouse.LockReasonOf(policy, counts)
	scope := "strangers"
	if a.device == "" {
		notice = mail.LockedStrangers{Lock: facts}
	} else {
		scope, notice = "account", mail.Locked{Lock: facts}
		if _, err := tx.LockUser(tx, a.site.ID, a.user.ID, reason, now); err != nil {
			return err
		}
		if err := tx.EndAll(a.user, gatehouse.Locked); err != nil { // invariant 4
			return err
		}
	}
	err = tx.Record(a.user, gatehouse.EventLocked, gatehouse.ResultOK,
		map[string]string{"scope": scope, "reason": string(reason)})
	if err != nil {
		return err
	}
	if !mail.CanSend(a.user.Email) || a.user.Off() {
		return s.pretend(tx, facts)
	}
	return tx.Tell(a.user, notice)
}

// pretend takes as long as telling somebody about a lock, if nobody is told (invariant 7).
func (s *Service) pretend(tx *act.Unit, facts mail.Lock) error {
	return tx.Pretend(tx.Site.Support.Email, mail.LockedStrangers{Lock: facts})
}

// proved continues after a right password: to a session if nothing else is due, else to a sign-in
// in progress.
func (s *Service) proved(tx *act.Unit, a *attempt, held store.Settling) (out Outcome, err error) {
	u, company := a.user, held.Company
	if err := s.settled(tx, a, held, gatehouse.Attempts.Right); err != nil {
		return Outcome{}, err
	}
	if a.verdict.Stale {
		if _, err := tx.ReplaceHash(tx, a.site.ID, u.ID, a.checked.Hash, a.verdict.Fresh); err != nil {
			return Outcome{}, err
		}
	}
	in := s.newSignIn(tx, a)
	in.PasswordLength = utf8.RuneCountInString(a.req.Password)
	facts := gatehouse.SignInFacts{SignIn: in, User: u, Company: company.Rule(), Policy: company.Policy, Zone: company.Zone}
	if err := s.trusted(tx, &facts, company, a.req.Device); err != nil {
		return Outcome{}, err
	}
	return s.begun(tx, a, facts)
}

// newSignIn returns a sign-in with credentials proved now.
func (s *Service) newSignIn(tx *act.Unit, a *attempt) gatehouse.SignIn {
	now := tx.Now()
	return gatehouse.SignIn{
		ID: store.NewID("sin", now), SiteID: a.site.ID, UserID: a.user.ID, CredentialsAt: now, Origin: a.user.Password.Origin,
		PasswordSetAt: a.user.Password.SetAt, ReturnTo: SafeReturn(a.req.ReturnTo), CreatedAt: now, ExpiresAt: now.Add(a.site.Policy.SignIn),
	}
}

// begun leads a sign-in with proved credentials to a session if nothing else is due, else to its
// first step.
func (s *Service) begun(tx *act.Unit, a *attempt, facts gatehouse.SignInFacts) (out Outcome, err error) {
	now, u := tx.Now(), facts.User
	out = Outcome{Step: nextStep(tx, a.site.Site, facts, now), ReturnTo: facts.SignIn.ReturnTo}
	if out.Step == gatehouse.StepDone {
		out.Session, out.Device, err = s.finish(tx, facts, a.req.Device, a.req.SignIn)
		return out, err
	}
	if u.Password.Temporary() && facts.SignIn.Passkey == "" {
		if out.Device, err = s.useTemporary(tx, u, a.req.Device, a.req.SignIn); err != nil {
			return Outcome{}, err
		}
	}
	in := facts.SignIn
	in.Steps, out.SignIn = gatehouse.DueSteps(a.site.Site, facts, now), s.outcomeToken(a.req.Caller, a.site.ID, a.req.SignIn, in.ID)
	err = tx.InsertRepeat(tx, formRepeat(a.req.Caller), gatehouse.Repeat{SiteID: a.site.ID, UserID: u.ID, Made: in.ID, At: now})
	if err != nil {
		return Outcome{}, err
	}
	if err := tx.InsertSignIn(tx, secret.HashToken(out.SignIn), in); err != nil || out.Step != gatehouse.StepCode {
		return out, err
	}
	return out, s.sendFirst(tx, facts)
}

// trusted lets the trust in this device replace two-factor, if it is due (B08). The sign-in
// records it, so later steps need not check again.
func (s *Service) trusted(tx *act.Unit, f *gatehouse.SignInFacts, company gatehouse.Company, browser string) error {
	if browser == "" || nextStep(tx, tx.Site.Site, *f, tx.Now()) != gatehouse.StepCode {
		return nil
	}
	b, err := tx.TrustedDevice(tx, tx.Site.ID, f.User.ID, secret.HashToken(browser))
	if err != nil || b.TrustedUntil(tx.Site.Policy, company, tx.Now()).IsZero() {
		return err
	}
	f.DeviceTrusted = true
	if nextStep(tx, tx.Site.Site, *f, tx.Now()) != gatehouse.StepCode {
		f.SignIn.TwoFactorAt, f.SignIn.TwoFactorMethod = tx.Now(), gatehouse.MethodTrustedDevice
	}
	return nil
}

// useTemporary binds a temporary password to this browser, and ends what it opened before: it
// opens one sign-in (invariant 2), which can be restarted only in this browser, if the window was
// closed halfway. A browser that never got the response is recognised by the sign-in cookie that
// it had before.
func (s *Service) useTemporary(tx *act.Unit, u gatehouse.User, browser, cookie string) (string, error) {
	if u.Password.UsedBy == "" || u.Password.UsedBy != deviceHash(browser) {
		fresh := s.temporaryDevice(u, cookie)
		if fresh == "" {
			fresh = secret.NewToken()
		}
		var err error
		if browser, err = s.deviceFor(tx, gatehouse.User{}, browser, fresh, false); err != nil {
			return "", err
		}
	}
	if err := tx.EndAll(u, gatehouse.PasswordUsed); err != nil {
		return "", err
	}
	return browser, tx.UsePassword(tx, u.SiteID, u.ID, deviceHash(browser))
}

// deviceHash returns the stored form of a device token; empty for none.
func deviceHash(token string) string {
	if token == "" {
		return ""
	}
	return secret.HashToken(token)
}
