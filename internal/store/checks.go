package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

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

// answers are answers to checks, cached for exactly as long as the database does not change: at is
// what it says about itself, and differs as soon as it answers anything differently.
type answers[V comparable] struct {
	at    V
	known map[any]check // by key
}

// mostKept limits the cache to some megabytes.
const mostKept = 4096

// now discards all answers if the database has changed, and reports whether it has.
func (a *answers[V]) now(at V) (changed bool) {
	if changed = at != a.at; changed {
		clear(a.known)
		a.at = at
	}
	return changed
}

// keep caches an answer that is as new as what the database last said about itself, or newer.
func (a *answers[V]) keep(c check) {
	if a.known == nil || len(a.known) >= mostKept {
		a.known = map[any]check{}
	}
	a.known[c.key()] = c
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
	answers answers[int64]
}

func (c *unchanged) answer(ctx context.Context, q Queries, fresh check) (check, error) {
	f, at, known := c.look(ctx, fresh.key())
	if known {
		return f, nil
	}
	// What is read now is as new as the version that was seen before, or newer.
	err := q.answer(ctx, fresh)
	if err == nil {
		c.keep(fresh, at)
	}
	return fresh, err
}

// look returns the version of the database, and the cached answer for it. If the version cannot be
// read, nothing is known.
func (c *unchanged) look(ctx context.Context, key any) (f check, at int64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, err := c.ask(context.WithoutCancel(ctx))
	if err != nil {
		at = 0
	}
	c.answers.now(at)
	f, known = c.answers.known[key]
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

func (c *unchanged) keep(f check, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at == c.answers.at && at != 0 {
		c.answers.keep(f)
	}
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
