package watch

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Alerts tells operators of what is wrong. They belong to the operators' site: without one there are none.
type Alerts struct {
	*act.Desk
	Watch *Service
	Sites *site.Sites
	// Thresholds are from when on there is an alert.
	Thresholds gatehouse.AlertThresholds
	// Mail are the addresses that are told; empty: the operators who may answer alerts.
	Mail []string
	// Webhook is called, too; nil: none is.
	Webhook *Webhook
	// KeyFileAt is when the key file was last changed; the zero time: unknown. Certificate returns when
	// the TLS certificate ends; nil, or the zero time: unknown.
	KeyFileAt   time.Time
	Certificate func() time.Time
	Log         *slog.Logger

	open atomic.Int64
}

// keepAlerts is how long alerts that are over are kept.
const keepAlerts = 90 * 24 * time.Hour

// ReasonAlertChanged: the alert is over, or somebody else has taken it on. Kind Conflict.
const ReasonAlertChanged = "alert-changed"

// Waiting is how many alerts are open that nobody has taken on, as this process knows: since its last
// look, a minute ago at most.
func (a *Alerts) Waiting() int { return int(a.open.Load()) }

// Look finds out how things stand, opens and closes alerts, and has operators told.
func (a *Alerts) Look(ctx context.Context) error {
	st := a.Sites.Operators()
	if st == nil {
		return nil
	}
	now := a.Now()
	facts, err := a.facts(ctx, now)
	if err != nil {
		return err
	}
	open, err := a.Store.Read().OpenAlerts(ctx)
	if err != nil {
		return err
	}
	steps := a.Thresholds.NextAlerts(open, facts, now)
	for _, f := range steps.Opens {
		if err := a.begin(ctx, st, f); err != nil {
			return err
		}
	}
	for _, one := range steps.Closes {
		if err := a.end(ctx, st, one); err != nil {
			return err
		}
	}
	if len(steps.Holds)+len(steps.Closes) > 0 {
		err := a.Store.Write(ctx, func(q store.Queries) error {
			for _, one := range steps.Holds {
				if err := q.HoldAlert(ctx, one); err != nil {
					return err
				}
			}
			return q.ForgetAlerts(ctx, now.Add(-keepAlerts))
		})
		if err != nil {
			return err
		}
	}
	return a.count(ctx)
}

// count notes how many alerts wait for somebody.
func (a *Alerts) count(ctx context.Context) error {
	open, err := a.Store.Read().OpenAlerts(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, one := range open {
		if one.AckedAt.IsZero() {
			n++
		}
	}
	a.open.Store(int64(n))
	return nil
}

var itself = gatehouse.Caller{Kind: gatehouse.System, SiteID: gatehouse.OperatorsSite, Name: "alerts"}

func detailOf(one gatehouse.Alert) map[string]string {
	return map[string]string{"alert": one.ID, "kind": string(one.Kind), "cause": one.Cause, "value": strconv.FormatInt(one.Value, 10)}
}

// begin opens an alert, and tells of it: in the transaction that opens it, so that of several processes
// one does.
func (a *Alerts) begin(ctx context.Context, st *site.Site, f gatehouse.AlertFact) error {
	return a.Do(ctx, st, itself, func(tx *act.Unit) error {
		now := tx.Now()
		one := gatehouse.Alert{ID: store.NewID("alt", now), Kind: f.Kind, Cause: f.Cause, Value: f.Value, Threshold: a.Thresholds[f.Kind], OpenedAt: now, SeenAt: now}
		if opened, err := tx.OpenAlert(tx, one); err != nil || !opened {
			return err
		}
		if err := tx.Record(gatehouse.User{}, gatehouse.EventAlertOpened, gatehouse.ResultOK, detailOf(one)); err != nil {
			return err
		}
		if err := a.mail(tx, one); err != nil {
			return err
		}
		return a.Webhook.enqueue(tx, "opened", one)
	})
}

func (a *Alerts) end(ctx context.Context, st *site.Site, one gatehouse.Alert) error {
	return a.Do(ctx, st, itself, func(tx *act.Unit) error {
		if closed, err := tx.CloseAlert(tx, one); err != nil || !closed {
			return err
		}
		if err := tx.Record(gatehouse.User{}, gatehouse.EventAlertClosed, gatehouse.ResultOK, detailOf(one)); err != nil {
			return err
		}
		return a.Webhook.enqueue(tx, "closed", one)
	})
}

// mail tells by mail.
func (a *Alerts) mail(tx *act.Unit, one gatehouse.Alert) error {
	msg := mail.AlertOpened{What: one.Kind, Cause: one.Cause, Value: one.Value, Threshold: one.Threshold, At: one.OpenedAt}
	for _, address := range a.Mail {
		if _, err := tx.Mail(mail.Recipient{Email: address, Lang: tx.Site.Language("", "")}, msg); err != nil {
			return err
		}
	}
	if len(a.Mail) > 0 {
		return nil
	}
	all, err := tx.Operators(tx)
	for _, u := range all {
		if err == nil && u.State == gatehouse.Active && gatehouse.OperatorMay(u.Role, gatehouse.OperatorAlerts) {
			err = tx.Tell(u, msg)
		}
	}
	return err
}

// Acknowledge notes that an operator takes on an open alert that nobody has taken on.
//
// Errors: Forbidden; Conflict with ReasonAlertChanged; Unavailable.
func (a *Alerts) Acknowledge(ctx context.Context, c gatehouse.Caller, id string) error {
	c = c.For(gatehouse.OperatorAlerts)
	st := a.Sites.Operators()
	if st == nil || !c.Operates(c.Act) {
		return errForbidden
	}
	err := a.Do(ctx, st, c, func(tx *act.Unit) error {
		if tx.Caller.SignedInOperator() {
			if err := tx.StillOperates(); err != nil {
				return err
			}
		}
		if done, err := tx.AcknowledgeAlert(tx, id, c.Name, tx.Now()); err != nil {
			return err
		} else if !done {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonAlertChanged}
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventAlertAcknowledged, gatehouse.ResultOK, map[string]string{"alert": id})
	})
	if err == nil {
		err = a.count(ctx)
	}
	return err
}

// AlertCall is a call of the webhook.
type AlertCall = store.AlertCall

// AlertList is what operators see of the alerts.
type AlertList struct {
	Open, Closed []gatehouse.Alert
	// Calls are those of the webhook about each alert that is open; HasWebhook: there is one.
	Calls      map[string][]store.AlertCall
	HasWebhook bool
}

// mostClosed is how much of the history is shown.
const mostClosed = 50

// List returns the open alerts, and the last ones that are over.
//
// Errors: Forbidden, Unavailable.
func (a *Alerts) List(ctx context.Context, c gatehouse.Caller) (all AlertList, err error) {
	if !c.Operates(gatehouse.OperatorSee) {
		return all, errForbidden
	}
	q := a.Store.Read()
	if all.Open, err = q.OpenAlerts(ctx); err != nil {
		return all, err
	}
	if all.Closed, err = q.ClosedAlerts(ctx, a.Now(), mostClosed); err != nil {
		return all, err
	}
	slices.SortStableFunc(all.Open, func(x, y gatehouse.Alert) int {
		return rank(x) - rank(y)
	})
	all.HasWebhook, all.Calls = a.Webhook != nil, map[string][]store.AlertCall{}
	for _, one := range all.Open {
		if all.Calls[one.ID], err = q.CallsOfAlert(ctx, one.ID); err != nil {
			return all, err
		}
	}
	return all, nil
}

// rank puts those first that nobody has taken on.
func rank(one gatehouse.Alert) int {
	if one.AckedAt.IsZero() {
		return 0
	}
	return 1
}

// blockOf is the block of addresses that an address is in, as large as one customer of a provider may
// have. Empty: it is no address.
func blockOf(address string) string {
	ip, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	bits := 24
	if ip = ip.Unmap(); ip.Is6() {
		bits = 48
	}
	block, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return block.String()
}
