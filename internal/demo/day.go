package demo

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// KeyFileAge is how old the demo says that its key file is: one alert is open as long as it runs.
const KeyFileAge = 760 * day

// outage is how long before now the demo's mail server began to put messages off, and outageLasts for
// how long.
const (
	outage      = 6 * time.Hour
	outageLasts = 40 * time.Minute
	mailPutOff  = 64
)

// Day gives the operators' pages a day to look at: how a process was every five minutes, and an alert
// that is over. A database that has had one keeps it.
func Day(ctx context.Context, s *store.Store, now time.Time) error {
	known, err := s.Read().SamplesSince(ctx, now.Add(-gatehouse.SampleKept))
	if err != nil || len(known) > 0 {
		return err
	}
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same demo every time
	return s.Write(ctx, func(q store.Queries) error {
		for at := now.Add(-24 * time.Hour).Truncate(gatehouse.SampleEvery); at.Before(now.Add(-gatehouse.SampleEvery)); at = at.Add(gatehouse.SampleEvery) {
			if err := q.InsertSample(ctx, sampleAt(at, now, dice)); err != nil {
				return err
			}
		}
		return pastAlert(ctx, q, now)
	})
}

// sampleAt is how the process was in five minutes: busy by day, and with mail that waits while the
// mail server puts it off.
func sampleAt(at, now time.Time, dice *rand.Rand) gatehouse.Sample {
	hour := float64(at.Hour()) + float64(at.Minute())/60
	busy := 0.06 + math.Exp(-(hour-9.5)*(hour-9.5)/6) + 0.8*math.Exp(-(hour-14.5)*(hour-14.5)/8)
	some := func(most float64) int64 { return int64(most * busy * (0.8 + 0.4*dice.Float64())) }
	out := !at.Before(now.Add(-outage)) && at.Before(now.Add(-outage+outageLasts))
	s := gatehouse.Sample{Process: "prc_demo", At: at, Requests: some(2400), HashMillis: some(2600), HashesWaited: some(6), MailSent: some(90), MailFailed: some(1.4),
		MemoryBytes: 58<<20 + some(46<<20), Goroutines: 60 + some(40), Connections: 1 + some(3), Sessions: 140 + some(610),
		DatabaseMicros: 380 + some(420), DatabaseBytes: 41<<20 + int64(24*time.Hour-now.Sub(at))/int64(time.Minute)*900, ConnectionsMost: 9, MailWaiting: some(4)}
	if out {
		s.MailSent, s.MailWaiting = 0, mailPutOff
	}
	left := s.Requests
	for i, share := range []float64{0.34, 0.3, 0.24, 0.08, 0.03, 0.008} {
		s.Times[i] = int64(float64(s.Requests) * share)
		left -= s.Times[i]
	}
	s.Times[6] = left
	if dice.IntN(40) == 0 {
		s.Errors = 1
	}
	return s
}

// pastAlert is what operators were told of while the mail server put messages off, with its events.
func pastAlert(ctx context.Context, q store.Queries, now time.Time) error {
	opened := now.Add(-outage + 4*time.Minute)
	a := gatehouse.Alert{ID: store.NewID("alt", opened), Kind: gatehouse.AlertRelay, Value: mailPutOff, Threshold: gatehouse.DefaultAlerts[gatehouse.AlertRelay], OpenedAt: opened, SeenAt: opened}
	if _, err := q.OpenAlert(ctx, a); err != nil {
		return err
	}
	by, err := q.UserByUsername(ctx, gatehouse.OperatorsSite, guard)
	if err != nil {
		return err
	}
	if _, err := q.AcknowledgeAlert(ctx, a.ID, by.DisplayName(), opened.Add(7*time.Minute)); err != nil {
		return err
	}
	a.ClosedAt = opened.Add(outageLasts + 15*time.Minute)
	if _, err := q.CloseAlert(ctx, a); err != nil {
		return err
	}
	system := gatehouse.Caller{Kind: gatehouse.System, SiteID: gatehouse.OperatorsSite, Name: "alerts"}
	detail := map[string]string{"alert": a.ID, "kind": string(a.Kind)}
	operator := gatehouse.Caller{Kind: gatehouse.Operator, SiteID: by.SiteID, UserID: by.ID, Role: by.Role, Name: by.DisplayName()}
	for _, e := range []struct {
		by   gatehouse.Caller
		at   time.Time
		kind gatehouse.EventKind
	}{{system, opened, gatehouse.EventAlertOpened}, {operator, opened.Add(7 * time.Minute), gatehouse.EventAlertAcknowledged}, {system, a.ClosedAt, gatehouse.EventAlertClosed}} {
		if err := q.InsertEvent(ctx, e.by.Event(store.NewID("evt", e.at), e.at, gatehouse.OperatorsSite, gatehouse.User{}, e.kind, gatehouse.ResultOK, detail)); err != nil {
			return err
		}
	}
	return nil
}
