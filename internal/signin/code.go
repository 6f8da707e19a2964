package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/guard"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about codes by email, other than invalid fields.
const (
	// ReasonCodesOver: too many wrong codes ended the sign-in. Kind Unauthenticated.
	ReasonCodesOver = "codes-over"
	// ReasonCodeWait: it is too early for the next code. Kind TooMany.
	ReasonCodeWait = "code-wait"
	// ReasonNoEmail: there is no address to send a code to, or none is sent because the user has a
	// factor other than the mailbox. Kind Conflict.
	ReasonNoEmail = "no-address"
)

func (s *Service) nextCode(ctx context.Context, q store.Queries, u gatehouse.User) (time.Time, error) {
	now := s.Now()
	sent, err := q.CodesSent(ctx, u.SiteID, u.ID, now.Add(-time.Hour))
	return gatehouse.NextCodeAt(sent, now), err
}

// SendCode mails a new code (B07). Earlier ones stay valid for their own time. It stores nothing
// else from the form: nobody has proved two-factor yet, and somebody who only has the password
// must not switch off the codes that would warn the owner.
//
// Errors: TooMany with ReasonCodeWait; Conflict with ReasonNoEmail; *MovedError;
// Unauthenticated; Unavailable.
func (s *Service) SendCode(ctx context.Context, st *site.Site, at At) error {
	_, err := s.step(ctx, st, at, gatehouse.StepCode, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		if facts.User.Factors > 0 || !mail.CanSend(facts.User.Email) {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNoEmail}
		}
		next, err := s.nextCode(tx, tx.Queries, facts.User)
		if err != nil {
			return err
		}
		if wait := next.Sub(tx.Now()); wait > 0 {
			return &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonCodeWait, RetryAfter: wait}
		}
		return s.sendCode(tx, *facts)
	})
	return err
}

// chooseSending stores the choice not to have codes sent automatically (B09).
func (s *Service) chooseSending(tx *act.Unit, u *gatehouse.User, onRequest bool) error {
	if u.CodesOnRequest == onRequest {
		return nil
	}
	u.CodesOnRequest = onRequest
	return tx.SetCodesOnRequest(tx, u.SiteID, u.ID, onRequest)
}

// codePurpose is the purpose that codes are hashed for: with the key file, because a million codes
// are quick to try (ASVS 11.4.1).
const codePurpose = "sign-in-code"

// codeMAC is the stored form of a code. It differs in every sign-in (invariant 2).
func (s *Service) codeMAC(in gatehouse.SignIn, plain string) string {
	return s.Keys.MAC(codePurpose, in.SiteID, guard.Kept(guard.CodeOfItsSignIn, in.ID), plain)
}

// sendCode makes a code for a sign-in and mails it, in the caller's transaction.
func (s *Service) sendCode(tx *act.Unit, f gatehouse.SignInFacts) error {
	in, u, now, plain := f.SignIn, f.User, tx.Now(), secret.NewCode()
	code := gatehouse.Code{ID: store.NewID("cod", now), MAC: s.codeMAC(in, plain), SentAt: now, ExpiresAt: now.Add(tx.Site.Policy.Code)}
	id, err := tx.Mail(mail.To(tx.Site, u), mail.VerificationCode{Username: u.Username, Code: plain,
		Own: !gatehouse.RulesFor(tx.Site.Site, f.Company).On(), ExpiresAt: code.ExpiresAt, At: now, IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)})
	if err != nil {
		return err
	}
	code.MessageID = id
	return errors.Join(
		tx.InsertCode(tx, in.SiteID, u.ID, in.ID, code),
		tx.Record(u, gatehouse.EventCodeSent, gatehouse.ResultOK, nil))
}

// sendFirst mails the first code of a sign-in automatically, unless the user has chosen otherwise
// or had too many in the last hour (B05, B09). It does not wait for the pause between two: a code
// belongs to its own sign-in, and one without any is of no use.
func (s *Service) sendFirst(tx *act.Unit, f gatehouse.SignInFacts) error {
	u := f.User
	if u.CodesOnRequest || u.Factors > 0 || !mail.CanSend(u.Email) {
		return nil
	}
	sent, err := tx.CodesSent(tx, u.SiteID, u.ID, tx.Now().Add(-time.Hour))
	if err != nil || len(sent) >= gatehouse.CodesAnHour {
		return err
	}
	return s.sendCode(tx, f)
}

// sendLate is sendFirst for a sign-in that began to need a code after its password was entered,
// because Enhanced Security was switched on meanwhile.
func (s *Service) sendLate(tx *act.Unit, f gatehouse.SignInFacts) error {
	codes, err := tx.Codes(tx, tx.Site.ID, f.SignIn.ID)
	if err != nil || len(codes) > 0 {
		return err
	}
	return s.sendFirst(tx, f)
}

// CodeForm is the input on the page for codes.
type CodeForm struct {
	Code string
	// Way is that of the page; empty: the default.
	Way gatehouse.Way
	// Trust: do not challenge me on this device (B08).
	Trust bool
	// OnRequest: do not send codes automatically (B09).
	OnRequest bool
}

// EnterCode accepts a code (B06). Each one is counted, and that is committed, before it is checked
// (invariant 3).
//
// Errors: Invalid with field code (required, code-form, code-expired, code-used, and code-wrong
// with Args["n"], those left); TooMany if the account had too many in a day; Unauthenticated with
// ReasonCodesOver after the last one; *MovedError; Unavailable.
func (s *Service) EnterCode(ctx context.Context, st *site.Site, at At, form CodeForm) (Outcome, error) {
	facts, err := s.dueNow(ctx, st, at, gatehouse.StepCode)
	if err != nil {
		return Outcome{}, err
	}
	if facts.User.Factors > 0 {
		return s.enterFactor(ctx, st, at, facts, form)
	}
	plain, ok := gatehouse.ReadCode(form.Code)
	if !ok { // it cannot be a code, so nothing is guessed or counted
		var f faults
		f.Add("code", codeFormFault(form.Code))
		return Outcome{}, f.Err()
	}
	entered, codes, err := s.countCode(ctx, st, at, facts, true)
	if guard.Out(guard.CodeCountedFirst) { // as if only what was read before counted
		entered = facts.SignIn.CodesEntered + 1
		codes, err = s.Store.Read().Codes(ctx, st.ID, facts.SignIn.ID)
	}
	if err != nil {
		return Outcome{}, err
	}
	code, fault := s.findCode(codes, facts.SignIn, plain)
	if fault == "" {
		var out Outcome
		out, fault, err = s.useCode(ctx, st, at, code, form)
		if err != nil || fault == "" {
			return out, err
		}
	}
	if fault == "code-used" {
		if err := s.usedJustNow(ctx, st, at, facts); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{}, s.wrongCode(ctx, st, at, facts, fault, gatehouse.CodeTries-entered)
}

func codeFormFault(typed string) string {
	nothing := func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf) }
	if strings.TrimFunc(typed, nothing) == "" {
		return "required"
	}
	return "code-form"
}

// countCode counts an entry for the sign-in and then for the account's day: entries that the
// sign-in no longer accepts must not use up the day of others. For a way whose codes are sent, it
// returns those of the sign-in, to be checked now that the entry is counted. An entry beyond the
// daily limit is not checked, and costs no try.
func (s *Service) countCode(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, sent bool) (entered int, codes []gatehouse.Code, err error) {
	limit, err := s.codesOfDay(ctx, st, at, facts.User)
	if err != nil {
		return 0, nil, err
	}
	err = s.Do(ctx, st, at.Caller, func(tx *act.Unit) error {
		most := gatehouse.CodeTries
		if guard.Out(guard.FiveCodes) {
			most = 1e6
		}
		if entered, err = tx.CountCode(tx, st.ID, facts.SignIn.ID, most); err != nil {
			return err
		}
		wait, err := tx.Allow(tx, tx.Now(), limit)
		if err == nil && wait > 0 {
			err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
		}
		if err == nil && sent {
			codes, err = tx.Codes(tx, st.ID, facts.SignIn.ID)
		}
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound { // and nothing ends: an earlier one may be right
		err = s.noMoreCodes(ctx, st, at)
	}
	return entered, codes, err
}

// codesOfDay is how many codes may be entered for an account in a day. Devices that have signed in
// as this user before have one half to themselves: a stranger who knows the password uses up the
// other, and does not lock out the owner.
func (s *Service) codesOfDay(ctx context.Context, st *site.Site, at At, u gatehouse.User) (store.Limit, error) {
	browser, err := s.knownDevice(ctx, s.Store.Read(), st, u, at.Device)
	who := "stranger"
	if browser != "" {
		who = "known"
	}
	// Half of a half at once, and the other over the day: never more in 24 hours.
	n := gatehouse.CodeDayTries / 4
	return store.Limit{Key: "codes:" + who + ":" + st.ID + ":" + u.ID, Every: 24 * time.Hour / time.Duration(n), Burst: n}, err
}

// findCode finds the code among those sent for this sign-in; fault says why it is not accepted. It
// compares all of them, each in constant time.
func (s *Service) findCode(codes []gatehouse.Code, in gatehouse.SignIn, plain string) (found gatehouse.Code, fault string) {
	fault = "code-wrong"
	mac := []byte(s.codeMAC(in, plain))
	for _, c := range codes {
		match := subtle.ConstantTimeCompare(mac, []byte(c.MAC)) == 1 || s.Keys.CheckMAC(codePurpose, c.MAC, in.SiteID, guard.Kept(guard.CodeOfItsSignIn, in.ID), plain)
		switch {
		case !match:
		case c.UsedAt.IsZero() && (s.Now().Before(c.ExpiresAt) || guard.Out(guard.CodeExpires)):
			return c, ""
		case !c.UsedAt.IsZero():
			fault = "code-used"
		default:
			fault = "code-expired"
		}
	}
	return found, fault
}

// useCode uses up a code and continues the sign-in.
func (s *Service) useCode(ctx context.Context, st *site.Site, at At, c gatehouse.Code, form CodeForm) (out Outcome, fault string, err error) {
	out, err = s.step(ctx, st, at, gatehouse.StepCode, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		now, in := tx.Now(), &facts.SignIn
		by := now
		if guard.Out(guard.CodeExpires) {
			by = c.SentAt
		}
		in.TwoFactorAt, in.TwoFactorMethod = now, gatehouse.MethodEmailCode
		in.TrustDevice = form.Trust && st.Policy.For(facts.Policy).TrustedDevice > 0
		used, err := tx.UseCode(tx, st.ID, c.ID, by)
		if err != nil {
			return err
		}
		if !used {
			return errCodeLate
		}
		return errors.Join(
			s.chooseSending(tx, &facts.User, form.OnRequest),
			s.provedEmail(tx, &facts.User),
			tx.Record(facts.User, gatehouse.EventCode, gatehouse.ResultOK, nil))
	})
	if errors.Is(err, errCodeLate) {
		return Outcome{}, "code-used", nil
	}
	return out, "", err
}

// provedEmail records that mail to the user's address arrives and is read, as a returned code or
// link shows. Codes and links sent to an earlier address ended with it. The user is held, so
// nothing is written if all that is already known.
func (s *Service) provedEmail(tx *act.Unit, u *gatehouse.User) error {
	if !u.Bounce.At.IsZero() {
		if _, err := tx.ClearBounce(tx, u.SiteID, u.ID, u.Email, true); err != nil {
			return err
		}
	}
	if u.EmailConfirmed {
		return nil
	}
	news, err := tx.ProveEmail(tx, u.SiteID, u.ID, u.Email)
	if err != nil || !news {
		return err
	}
	u.EmailConfirmed = true
	return tx.Record(*u, gatehouse.EventEmailConfirmed, gatehouse.ResultOK, nil)
}

// errCodeLate: the same code was used at the same moment, or has just expired.
var errCodeLate = errors.New("the code is used or expired by now")

// wrongCode records a wrong code, and returns how many more may be entered.
func (s *Service) wrongCode(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, fault string, left int) error {
	_, err := s.wrongEntry(ctx, facts.User, left, func(tell bool) (ended bool, err error) {
		err = s.Do(ctx, st, at.Caller, func(tx *act.Unit) error {
			ended = false
			err := tx.Record(facts.User, gatehouse.EventCode, gatehouse.ResultWrong, map[string]string{"fault": fault})
			if err == nil && left <= 0 && !guard.Out(guard.LastCodeEndsSignIn) && !guard.Out(guard.FiveCodes) {
				ended, err = s.endUnproved(tx, at, tell)
			}
			return err
		})
		return ended, err
	})
	if err != nil {
		return err
	}
	if left <= 0 {
		if _, step, err := s.InProgress(ctx, st, at.SignIn); err == nil {
			return &MovedError{step}
		}
		return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonCodesOver}
	}
	var f faults
	f.Add("code", fault, "n", strconv.Itoa(left))
	return f.Err()
}

// wrongEntry records a wrong entry of a user's code, in the way that is given. With the last one
// (none is left) something ends, and the owner is told, once a day: somebody knew the password, or sat
// at the session, who does not have the factor.
func (s *Service) wrongEntry(ctx context.Context, u gatehouse.User, left int, record func(tell bool) (ended bool, err error)) (ended bool, err error) {
	daily, tell := store.Limit{Key: "wrong-codes:" + u.SiteID + ":" + u.ID, Every: 24 * time.Hour, Burst: 1}, false
	if left <= 0 {
		wait, err := s.Store.Allow(ctx, s.Now(), daily)
		if err != nil {
			return false, err
		}
		tell = wait == 0
	}
	ended, err = record(tell)
	if tell && !ended {
		err = errors.Join(err, s.Store.GiveBack(ctx, daily))
	}
	return ended, err
}

// endUnproved ends a sign-in after its last code, unless a concurrent one was right: pressing
// twice must not undo it. The owner is told, because anyone who came this far knows the password
// (ASVS 6.3.5).
func (s *Service) endUnproved(tx *act.Unit, at At, tell bool) (ended bool, err error) {
	facts, err := s.hold(tx, at.SignIn)
	if errors.Is(err, errNoSignIn) {
		return false, nil
	}
	if err != nil || !facts.SignIn.TwoFactorAt.IsZero() {
		return false, err
	}
	if err := tx.DeleteSignIn(tx, tx.Site.ID, secret.HashToken(at.SignIn)); err != nil || !tell {
		return true, err
	}
	return true, tx.Tell(facts.User, mail.WrongCodes{Username: facts.User.Username, Tries: gatehouse.CodeTries, At: tx.Now(),
		IPAddress: at.Caller.IPAddress, Place: tx.PlaceFor(facts.User), Browser: tx.DeviceFor(facts.User)})
}
