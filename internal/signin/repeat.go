package signin

import (
	"context"
	"strconv"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// A form that works once may be posted twice: by a double click, or because the response was lost.
// The browser then still has what it had before: the sign-in cookie that the form's token is bound
// to. So the tokens in a response are derived from that cookie and from the ID of what was made,
// with the key file; the same form, posted again with the same cookie, gets the same tokens while
// they are alive. Anyone who has the database, or the form without the cookie, gets nothing.

// Purposes of the keyed hashes that tokens are derived with.
const (
	outcomePurpose   = "outcome"
	devicePurpose    = "outcome-device"
	temporaryPurpose = "temporary-password-device"
)

// formRepeat is the key of a sign-in form: which form, in which browser. The browser counts,
// because a known or trusted one skipped a step the first time: somebody who has the password and
// the sign-in cookie, but not the device cookie, gets no outcome that relied on its trust.
func formRepeat(c gatehouse.Caller) string {
	if c.Post == "" {
		return ""
	}
	return c.Post + "." + deviceHash(c.DeviceToken)
}

// outcomeToken is the token of what a form makes; a random one if nobody could request it again.
func (s *Service) outcomeToken(c gatehouse.Caller, siteID, cookie, made string) string {
	if c.Post == "" || cookie == "" {
		return secret.NewToken()
	}
	return s.Keys.MAC(outcomePurpose, siteID, cookie, made)
}

// deviceToken is the device token that comes with what a form makes.
func (s *Service) deviceToken(c gatehouse.Caller, siteID, cookie, made string) string {
	if c.Post == "" || cookie == "" {
		return secret.NewToken()
	}
	return s.Keys.MAC(devicePurpose, siteID, cookie, made)
}

// temporaryDevice is the device token for using a temporary password: the same one for the same
// sign-in cookie, so a browser that never got the response is recognised when the password is
// entered again. Empty without the cookie.
func (s *Service) temporaryDevice(u gatehouse.User, cookie string) string {
	if cookie == "" {
		return ""
	}
	return s.Keys.MAC(temporaryPurpose, u.SiteID, cookie, u.ID, strconv.FormatInt(u.Password.SetAt.UnixMicro(), 10))
}

// Repeat returns the outcome of a form that finished a sign-in, for the same form posted again by
// the same browser. signIn is the value of the sign-in cookie.
//
// Errors: Unauthenticated if there is none, or its session has ended; Unavailable.
func (s *Service) Repeat(ctx context.Context, st *site.Site, c gatehouse.Caller, signIn string) (Outcome, error) {
	out, again, err := s.repeated(ctx, s.Store.Read(), st, c, "", signIn)
	if err == nil && (!again || out.Step != gatehouse.StepDone) {
		err = errNoSignIn
	}
	return out, err
}

// repeated checks whether a form has been posted before, and its outcome. again: it was, and its
// outcome is alive. userID is the user it must be about; empty: the one that the form names.
func (s *Service) repeated(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, userID, cookie string) (out Outcome, again bool, err error) {
	if cookie == "" {
		return out, false, nil
	}
	r, err := q.Repeat(ctx, st.ID, formRepeat(c))
	if err == nil && r.Fresh(s.Now()) && (userID == "" || userID == r.UserID) {
		token := s.outcomeToken(c, st.ID, cookie, r.Made)
		if strings.HasPrefix(r.Made, "ses_") {
			out, err = s.sameSession(ctx, q, st, r, token, s.deviceToken(c, st.ID, cookie, r.Made))
		} else {
			out, err = s.sameSignIn(ctx, q, st, r, token, cookie)
		}
	}
	switch gatehouse.KindOf(err) {
	case gatehouse.NotFound, gatehouse.Unauthenticated:
		err = nil
	}
	return out, out.Step != "", err
}

// sameSession is the outcome of a finished sign-in; Unauthenticated if its session has ended
// since: signed out, locked, or ended by a new password.
func (s *Service) sameSession(ctx context.Context, q store.Queries, st *site.Site, r gatehouse.Repeat, token, device string) (Outcome, error) {
	ses, u, c, err := q.Session(ctx, st.ID, secret.HashToken(token))
	if err != nil {
		return Outcome{}, err
	}
	if ses.UserID != r.UserID || !st.Policy.For(c.Policy).Session.Alive(ses.CreatedAt, ses.SeenAt, s.Now()) || !u.MaySignIn() {
		return Outcome{}, errNoSession
	}
	known, err := s.knownDevice(ctx, q, st, u, device)
	if known == "" { // the browser kept its earlier one
		device = ""
	}
	return Outcome{Step: gatehouse.StepDone, Session: token, Device: device, ReturnTo: r.ReturnTo}, err
}

// sameSignIn is the outcome of a password that began a sign-in.
func (s *Service) sameSignIn(ctx context.Context, q store.Queries, st *site.Site, r gatehouse.Repeat, token, cookie string) (Outcome, error) {
	f, err := factsOf(ctx, q, st, token)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Step: nextStep(ctx, st.Site, f, s.Now()), SignIn: token, ReturnTo: f.SignIn.ReturnTo}
	if f.User.ID != r.UserID || out.Step == gatehouse.StepCredentials || out.Step == gatehouse.StepDone {
		return Outcome{}, errNoSignIn
	}
	if device := s.temporaryDevice(f.User, cookie); f.User.Password.UsedBy != "" && f.User.Password.UsedBy == deviceHash(device) {
		out.Device = device
	}
	return out, nil
}

// Finished returns the page after a finished sign-in, if one of its forms is posted again after
// the response: home, unless it was a moment ago.
func (s *Service) Finished(ctx context.Context, ses gatehouse.Session) (string, error) {
	r, err := s.Store.Read().RepeatOf(ctx, ses.SiteID, ses.ID)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && !r.Fresh(s.Now()) {
		return "/", nil
	}
	return r.ReturnTo, err
}

// linkRepeat is the key of a form that uses up a link or a recovery. The form does not contain the
// token.
func linkRepeat(c gatehouse.Caller, token string) string {
	if c.Post == "" || token == "" {
		return ""
	}
	return c.Post + "." + secret.HashToken(token)
}

// KeepLink records that a form has used up a link or a recovery of a user, and what that made.
func (s *Service) KeepLink(tx *act.Unit, u gatehouse.User, token, made string) error {
	return tx.InsertRepeat(tx, linkRepeat(tx.Caller, token), gatehouse.Repeat{SiteID: u.SiteID, UserID: u.ID, Made: made, At: tx.Now()})
}

// LinkRepeated returns nil for an error about a used link or recovery if this same form used it up
// a moment ago, in this browser. made is what the form made.
func (s *Service) LinkRepeated(ctx context.Context, st *site.Site, c gatehouse.Caller, token string, over error) (made string, err error) {
	r, err := s.Store.Read().Repeat(ctx, st.ID, linkRepeat(c, token))
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && !r.Fresh(s.Now()) {
		err = over
	}
	return r.Made, err
}

// usedJustNow: a used code was used in this sign-in, because it belongs to no other. If another
// click used it, the step is done, and this one is no wrong entry; it goes where that went.
func (s *Service) usedJustNow(ctx context.Context, st *site.Site, at At, was gatehouse.SignInFacts) error {
	_, step, err := s.InProgress(ctx, st, at.SignIn)
	if err != nil || step == gatehouse.StepCode {
		return err
	}
	err = s.Do(ctx, st, at.Caller, func(tx *act.Unit) error { return tx.UncountCode(tx, st.ID, was.SignIn.ID) })
	if err == nil {
		err = &MovedError{step}
	}
	return err
}

// noMoreCodes says why no code is accepted: the right one came a moment before, perhaps by the
// first of two clicks, or there were too many.
func (s *Service) noMoreCodes(ctx context.Context, st *site.Site, at At) error {
	_, step, err := s.InProgress(ctx, st, at.SignIn)
	switch {
	case err == nil && step != gatehouse.StepCode:
		return &MovedError{step}
	case err != nil && gatehouse.KindOf(err) != gatehouse.Unauthenticated:
		return err
	}
	if _, err := s.Repeat(ctx, st, at.Caller, at.SignIn); err == nil {
		return errNoSignIn // it is finished, and the browser that finished it has the session
	}
	return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonCodesOver}
}
