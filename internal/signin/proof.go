package signin

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// Before a change that matters, a page asks again who the user of a session is, by the best factor
// that they have (ASVS 7.5.1; gatehouse.AskProof). Entries are counted as in a sign-in: codes in the
// session and for the account's day, and the fifth wrong one ends the session; wrong passwords for
// the lockout.

// ProofForm is what a user enters on that page.
type ProofForm struct {
	// Way is that of the page; empty: the preferred one.
	Way gatehouse.Way
	// Code is also a passkey's response. Password is for the way of that name.
	Code, Password string
}

// ReasonOtherWay: the user can no longer prove anything in the way of the form. Kind Conflict.
const ReasonOtherWay = "other-way"

var (
	errOtherWay   = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonOtherWay}
	errProofsOver = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonCodesOver}
)

// AskProof returns how the user of a session has to prove who they are before a change that
// matters, the preferred way first; empty: a proof in the session is fresh.
func (s *Service) AskProof(ctx context.Context, ses gatehouse.Session, u gatehouse.User) ([]gatehouse.Way, error) {
	has, _, err := ways(ctx, s.Store.Read(), u, gatehouse.RequireNothing)
	return gatehouse.AskProof(has, ses.Proofs(), s.Now()), err
}

// ProofState returns what the page shows, and sends nothing. Without Ways, nothing has to be proved.
//
// Errors: Unauthenticated; Unavailable.
func (s *Service) ProofState(ctx context.Context, st *site.Site, in In) (state CodeState, err error) {
	ses, err := s.Session(ctx, st, in.Session)
	if err != nil {
		return state, err
	}
	q := s.Store.Read()
	entered, err := q.ProofsEntered(ctx, ses.Session)
	if err != nil {
		return state, sessionOver(err)
	}
	state = CodeState{User: ses.User, Left: gatehouse.CodeTries - entered}
	has, left, err := ways(ctx, q, ses.User, gatehouse.RequireNothing)
	if err != nil {
		return state, err
	}
	state.Ways, state.CodesLeft = gatehouse.AskProof(has, ses.Proofs(), s.Now()), left
	return state, s.describe(ctx, q, st, &state, in.Session, ses.ID)
}

func sessionOver(err error) error {
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return errNoSession
	}
	return err
}

// proving is a session in which a user proves something again.
type proving struct {
	Session
	site *site.Site
	in   In
	ask  []gatehouse.Way
}

// proving reads the session, and how its user has to prove who they are.
func (s *Service) proving(ctx context.Context, st *site.Site, in In) (p proving, err error) {
	p = proving{site: st, in: in}
	if p.Session, err = s.Session(ctx, st, in.Session); err != nil {
		return p, err
	}
	q := s.Store.Read()
	if p.User, err = q.User(ctx, st.ID, p.UserID); err != nil {
		return p, err
	}
	p.ask, err = s.AskProof(ctx, p.Session.Session, p.User)
	return p, err
}

// at and facts are the session in the place of a sign-in, for what proves a factor there as well.
func (p proving) at() At {
	return At{SignIn: p.in.Session, Device: p.in.Device, Caller: p.in.Caller}
}

func (p proving) facts() gatehouse.SignInFacts {
	return gatehouse.SignInFacts{User: p.User, SignIn: gatehouse.SignIn{ID: p.ID, SiteID: p.SiteID, UserID: p.UserID}}
}

// Prove accepts a proof of who the user of a session is. If one is fresh already, it does nothing:
// another tab was faster, or the form was posted twice.
//
// Errors: Invalid with field code or current_password, as EnterCode and Confirm; Conflict with
// ReasonOtherWay; TooMany; Unauthenticated with ReasonCodesOver after the last wrong code, which
// ended the session, or if wrong passwords have locked the account; Unavailable.
func (s *Service) Prove(ctx context.Context, st *site.Site, in In, form ProofForm) error {
	p, err := s.proving(ctx, st, in)
	if err != nil || len(p.ask) == 0 {
		return err
	}
	if form.Way == "" {
		form.Way = p.ask[0]
	}
	switch {
	case !slices.Contains(p.ask, form.Way):
		return errOtherWay
	case form.Way == gatehouse.WayPassword:
		return s.provePassword(ctx, p, form.Password)
	}
	ctx, cancel := unhurried(ctx)
	defer cancel()
	return s.proveFactor(ctx, p, CodeForm{Way: form.Way, Code: form.Code})
}

func (s *Service) provePassword(ctx context.Context, p proving, password string) error {
	var f faults
	_, ses, done, err := s.prove(ctx, p.site, p.in, password, &f)
	if err != nil {
		return err
	}
	done()
	if err := f.Err(); err != nil {
		return err
	}
	return s.Do(ctx, p.site, p.in.Caller, func(tx *act.Unit) error {
		u, err := s.still(tx, p.in, ses)
		if err != nil {
			return err
		}
		return Proved(tx, u, ses.Session, gatehouse.MethodPassword)
	})
}

// Proved records in the caller's transaction what the user of a session has proved: on the page
// that asks again, or by setting up a factor.
func Proved(tx *act.Unit, u gatehouse.User, ses gatehouse.Session, method gatehouse.Method) error {
	return errors.Join(
		sessionOver(tx.ProveSession(tx, ses, gatehouse.Proof{Method: method, At: tx.Now()})),
		tx.Record(u, gatehouse.EventProved, gatehouse.ResultOK, map[string]string{"method": string(method)}))
}

// proveFactor accepts what proves a factor. The entry is counted, and that is committed, before it
// is checked (invariant 3).
func (s *Service) proveFactor(ctx context.Context, p proving, form CodeForm) error {
	if fault := factorFormFault(form); fault != "" { // it cannot be one, so nothing is guessed and nothing counted
		var f faults
		f.Add("code", fault)
		return f.Err()
	}
	entered, codes, err := s.countProof(ctx, p)
	if err != nil {
		return err
	}
	proof, fault, err := s.findProof(ctx, p.site, p.at(), p.facts(), codes, form)
	if err != nil {
		return err
	}
	if fault == "" {
		if fault, err = s.takeProof(ctx, p, proof, form.Way); err != nil || fault == "" {
			return err
		}
	}
	if fault == usedFault[form.Way] {
		// Used in this session, by the first of two clicks? Then this one is no wrong entry.
		if now, err := s.proving(ctx, p.site, p.in); err != nil || len(now.ask) == 0 {
			return err
		}
	}
	return s.wrongProof(ctx, p, fault, gatehouse.CodeTries-entered)
}

// countProof counts an entry for the session and for the account's day, and returns the codes sent
// in the session.
func (s *Service) countProof(ctx context.Context, p proving) (entered int, codes []gatehouse.Code, err error) {
	limit, err := s.codesOfDay(ctx, p.site, p.at(), p.User)
	if err != nil {
		return 0, nil, err
	}
	err = s.Do(ctx, p.site, p.in.Caller, func(tx *act.Unit) error {
		if entered, err = tx.CountProof(tx, p.Session.Session, gatehouse.CodeTries); err != nil {
			return err
		}
		wait, err := tx.Allow(tx, tx.Now(), limit)
		if err == nil && wait > 0 {
			err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
		}
		if err == nil {
			codes, err = tx.Codes(tx, p.SiteID, p.ID)
		}
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound { // and nothing ends: an earlier one may be right
		err = errProofsOver
	}
	return entered, codes, err
}

// takeProof uses up a proof and records it.
func (s *Service) takeProof(ctx context.Context, p proving, proof factorProof, way gatehouse.Way) (fault string, err error) {
	err = s.Do(ctx, p.site, p.in.Caller, func(tx *act.Unit) error {
		u, err := s.still(tx, p.in, p.Session)
		if err != nil {
			return err
		}
		used, err := proof.use(tx)
		if err != nil {
			return err
		}
		if !used {
			return errCodeLate
		}
		return Proved(tx, u, p.Session.Session, proof.method)
	})
	if errors.Is(err, errCodeLate) {
		return usedFault[way], nil
	}
	return "", err
}

// wrongProof records a wrong entry. The last one ends the session, and the owner is told, once a
// day: somebody sat at it who does not have the factor.
func (s *Service) wrongProof(ctx context.Context, p proving, fault string, left int) error {
	ended, err := s.wrongEntry(ctx, p.User, left, func(tell bool) (ended bool, err error) {
		err = s.Do(ctx, p.site, p.in.Caller, func(tx *act.Unit) (err error) {
			ended = false
			err = tx.Record(p.User, gatehouse.EventProved, gatehouse.ResultWrong, map[string]string{"fault": fault})
			if err != nil || left > 0 {
				return err
			}
			ended, err = s.endUnprovedSession(tx, p, tell)
			return err
		})
		return ended, err
	})
	if err != nil {
		return err
	}
	if left <= 0 {
		if !ended {
			return nil // another entry was right at this moment
		}
		return errProofsOver
	}
	var f faults
	f.Add("code", fault, "n", strconv.Itoa(left))
	return f.Err()
}

// endUnprovedSession ends a session after its last code, unless a concurrent one was right.
func (s *Service) endUnprovedSession(tx *act.Unit, p proving, tell bool) (ended bool, err error) {
	if _, err := tx.HoldUser(tx, p.SiteID, p.UserID); err != nil {
		return false, err
	}
	entered, err := tx.ProofsEntered(tx, p.Session.Session)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return true, nil // it has ended already
	}
	if err != nil || entered < gatehouse.CodeTries {
		return false, err
	}
	_, err = tx.EndSession(tx, p.SiteID, p.UserID, p.ID, tx.Now())
	err = errors.Join(err, tx.Record(p.User, gatehouse.EventSignOut, gatehouse.ResultOK, map[string]string{"ended": p.ID, "scope": "one"}))
	if err != nil || !tell {
		return true, err
	}
	return true, tx.Tell(p.User, mail.WrongCodes{Username: p.User.Username, Tries: gatehouse.CodeTries, InSession: true, At: tx.Now(),
		IPAddress: p.in.Caller.IPAddress, Place: tx.PlaceFor(p.User), Browser: tx.DeviceFor(p.User)})
}

// SendProof sends a code to the phone of a session's user.
//
// Errors: as SendText, and Conflict with ReasonOtherWay.
func (s *Service) SendProof(ctx context.Context, st *site.Site, in In) error {
	p, err := s.proving(ctx, st, in)
	if err != nil {
		return err
	}
	if !slices.Contains(p.ask, gatehouse.WayText) {
		return errOtherWay
	}
	q := s.Store.Read()
	_, n, err := s.textFactor(ctx, q, p.User)
	if err != nil {
		return err
	}
	if err := s.codeWait(ctx, q, p.User); err != nil { // before the limits are taken from
		return err
	}
	if err := s.AllowText(ctx, st, in.Caller, p.User, n); err != nil {
		return err
	}
	return s.Do(ctx, st, in.Caller, func(tx *act.Unit) error {
		if _, err := s.still(tx, in, p.Session); err != nil {
			return err
		}
		if err := s.codeWait(tx, tx.Queries, p.User); err != nil {
			return err
		}
		return s.textCode(tx, p.facts(), n)
	})
}
