package store

import (
	"context"
	"time"

	"gatehouse"
)

// gathered is the checker of PostgreSQL: questions of requests that come at the same time go in one
// message.
//
// A message asks for the snapshot that PostgreSQL reads with: which transactions it sees. If that
// is the same as before, so is every answer, and those that are cached need not be asked for.
type gathered struct {
	asks batches[*question]

	// Only the request that asks uses these.
	answers answers[snapshot]
	// changing: there was a change before the last message. While there is one before each,
	// questions go in the same message, even if their answers are cached.
	changing bool
}

type question struct {
	name  key
	check check // the answer
	found bool
}

// snapshot is what a statement sees. Transactions are numbered by the server, and one that takes
// over from it may use numbers again that had not reached it.
type snapshot struct {
	transactions string
	server       int64 // when it started
}

const snapshotText = `SELECT CAST(txid_current_snapshot() AS TEXT), pg_postmaster_start_time()`

func (g *gathered) answer(ctx context.Context, q Queries, name key) (check, error) {
	own := &question{name: name}
	err := g.asks.do(ctx, own, func(ctx context.Context, all []*question) error { return g.find(ctx, q, all) })
	if err == nil && !own.found {
		err = gatehouse.ErrNotFound
	}
	return own.check, err
}

// find answers questions. Each is asked after its request came: the database itself, or only
// whether it has changed. Equal ones are asked once.
func (g *gathered) find(ctx context.Context, q Queries, all []*question) error {
	var asked, known []*question
	first := make(map[key]*question, len(all))
	for _, one := range all {
		if first[one.name] != nil {
			continue
		}
		first[one.name] = one
		if g.answers.known[one.name] != nil && !g.changing {
			known = append(known, one)
		} else {
			asked = append(asked, one)
		}
	}
	var at snapshot
	var started time.Time
	version := ask{text: snapshotText, row: func(scan func(...any) error) error { return scan(&at.transactions, &started) }}
	if err := together(ctx, q, asked, version); err != nil {
		return err
	}
	at.server = started.UnixMicro()
	if g.changing = g.answers.now(at); g.changing && len(known) > 0 {
		if err := together(ctx, q, known); err != nil {
			return err
		}
		asked, known = append(asked, known...), nil
	}
	for _, one := range known {
		one.check, one.found = g.answers.known[one.name], true
	}
	// What was read came after the snapshot, so it is as new, or newer.
	for _, one := range asked {
		if one.found {
			g.answers.keep(one.name, one.check)
		}
	}
	for _, one := range all {
		equal := first[one.name]
		one.check, one.found = equal.check, equal.found
	}
	return nil
}

// together sends questions in one message, after others.
func together(ctx context.Context, q Queries, questions []*question, asks ...ask) error {
	for _, one := range questions {
		one.check = one.name.check()
		asks = append(asks, one.check.asks(&one.found)...)
	}
	return q.together(ctx, "check", asks...)
}

func (*gathered) close() (disconnected func()) { return func() {} }
