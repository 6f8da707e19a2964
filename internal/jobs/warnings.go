package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// A batch is one transaction: nobody else writes to SQLite meanwhile. What is left
// after the batches of a run waits for the next one, so that passwords that an import
// set all at once do not hold up everything else.
const (
	warningBatch   = 200
	warningBatches = 25
)

// PasswordWarnings tells people by mail that their password expires (A08): see
// gatehouse.PasswordWarningDue. The mark that a warning has been sent is written in
// the transaction that enqueues it, so each is sent once, however many processes look.
func PasswordWarnings(s *store.Store, sites func() []*site.Site, outbox *mail.Outbox, now func() time.Time) Job {
	w := &warnings{store: s, outbox: outbox, now: now}
	return Job{Name: "password warnings", Every: 15 * time.Minute, Run: func(ctx context.Context) error {
		var failed error
		for _, st := range sites() { // what one site cannot do, the others can
			if err := w.site(ctx, st); err != nil {
				failed = errors.Join(failed, fmt.Errorf("site %s: %w", st.ID, err))
			}
		}
		return failed
	}}
}

type warnings struct {
	store  *store.Store
	outbox *mail.Outbox
	now    func() time.Time
}

func (w *warnings) site(ctx context.Context, st *site.Site) error {
	now, sent := w.now(), false
	for _, span := range gatehouse.PasswordWarningSpans(st.Policy.Password, now) {
		for range warningBatches {
			var found int
			err := w.store.Write(ctx, func(q store.Queries) (err error) {
				found, err = w.batch(ctx, q, st, span, now)
				return err
			})
			if err != nil {
				return err
			}
			sent = sent || found > 0
			if found < warningBatch {
				break
			}
		}
	}
	if sent {
		w.outbox.Hurry()
	}
	return nil
}

// batch warns a batch of people of a site, and returns how many it found.
func (w *warnings) batch(ctx context.Context, q store.Queries, st *site.Site, span gatehouse.WarningSpan, now time.Time) (found int, err error) {
	users, err := q.UsersToWarn(ctx, st.ID, span, warningBatch)
	for _, u := range users {
		if err := w.warn(ctx, q, st, u, now); err != nil {
			return 0, fmt.Errorf("user %s: %w", u.ID, err)
		}
	}
	return len(users), err
}

// warn marks a user and enqueues the mail. Who has an address that nothing can be sent
// to is marked as well, or the same people would be found for ever; the home page
// tells them.
func (w *warnings) warn(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, now time.Time) error {
	days := gatehouse.PasswordWarningDue(st.Policy.Password, u.Password, u.Password.Warned, now)
	if days == 0 {
		return nil
	}
	u, marked, err := q.MarkWarned(ctx, u, days)
	if err != nil || !marked || !mail.CanSend(u.Email) {
		return err
	}
	ends := gatehouse.PasswordExpiresAt(st.Policy.Password, u.Password)
	return w.outbox.Enqueue(ctx, q, st, mail.To(st, u), mail.PasswordExpiring{
		Username: u.Username, Days: gatehouse.DaysUntil(ends, now, st.Zone), ExpiresAt: ends,
	})
}
