package signin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// TemporaryOverError is for a right temporary password that has expired or has opened a sign-in in
// another browser.
type TemporaryOverError struct {
	Reason string
	// Ticket can be exchanged for a new one by mail, in this browser and for a while; empty if
	// nothing can be mailed.
	Ticket string
}

func (e *TemporaryOverError) Error() string { return e.Reason }

// Unwrap gives it a kind and its code.
func (e *TemporaryOverError) Unwrap() error {
	return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: e.Reason}
}

const ticketPurpose = "new-temporary-password"

// temporaryOver offers a new temporary password to a user who was mailed one and has just proved
// to have it: a question that was never set cannot be answered. The ticket is bound to the
// password and to the browser's sign-in cookie, so it works once, and only here.
func (s *Service) temporaryOver(reason string, u gatehouse.User, cookie string) error {
	e := &TemporaryOverError{Reason: reason}
	if cookie == "" || !u.Password.Temporary() || !u.MaySignIn() || !mail.CanSend(u.Email) {
		return e
	}
	until := strconv.FormatInt(s.Now().Add(ticketFor).Unix(), 10)
	e.Ticket = u.ID + "." + until + "." + s.ticket(u, until, cookie)
	return e
}

// ticketFor is how long the page with the button may stay open.
const ticketFor = 15 * time.Minute

func (s *Service) ticket(u gatehouse.User, until, cookie string) string {
	return s.Keys.MAC(ticketPurpose, u.SiteID, u.ID, strconv.FormatInt(u.Password.SetAt.UnixMicro(), 10), until, cookie)
}

// MailTemporary mails a new temporary password to replace an expired or used one, for a ticket of
// TemporaryOverError. It ends the old one, and what was begun with it.
//
// Errors: Gone with ReasonLinkOver; TooMany with ReasonTooManyRecoveries; Unavailable.
func (s *Service) MailTemporary(ctx context.Context, st *site.Site, c gatehouse.Caller, ticket, cookie string) error {
	err := s.mailTemporary(ctx, st, c, ticket, cookie)
	if gatehouse.KindOf(err) == gatehouse.Gone {
		_, err = s.LinkRepeated(ctx, st, c, ticket, err)
	}
	return err
}

func (s *Service) mailTemporary(ctx context.Context, st *site.Site, c gatehouse.Caller, ticket, cookie string) error {
	u, err := s.ticketUser(ctx, s.Store.Read().User, st, ticket, cookie)
	if err != nil {
		return err
	}
	wait, err := s.Store.Allow(ctx, s.Now(),
		s.Limits.RecoveryIP.of("temporary:"+st.ID+":address:"+IPBlock(c.IPAddress)),
		store.Limit{Key: "temporary:" + st.ID + ":" + u.ID, Every: 12 * time.Minute, Burst: 5})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooManyRecoveries, RetryAfter: wait}
	}
	if err != nil {
		return err
	}
	plain := secret.NewTemporaryPassword()
	hash, err := s.Hasher.Hash(ctx, plain)
	if errors.Is(err, secret.ErrBusy) {
		return busy(err)
	}
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.ticketUser(tx, tx.HoldUser, st, ticket, cookie)
		if err != nil {
			return err
		}
		now := tx.Now()
		if !now.After(u.Password.SetAt) { // another password, even to a reader that only compares times
			now = u.Password.SetAt.Add(time.Microsecond)
		}
		w := gatehouse.Password{Hash: hash, Origin: u.Password.Origin, SetAt: now, ExpiresAt: now.Add(st.Policy.TemporaryPassword)}
		return errors.Join(
			s.KeepLink(tx, u, ticket, ""),
			tx.ReplacePassword(tx, u, w, st.Policy.Password.History),
			tx.EndAll(u, gatehouse.PasswordRenewed),
			tx.Record(u, gatehouse.EventPasswordReset, gatehouse.ResultOK, map[string]string{"by": "temporary"}),
			tx.Tell(u, mail.TemporaryPassword{Username: u.Username, Password: plain, ExpiresAt: w.ExpiresAt,
				For: mail.PasswordForRecovery, At: tx.Now(), IPAddress: c.IPAddress}))
	})
}

// ticketUser returns the user of a ticket, as long as it is valid.
func (s *Service) ticketUser(ctx context.Context, read func(context.Context, string, string) (gatehouse.User, error),
	st *site.Site, ticket, cookie string) (gatehouse.User, error) {
	parts := strings.Split(ticket, ".")
	if len(parts) != 3 || cookie == "" {
		return gatehouse.User{}, errLinkOver
	}
	u, err := read(ctx, st.ID, parts[0])
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return u, errLinkOver
	}
	if err != nil {
		return u, err
	}
	until, _ := strconv.ParseInt(parts[1], 10, 64)
	genuine := s.Keys.CheckMAC(ticketPurpose, parts[2], u.SiteID, u.ID, strconv.FormatInt(u.Password.SetAt.UnixMicro(), 10), parts[1], cookie)
	if !genuine || s.Now().Unix() >= until || !u.Password.Temporary() || !u.MaySignIn() || !mail.CanSend(u.Email) {
		return u, errLinkOver
	}
	return u, nil
}
