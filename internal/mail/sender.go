package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Sender sends what is in the outbox. Any number of processes may run one on the
// same database.
type Sender struct {
	Store *store.Store
	// Sites returns a site by its ID; nil where this process has none of that name.
	Sites func(id string) *site.Site
	Keys  *secret.Keys
	SMTP  SMTP
	// DKIM holds the signing keys; the first one for the sender's domain signs.
	DKIM []DKIM
	Now  func() time.Time
	Log  *slog.Logger
	// Workers is how many connections there may be; 0: 4.
	Workers int

	once  sync.Once
	nudge chan struct{}
}

const (
	pollEvery = time.Second
	// connectionIdle is shorter than the time after which servers hang up.
	connectionIdle = 30 * time.Second
	// mostAtOnce is how many messages one claim takes, and one transaction finishes.
	mostAtOnce = 100
	// markTime is how long an attempt at recording results may take.
	markTime = 10 * time.Second
)

// Nudge wakes the sender: call it after a transaction that has enqueued something.
// Without it, the message waits for the next look at the outbox, a second at most.
func (s *Sender) Nudge() {
	s.once.Do(s.init)
	select {
	case s.nudge <- struct{}{}:
	default: // it is awake already
	}
}

func (s *Sender) init() { s.nudge = make(chan struct{}, 1) }

// beginWithin is how long after its claim a message may still be begun.
func (s *Sender) beginWithin() time.Duration { return s.SMTP.timeout() }

// lease is how long a claim lasts. A message begun at the last moment takes at most
// seven timeouts more (connecting, commands and content, all of it twice, and a
// reset); the rest is for clocks that differ and for recording the result.
func (s *Sender) lease() time.Duration { return 8*s.SMTP.timeout() + 30*time.Second }

// claimed is a message in hand. The real clock, which nobody sets back, measures
// how long it has been.
type claimed struct {
	store.Message
	at time.Time
}

// Run sends until the context ends, then finishes the messages that are being sent,
// gives back the others and returns. Its error is one of the configuration; a mail
// server or a database that cannot be reached is waited for.
func (s *Sender) Run(ctx context.Context) error {
	s.once.Do(s.init)
	if err := s.check(); err != nil {
		return err
	}
	work := make(chan claimed)
	done := make(chan store.MessageResult, 2*mostAtOnce)
	var workers, marker sync.WaitGroup
	broken := &outage{}
	for range s.workers() {
		workers.Go(func() { s.work(ctx, &line{smtp: s.SMTP, outage: broken}, work, done) })
	}
	marker.Go(func() { s.mark(ctx, done) })
	s.claim(ctx, work, done)
	close(work)
	workers.Wait()
	close(done)
	marker.Wait()
	return nil
}

func (s *Sender) check() error {
	errs := []error{s.SMTP.check()}
	for _, key := range s.DKIM {
		errs = append(errs, key.check())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

func (s *Sender) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return 4
}

// claim takes what is due and hands it out. It takes few at a time from a slow
// server, so that what is urgent is not behind a hundred others, and many from
// a fast one.
func (s *Sender) claim(ctx context.Context, work chan<- claimed, done chan<- store.MessageResult) {
	few := 2 * s.workers()
	batch := few
	for ctx.Err() == nil {
		began := time.Now()
		got, err := s.take(ctx, batch)
		if err != nil {
			s.Log.ErrorContext(ctx, "mail: the outbox cannot be read", "error", err)
		}
		for _, m := range got {
			select {
			case work <- m:
			case <-ctx.Done():
				done <- s.giveBack(m)
			}
		}
		if len(got) < batch {
			s.wait(ctx)
			continue
		}
		switch took := time.Since(began); {
		case took < 200*time.Millisecond:
			batch = min(2*batch, mostAtOnce)
		case took > time.Second:
			batch = few
		}
	}
}

// take claims up to limit due messages and ends those whose time is over. While there
// is nothing to do it only reads, by index.
func (s *Sender) take(ctx context.Context, limit int) ([]claimed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	now := s.Now()
	due, err := s.Store.Read().MessageDue(ctx, now)
	if err != nil || !due {
		return nil, err
	}
	at := time.Now()
	var rows []store.Message
	var expired int64
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		if expired, err = q.ExpireMessages(ctx, now); err != nil {
			return err
		}
		rows, err = q.ClaimMessages(ctx, store.Claim{Lease: rand.Text(), Now: now, Until: now.Add(s.lease()), Limit: limit})
		return err
	})
	if err != nil {
		return nil, err
	}
	if expired > 0 {
		s.Log.WarnContext(ctx, "mail: messages expired before they could be sent", "count", expired)
	}
	got := make([]claimed, len(rows))
	for i, row := range rows {
		got[i] = claimed{row, at}
	}
	return got, nil
}

func (s *Sender) wait(ctx context.Context) {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.nudge:
	case <-timer.C:
	}
}

// work sends what it is handed over one connection, which it closes when there has
// been nothing for a while.
func (s *Sender) work(ctx context.Context, l *line, work <-chan claimed, done chan<- store.MessageResult) {
	defer l.close()
	idle := time.NewTimer(connectionIdle)
	defer idle.Stop()
	for {
		select {
		case m, more := <-work:
			if !more {
				return
			}
			done <- s.try(ctx, l, m)
		case <-idle.C:
			l.close()
		}
		idle.Reset(connectionIdle)
	}
}

// try sends one message. A panic costs this message a try, and nobody else anything.
func (s *Sender) try(ctx context.Context, l *line, m claimed) (result store.MessageResult) {
	defer func() {
		if p := recover(); p != nil {
			l.drop()
			s.Log.ErrorContext(ctx, "mail: panic", "site", m.SiteID, "message", m.ID, "panic", p, "stack", string(debug.Stack()))
			result = s.result(m, store.MessageDeferred, "an internal error; see the log for this message")
		}
	}()
	switch {
	case ctx.Err() != nil, time.Since(m.at) > s.beginWithin():
		return s.giveBack(m)
	case !s.Now().Before(m.ExpiresAt):
		return s.result(m, store.MessageExpired, m.Reply)
	}
	// A message that has been begun is finished, also when the process is to stop.
	state, reply := judge(s.send(context.WithoutCancel(ctx), l, m))
	s.report(ctx, m, state, reply)
	return s.result(m, state, reply)
}

func (s *Sender) send(ctx context.Context, l *line, m claimed) (string, error) {
	from := s.Sites(m.SiteID)
	if from == nil {
		return "", fmt.Errorf("the site %q is not configured here", m.SiteID)
	}
	c, err := unseal(s.Keys, m.Message)
	if err != nil {
		return "", err
	}
	e, err := compose(from, m.Message, c, s.DKIM, s.Now)
	if err != nil {
		return "", err
	}
	return l.send(ctx, e)
}

func (s *Sender) report(ctx context.Context, m claimed, state store.MessageState, reply string) {
	level := slog.LevelDebug
	switch state {
	case store.MessageDeferred:
		level = slog.LevelWarn
	case store.MessageRefused:
		level = slog.LevelError
	}
	s.Log.Log(ctx, level, "mail: "+string(state), "site", m.SiteID, "message", m.ID, "kind", m.Kind,
		"user", m.UserID, "tries", m.Tries+1, "reply", reply)
}

func (s *Sender) result(m claimed, state store.MessageState, reply string) store.MessageResult {
	now := s.Now()
	r := store.MessageResult{SiteID: m.SiteID, ID: m.ID, Lease: m.Lease, State: state, Reply: reply, At: now, Tries: m.Tries}
	if state == store.MessageDeferred {
		r.Tries++
		// At its expiry it is due as well, to be ended on time.
		if r.DueAt = now.Add(backoff(m.Tries, mathrand.Float64())); r.DueAt.After(m.ExpiresAt) {
			r.DueAt = m.ExpiresAt
		}
	}
	return r
}

// giveBack ends a claim without a try.
func (s *Sender) giveBack(m claimed) store.MessageResult {
	r := s.result(m, store.MessageWaiting, m.Reply)
	if r.DueAt = r.At; m.Tries > 0 {
		r.State = store.MessageDeferred
	}
	return r
}

// mark records results, as many in one transaction as there are at that moment: a
// commit waits for the disk, and meanwhile the next ones gather.
func (s *Sender) mark(ctx context.Context, done <-chan store.MessageResult) {
	for first := range done {
		results := []store.MessageResult{first}
		for more := true; more && len(results) < mostAtOnce; {
			select {
			case r, ok := <-done:
				if more = ok; ok {
					results = append(results, r)
				}
			default:
				more = false
			}
		}
		s.markAll(ctx, results)
	}
}

// markAll tries until the results are recorded or the claim must be over: what was
// sent and not recorded would be sent again.
func (s *Sender) markAll(ctx context.Context, results []store.MessageResult) {
	began := time.Now()
	for {
		lost, err := s.markOnce(ctx, results)
		if err == nil {
			for _, r := range lost {
				s.Log.WarnContext(ctx, "mail: another process took a message that was being sent", "site", r.SiteID, "message", r.ID, "state", r.State)
			}
			return
		}
		s.Log.ErrorContext(ctx, "mail: results cannot be recorded", "count", len(results), "error", err)
		if spent := time.Since(began); spent > s.lease() || ctx.Err() != nil && spent > markTime {
			return
		}
		time.Sleep(pollEvery)
	}
}

func (s *Sender) markOnce(ctx context.Context, results []store.MessageResult) (lost []store.MessageResult, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		lost, err = q.FinishMessages(ctx, results)
		return err
	})
	return lost, err
}
