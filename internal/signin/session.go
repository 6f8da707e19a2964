package signin

import (
	"context"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/guard"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Session is the session of a cookie, with its user.
type Session store.SignedIn

// Caller returns the caller that acts in this session.
func (s Session) Caller(from gatehouse.Caller) gatehouse.Caller {
	from.Kind, from.SiteID, from.CompanyID, from.UserID = gatehouse.SignedIn, s.SiteID, s.CompanyID, s.UserID
	from.Role, from.Name = s.User.Role, s.User.Username
	return from
}

// finish makes the session of a sign-in that NextStep says is done: with a new token (ASVS 7.2.4),
// and this device known from now on. cookie is the sign-in cookie that the last form came with:
// the same form, posted again, gets the same session.
func (s *Service) finish(tx *act.Unit, f gatehouse.SignInFacts, browser, cookie string) (session, newBrowser string, err error) {
	now, u := tx.Now(), f.User
	made := store.NewID("ses", now)
	if err := s.stillTrusted(tx, f, browser); err != nil {
		return "", "", err
	}
	signedIn := tx.SignedIn
	if gatehouse.SeenToday(u, now, tx.Site.ZoneOf(f.Zone)) {
		signedIn = tx.SignedInAgain
	}
	if err := signedIn(tx, tx.Site.ID, u.ID, now); err != nil {
		return "", "", err
	}
	browser, id, err := s.onDevice(tx, u, browser, s.deviceToken(tx.Caller, tx.Site.ID, cookie, made), f.SignIn.TrustDevice)
	if err != nil {
		return "", "", err
	}
	slides := guard.Out(guard.TrustDoesNotSlide) && f.SignIn.TwoFactorMethod == gatehouse.MethodTrustedDevice
	trusts := f.SignIn.TrustDevice && tx.Site.Policy.For(f.Policy).TrustedDevice > 0 // it may have been switched off meanwhile
	if trusts || slides {
		if err := tx.TrustDevice(tx, tx.Site.ID, u.ID, id, f.SignIn.TwoFactorAt); err != nil {
			return "", "", err
		}
	}
	session = s.outcomeToken(tx.Caller, tx.Site.ID, cookie, made)
	err = tx.InsertRepeat(tx, formRepeat(tx.Caller), gatehouse.Repeat{SiteID: tx.Site.ID, UserID: u.ID, Made: made, ReturnTo: f.SignIn.ReturnTo, At: now})
	if err != nil {
		return "", "", err
	}
	return session, browser, tx.InsertSession(tx, secret.HashToken(session), gatehouse.Session{
		ID: made, SiteID: tx.Site.ID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: now, SeenAt: now,
		IPAddress: tx.Caller.IPAddress, UserAgent: tx.Caller.UserAgent, DeviceID: id,
		Assurance: gatehouse.Assure(tx.Site.Policy, f.SignIn.Methods(), f.SignIn.PasswordLength),
	}, now.Add(tx.Site.Policy.For(f.Policy).Session.Absolute))
}

// stillTrusted ends a new sign-in if trust replaced two-factor when the password was entered, and
// has ended since: trust must not outlive the switch, or its removal, in a sign-in that waits on
// the page of a later step (invariant 1, B08).
func (s *Service) stillTrusted(tx *act.Unit, f gatehouse.SignInFacts, browser string) error {
	if f.SignIn.TwoFactorMethod != gatehouse.MethodTrustedDevice || guard.Out(guard.TrustLookedAtAgain) {
		return nil
	}
	f.SignIn.TwoFactorAt, f.DeviceTrusted = time.Time{}, false
	company, err := tx.Company(tx, tx.Site.ID, f.User.CompanyID)
	if err == nil {
		err = s.trusted(tx, &f, company, browser)
	}
	if err == nil && nextStep(tx, tx.Site.Site, f, tx.Now()) != gatehouse.StepDone {
		err = errNoSignIn
	}
	return err
}

// codeAfterAll makes a sign-in require a code that trust had replaced: the password that was
// chosen in this sign-in has ended that trust (invariant 5, B08), and without the code the sign-in
// could not be finished.
func (s *Service) codeAfterAll(tx *act.Unit, f *gatehouse.SignInFacts) error {
	in := &f.SignIn
	if in.TwoFactorMethod != gatehouse.MethodTrustedDevice {
		return nil
	}
	in.TwoFactorAt, in.TwoFactorMethod, in.TrustDevice = time.Time{}, "", false
	if nextStep(tx, tx.Site.Site, *f, tx.Now()) != gatehouse.StepCode {
		return nil
	}
	return s.sendLate(tx, *f)
}

// onDevice records that a user finished a sign-in on a device, which trust is about to settle on, or
// not. It returns the token that the device has from now on, and its ID.
func (s *Service) onDevice(tx *act.Unit, u gatehouse.User, token, fresh string, trusts bool) (browser, id string, err error) {
	now, c := tx.Now(), tx.Caller
	if token != "" && !trusts { // mostly it is known, and nothing but that has to be written
		id, err = tx.DeviceSignedInAgain(tx, tx.Site.ID, u.ID, secret.HashToken(token), c.UserAgent, c.IPAddress, now, now.Add(-gatehouse.DeviceKnownFor))
		if gatehouse.KindOf(err) != gatehouse.NotFound {
			return token, id, err
		}
	}
	if browser, err = s.deviceFor(tx, u, token, fresh, trusts); err != nil {
		return "", "", err
	}
	id, first, err := tx.DeviceSignedIn(tx, tx.Site.ID, u.ID, secret.HashToken(browser), store.NewID("dev", now), c.UserAgent, c.IPAddress, now)
	if err == nil && first {
		err = s.welcome(tx, u)
	}
	return browser, id, err
}

// deviceFor returns the token that identifies a device from now on. It keeps the existing one only
// if this user is already known by it: a value that somebody else has planted, or knows from their
// own account, must not become the victim's. Others who share the browser move to the new one. If
// trust is about to settle on it (again), it is always replaced: somebody may have copied it
// before it was worth anything (B08).
func (s *Service) deviceFor(tx *act.Unit, u gatehouse.User, token, fresh string, again bool) (string, error) {
	known, err := s.knownDevice(tx, tx.Queries, tx.Site, u, token)
	if err != nil || known != "" && !again {
		return token, err
	}
	if token == "" {
		return fresh, nil
	}
	return fresh, tx.RenameDevice(tx, tx.Site.ID, secret.HashToken(token), secret.HashToken(fresh))
}

// welcome makes room for a device that signed in for the first time, and tells the owner (ASVS
// 6.3.5); at the very first sign-in every device is new.
func (s *Service) welcome(tx *act.Unit, u gatehouse.User) error {
	err := tx.KeepDevices(tx, tx.Site.ID, u.ID, mostDevices)
	if err != nil || u.FirstSignInAt.IsZero() {
		return err
	}
	return tx.Tell(u, mail.NewDevice{Username: u.Username, At: tx.Now(), IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)})
}

// mostDevices is how many devices of a user are known at most: each has its own attempts.
const mostDevices = 10

// Admit returns the session and user of a request. bound is the value of the bound cookie: a session
// that is tied to a device opens only there. It reads the account as it is now and writes nothing,
// except the time of the last request, at most once a minute.
//
// Errors: Unauthenticated if there is no such session, it has ended, its user may no longer sign
// in, or it is tied to another device (IsOtherDevice); Unavailable.
//
// Other requests may get the same one: nobody changes it.
func (s *Service) Admit(ctx context.Context, st *site.Site, token, bound string) (*Session, error) {
	if token == "" {
		return nil, errNoSession
	}
	hash := secret.HashToken(token)
	ses, err := s.alive(ctx, st, hash)
	if err == nil && ses.BindingID != "" {
		err = s.fromItsDevice(ctx, st, ses, bound)
	}
	if err == nil {
		err = s.seen(ctx, st, ses, hash)
	}
	return ses, err
}

// Session is Admit without the bound cookie, for a request that was admitted.
func (s *Service) Session(ctx context.Context, st *site.Site, token string) (Session, error) {
	if token == "" {
		return Session{}, errNoSession
	}
	return s.sessionOf(ctx, st, secret.HashToken(token))
}

// sessionOf returns the session whose token has this hash, and records the request.
func (s *Service) sessionOf(ctx context.Context, st *site.Site, hash string) (Session, error) {
	ses, err := s.alive(ctx, st, hash)
	if err == nil {
		err = s.seen(ctx, st, ses, hash)
	}
	if err != nil {
		return Session{}, err
	}
	return *ses, nil
}

// alive returns the session whose token has this hash, if it has not ended.
func (s *Service) alive(ctx context.Context, st *site.Site, hash string) (*Session, error) {
	ses, err := s.Store.Session(ctx, st.ID, hash)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return nil, errNoSession
	}
	if err != nil {
		return nil, err
	}
	if !st.Policy.For(ses.Company.Policy).Session.Alive(ses.CreatedAt, ses.SeenAt, s.Now()) || !ses.User.MaySignIn() {
		return nil, errNoSession
	}
	return (*Session)(ses), nil
}

// seen records a request in a session.
func (s *Service) seen(ctx context.Context, st *site.Site, ses *Session, hash string) error {
	now := s.Now()
	if now.Sub(ses.SeenAt) < gatehouse.SeenEvery {
		return nil
	}
	return s.Store.Write(ctx, func(q store.Queries) error { return q.SessionSeen(ctx, st.ID, hash, now) })
}

var errNoSession = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: "no-session"}

// SignOut ends a session and an unfinished sign-in, if there are any. Signing out twice is no
// error. It returns the session's mark if platforms have to be told that it has ended: the browser
// keeps it, to show what they reply; see SignedOut.
func (s *Service) SignOut(ctx context.Context, st *site.Site, c gatehouse.Caller, session, signIn string) (mark string, err error) {
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		mark = ""
		if signIn != "" {
			if err := tx.DeleteSignIn(tx, st.ID, secret.HashToken(signIn)); err != nil {
				return err
			}
		}
		if session == "" {
			return nil
		}
		hash := secret.HashToken(session)
		ses, u, _, err := tx.Session(tx, st.ID, hash)
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		platforms, err := tx.DeleteSession(tx, st.ID, hash, tx.Now())
		if err != nil {
			return err
		}
		if platforms > 0 {
			mark = ses.ID + "." + s.Keys.MAC(markPurpose, st.ID, ses.ID)
		}
		return tx.Record(u, gatehouse.EventSignOut, gatehouse.ResultOK, map[string]string{"ended": ses.ID})
	})
	return mark, err
}

// markPurpose is the purpose of the marks of ended sessions.
const markPurpose = "signed-out"

// SignedOut returns the ID of the session that a mark belongs to, which this browser ended; empty
// for an invalid mark. It opens nothing.
func (s *Service) SignedOut(st *site.Site, mark string) string {
	id, mac, _ := strings.Cut(mark, ".")
	if !s.Keys.CheckMAC(markPurpose, mac, st.ID, id) {
		return ""
	}
	return id
}

// InProgress returns the sign-in in progress of a token, and what it must do next.
//
// Errors: Unauthenticated if there is none, or it must start again; Unavailable.
func (s *Service) InProgress(ctx context.Context, st *site.Site, token string) (gatehouse.SignInFacts, gatehouse.Step, error) {
	if token == "" {
		return gatehouse.SignInFacts{}, "", errNoSignIn
	}
	facts, err := factsOf(ctx, s.Store.Read(), st, token)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return facts, "", errNoSignIn
	}
	if err != nil {
		return facts, "", err
	}
	step := nextStep(ctx, st.Site, facts, s.Now())
	if step == gatehouse.StepCredentials {
		return facts, "", errNoSignIn
	}
	return facts, step, nil
}

var errNoSignIn = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: "no-sign-in"}

func factsOf(ctx context.Context, q store.Queries, st *site.Site, token string) (f gatehouse.SignInFacts, err error) {
	return q.SignInFacts(ctx, st.ID, secret.HashToken(token))
}
