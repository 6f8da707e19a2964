package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"gatehouse"
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
	// Refusals is what follows for addresses that the server refuses.
	Refusals *Refusals
	// Workers is how many connections there may be; 0: 4.
	Workers int

	once  sync.Once
	nudge chan struct{}
	swept time.Time // when take looked for expired messages
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

// outcome is what became of a message in hand, and what the server said about the address.
type outcome struct {
	store.MessageResult
	message store.Message
	verdict verdict
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
	done := make(chan outcome, 2*mostAtOnce)
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
func (s *Sender) claim(ctx context.Context, work chan<- claimed, done chan<- outcome) {
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
// is nothing to do it only reads, by index. For those that are over it reads all that
// are due, which may be a hundred thousand notices: so once in a while only. What is
// claimed meanwhile, try ends.
func (s *Sender) take(ctx context.Context, limit int) ([]claimed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	now := s.Now()
	due, err := s.Store.Read().MessageDue(ctx, now)
	if err != nil || !due {
		return nil, err
	}
	at := time.Now()
	sweep := at.Sub(s.swept) >= pollEvery
	var rows []store.Message
	var expired int64
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		if sweep {
			if expired, err = q.ExpireMessages(ctx, now); err != nil {
				return err
			}
		}
		rows, err = q.ClaimMessages(ctx, store.Claim{Lease: rand.Text(), Now: now, Until: now.Add(s.lease()), Limit: limit})
		return err
	})
	if err != nil {
		return nil, err
	}
	if sweep {
		s.swept = at
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
func (s *Sender) work(ctx context.Context, l *line, work <-chan claimed, done chan<- outcome) {
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
func (s *Sender) try(ctx context.Context, l *line, m claimed) (result outcome) {
	defer func() {
		if p := recover(); p != nil {
			l.drop()
			s.Log.ErrorContext(ctx, "mail: panic", "site", m.SiteID, "message", m.ID, "panic", p, "stack", string(debug.Stack()))
			result = s.result(m, verdict{state: store.MessageDeferred, reply: "an internal error; see the log for this message"})
		}
	}()
	switch {
	case ctx.Err() != nil, time.Since(m.at) > s.beginWithin():
		return s.giveBack(m)
	case !s.Now().Before(m.ExpiresAt):
		v := verdict{state: store.MessageExpired, reply: m.Reply}
		s.report(ctx, m, v)
		return s.result(m, v)
	}
	// A message that has been begun is finished, also when the process is to stop.
	reply, err := s.send(context.WithoutCancel(ctx), l, m)
	v := judge(m.Secret, reply, err)
	s.report(ctx, m, v)
	return s.result(m, v)
}

func (s *Sender) send(ctx context.Context, l *line, m claimed) (string, error) {
	from := s.Sites(m.SiteID)
	if from == nil {
		return "", fmt.Errorf("the site %q is not configured here", m.SiteID)
	}
	c, err := unseal(s.Keys, m.Message)
	if err == nil {
		err = c.form(from)
	}
	if err != nil {
		return "", err
	}
	e, err := compose(from, m.Message, c, s.DKIM, s.Now)
	if err != nil {
		return "", err
	}
	return l.send(ctx, e)
}

func (s *Sender) report(ctx context.Context, m claimed, v verdict) {
	level := slog.LevelDebug
	switch v.state {
	case store.MessageDeferred, store.MessageExpired:
		level = slog.LevelWarn
	case store.MessageRefused:
		level = slog.LevelError
	}
	s.Log.Log(ctx, level, "mail: "+string(v.state), "site", m.SiteID, "message", m.ID, "kind", m.Kind,
		"user", m.UserID, "tries", m.Tries+1, "reply", v.reply)
}

func (s *Sender) result(m claimed, v verdict) outcome {
	now := s.Now()
	r := store.MessageResult{SiteID: m.SiteID, ID: m.ID, Lease: m.Lease, State: v.state, Reply: v.reply, At: now, Tries: m.Tries}
	if v.state == store.MessageDeferred {
		r.Tries++
		// At its expiry it is due as well, to be ended on time.
		if r.DueAt = now.Add(backoff(m.Tries, mathrand.Float64())); r.DueAt.After(m.ExpiresAt) {
			r.DueAt = m.ExpiresAt
		}
	}
	return outcome{r, m.Message, v}
}

// giveBack ends a claim without a try.
func (s *Sender) giveBack(m claimed) outcome {
	o := s.result(m, verdict{state: store.MessageWaiting, reply: m.Reply})
	if o.DueAt = o.At; m.Tries > 0 {
		o.State = store.MessageDeferred
	}
	return o
}

// mark records results, as many in one transaction as there are at that moment: a
// commit waits for the disk, and meanwhile the next ones gather.
func (s *Sender) mark(ctx context.Context, done <-chan outcome) {
	for first := range done {
		results := []outcome{first}
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
func (s *Sender) markAll(ctx context.Context, results []outcome) {
	began := time.Now()
	for {
		lost, err := s.markOnce(ctx, results)
		if err == nil {
			for _, r := range lost {
				s.Log.WarnContext(ctx, "mail: a result came too late: another process took the message, or a report ended it", "site", r.SiteID, "message", r.ID, "state", r.State)
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

func (s *Sender) markOnce(ctx context.Context, outcomes []outcome) (lost []store.MessageResult, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	results := make([]store.MessageResult, len(outcomes))
	for i, o := range outcomes {
		results[i] = o.MessageResult
	}
	var over []excess
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		over = nil
		if lost, err = q.FinishMessages(ctx, results); err != nil {
			return err
		}
		for _, o := range outcomes {
			if slices.Contains(lost, o.MessageResult) {
				continue
			}
			more, failed := s.judgeAddress(ctx, q, o)
			over, err = append(over, more...), errors.Join(err, failed)
		}
		return err
	})
	if err == nil {
		s.Refusals.announce(ctx, over)
	}
	return lost, err
}

// judgeAddress notes what the hand-over says about an address. A success costs a
// statement only where something was held against the address before.
func (s *Sender) judgeAddress(ctx context.Context, q store.Queries, o outcome) ([]excess, error) {
	switch {
	case o.verdict.refused:
		return s.Refusals.note(ctx, q, o.message, o.verdict.status, gatehouse.Bounce{At: o.At, Reason: o.Reply})
	case o.State == store.MessageSent && o.message.Doubted:
		return nil, arrived(ctx, q, o.message, false)
	}
	return nil, nil
}
