package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/sms"
	"gatehouse/internal/store"
	"gatehouse/internal/trace"
)

// Sender sends what is in the outbox. Any number of processes may run one on the
// same database.
type Sender struct {
	Store *store.Store
	// Sites returns a site by its ID; nil if this process has no such site.
	Sites func(id string) *site.Site
	Keys  *secret.Keys
	SMTP  SMTP
	// DKIM holds the signing keys; the first one for the sender's domain signs.
	DKIM []DKIM
	Now  func() time.Time
	Log  *slog.Logger
	// Refusals decides what happens to addresses that the server refuses.
	Refusals *Refusals
	// Gateway makes this sender send text messages through it, and no mail; nil: mail, and
	// no text messages. Each of the two has its own workers: a gateway that hangs holds up
	// no mail.
	Gateway *sms.Gateway
	// Counted is told what became of each message that was tried; nil: nobody is.
	Counted func(store.MessageState)
	// Tracer traces what is sent; nil: nobody does.
	Tracer *trace.Tracer
	// Workers is how many connections there may be; 0: 4.
	Workers int

	once  sync.Once
	nudge chan struct{}
}

const (
	pollEvery = time.Second
	// connectionIdle is shorter than the time after which servers disconnect.
	connectionIdle = 30 * time.Second
	// sweepEvery is how often to look for messages that have expired behind others.
	sweepEvery = 10 * time.Second
	// mostAtOnce is how many messages one claim takes, and one transaction finishes.
	mostAtOnce = 100
	// gatherTime is how long a result may wait for those of other messages in hand, and a
	// message that comes right after others for more of them.
	gatherTime = 50 * time.Millisecond
	// markTime is how long an attempt to record results may take.
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

// beginWithin is how long after its claim a message may still be started.
func (s *Sender) beginWithin() time.Duration { return s.SMTP.timeout() }

// lease is how long a claim lasts. A message started at the last moment takes at most
// seven more timeouts (connecting, commands and content, all of it twice, and a reset);
// the rest is for clock differences and for recording the result.
func (s *Sender) lease() time.Duration { return 8*s.SMTP.timeout() + 30*time.Second }

// claimed is a message in hand. A monotonic clock measures for how long.
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
// gives back the others and returns. Its error is one of the configuration; it waits
// for a mail server or database that is unavailable.
func (s *Sender) Run(ctx context.Context) error {
	s.once.Do(s.init)
	if err := s.check(); err != nil {
		return err
	}
	// Neither ever fills: there are never more messages in hand.
	work, done := make(chan claimed, 2*mostAtOnce), make(chan outcome, 2*mostAtOnce)
	var workers sync.WaitGroup
	broken := &outage{}
	for range s.workers() {
		workers.Go(func() { s.work(ctx, s.carrier(broken), work, done) })
	}
	(&keeper{Sender: s, work: work, done: done}).keep(ctx)
	close(work)
	workers.Wait()
	return nil
}

// carrier hands over one message after another.
type carrier interface {
	// carry returns what the other side said.
	carry(ctx context.Context, m claimed) (reply string, err error)
	// drop ends a connection in an unknown state, close one in good order.
	drop()
	close()
}

func (s *Sender) carrier(broken *outage) carrier {
	if s.Gateway != nil {
		return byText{s}
	}
	return byMail{&line{smtp: s.SMTP, outage: broken}, s}
}

func (s *Sender) check() error {
	if s.Gateway != nil {
		return nil // it was tested when it was made
	}
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

// work sends messages over one connection, which it closes after an idle while.
func (s *Sender) work(ctx context.Context, l carrier, work <-chan claimed, done chan<- outcome) {
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
func (s *Sender) try(ctx context.Context, l carrier, m claimed) (result outcome) {
	defer func() {
		if p := recover(); p != nil {
			l.drop()
			s.Log.ErrorContext(ctx, "mail: panic", "site", m.SiteID, "message", m.ID, "panic", p, "stack", string(debug.Stack()))
			result = s.tried(m, verdict{state: store.MessageDeferred, reply: "an internal error; see the log for this message"})
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
	// A message that has been started is finished, even at shutdown.
	reply, err := l.carry(context.WithoutCancel(ctx), m)
	v := judge(m.Secret, reply, err)
	s.report(ctx, m, v)
	return s.tried(m, v)
}

// byMail hands messages to the mail server.
type byMail struct {
	*line
	sender *Sender
}

func (b byMail) carry(ctx context.Context, m claimed) (reply string, err error) {
	from, c, err := b.sender.unseal(m)
	ctx, span := b.sender.Tracer.Mail(ctx, m.Kind, c.Cause)
	defer func() { endSpan(span, m, err) }()
	if err == nil {
		err = c.form(from)
	}
	if err != nil {
		return "", err
	}
	e, err := compose(from, m.Message, c, b.sender.DKIM)
	if err != nil {
		return "", err
	}
	return b.send(ctx, e)
}

// endSpan ends the span of a message. What the server said may name the recipient.
func endSpan(span trace.Span, m claimed, err error) {
	if !span.On() {
		return
	}
	span.Say(trace.Message, m.ID)
	span.Say(trace.Site, m.SiteID)
	span.Say(trace.Outcome, string(judge(m.Secret, "", err).state))
	if err != nil {
		span.Fail("not-handed-over")
	}
	span.End()
}

// unseal returns a message's site and content.
func (s *Sender) unseal(m claimed) (*site.Site, content, error) {
	from := s.Sites(m.SiteID)
	if from == nil {
		return nil, content{}, fmt.Errorf("the site %q is not configured here", m.SiteID)
	}
	c, err := unseal(s.Keys, m.Message)
	return from, c, err
}

func (s *Sender) report(ctx context.Context, m claimed, v verdict) {
	if s.Counted != nil {
		s.Counted(v.state)
	}
	level := slog.LevelDebug
	switch v.state {
	case store.MessageDeferred, store.MessageExpired:
		level = slog.LevelWarn
	case store.MessageRefused:
		level = slog.LevelError
	}
	what := "mail: "
	if m.ByText() {
		what = "text message: "
	}
	s.Log.Log(ctx, level, what+string(v.state), "site", m.SiteID, "message", m.ID, "kind", m.Kind,
		"user", m.UserID, "tries", m.Tries+1, "reply", v.reply)
}

func (s *Sender) result(m claimed, v verdict) outcome {
	now := s.Now()
	r := store.MessageResult{SiteID: m.SiteID, ID: m.ID, Lease: m.Lease, State: v.state, Reply: v.reply, TryLog: m.TryLog, At: now, Tries: m.Tries}
	if v.state == store.MessageDeferred {
		r.Tries++
		// Due at its expiry at the latest, so that it ends on time.
		if r.DueAt = now.Add(backoff(m.Tries, mathrand.Float64())); r.DueAt.After(m.ExpiresAt) {
			r.DueAt = m.ExpiresAt
		}
	}
	return outcome{r, m.Message, v}
}

// tried is result for a message that was tried, which adds to what is known of its tries.
func (s *Sender) tried(m claimed, v verdict) outcome {
	o := s.result(m, v)
	t := gatehouse.MailTry{At: o.At, State: string(v.state), Reply: v.reply}
	if s.Gateway == nil {
		t.Relay = s.SMTP.address()
	}
	o.TryLog = gatehouse.AddMailTry(m.TryLog, t)
	return o
}

// giveBack ends a claim without a try.
func (s *Sender) giveBack(m claimed) outcome {
	o := s.result(m, verdict{state: store.MessageWaiting, reply: m.Reply})
	if o.DueAt = o.At; m.Tries > 0 {
		o.State = store.MessageDeferred
	}
	return o
}
