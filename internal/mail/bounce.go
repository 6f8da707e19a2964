package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// Receiver accepts reports about mail that was sent: over SMTP, or from a command that
// the mail system runs. Any number of processes may have one.
type Receiver struct {
	Store *store.Store
	Now   func() time.Time
	Log   *slog.Logger
	// Refusals decides what happens to refused addresses.
	Refusals *Refusals
	// Letters takes what people write to support cases; nil: nobody does.
	Letters Letters
	// Name is how it greets; empty: localhost.
	Name string
	// Counted is told of each report that a message came back; nil: nobody is.
	Counted func(store.MessageState)
}

// reportAge is how long after a message was finished a report about it counts. Mail
// systems try for five days (RFC 5321, 4.5.4.1); much later the address may belong to
// somebody else.
const reportAge = 14 * 24 * time.Hour

// Take reads a report and acts on it. recipient is the address that it was sent to,
// which identifies the message; if that is unknown, it is empty, and the Message-ID of
// the returned mail identifies it. Taking the same report again changes nothing.
//
// Errors: ErrNoReport, for anything that will never be of use; Unavailable.
func (r *Receiver) Take(ctx context.Context, recipient string, content io.Reader) error {
	report, err := ReadReport(content)
	if err != nil {
		return err
	}
	token := tokenOf(recipient)
	if token == "" {
		token = report.Token
	}
	m, err := r.message(ctx, token)
	if err != nil {
		return err
	}
	if late := m.DoneAt.Add(reportAge); !m.DoneAt.IsZero() && r.Now().After(late) {
		r.Log.WarnContext(ctx, "mail: a report came too late", "site", m.SiteID, "message", m.ID, "kind", m.Kind, "user", m.UserID)
		return fmt.Errorf("%w: it was sent more than 14 days ago", ErrNoReport)
	}
	actions := make([]gatehouse.DeliveryAction, len(report.Recipients))
	for i, to := range report.Recipients {
		actions[i] = to.Action
	}
	counts := gatehouse.WeighDelivery(actions)
	if counts < 0 {
		return fmt.Errorf("%w: it has no action that RFC 3464 knows", ErrNoReport)
	}
	about := report.Recipients[counts]
	refusal := about.refusal() // in full, including words that may not be kept
	if m.Secret {
		about = about.discreet()
	}
	r.Log.InfoContext(ctx, "mail: report", "site", m.SiteID, "message", m.ID, "kind", m.Kind, "user", m.UserID,
		"action", string(about.Action), "status", about.Status)
	var over []excess
	err = r.Store.Write(ctx, func(q store.Queries) (err error) {
		over, err = r.note(ctx, q, m, about, refusal)
		return err
	})
	if err == nil {
		r.Refusals.announce(ctx, over)
		if about.Action == gatehouse.DeliveryFailed && r.Counted != nil {
			r.Counted(store.MessageBounced)
		}
	}
	return err
}

// message returns the message that a token belongs to.
func (r *Receiver) message(ctx context.Context, token string) (store.Message, error) {
	m, err := r.Store.Read().MessageByToken(ctx, token)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return m, fmt.Errorf("%w: no such message was sent", ErrNoReport)
	}
	return m, err
}

// note records what a report says about a message, and about the address that it went to.
func (r *Receiver) note(ctx context.Context, q store.Queries, m store.Message, about ReportRecipient, refusal gatehouse.Refusal) ([]excess, error) {
	text := said(string(about.Action) + ": " + about.Text())
	switch {
	case about.Action.Arrived():
		return nil, errors.Join(q.NoteDelivery(ctx, m.SiteID, m.ID, text), arrived(ctx, q, m, true))
	case about.Action == gatehouse.DeliveryDelayed:
		return nil, q.NoteDelivery(ctx, m.SiteID, m.ID, text)
	}
	// A report that comes again, or is replayed, marks nothing again: mail to the
	// address may have arrived since.
	first, err := q.BounceMessage(ctx, m.SiteID, m.ID, about.Text(), r.Now())
	if err != nil || !first {
		return nil, err
	}
	status, refused := gatehouse.RefusesEmail(refusal)
	if !refused {
		return nil, nil
	}
	return r.Refusals.note(ctx, q, m, status, gatehouse.Bounce{At: r.Now(), Reason: about.Text(), Reported: true})
}
