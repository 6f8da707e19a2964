package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Codes of the errors about sending again.
const (
	// CodeNotResendable: what the message said is kept nowhere, or does not hold any
	// more. Kind Conflict.
	CodeNotResendable = "not-resendable"
	// CodeNoAddress: there is no address to send to. Kind Conflict.
	CodeNoAddress = "no-address"
	// CodeResendWait: one person is not flooded. Kind TooMany.
	CodeResendWait = "resend-wait"
)

// An administrator has messages sent again to one user five times an hour.
const (
	resendEvery = 12 * time.Minute
	resendBurst = 5
)

// Message is what the outbox knows about a mail. Nothing of what it said is kept.
type Message = store.Message

// Messages returns the newest messages to a user and what became of each, newest first
// (C13). What they said is not kept.
func (s *Service) Messages(ctx context.Context, c gatehouse.Caller, st *site.Site, userID string, limit int) ([]store.Message, error) {
	if _, err := user(ctx, s.Store.Read(), c, st, userID); err != nil {
		return nil, err
	}
	return s.Store.Read().MessagesOfUser(ctx, st.ID, userID, "", clamp(limit))
}

// MayResend reports whether Resend does something about a message to a user: one that
// waits is tried at once; of those that are done, only what can be said anew. Codes and
// links are asked for by the person.
func MayResend(m store.Message, u gatehouse.User, firm gatehouse.Company) bool {
	if !m.State.Final() { // it knows only the address that it was written for
		return m.State != store.MessageSending && m.Recipient == u.Email
	}
	switch m.Kind {
	case mail.TemporaryPassword{}.Kind():
		return reachable(u) && u.Password.Temporary() && u.State != gatehouse.Deactivated
	case mail.TwoFactorEnabled{}.Kind():
		return firm.TwoFactor && gatehouse.Notified(u, reachable(u))
	case mail.TwoFactorDisabled{}.Kind():
		return !firm.TwoFactor && gatehouse.Notified(u, reachable(u))
	}
	return false
}

// Resend sends a message to a user again (C13): one that waits is tried at once, a
// temporary password is replaced by a new one, a notice about Enhanced Security is
// written anew, to the address of now.
//
// Errors: Forbidden, NotFound; Conflict with CodeNotResendable, CodeNoAddress or
// CodeOwnAccount; TooMany with CodeResendWait; Unavailable.
func (s *Service) Resend(ctx context.Context, c gatehouse.Caller, st *site.Site, userID, messageID string) error {
	q := s.Store.Read()
	u, err := user(ctx, q, c, st, userID)
	if err != nil {
		return err
	}
	m, err := q.Message(ctx, st.ID, messageID)
	if err == nil && m.UserID != u.ID {
		err = gatehouse.ErrNotFound
	}
	if err != nil {
		return err
	}
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return err
	}
	if err := mayResend(m, u, firm); err != nil {
		return err
	}
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: "resend:" + st.ID + ":" + u.ID, Every: resendEvery, Burst: resendBurst})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Code: CodeResendWait, RetryAfter: wait}
	}
	if err == nil {
		err = s.resend(ctx, c, st, firm, u, m)
	}
	if err == nil {
		s.Outbox.Hurry()
	}
	return err
}

func mayResend(m store.Message, u gatehouse.User, firm gatehouse.Company) error {
	switch {
	case m.State.Final() && !reachable(u):
		return &gatehouse.Error{Kind: gatehouse.Conflict, Code: CodeNoAddress}
	case !MayResend(m, u, firm):
		return &gatehouse.Error{Kind: gatehouse.Conflict, Code: CodeNotResendable}
	}
	return nil
}

func (s *Service) resend(ctx context.Context, c gatehouse.Caller, st *site.Site, firm gatehouse.Company, u gatehouse.User, m store.Message) error {
	again := m.ID
	if m.State.Final() && m.Kind == (mail.TemporaryPassword{}).Kind() {
		if _, err := s.ResetPassword(ctx, c, st, u.ID); err != nil {
			return err
		}
		again = "" // the message of the reset, which has its own event
	}
	return s.Store.Write(ctx, func(q store.Queries) (err error) {
		switch {
		case !m.State.Final():
			_, err = q.HurryMessage(ctx, st.ID, m.ID, s.Now())
		case again != "":
			again, err = s.tellSwitch(ctx, q, st, firm, u)
		}
		if err != nil {
			return err
		}
		return s.record(ctx, q, c, st, u, gatehouse.EventMailResent, map[string]string{"message": m.ID, "kind": m.Kind, "sent": again})
	})
}

// tellSwitch tells a user about Enhanced Security as it was switched last, and returns
// the message's ID.
func (s *Service) tellSwitch(ctx context.Context, q store.Queries, st *site.Site, firm gatehouse.Company, u gatehouse.User) (string, error) {
	// Companies that were made with it have had no run.
	e := gatehouse.Enrolment{SiteID: st.ID, CompanyID: firm.ID, Enable: firm.TwoFactor, StartedAt: firm.CreatedAt}
	runs, err := q.Enrolments(ctx, st.ID, firm.ID, "", 1)
	if err != nil {
		return "", err
	}
	if len(runs) > 0 {
		e = runs[0]
	}
	by, err := s.starter(ctx, q, e)
	if err != nil {
		return "", err
	}
	return s.Outbox.EnqueueID(ctx, q, st, mail.To(st, u), s.switchNotice(st, e, firm, by, u))
}
