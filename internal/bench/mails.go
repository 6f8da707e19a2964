package main

import (
	"context"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// waiting is how many mails are in the outbox when the server starts, and leastMails how
// many it has to hand over per second at least.
const (
	waiting    = 20_000
	leastMails = 4000
)

// measureMails starts a server on an outbox full of notices.
func measureMails(ctx context.Context, b *bench, db *database) error {
	return b.withStore(ctx, db, func(st *store.Store) error {
		all, err := b.settle(ctx, st, "Southgate Ltd", b.count(waiting), reader, nil)
		if err != nil {
			return err
		}
		rounds, disturbed, err := quietly(ctx, max(1, b.count(3)), func() (round, processor, error) {
			r, err := b.handOver(ctx, db, st, all)
			return r, r.spent, err
		})
		if err != nil {
			return err
		}
		var rates []float64
		for _, r := range rounds {
			rates = append(rates, r.perSecond)
		}
		b.report.add(figure{Name: "mails handed over, " + db.engine, Value: median(rates), Unit: "/s", Limit: leastMails, Bound: atLeast,
			Disturbed: disturbed, Detail: fmt.Sprintf("median of %d, slowest %.0f/s, fastest %.0f/s; %s",
				len(rates), quantile(rates, 0), quantile(rates, 1), eachOf(rounds))})
		return nil
	})
}

func reader(i int) string { return fmt.Sprintf("reader-%05d", i) }

// eachOf says how much processor time each operation took.
func eachOf(rounds []round) string {
	var sum round
	for _, r := range rounds {
		sum.count, sum.spent = sum.count+r.count, sum.spent.plus(r.spent)
	}
	each := func(d time.Duration) float64 { return millis(d) / sum.count }
	return fmt.Sprintf("processor ms each: server %.2f, database %.2f, others that take part %.2f",
		each(sum.spent.server), each(sum.spent.database), each(sum.spent.own))
}

// handOver writes a notice to everybody, and has them sent by a server that starts.
func (b *bench) handOver(ctx context.Context, db *database, st *store.Store, all *settlement) (r round, err error) {
	if err := b.enqueue(ctx, st, all); err != nil {
		return r, err
	}
	b.sink.empty()
	return r, b.during(ctx, db, func(s *server) error {
		before := processorTime(s)
		if err := b.awaitMails(ctx, len(all.users)); err != nil {
			return err
		}
		got := b.sink.all()
		r.count, r.spent = float64(got.mails), processorTime(s).minus(before)
		r.perSecond = r.count / got.last.Sub(got.first).Seconds()
		return oneEach(got, all)
	})
}

// enqueue writes the waiting notices.
func (b *bench) enqueue(ctx context.Context, st *store.Store, all *settlement) error {
	outbox := &mail.Outbox{Keys: b.keys, Now: time.Now}
	notice := mail.TwoFactorEnabled{TwoFactorNotice: mail.TwoFactorNotice{Company: all.company.Name, By: "Mira Santos", At: time.Now()}}
	return st.Write(ctx, func(q store.Queries) error {
		for _, u := range all.users {
			notice.Username = u.Username
			if err := outbox.Enqueue(ctx, q, b.site, mail.To(b.site, u), notice); err != nil {
				return err
			}
		}
		return nil
	})
}

// awaitMails waits until this many mails have arrived, as long as they keep arriving.
func (b *bench) awaitMails(ctx context.Context, want int) error {
	last, since := 0, time.Now()
	for {
		n := b.sink.count()
		switch {
		case n >= want:
			return nil
		case n > last:
			last, since = n, time.Now()
		case time.Since(since) > patience:
			return fmt.Errorf("%d of %d mails have come, and no more for a minute", n, want)
		}
		pause(ctx, 10*time.Millisecond)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// oneEach fails unless everybody has received exactly one mail, except for those who
// should get more.
func oneEach(got taken, all *settlement, more ...gatehouse.User) error {
	want := map[string]int{}
	for _, u := range append(more, all.users...) {
		want[u.Email]++
	}
	for address, n := range want {
		if got.to[address] != n {
			return fmt.Errorf("%d mails have come to %s, not %d", got.to[address], address, n)
		}
	}
	if len(got.to) != len(want) {
		return fmt.Errorf("mails have come to %d people, not %d", len(got.to), len(want))
	}
	return nil
}
