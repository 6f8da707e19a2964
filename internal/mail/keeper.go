package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// keeper sits between the database and the workers: it claims messages for them and records
// the results. Both go in one transaction, since a commit waits for the disk; and the next
// messages are fetched while the workers still have some, so that nobody waits for the
// database.
type keeper struct {
	*Sender
	work chan<- claimed
	done <-chan outcome

	// out is how many messages the workers have, and results are those that they have
	// finished and that are not yet recorded; since is when the first of them came, and
	// recordedAt is when others were last recorded.
	out        int
	results    []outcome
	since      time.Time
	recordedAt time.Time
	// batch is how many the next claim takes, claimedAt is when the last claim was made, and
	// more is whether it may have left others behind.
	batch     int
	claimedAt time.Time
	more      bool
	swept     time.Time // when it looked for expired messages
}

// keep goes on until the context ends and everything in hand is recorded.
func (k *keeper) keep(ctx context.Context) {
	k.batch = k.few()
	for look := true; ; look = k.gather(ctx) {
		if ctx.Err() != nil && k.out == 0 && len(k.results) == 0 {
			return
		}
		k.turn(ctx, look && ctx.Err() == nil)
	}
}

// few is how much is claimed from a slow server, so that urgent messages do not wait behind
// a hundred others.
func (k *keeper) few() int { return 2 * k.workers() }

// low reports that the workers will soon need more than they have.
func (k *keeper) low() bool { return k.out <= k.batch/2 }

// gather collects results until it is time to talk to the database. It reports whether to
// look for messages. A result is recorded at once if no other is expected after it, and none
// waits long: what is not recorded is sent again if the process dies. After results were
// recorded, new ones and new messages wait a moment for others: the more come, the fewer
// transactions each needs, and one that comes alone does not wait.
func (k *keeper) gather(ctx context.Context) (look bool) {
	poll := time.NewTimer(pollEvery)
	defer poll.Stop()
	for {
		stopped := ctx.Err() != nil
		switch {
		case k.more && k.low() && !stopped:
			return true
		case stopped && k.out == 0:
			return false
		case k.ripe():
			return !stopped && k.low() && k.nudged()
		}
		var nudge, stop <-chan struct{}
		if !stopped {
			stop = ctx.Done()
		}
		if !stopped && k.low() && k.rest() <= 0 {
			nudge = k.nudge
		}
		select {
		case o := <-k.done:
			k.take(o)
		case <-nudge:
			return true
		case <-poll.C:
			return k.low()
		case <-k.patience(): // a result may be due, or what was nudged
		case <-stop:
		}
	}
}

// rest is how much longer to wait for others.
func (k *keeper) rest() time.Duration { return time.Until(k.recordedAt.Add(gatherTime)) }

// patience ends when that, or the longest wait of a result, is over.
func (k *keeper) patience() <-chan time.Time {
	wait := k.rest()
	if len(k.results) > 0 {
		if due := time.Until(k.since.Add(gatherTime)); wait <= 0 || due < wait {
			wait = due
		}
	}
	if wait <= 0 && len(k.results) == 0 {
		return nil
	}
	return time.After(wait)
}

// nudged reports whether there may be messages to look for.
func (k *keeper) nudged() bool {
	select {
	case <-k.nudge:
		return true
	default:
		return false
	}
}

// ripe reports whether to record the results now.
func (k *keeper) ripe() bool {
	return len(k.results) > 0 && (k.out == 0 && k.rest() <= 0 || len(k.results) >= mostAtOnce || time.Since(k.since) >= gatherTime)
}

func (k *keeper) take(o outcome) {
	if len(k.results) == 0 {
		k.since = time.Now()
	}
	k.results = append(k.results, o)
	k.out--
}

// turn records the results, and claims messages if look is true. If results cannot be
// recorded, it tries again until the claim must be over: what was sent and not recorded
// would be sent again.
func (k *keeper) turn(ctx context.Context, look bool) {
	stopped := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTime)
	defer cancel()
	err := k.exchange(ctx, look)
	if err == nil {
		return
	}
	k.more = false // it looks again in a while
	if len(k.results) == 0 {
		k.Log.ErrorContext(ctx, "mail: the outbox cannot be read", "error", err)
		return
	}
	k.Log.ErrorContext(ctx, "mail: results cannot be recorded", "count", len(k.results), "error", err)
	if spent := time.Since(k.since); spent > k.lease() || stopped && spent > markTime {
		k.results = nil
		return
	}
	time.Sleep(pollEvery)
}

// exchange is one transaction, or none where there is nothing to do: then it only reads, by
// index.
func (k *keeper) exchange(ctx context.Context, look bool) (err error) {
	now, at := k.Now(), time.Now()
	if look && !k.more {
		if look, err = k.Store.Read().MessageDue(ctx, now, k.Gateway != nil); err != nil {
			return err
		}
	}
	if !look && len(k.results) == 0 {
		return nil
	}
	sweep := look && at.Sub(k.swept) >= sweepEvery
	var rows []store.Message
	var expired int64
	var came recorded
	err = k.Store.Write(ctx, func(q store.Queries) (err error) {
		if came, err = k.record(ctx, q); err != nil || !look {
			return err
		}
		if len(k.results) == 0 {
			q.MayBeLost() // what was claimed is claimed again
		}
		if expired = 0; sweep {
			if expired, err = q.ExpireMessages(ctx, now); err != nil {
				return err
			}
		}
		if err = setHeldAside(ctx, q, now); err != nil {
			return err
		}
		rows, err = q.ClaimMessages(ctx, store.Claim{Lease: rand.Text(), Now: now, Until: now.Add(k.lease()), Limit: k.batch, Text: k.Gateway != nil})
		return err
	})
	if err != nil {
		return err
	}
	if len(k.results) > 0 {
		k.results, k.recordedAt = nil, time.Now()
	}
	came.announce(ctx, k.Sender)
	if expired > 0 {
		k.Log.WarnContext(ctx, "mail: messages expired before they could be sent", "count", expired)
	}
	if sweep {
		k.swept = at
	}
	if look {
		k.handOut(rows, at)
	}
	return nil
}

// setHeldAside puts off what sites have whose messages operators hold; there is hardly ever one.
func setHeldAside(ctx context.Context, q store.Queries, now time.Time) error {
	holds, err := q.MailHolds(ctx)
	for _, h := range holds {
		if err == nil {
			err = q.SetHeldAside(ctx, h.SiteID, now)
		}
	}
	return err
}

// handOut gives the workers what was claimed, and decides how much to claim next: many
// from a fast server, few from a slow one.
func (k *keeper) handOut(rows []store.Message, at time.Time) {
	for _, row := range rows {
		k.work <- claimed{row, at}
	}
	k.out += len(rows)
	full, took := k.more, at.Sub(k.claimedAt)
	k.more, k.claimedAt = len(rows) == k.batch, at
	switch {
	case full && took < 200*time.Millisecond:
		k.batch = min(2*k.batch, mostAtOnce)
	case full && took > time.Second:
		k.batch = k.few()
	}
}

// recorded is what to log about results once they are on disk.
type recorded struct {
	lost []store.MessageResult
	over []excess
}

// record writes results, and what the hand-over says about the addresses.
func (k *keeper) record(ctx context.Context, q store.Queries) (came recorded, err error) {
	if len(k.results) == 0 {
		return came, nil
	}
	results := make([]store.MessageResult, len(k.results))
	for i, o := range k.results {
		results[i] = o.MessageResult
	}
	if came.lost, err = q.FinishMessages(ctx, results); err != nil {
		return came, err
	}
	for _, o := range k.results {
		if slices.Contains(came.lost, o.MessageResult) {
			continue
		}
		more, failed := k.judgeAddress(ctx, q, o)
		came.over, err = append(came.over, more...), errors.Join(err, failed)
	}
	return came, err
}

// judgeAddress notes what the hand-over says about an address. A success costs a
// statement only if the address was marked before.
func (k *keeper) judgeAddress(ctx context.Context, q store.Queries, o outcome) ([]excess, error) {
	switch {
	case o.message.ByText(): // it says nothing about the mailbox
	case o.verdict.refused:
		return k.Refusals.note(ctx, q, o.message, o.verdict.status, gatehouse.Bounce{At: o.At, Reason: o.Reply})
	case o.State == store.MessageSent && o.message.Doubted:
		return nil, arrived(ctx, q, o.message, false)
	}
	return nil, nil
}

func (r recorded) announce(ctx context.Context, s *Sender) {
	for _, l := range r.lost {
		s.Log.WarnContext(ctx, "mail: a result came too late: another process took the message, or a report ended it", "site", l.SiteID, "message", l.ID, "state", l.State)
	}
	s.Refusals.announce(ctx, r.over)
}
