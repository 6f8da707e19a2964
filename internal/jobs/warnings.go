package jobs

import (
	"context"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// A batch is one transaction: nobody else writes to SQLite meanwhile. What is left after
// the batches of a run waits for the next one, so passwords that an import set all at once
// do not delay everything else.
const (
	warningBatch   = 200
	warningBatches = 25
)

// PasswordWarnings warns users by mail that their password expires (A08): see
// gatehouse.PasswordWarningDue. The mark that a warning has been sent is written in the
// transaction that enqueues it, so each is sent once, no matter how many processes run.
func PasswordWarnings(desk *act.Desk, sites func() []*site.Site) Job {
	w := &warnings{desk}
	return Job{Name: "password warnings", Every: 15 * time.Minute, Run: func(ctx context.Context) error {
		return eachSite(sites, func(st *site.Site) error { return w.site(ctx, st) })
	}}
}

type warnings struct{ *act.Desk }

func (w *warnings) site(ctx context.Context, st *site.Site) error {
	now := w.Now()
	itself := gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID}
	spans, err := w.spans(ctx, st, now)
	if err != nil {
		return err
	}
	for _, span := range spans {
		for range warningBatches {
			var found int
			err := w.Do(ctx, st, itself, func(tx *act.Unit) (err error) {
				found, err = w.batch(tx, span, now)
				return err
			})
			if err != nil {
				return err
			}
			if found < warningBatch {
				break
			}
		}
	}
	return nil
}

// spans are those of the site, and of companies whose passwords expire earlier.
func (w *warnings) spans(ctx context.Context, st *site.Site, now time.Time) ([]gatehouse.WarningSpan, error) {
	all := gatehouse.PasswordWarningSpans(st.Policy.Password, now)
	if len(all) == 0 {
		return nil, nil
	}
	ages, err := w.Store.Read().PasswordAges(ctx, st.ID)
	for _, age := range ages {
		if st.Policy.Tightens(gatehouse.SettingAge, int64(age)) {
			all = append(all, gatehouse.PasswordWarningSpans(gatehouse.PasswordPolicy{MaxAge: age}, now)...)
		}
	}
	return all, err
}

// batch warns a batch of users of a site, and returns how many it found.
func (w *warnings) batch(tx *act.Unit, span gatehouse.WarningSpan, now time.Time) (found int, err error) {
	users, err := tx.UsersToWarn(tx, tx.Site.ID, tx.Site.Policy.Password.MaxAge, span, warningBatch)
	for _, u := range users {
		if err := w.warn(tx, u, gatehouse.PasswordPolicy{MaxAge: span.Age}, now); err != nil {
			return 0, fmt.Errorf("user %s: %w", u.ID, err)
		}
	}
	return len(users), err
}

// warn marks a user and enqueues the mail. It also marks users without a usable address, because
// otherwise the same users would be found for ever; the home page warns them.
func (w *warnings) warn(tx *act.Unit, u gatehouse.User, p gatehouse.PasswordPolicy, now time.Time) error {
	days := gatehouse.PasswordWarningDue(p, u.Password, u.Password.Warned, now)
	if days == 0 {
		return nil
	}
	u, marked, err := tx.MarkWarned(tx, u, days)
	if err != nil || !marked {
		return err
	}
	ends := gatehouse.PasswordExpiresAt(p, u.Password)
	return tx.Tell(u, mail.PasswordExpiring{
		Username: u.Username, Days: gatehouse.DaysUntil(ends, now, tx.Site.Zone), ExpiresAt: ends,
	})
}
