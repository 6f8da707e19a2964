package signin

import (
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/phone"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// CodeState is what the page for codes shows.
type CodeState struct {
	User gatehouse.User
	// Email is masked (B10); empty: none to send a code to.
	Email string
	// SentAt and ExpiresAt are those of the newest code in this sign-in; zero: none yet.
	SentAt, ExpiresAt time.Time
	// NextAt is when another one may be sent.
	NextAt time.Time
	// Lost: the newest could not be delivered to the mail server in time, or was refused there.
	Lost bool
	// Left is how many codes may still be entered.
	Left int
	// Ways are the ways in which this user proves two-factor, the default first.
	Ways []gatehouse.Way
	// CodesLeft is how many recovery codes there are.
	CodesLeft int
	// Phone is the masked number that text messages go to; empty: there is none.
	Phone string
	// Passkey are the options to request one of the user's passkeys from a browser, in the
	// standard's JSON; empty: there is none.
	Passkey string
}

// CodeState returns what the page for codes shows, and sends nothing: neither a reload nor a
// prefetch sends mail (B07).
//
// Errors: *MovedError; Unauthenticated; Unavailable.
func (s *Service) CodeState(ctx context.Context, st *site.Site, at At) (CodeState, error) {
	facts, err := s.dueNow(ctx, st, at, gatehouse.StepCode)
	if err != nil {
		return CodeState{}, err
	}
	q := s.Store.Read()
	state := CodeState{User: facts.User, Left: gatehouse.CodeTries - facts.SignIn.CodesEntered}
	if state.Ways, state.CodesLeft, err = ways(ctx, q, facts.User, gatehouse.RulesFor(st.Site, facts.Company).At(s.Now())); err != nil {
		return state, err
	}
	return state, s.describe(ctx, q, st, &state, at.SignIn, facts.SignIn.ID)
}

// describe adds what is specific to the ways of a state. browser is the cookie that a passkey's
// challenge is bound to, and owner what codes are sent for: a sign-in or a session.
func (s *Service) describe(ctx context.Context, q store.Queries, st *site.Site, state *CodeState, browser, owner string) (err error) {
	u := state.User
	if slices.Contains(state.Ways, gatehouse.WayPasskey) {
		keys, err := q.Passkeys(ctx, st.ID, u.ID)
		if err != nil {
			return err
		}
		state.Passkey = s.proveOptions(st, browser, keys)
	}
	byText := slices.Contains(state.Ways, gatehouse.WayText)
	if byText {
		var n phone.Number
		if _, n, err = s.textFactor(ctx, q, u); err != nil {
			return err
		}
		state.Phone = gatehouse.MaskPhone(n.E164)
	}
	byEmail := slices.Contains(state.Ways, gatehouse.WayEmail)
	if byEmail && mail.CanSend(u.Email) {
		state.Email = gatehouse.MaskEmail(u.Email)
	}
	if !byText && !byEmail {
		return nil
	}
	codes, err := q.Codes(ctx, st.ID, owner)
	if err != nil {
		return err
	}
	if state.NextAt, err = s.nextCode(ctx, q, u); err != nil || len(codes) == 0 {
		return err
	}
	state.SentAt, state.ExpiresAt = codes[0].SentAt, codes[0].ExpiresAt
	state.Lost, err = s.lost(ctx, q, st, codes[0])
	return err
}

// lost reports whether the mail with a code will not arrive.
func (s *Service) lost(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Code) (bool, error) {
	state, err := q.MessageState(ctx, st.ID, c.MessageID)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return false, nil
	}
	over := !s.Now().Before(c.ExpiresAt) && state != store.MessageSent
	return err == nil && (over || state == store.MessageRefused || state == store.MessageExpired || state == store.MessageBounced), err
}
