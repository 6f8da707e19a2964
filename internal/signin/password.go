package signin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// PasswordRequest is a username and a password as typed.
type PasswordRequest struct {
	Username, Password string
	// ReturnTo is the page that was requested first; see SafeReturn.
	ReturnTo string
	// Device is the token of the device cookie, SignIn that of the sign-in cookie that the form
	// came with; empty if there is none.
	Device, SignIn string
	Caller         gatehouse.Caller
}

// Outcome is the outcome of a right password.
type Outcome struct {
	Step gatehouse.Step
	// Session is the token of the new session if Step is StepDone; otherwise SignIn is the token
	// of the sign-in in progress.
	Session, SignIn string
	// Device is the token that identifies this device from now on.
	Device   string
	ReturnTo string

	again bool // the same form was answered before
}

// Reasons of the errors that Password returns, other than invalid fields.
const (
	// ReasonFailed is the one reason for a wrong password, an unknown user, and a locked or
	// deactivated account (invariant 7).
	ReasonFailed = "sign-in-failed"
	// ReasonTemporaryExpired is for a right temporary password that has expired.
	ReasonTemporaryExpired = "temporary-password-expired"
	// ReasonTemporaryUsed is for a right temporary password that has already opened a sign-in in
	// another browser.
	ReasonTemporaryUsed = "temporary-password-used"
	ReasonTooMany       = "too-many-sign-ins"
	ReasonBusy          = "busy"
)

// maxUsernameLength is that of an email address (RFC 5321 4.5.3.1.3), in code points.
const maxUsernameLength = 254

// attempt is a sign-in in progress in Password.
type attempt struct {
	site    *site.Site
	req     PasswordRequest
	user    gatehouse.User     // zero ID: no such user
	subject string             // the subject of the counts
	device  string             // ID of the known device; empty: a stranger's
	open    string             // identifies it among those being verified
	refused bool               // locked: not verified, not counted
	checked gatehouse.Password // the password that was verified; the account may have another one since
	verdict secret.Verdict
	answer  bool // it is an answer to a challenge question, not a password
	// suspended: the credentials are right, and the company is suspended.
	suspended bool
}

// lockout returns the rule that the attempt is counted by.
func (a *attempt) lockout() gatehouse.LockoutPolicy {
	if a.answer {
		return a.site.Policy.AnswerLockout()
	}
	return a.site.Policy.Lockout
}

// Password verifies a username and a password. Unless the error is of another kind, it returns the
// same error for wrong, unknown, locked and deactivated, after the same work and the same minimum
// time. A right password does not wait.
//
// Errors: Invalid with fields, TooMany, Unavailable (gate full, database lost), Unauthenticated
// with one of the reasons above.
func (s *Service) Password(ctx context.Context, st *site.Site, req PasswordRequest) (Outcome, error) {
	wait := s.evenly(ctx)
	out, err := s.password(ctx, st, req)
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
		wait()
	}
	return out, err
}

func (s *Service) password(ctx context.Context, st *site.Site, req PasswordRequest) (Outcome, error) {
	if err := checkFields(req); err != nil {
		return Outcome{}, err
	}
	place, err := s.Hasher.Enter()
	if err != nil {
		return Outcome{}, busy(err)
	}
	defer place.Leave()
	a := &attempt{site: st, req: req}
	if err := s.find(ctx, a); err != nil {
		return Outcome{}, err
	}
	limits := s.limits(a)
	ctx, cancel := unhurried(ctx)
	defer cancel()
	if err := s.take(ctx, a, limits...); err != nil {
		return Outcome{}, err
	}
	if err := s.verify(ctx, a, place); err != nil {
		return Outcome{}, err
	}
	// The last limit, the account's, also counts successful sign-ins.
	out, result, err := s.settle(ctx, a, limits[:len(limits)-1])
	if err != nil {
		return Outcome{}, err
	}
	s.Counted(result)
	if result != gatehouse.ResultOK {
		return Outcome{}, s.refusal(a, result)
	}
	return out, nil
}

func checkFields(req PasswordRequest) error {
	var f faults
	f.name("username", req.Username)
	switch {
	case req.Password == "":
		f.Add("password", "required")
	case !utf8.ValidString(req.Password) || strings.ContainsRune(req.Password, 0):
		f.Add("password", "character")
	case utf8.RuneCountInString(req.Password) > gatehouse.MaxPasswordLength:
		f.Add("password", "too-long", "max", strconv.Itoa(gatehouse.MaxPasswordLength))
	}
	return f.Err()
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }

// limits are the scopes in the order every sign-in takes them; a successful one does not give back
// the last one, the account's. A device that has signed in to the account before has its own
// limit: strangers who use up theirs, by the name or all over the site, do not lock out the owner.
func (s *Service) limits(a *attempt) []store.Limit {
	of := "sign-in:" + a.site.ID
	account := s.Limits.Account.of("password:" + a.site.ID + ":" + a.subject + ":" + a.device)
	if a.device != "" {
		return []store.Limit{s.Limits.Username.of(of + ":browser:" + a.device), account}
	}
	return []store.Limit{
		s.Limits.Site.of(of),
		s.Limits.IP.of(of + ":address:" + IPBlock(a.req.Caller.IPAddress)),
		s.Limits.Username.of(of + ":name:" + secret.HashToken(gatehouse.NameKey(a.req.Username))),
		account,
	}
}

// find looks up the user. An unknown name goes through the same queries and gets its own subject,
// so it is counted and locked like a known one.
func (s *Service) find(ctx context.Context, a *attempt) error {
	u, err := s.userByName(ctx, a.site, a.req.Username)
	switch {
	case err == nil:
		a.user, a.subject = u, u.ID
		if err := s.endLock(ctx, a); err != nil {
			return err
		}
	case gatehouse.KindOf(err) == gatehouse.NotFound:
		a.subject = nameSubject(a.req.Username)
	default:
		return err
	}
	a.device, err = s.knownDevice(ctx, s.Store.Read(), a.site, a.user, a.req.Device)
	return err
}

// knownDevice returns the ID of a device that has signed in as a user before; empty for a
// stranger's.
func (s *Service) knownDevice(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	id, err := q.Device(ctx, st.ID, u.ID, secret.HashToken(token), s.Now().Add(-gatehouse.DeviceKnownFor))
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return "", nil
	}
	return id, err
}

// endLock ends an account's lock that has expired.
func (s *Service) endLock(ctx context.Context, a *attempt) error {
	end := gatehouse.AccountLockEnds(a.site.Policy.Lockout, a.user)
	if end.IsZero() || s.Now().Before(end) {
		return nil
	}
	since := a.user.LockedAt
	a.user.LockedAt, a.user.LockReason = time.Time{}, ""
	by := gatehouse.Caller{Kind: gatehouse.System, SiteID: a.site.ID, Reference: a.req.Caller.Reference}
	return s.Do(ctx, a.site, by, func(tx *act.Unit) error {
		if ended, err := tx.EndLock(tx, a.site.ID, a.user.ID, since); err != nil || !ended {
			return err
		}
		return tx.Record(a.user, gatehouse.EventUnlocked, gatehouse.ResultOK, nil)
	})
}

// userByName finds a user by what the site signs in with. If that is the address, the username is
// the address.
func (s *Service) userByName(ctx context.Context, st *site.Site, name string) (gatehouse.User, error) {
	u, err := s.Store.Read().UserByUsername(ctx, st.ID, name)
	if st.SignInWith != gatehouse.WithUsernameOrEmail || err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
		return u, err
	}
	// Also if it is a username: as many queries as for an unknown name (invariant 7).
	users, byEmail := s.Store.Read().UsersByEmail(ctx, st.ID, name, 2)
	if err == nil || byEmail != nil {
		return u, byEmail
	}
	u, ok := gatehouse.MeantBy(users)
	if !ok {
		return u, gatehouse.ErrNotFound // nobody, or two who share it and use their usernames
	}
	return u, nil
}

// verify spends the time of a hash on every attempt. Only an attempt that was admitted, on an
// account that may sign in, learns whether it was right.
func (s *Service) verify(ctx context.Context, a *attempt, place *secret.Place) error {
	a.checked = a.user.Password
	encoded := ""
	if !a.refused && a.user.MayProve() {
		encoded = a.checked.Hash
	}
	a.req.Password = asIssued(a.checked, a.req.Password)
	v, err := place.Verify(ctx, encoded, a.req.Password)
	if err != nil && ctx.Err() != nil {
		return busy(errors.Join(err, s.drop(context.WithoutCancel(ctx), a)))
	}
	if err != nil {
		// An unreadable hash: the user sees a wrong password, support sees why. Verify has spent
		// the time.
		s.Log.ErrorContext(ctx, "stored password hash cannot be verified", "user", a.user.ID, "error", err)
	}
	a.verdict = v
	return nil
}

// asIssued returns the password that a user typed: for a temporary one that we issued, without
// what copying has added around or inside it. A chosen password stays as typed. Both readings are
// computed for everybody, and only one is hashed (invariant 7).
func asIssued(w gatehouse.Password, typed string) string {
	clean, ok := secret.ReadTemporaryPassword(typed)
	if ok && w.Temporary() {
		return clean
	}
	return typed
}

// refusal is the error for an attempt that did not work.
func (s *Service) refusal(a *attempt, result gatehouse.EventResult) error {
	switch {
	case a.suspended:
		return &SuspendedError{}
	case result == gatehouse.ResultExpired:
		return s.temporaryOver(ReasonTemporaryExpired, a.user, a.req.SignIn)
	case result == gatehouse.ResultUsed:
		return s.temporaryOver(ReasonTemporaryUsed, a.user, a.req.SignIn)
	case result == gatehouse.ResultLocked && a.device != "":
		return &LockedError{Reason: a.user.LockReason, Until: gatehouse.AccountLockEnds(a.site.Policy.Lockout, a.user)}
	}
	return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonFailed}
}

// LockedError is only returned to a device that has signed in as this user before: the account is
// locked, why, and until when (zero: somebody has to unlock it).
type LockedError struct {
	Reason gatehouse.LockReason
	Until  time.Time
}

func (e *LockedError) Error() string { return "locked: " + string(e.Reason) }

// Unwrap returns the error that everybody else gets.
func (*LockedError) Unwrap() error {
	return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonFailed}
}

// SuspendedError is only returned after right credentials: the user's company is suspended. To
// everybody else, an account of it is like any other: wrong passwords are counted, and lock.
type SuspendedError struct{}

func (*SuspendedError) Error() string { return "company suspended" }

// Unwrap returns the error that everybody else gets.
func (*SuspendedError) Unwrap() error {
	return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonFailed}
}

func busy(err error) error {
	return &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: ReasonBusy, RetryAfter: 5 * time.Second, Err: err}
}
