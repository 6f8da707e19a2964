package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connectPostgres uses one pool for everything; pgx manages prepared statements itself.
func connectPostgres(db, _ *sql.DB) connected {
	return connected{
		reader: pgPool{db},
		begin: func(ctx context.Context, fn func(runner) error) error {
			return onConnection(ctx, db, func(conn *pgx.Conn) error { return pgTransaction(ctx, conn, fn) })
		},
		prepare: func(context.Context, ...string) {},
		checks:  &gathered{db: db},
		forget:  func() {},
	}
}

// onConnection runs a function with a connection of the pool, and waits for one only as long as
// the context lasts. A connection that is broken or in a transaction afterwards is discarded when
// it is next requested.
func onConnection(ctx context.Context, db *sql.DB, do func(*pgx.Conn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return wrap(ctx, "connection", err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	return conn.Raw(func(driven any) error { return do(driven.(*stdlib.Conn).Conn()) })
}

// pgTransaction runs fn in a transaction. BEGIN is sent with the first statement, and COMMIT with
// the deferred ones: so it takes one message for each needed answer, and one more. If no answer is
// needed, there is only that one, and it needs neither: the statements of a message are a
// transaction.
func pgTransaction(ctx context.Context, conn *pgx.Conn, fn func(runner) error) error {
	run := &pgRunner{conn: conn, waiting: []ask{{text: "begin"}}}
	done := false
	defer func() {
		if !done && conn.PgConn().TxStatus() != 'I' && !conn.IsClosed() {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			conn.Exec(last, "rollback") //nolint:errcheck // if that fails, so does the connection
		}
	}()
	if err := fn(run); err != nil {
		return err
	}
	if len(run.waiting) > 0 && run.waiting[0].text == "begin" { // nothing was sent
		done = true
		if run.waiting = run.waiting[1:]; len(run.waiting) == 0 {
			return nil
		}
		return wrap(ctx, "commit", run.together(ctx, nil))
	}
	if len(run.waiting) == 0 && conn.PgConn().TxStatus() == 'E' { // a statement failed, and fn took it for an answer
		return wrap(ctx, "commit", pgx.ErrTxCommitRollback)
	}
	err := run.together(ctx, []ask{{text: "commit"}})
	done = err == nil && conn.PgConn().TxStatus() == 'I'
	return wrap(ctx, "commit", err)
}

// pgRunner runs statements on a connection. Deferred ones are sent with the next one, in one
// message.
type pgRunner struct {
	conn    *pgx.Conn
	waiting []ask
}

func (r *pgRunner) exec(ctx context.Context, text string, args []any) (n int64, err error) {
	err = r.together(ctx, []ask{{text: text, args: args, changed: &n}})
	return n, err
}

func (r *pgRunner) later(_ context.Context, text string, args []any) error {
	r.waiting = append(r.waiting, ask{text: text, args: args})
	return nil
}

func (r *pgRunner) query(ctx context.Context, text string, args []any, row func(func(...any) error) error) error {
	return r.together(ctx, []ask{{text: text, args: args, row: row}})
}

// mayBeLost has a function set what SET LOCAL would: that one warns if the transaction is only a
// message.
func (r *pgRunner) mayBeLost() {
	r.waiting = append(r.waiting, ask{text: "SELECT set_config('synchronous_commit', 'off', true)"})
}

func (r *pgRunner) together(ctx context.Context, asks []ask) error {
	asks = append(r.waiting, asks...)
	r.waiting = nil
	if len(asks) == 1 { // with less work than for several
		return asks[0].alone(ctx, r.conn)
	}
	batch := &pgx.Batch{}
	for _, a := range asks {
		batch.Queue(a.text, a.args...)
	}
	answers := r.conn.SendBatch(ctx, batch)
	var failed error
	for _, a := range asks {
		if failed = a.read(answers); failed != nil {
			break
		}
	}
	if err := answers.Close(); failed == nil {
		failed = err
	}
	return failed
}

// alone sends a statement in a message of its own.
func (a ask) alone(ctx context.Context, conn *pgx.Conn) error {
	if a.row == nil {
		tag, err := conn.Exec(ctx, a.text, a.args...)
		if a.changed != nil {
			*a.changed = tag.RowsAffected()
		}
		return err
	}
	rows, err := conn.Query(ctx, a.text, a.args...)
	if err != nil {
		return err
	}
	return readRows(rows, a.row)
}

// read reads the answer to one of several queries.
func (a ask) read(answers pgx.BatchResults) error {
	if a.row == nil {
		tag, err := answers.Exec()
		if a.changed != nil {
			*a.changed = tag.RowsAffected()
		}
		return err
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	return readRows(rows, a.row)
}

func readRows(rows pgx.Rows, row func(func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// pgPool runs each statement on a connection of the pool.
type pgPool struct{ db *sql.DB }

func (p pgPool) on(ctx context.Context, do func(*pgRunner) error) error {
	return onConnection(ctx, p.db, func(conn *pgx.Conn) error { return do(&pgRunner{conn: conn}) })
}

func (p pgPool) exec(ctx context.Context, text string, args []any) (n int64, err error) {
	err = p.on(ctx, func(r *pgRunner) error {
		n, err = r.exec(ctx, text, args)
		return err
	})
	return n, err
}

func (pgPool) mayBeLost() {}

func (p pgPool) later(ctx context.Context, text string, args []any) error {
	_, err := p.exec(ctx, text, args)
	return err
}

func (p pgPool) query(ctx context.Context, text string, args []any, row func(func(...any) error) error) error {
	return p.on(ctx, func(r *pgRunner) error { return r.query(ctx, text, args, row) })
}

func (p pgPool) together(ctx context.Context, asks []ask) error {
	return p.on(ctx, func(r *pgRunner) error { return r.together(ctx, asks) })
}
