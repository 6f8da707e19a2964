package watch

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/outbound"
	"gatehouse/internal/store"
)

// Webhook is an address that is called about alerts, as standardwebhooks.com describes it: a receiver
// knows by the signature that it was us, by the time that it is not an old call repeated, and by the ID
// that it has had the call already.
type Webhook struct {
	URL    string
	Secret []byte
	Client *outbound.Client
}

// call is what the receiver reads.
type call struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      callData  `json:"data"`
}

type callData struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Cause     string     `json:"cause,omitempty"`
	Value     int64      `json:"value"`
	Threshold int64      `json:"threshold"`
	OpenedAt  time.Time  `json:"opened_at"`
	ClosedAt  *time.Time `json:"closed_at,omitempty"`
	URL       string     `json:"url"`
}

// enqueue has the webhook called, in the transaction that changes the alert.
func (w *Webhook) enqueue(tx *act.Unit, phase string, one gatehouse.Alert) error {
	if w == nil {
		return nil
	}
	now := tx.Now()
	said := call{Type: "alert." + phase, Timestamp: now, Data: callData{ID: one.ID, Kind: string(one.Kind), Cause: one.Cause,
		Value: one.Value, Threshold: one.Threshold, OpenedAt: one.OpenedAt, URL: tx.Site.Origin + "/operator/alerts"}}
	if !one.Open() {
		said.Data.ClosedAt = &one.ClosedAt
	}
	body, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return tx.InsertAlertCall(tx, store.AlertCall{ID: store.NewID("whk", now), Alert: one.ID, Phase: phase, Body: string(body), CreatedAt: now})
}

// callLease is how long a process has a call for itself: longer than one takes.
const callLease = 2 * time.Minute

// CallWebhook makes the calls that are due. Each is made by one process, and repeated until it is answered
// with success, for a day.
func (a *Alerts) CallWebhook(ctx context.Context) error {
	if a.Webhook == nil {
		return nil
	}
	due, err := a.Store.Read().DueAlertCalls(ctx, a.Now())
	var failed error
	for _, c := range due {
		failed = errors.Join(failed, a.call(ctx, c))
	}
	return errors.Join(err, failed)
}

func (a *Alerts) call(ctx context.Context, c store.AlertCall) error {
	mine := false
	err := a.Store.Write(ctx, func(q store.Queries) (err error) {
		mine, err = q.ClaimAlertCall(ctx, c, a.Now().Add(callLease))
		return err
	})
	if err != nil || !mine {
		return err
	}
	begun := a.Now()
	refusal := a.Webhook.send(ctx, c, begun)
	now := a.Now()
	c.Tries++
	switch wait, more := gatehouse.NextAlertCall(c.Tries, now.Sub(c.CreatedAt), chance()); {
	case refusal == nil:
		c.Answer, c.DoneAt = "ok", now
	case more:
		c.Answer, c.DueAt = said(refusal), now.Add(wait)
	default:
		c.Answer, c.DoneAt = said(refusal), now
	}
	if refusal != nil {
		a.Log.WarnContext(ctx, "alert: the webhook was not reached", "alert", c.Alert, "call", c.ID, "tries", c.Tries, "error", refusal)
	}
	return a.Store.Write(ctx, func(q store.Queries) error { return q.MarkAlertCall(ctx, c) })
}

// send makes a call. The ID is the same each time it is made; the time, which the signature covers, is not.
func (w *Webhook) send(ctx context.Context, c store.AlertCall, at time.Time) error {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return w.Client.PostJSON(ctx, w.URL, []byte(c.Body), map[string]string{
		"Webhook-Id": c.ID, "Webhook-Timestamp": stamp, "Webhook-Signature": w.signature(c.ID, stamp, c.Body)})
}

func (w *Webhook) signature(id, stamp, body string) string {
	mac := hmac.New(sha256.New, w.Secret)
	mac.Write([]byte(id + "." + stamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// chance is a number from 0 to below 1.
func chance() float64 {
	var b [4]byte
	rand.Read(b[:])
	return float64(binary.BigEndian.Uint32(b[:])) / (1 << 32)
}
