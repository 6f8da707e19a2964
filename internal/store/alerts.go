package store

import (
	"context"
	"time"

	"gatehouse"
)

const alertColumns = `id, kind, cause, value, threshold, opened_at, seen_at, closed_at, acked_at, acked_by`

// alerts returns those of a condition. Where one is meant by its ID, the condition hides from the planner
// that it is open: the index of open ones would be read whole.
func (q Queries) alerts(ctx context.Context, where string, args ...any) (all []gatehouse.Alert, err error) {
	err = q.all(ctx, "alerts", `SELECT `+alertColumns+` FROM alerts WHERE `+where, args, func(scan func(...any) error) error {
		var a gatehouse.Alert
		err := scan(&a.ID, &a.Kind, &a.Cause, &a.Value, &a.Threshold, when{&a.OpenedAt}, when{&a.SeenAt}, when{&a.ClosedAt}, when{&a.AckedAt}, &a.AckedBy)
		all = append(all, a)
		return err
	})
	return all, err
}

// OpenAlerts returns the alerts that are open, the newest first; there are few.
func (q Queries) OpenAlerts(ctx context.Context) ([]gatehouse.Alert, error) {
	return q.alerts(ctx, `closed_at = 0 AND kind > '' ORDER BY opened_at DESC, id DESC LIMIT 200`)
}

// ClosedAlerts returns up to limit alerts that were over at a time, the last one first.
func (q Queries) ClosedAlerts(ctx context.Context, now time.Time, limit int) ([]gatehouse.Alert, error) {
	return q.alerts(ctx, `closed_at > 0 AND closed_at <= $1 ORDER BY closed_at DESC, id DESC LIMIT $2`, micros(now), limit)
}

// OpenAlert opens an alert. It reports whether none was open for the cause: of several processes that
// notice it at once, one opens it.
func (q Queries) OpenAlert(ctx context.Context, a gatehouse.Alert) (bool, error) {
	n, err := q.exec(ctx, "open alert", `INSERT INTO alerts (id, kind, cause, value, threshold, opened_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT DO NOTHING`, a.ID, string(a.Kind), a.Cause, a.Value, a.Threshold, micros(a.OpenedAt))
	return n == 1, err
}

// HoldAlert notes that an open alert goes on.
func (q Queries) HoldAlert(ctx context.Context, a gatehouse.Alert) error {
	_, err := q.exec(ctx, "hold alert", `UPDATE alerts SET seen_at = $2, value = $3 WHERE id = $1 AND closed_at + 0 = 0`, a.ID, micros(a.SeenAt), a.Value)
	return err
}

// CloseAlert ends an alert that was last so at a time; it reports whether it did.
func (q Queries) CloseAlert(ctx context.Context, a gatehouse.Alert) (bool, error) {
	n, err := q.exec(ctx, "close alert", `UPDATE alerts SET closed_at = $2 WHERE id = $1 AND closed_at + 0 = 0 AND seen_at = $3`, a.ID, micros(a.ClosedAt), micros(a.SeenAt))
	return n == 1, err
}

// AcknowledgeAlert notes who takes on an alert; it reports whether nobody had.
func (q Queries) AcknowledgeAlert(ctx context.Context, id, by string, at time.Time) (bool, error) {
	n, err := q.exec(ctx, "acknowledge alert", `UPDATE alerts SET acked_at = $2, acked_by = $3 WHERE id = $1 AND closed_at + 0 = 0 AND acked_at = 0`, id, micros(at), by)
	return n == 1, err
}

// ForgetAlerts removes alerts that were over before a time, and calls that were done.
func (q Queries) ForgetAlerts(ctx context.Context, before time.Time) error {
	if _, err := q.exec(ctx, "forget calls", `DELETE FROM alert_calls WHERE alert IN (SELECT id FROM alerts WHERE closed_at > 0 AND closed_at < $1)`, micros(before)); err != nil {
		return err
	}
	_, err := q.exec(ctx, "forget alerts", `DELETE FROM alerts WHERE closed_at > 0 AND closed_at < $1`, micros(before))
	return err
}

// AlertCall is a call of the webhook.
type AlertCall struct {
	ID, Alert, Phase, Body   string
	CreatedAt, DueAt, DoneAt time.Time
	Tries                    int
	// Answer is what came of the last try.
	Answer string
}

// InsertAlertCall has the webhook called.
func (q Queries) InsertAlertCall(ctx context.Context, c AlertCall) error {
	_, err := q.exec(ctx, "insert alert call", `INSERT INTO alert_calls (id, alert, phase, body, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $5)`,
		c.ID, c.Alert, c.Phase, c.Body, micros(c.CreatedAt))
	return err
}

const callColumns = `id, alert, phase, body, created_at, due_at, tries, done_at, answer`

func (q Queries) alertCalls(ctx context.Context, text string, args ...any) (all []AlertCall, err error) {
	err = q.all(ctx, "alert calls", text, args, func(scan func(...any) error) error {
		var c AlertCall
		err := scan(&c.ID, &c.Alert, &c.Phase, &c.Body, when{&c.CreatedAt}, when{&c.DueAt}, &c.Tries, when{&c.DoneAt}, &c.Answer)
		all = append(all, c)
		return err
	})
	return all, err
}

// DueAlertCalls returns calls that are due.
func (q Queries) DueAlertCalls(ctx context.Context, now time.Time) ([]AlertCall, error) {
	return q.alertCalls(ctx, `SELECT `+callColumns+` FROM alert_calls WHERE done_at = 0 AND due_at <= $1 ORDER BY due_at LIMIT 10`, micros(now))
}

// ClaimAlertCall puts a call off, so that one process makes it; it reports whether it is this one.
func (q Queries) ClaimAlertCall(ctx context.Context, c AlertCall, until time.Time) (bool, error) {
	n, err := q.exec(ctx, "claim alert call", `UPDATE alert_calls SET due_at = $2 WHERE id = $1 AND done_at = 0 AND due_at = $3`, c.ID, micros(until), micros(c.DueAt))
	return n == 1, err
}

// MarkAlertCall notes what came of a call: when it is due again, or that it is done.
func (q Queries) MarkAlertCall(ctx context.Context, c AlertCall) error {
	_, err := q.exec(ctx, "mark alert call", `UPDATE alert_calls SET due_at = $2, tries = $3, done_at = $4, answer = $5 WHERE id = $1`,
		c.ID, micros(c.DueAt), c.Tries, micros(c.DoneAt), c.Answer)
	return err
}

// CallsOfAlert returns the calls about an alert, the first one first.
func (q Queries) CallsOfAlert(ctx context.Context, alert string) ([]AlertCall, error) {
	return q.alertCalls(ctx, `SELECT `+callColumns+` FROM alert_calls WHERE alert = $1 ORDER BY id LIMIT 20`, alert)
}
