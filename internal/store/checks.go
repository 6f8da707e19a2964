package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"time"

	"gatehouse"
)

// check is a question that request after request asks, with its answer: whose session it is, which
// application asks, whether a token is valid. The next check must see any end, in every process.
// Several requests may share an answer, so nobody changes it.
type check interface {
	// key identifies the question: equal keys, equal questions.
	key() any
	// asks returns the statements, which fill in the answer; found becomes true if there is one.
	asks(found *bool) []ask
}

// checker answers checks with the current content of the database.
type checker interface {
	// answer returns the answer to fresh: fresh itself, filled in, or an earlier one.
	answer(ctx context.Context, q Queries, fresh check) (check, error)
	close()
}

// answer queries the database itself.
func (q Queries) answer(ctx context.Context, fresh check) error {
	found := false
	err := q.together(ctx, "check", fresh.asks(&found)...)
	if err == nil && !found {
		err = gatehouse.ErrNotFound
	}
	return err
}

// unchanged is the checker of SQLite: it caches what it has read until anything is written to the
// file. SQLite tells a connection whether others have written since it last asked (PRAGMA
// data_version), both connections of this process and of other ones; this connection never writes.
// So a cached answer is what the database would answer.
type unchanged struct {
	read *sql.DB

	mu      sync.Mutex
	conn    *sql.Conn // from the pool of readers; it must stay the same, or its answers mean nothing
	version driver.StmtQueryContext
	conns   int64 // so far: each counts versions separately
	at      int64
	kept    map[any]check // by key
}

// mostKept limits the cache to some megabytes.
const mostKept = 4096

func (c *unchanged) answer(ctx context.Context, q Queries, fresh check) (check, error) {
	key := fresh.key()
	f, at, known := c.look(ctx, key)
	if known {
		return f, nil
	}
	// What is read now is as new as the version that was seen before, or newer.
	err := q.answer(ctx, fresh)
	if err == nil {
		c.keep(key, fresh, at)
	}
	return fresh, err
}

// look returns the version of the database, and the cached answer for it. If the version cannot be
// read, nothing is known.
func (c *unchanged) look(ctx context.Context, key any) (f check, at int64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, err := c.ask(context.WithoutCancel(ctx))
	if err != nil || at != c.at {
		clear(c.kept)
		c.at = at
	}
	f, known = c.kept[key]
	return f, at, known
}

// ask calls the driver directly: database/sql would double the time of the query.
func (c *unchanged) ask(ctx context.Context) (at int64, err error) {
	if c.version == nil {
		if c.version, err = c.prepare(ctx); err != nil {
			return 0, err
		}
	}
	err = c.conn.Raw(func(any) error {
		rows, err := c.version.QueryContext(ctx, nil)
		if err != nil {
			return err
		}
		var row [1]driver.Value
		err = errors.Join(rows.Next(row[:]), rows.Close())
		version, _ := row[0].(int64) // of 32 bits
		at = c.conns<<32 | version
		return err
	})
	if err != nil {
		c.release()
	}
	return at, err
}

func (c *unchanged) prepare(ctx context.Context) (version driver.StmtQueryContext, err error) {
	if c.conn, err = c.read.Conn(ctx); err != nil {
		return nil, err
	}
	err = c.conn.Raw(func(conn any) error {
		stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, "PRAGMA data_version")
		if err == nil {
			version = stmt.(driver.StmtQueryContext)
		}
		return err
	})
	if err != nil {
		c.conn.Close()
	}
	c.conns++
	return version, err
}

func (c *unchanged) keep(key any, f check, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case at != c.at || at == 0:
		return
	case len(c.kept) >= mostKept:
		clear(c.kept)
	}
	c.kept[key] = f
}

func (c *unchanged) release() {
	if c.version != nil {
		c.conn.Raw(func(any) error { return c.version.(driver.Stmt).Close() }) //nolint:errcheck // the connection goes, too
		c.conn.Close()
		c.version = nil
	}
}

func (c *unchanged) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
}

// gathered is the checker of PostgreSQL: while one message with questions is under way, new
// requests gather, and their questions are sent together in the next one. So the more come at
// once, the fewer messages each needs, and nobody waits for others to come. Every question is
// asked after its request came, by a separate statement.
type gathered struct {
	mu      sync.Mutex
	asking  bool
	waiting []*question
}

type question struct {
	check check
	found bool
	err   error
	turn  chan bool // true: ask for all that wait; false: it has been answered
}

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
	asks := make([]ask, 0, 2*n)
	for _, one := range all {
		asks = append(asks, one.check.asks(&one.found)...)
	}
	err = q.together(ctx, "check", asks...)
}

func (*gathered) close() {}
