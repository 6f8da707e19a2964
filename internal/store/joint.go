package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
)

// Several units of work on SQLite share a transaction, and so the wait for the disk: while one is
// being committed, others gather; then they run one after the other in one transaction, each in a
// separate savepoint, and the last one commits for all. None returns before that, whether it
// changed something or failed: it may have seen the others' changes. A unit that fails or panics
// rolls back only its own changes. If the transaction fails, each unit runs again alone, so its
// outcome is its own (closures of Store.Write are safe to run twice); but not if it is committed and
// only the disk fails.

// mostJoined is the maximum number of units in a transaction: the first of them waits for the
// last.
const mostJoined = 32

// liteWriter runs transactions on the one connection that writes, in the order of the requests.
type liteWriter struct {
	db       *sql.DB
	prepared *statements
	disk     disk // used by the one who has the turn

	mu    sync.Mutex
	busy  bool // somebody has the turn
	queue []*waiter
}

// waiter waits for its turn.
type waiter struct {
	turn  chan *joint // with the transaction to join; nil: it begins one
	alone bool        // it joins no transaction
}

// joint is a transaction of one or several units. The unit that has the turn works on it.
type joint struct {
	conn     *sql.Conn
	tx       *sql.Tx
	prepared *statements
	units    int
	lasts    bool          // a unit needs it on the disk
	gone     bool          // rolled back: no unit can join, and there is nothing to commit
	done     chan struct{} // closed when it is over and its outcome is known
	failed   error         // nil: committed, or there was nothing in it
	unsafe   error         // it is committed, but not on the disk
}

// begin runs a transaction; it waits for its turn only as long as the context lasts.
func (w *liteWriter) begin(ctx context.Context, fn func(runner) error) error {
	t, failed, err := w.do(ctx, fn, false)
	if err == nil && t.failed != nil && t.units > 1 {
		t, failed, err = w.do(ctx, fn, true)
	}
	if err != nil {
		return err
	}
	return cmp.Or(failed, t.failed, t.unsafe)
}

// do runs a unit of work in a transaction, and waits until that is over. failed is the unit's
// error, err the reason why it did not run.
func (w *liteWriter) do(ctx context.Context, fn func(runner) error, alone bool) (t *joint, failed, err error) {
	if t, err = w.wait(ctx, alone); err != nil {
		return t, nil, wrap(ctx, "connection", err)
	}
	if t == nil {
		if t, err = w.open(ctx); err != nil {
			w.pass(nil)
			return t, nil, err
		}
	}
	func() {
		defer w.leave(ctx, t, alone) // also if the unit panics
		failed = t.unit(ctx, fn)
	}()
	<-t.done
	return t, failed, nil
}

// wait waits for the turn, and returns the transaction to join; nil: there is none.
func (w *liteWriter) wait(ctx context.Context, alone bool) (*joint, error) {
	w.mu.Lock()
	if !w.busy {
		w.busy = true
		w.mu.Unlock()
		return nil, nil
	}
	own := &waiter{turn: make(chan *joint, 1), alone: alone}
	w.queue = append(w.queue, own)
	w.mu.Unlock()
	select {
	case t := <-own.turn:
		return t, nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	at := slices.Index(w.queue, own)
	if at >= 0 {
		w.queue = slices.Delete(w.queue, at, at+1)
	}
	w.mu.Unlock()
	if at >= 0 {
		return nil, ctx.Err()
	}
	return <-own.turn, nil // those behind wait for the unit that got the turn
}

// pass gives the turn to the next waiting unit, with a transaction to join, unless it is nil. It
// reports whether there is a unit that takes it.
func (w *liteWriter) pass(t *joint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || t != nil && w.queue[0].alone {
		w.busy = t != nil
		return false
	}
	next := w.queue[0]
	w.queue = slices.Delete(w.queue, 0, 1)
	next.turn <- t
	return true
}

// open begins a transaction.
func (w *liteWriter) open(ctx context.Context) (*joint, error) {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return nil, wrap(ctx, "connection", err)
	}
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		conn.Close() //nolint:errcheck // beginning it has failed
		return nil, wrap(ctx, "begin", err)
	}
	return &joint{conn: conn, tx: tx, prepared: w.prepared.in(tx), done: make(chan struct{})}, nil
}

// errNoSavepoint means that SQLite has rolled back the whole transaction, as it does when its disk
// is full, or that it cannot roll back a unit.
var errNoSavepoint = errors.New("the transaction that others had a part in is lost")

// unit runs a unit of work. The first one needs no savepoint: if it fails, there is nothing else
// to keep.
func (t *joint) unit(ctx context.Context, fn func(runner) error) (err error) {
	run := &litePool{run: t.tx, prepared: t.prepared}
	t.units++
	kept := false
	defer func() {
		if !kept {
			t.undo(ctx, run)
		}
	}()
	if t.units > 1 {
		if _, err := run.exec(ctx, "SAVEPOINT unit", nil); err != nil {
			return t.lose(err)
		}
	}
	if err := fn(run); err != nil {
		return err
	}
	if t.units > 1 {
		if _, err := run.exec(ctx, "RELEASE unit", nil); err != nil {
			return t.lose(err)
		}
	}
	kept = true
	t.lasts = t.lasts || !run.passing
	return nil
}

// undo rolls back a unit that failed or panicked.
func (t *joint) undo(ctx context.Context, run *litePool) {
	switch {
	case t.gone:
	case t.units == 1:
		t.gone = true
		t.tx.Rollback() //nolint:errcheck // its changes are discarded in any case
	default:
		for _, text := range []string{"ROLLBACK TO unit", "RELEASE unit"} {
			if _, err := run.exec(ctx, text, nil); err != nil {
				t.lose(err) //nolint:errcheck // it is stored for all
				return
			}
		}
	}
}

// lose abandons the whole transaction.
func (t *joint) lose(err error) error {
	t.gone, t.failed = true, errors.Join(errNoSavepoint, err)
	t.tx.Rollback() //nolint:errcheck // it is lost
	return t.failed
}

// leave gives the transaction to the next unit, or ends it.
func (w *liteWriter) leave(ctx context.Context, t *joint, alone bool) {
	if !t.gone && !alone && t.units < mostJoined && w.pass(t) {
		return
	}
	if !t.gone {
		t.failed = wrap(ctx, "commit", t.tx.Commit())
		if t.failed == nil && t.lasts {
			t.unsafe = w.disk.wait(ctx, t.conn)
		}
	}
	if err := t.conn.Close(); t.failed == nil && err != nil && !errors.Is(err, sql.ErrConnDone) {
		t.failed = wrap(ctx, "connection", err)
	}
	w.pass(nil)
	close(t.done)
	if t.failed == nil {
		w.prepared.learn(ctx, t.prepared)
	}
}
