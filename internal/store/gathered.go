package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gatehouse"
)

// gathered is the checker of PostgreSQL: while one message with questions is under way, new
// requests gather, and their questions go together in the next one. So the more come at once, the
// fewer messages each needs, and nobody waits for others to come.
//
// A message asks for the snapshot that PostgreSQL reads with: which transactions it sees. If that
// is the same as before, so is every answer, and those that are cached need not be asked for.
type gathered struct {
	mu      sync.Mutex
	asking  bool
	waiting []*question

	// Only the request that asks uses these.
	answers answers[snapshot]
	// changing: there was a change before the last message. While there is one before each,
	// questions go in the same message, even if their answers are cached.
	changing bool
}

type question struct {
	check check
	found bool
	err   error
	turn  chan bool // true: ask for all that wait; false: it has been answered
}

// snapshot is what a statement sees. Transactions are numbered by the server, and one that takes
// over from it may use numbers again that had not reached it.
type snapshot struct {
	transactions string
	server       int64 // when it started
}

const snapshotText = `SELECT CAST(txid_current_snapshot() AS TEXT), pg_postmaster_start_time()`

const (
	// mostGathered is the maximum number of questions in one message.
	mostGathered = 64
	// gatheredTime is how long they may take: one client that disconnects must not end the
	// others'.
	gatheredTime = 10 * time.Second
)

func (g *gathered) answer(ctx context.Context, q Queries, fresh check) (check, error) {
	own := &question{check: fresh, turn: make(chan bool, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, own)
	first := !g.asking
	g.asking = true
	g.mu.Unlock()
	if first || <-own.turn {
		g.ask(ctx, q, own)
	}
	if own.err == nil && !own.found {
		own.err = gatehouse.ErrNotFound
	}
	return own.check, own.err
}

// ask asks for all that wait, and passes the turn to the first of those that came meanwhile.
func (g *gathered) ask(ctx context.Context, q Queries, own *question) {
	g.mu.Lock()
	n := min(len(g.waiting), mostGathered)
	all := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.mu.Unlock()
	err := errors.New("nobody was asked") // unless the question panics
	defer func() {
		for _, one := range all {
			if one.err = err; one != own {
				one.turn <- false
			}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.asking = len(g.waiting) > 0; g.asking {
			g.waiting[0].turn <- true
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), gatheredTime)
	defer cancel()
	err = g.find(ctx, q, all)
}

// find answers questions. Each is asked after its request came: the database itself, or only
// whether it has changed. Equal ones are asked once.
func (g *gathered) find(ctx context.Context, q Queries, all []*question) error {
	var asked, known []*question
	first := make(map[any]*question, len(all))
	for _, one := range all {
		key := one.check.key()
		if first[key] != nil {
			continue
		}
		first[key] = one
		if g.answers.known[key] != nil && !g.changing {
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
		one.check, one.found = g.answers.known[one.check.key()], true
	}
	// What was read came after the snapshot, so it is as new, or newer.
	for _, one := range asked {
		if one.found {
			g.answers.keep(one.check)
		}
	}
	for _, one := range all {
		equal := first[one.check.key()]
		one.check, one.found = equal.check, equal.found
	}
	return nil
}

// together sends questions in one message, after others.
func together(ctx context.Context, q Queries, questions []*question, asks ...ask) error {
	for _, one := range questions {
		asks = append(asks, one.check.asks(&one.found)...)
	}
	return q.together(ctx, "check", asks...)
}

func (*gathered) close() {}
