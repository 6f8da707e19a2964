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
	// asks returns the statements, which fill in the answer; found becomes true if there is one.
	asks(found *bool) []ask
}

// key identifies a question: equal keys, equal questions.
type key interface {
	// check returns the question, without its answer.
	check() check
}

// checker answers checks with the current content of the database.
type checker interface {
	// answer returns the answer to a question, a new one or an earlier one.
	answer(ctx context.Context, q Queries, name key) (check, error)
	// close gives back its connection. What it returns is called when all connections are closed.
	close() (disconnected func())
}

// answer queries the database itself.
func (q Queries) answer(ctx context.Context, name key) (check, error) {
	found, fresh := false, name.check()
	err := q.together(ctx, "check", fresh.asks(&found)...)
	if err == nil && !found {
		err = gatehouse.ErrNotFound
	}
	return fresh, err
}

// answers are answers to checks, cached for exactly as long as the database does not change: at is
// what it says about itself, and differs as soon as it answers anything differently.
type answers[V comparable] struct {
	at    V
	known map[key]check
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
func (a *answers[V]) keep(name key, c check) {
	if a.known == nil || len(a.known) >= mostKept {
		a.known = map[key]check{}
	}
	a.known[name] = c
}

// unchanged is the checker of SQLite: it caches what it has read until anything is written to the
// file, by other connections of this process or by other processes; its own connection never
// writes. The index of SQLite's log says so (walindex.go), and where it cannot be mapped, SQLite
// (PRAGMA data_version), which takes ten times as long. So a cached answer is what the database would
// answer.
type unchanged struct {
	read *sql.DB

	mu      sync.Mutex
	conn    *sql.Conn // from the pool of readers; it must stay the same, or its answers mean nothing
	version driver.StmtQueryContext
	conns   int64 // so far: each counts versions separately
	index   *walIndex
	answers answers[written]
}

// written is how much has been written to a database of SQLite; the zero value: unknown.
type written struct {
	index   walHeader
	version int64 // of conns; 0 if the index says it
}

func (c *unchanged) answer(ctx context.Context, q Queries, name key) (check, error) {
	f, at, known := c.look(ctx, name)
	if known {
		return f, nil
	}
	// What is read now is as new as the version that was seen before, or newer.
	f, err := q.answer(ctx, name)
	if err == nil {
		c.keep(name, f, at)
	}
	return f, err
}

// look returns the version of the database, and the cached answer for it. If the version cannot be
// read, nothing is known.
func (c *unchanged) look(ctx context.Context, name key) (f check, at written, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at = c.ask(context.WithoutCancel(ctx))
	c.answers.now(at)
	f, known = c.answers.known[name]
	return f, at, known
}

// ask returns the version of the database.
func (c *unchanged) ask(ctx context.Context) (at written) {
	if c.version == nil {
		if err := c.prepare(ctx); err != nil {
			return written{}
		}
	}
	if c.conns == 1 { // later the file may be another one
		if header, known := c.index.header(); known {
			return written{index: header}
		}
	}
	version, err := c.pragma(ctx)
	if err != nil {
		return written{}
	}
	return written{version: version}
}

// pragma calls the driver directly: database/sql would double the time of the query.
func (c *unchanged) pragma(ctx context.Context) (at int64, err error) {
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
		c.disconnect()
	}
	return at, err
}

// prepare takes a connection, and asks once: from then on it uses the index, which is there for as
// long as a connection uses it.
func (c *unchanged) prepare(ctx context.Context) (err error) {
	if c.conn, err = c.read.Conn(ctx); err != nil {
		return err
	}
	err = c.conn.Raw(func(conn any) error {
		stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, "PRAGMA data_version")
		if err == nil {
			c.version = stmt.(driver.StmtQueryContext)
		}
		return err
	})
	if err != nil {
		c.conn.Close()
		return err
	}
	c.conns++
	if _, err = c.pragma(ctx); err == nil && c.conns == 1 {
		c.index = openWALIndex(ctx, c.conn)
	}
	return err
}

func (c *unchanged) keep(name key, f check, at written) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at == c.answers.at && at != (written{}) {
		c.answers.keep(name, f)
	}
}

func (c *unchanged) disconnect() {
	if c.version != nil {
		c.conn.Raw(func(any) error { return c.version.(driver.Stmt).Close() }) //nolint:errcheck // the connection goes, too
		c.conn.Close()
		c.version = nil
	}
}

func (c *unchanged) close() (disconnected func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disconnect()
	index := c.index
	c.index = nil
	return index.release
}
