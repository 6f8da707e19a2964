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

// check is something that is asked at request after request, and what was answered: whose
// session it is, which application asks, whether a token is good. Whatever ends must be seen at
// the next one, by every process. Several requests may get the same answer: nobody changes
// anything in it.
type check interface {
	// key names what is asked: equal keys, equal questions.
	key() any
	// asks are the statements, which fill the answer in; found becomes true if there is one.
	asks(found *bool) []ask
}

// checker answers checks with what the database has at that moment.
type checker interface {
	// answer is the answer to fresh: that itself, filled in, or one that was given before.
	answer(ctx context.Context, q Queries, fresh check) (check, error)
	close()
}

// answer asks the database by itself.
func (q Queries) answer(ctx context.Context, fresh check) error {
	found := false
	err := q.together(ctx, "check", fresh.asks(&found)...)
	if err == nil && !found {
		err = gatehouse.ErrNotFound
	}
	return err
}

// unchanged is the checker of SQLite: it keeps what it has read for as long as nothing
// whatever is written to the file. SQLite tells a connection whether others have written
// since it was asked last (PRAGMA data_version), connections of this process and of any
// other one; this connection never writes itself. So what is kept is what a question would
// have been answered with.
type unchanged struct {
	read *sql.DB

	mu      sync.Mutex
	conn    *sql.Conn // of the pool of readers; it stays the same, or its answers mean nothing
	version driver.StmtQueryContext
	conns   int64 // there have been: each counts versions for itself
	at      int64
	kept    map[any]check // by key
}

// mostKept bounds what is kept to some megabytes.
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

// look returns the version of the database, and what is kept of it. Where the version cannot
// be had, nothing is known.
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

// ask goes to the driver itself: database/sql would take as long again as the question.
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

// gathered is the checker of PostgreSQL: while one message with questions is on its way, the
// requests that come gather, and their questions go together in the next one. So the more
// come at once, the fewer messages there are for each, and nobody waits for others to come.
// Every question is asked after its request came, by a statement of its own.
type gathered struct {
	mu      sync.Mutex
	asking  bool
	waiting []*question
}

type question struct {
	check check
	found bool
	err   error
	turn  chan bool // true: ask for all that wait; false: it is answered
}

const (
	// mostGathered is how many questions one message has at most.
	mostGathered = 64
	// gatheredTime is how long they may take: one who hangs up must not end the others'.
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

// ask asks for all that wait, and gives the turn to the first of those that came meanwhile.
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
