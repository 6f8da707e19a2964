package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync/atomic"
	"time"

	"gatehouse"
)

// Store is the database.
type Store struct {
	write, read *sql.DB
	dialect     dialect
	process     string // identifies this process among those that share the database
	connected
	twice   bool
	writing writing
	tokens  batches[accessToken]
	// onLogouts is called after a transaction after which applications have to be notified of
	// ended sessions.
	onLogouts func()
}

// OnLogouts sets a function to call after each transaction after which applications have to be
// notified of ended sessions, for any reason. It must be called before the store is used.
func (s *Store) OnLogouts(call func()) { s.onLogouts = call }

// RunTwice makes every successful transaction roll back and run again, like one that lost a race
// on PostgreSQL. It is for tests: it exposes a transaction that is not safe to retry.
func (s *Store) RunTwice() { s.twice = true }

// Open opens the database named by a URL (sqlite:///path or postgres://…) and
// checks that it answers. It changes nothing: see Migrate.
func Open(ctx context.Context, url string) (*Store, error) {
	write, read, d, err := open(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Store{write: write, read: read, dialect: d, process: "prc_" + rand.Text()}
	s.connected = d.connect(write, read)
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes both pools.
func (s *Store) Close() error {
	disconnected := s.checks.close()
	s.forget()
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(s.read.Close(), err)
	}
	if s.read.Stats().OpenConnections+s.write.Stats().OpenConnections == 0 { // else somebody still uses one
		disconnected()
	}
	return err
}

// Ping checks that the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return wrap(ctx, "ping", s.write.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Engine names the database: "sqlite" or "postgres".
func (s *Store) Engine() string { return s.dialect.name }

// Queries are the store's methods, on a pool or in a transaction.
type Queries struct {
	run     runner
	d       dialect
	process string
	// returned are limits to give back with the transaction; see GiveBackWith.
	returned *[]Limit
	// ended means that the transaction has ended what sessions had reached; see OnLogouts.
	ended *bool
	// changed counts the records that the transaction has changed; see Tally.
	changed *int64
}

// Read returns the methods outside of a transaction, each with its own snapshot.
func (s *Store) Read() Queries {
	return Queries{run: s.reader, d: s.dialect, process: s.process}
}

// Write runs fn in one transaction that is committed if fn returns nil. A transaction that lost a
// race on PostgreSQL is retried, so fn must only query and change the database and set its own
// variables.
func (s *Store) Write(ctx context.Context, fn func(Queries) error) error {
	return s.writing.note(again(func() error { return s.writeOnce(ctx, fn) }))
}

// MayBeLost says that it does no harm if a power cut, or a crash of PostgreSQL, undoes the
// transaction: Write then returns without waiting for the disk. On SQLite a crash of the process
// alone loses nothing. On both databases, what depends on it is answered after a later transaction
// that does wait, and so brings this one along.
func (q Queries) MayBeLost() { q.run.mayBeLost() }

// again retries what lost a race on PostgreSQL, a few times.
func again(do func() error) error {
	for try := 0; ; try++ {
		err := do()
		if err == nil || !isRetry(err) || try == 4 {
			return err
		}
		time.Sleep(time.Duration(try+1) * 5 * time.Millisecond)
	}
}

func (s *Store) writeOnce(ctx context.Context, fn func(Queries) error) error {
	if s.twice {
		lost := errors.New("rolled back, to run again")
		err := s.transact(ctx, func(q Queries) error { return cmp.Or(fn(q), lost) })
		if !errors.Is(err, lost) {
			return err
		}
	}
	return s.transact(ctx, fn)
}

// transact runs fn in one transaction. Limits that it gives back are shared by all processes and
// sign-ins: if many transactions run at once, giving back waits until this one is over; if they
// run one at a time, it is part of it.
func (s *Store) transact(ctx context.Context, fn func(Queries) error) error {
	var returned []Limit
	ended, changed := false, int64(0)
	span := s.dialect.span(ctx, "transaction")
	err := s.begin(ctx, func(run runner) error {
		q := Queries{run: run, d: s.dialect, process: s.process, returned: &returned, ended: &ended, changed: &changed}
		returned, ended, changed = nil, false, 0
		if err := fn(q); err != nil {
			return err
		}
		if s.dialect.shared {
			return nil
		}
		return q.giveBack(ctx, returned)
	})
	endSpan(span, err)
	if err == nil && s.dialect.shared && len(returned) > 0 {
		s.GiveBack(context.WithoutCancel(ctx), returned...) //nolint:errcheck // its change is committed, and a limit refills by itself
	}
	if err == nil && ended && s.onLogouts != nil {
		s.onLogouts()
	}
	if err == nil && changed > 0 {
		count(ctx, changed)
	}
	return err
}

// exec runs a statement and returns how many rows it changed.
func (q Queries) exec(ctx context.Context, what, text string, args ...any) (int64, error) {
	span := q.d.span(ctx, what)
	n, err := q.run.exec(ctx, text, args)
	endSpan(span, err)
	if q.changed != nil {
		*q.changed += n
	}
	return n, wrap(ctx, what, err)
}

// later runs a statement whose row count and error nobody needs at once: in a transaction on
// PostgreSQL it is sent with the next query, and if it fails, the transaction does.
func (q Queries) later(ctx context.Context, what, text string, args ...any) error {
	span := q.d.span(ctx, what)
	err := q.run.later(ctx, text, args)
	endSpan(span, err)
	return wrap(ctx, what, err)
}

// one scans the only row of a query into dest; gatehouse.ErrNotFound if none.
func (q Queries) one(ctx context.Context, what, text string, args []any, dest ...any) error {
	found := false
	err := q.all(ctx, what, text, args, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		return gatehouse.ErrNotFound
	}
	return err
}

// all calls scan for every row of a query.
func (q Queries) all(ctx context.Context, what, text string, args []any, scan func(func(...any) error) error) error {
	span := q.d.span(ctx, what)
	err := q.run.query(ctx, text, args, scan)
	endSpan(span, err)
	return wrap(ctx, what, err)
}

// together sends several queries at once, in this order: on PostgreSQL they go in one message.
func (q Queries) together(ctx context.Context, what string, asks ...ask) error {
	span := q.d.span(ctx, what)
	err := q.run.together(ctx, asks)
	endSpan(span, err)
	return wrap(ctx, what, err)
}

// connected is how a store's statements reach its database.
type connected struct {
	reader runner
	// begin runs a function in a transaction, which is committed if that returns nil.
	begin func(ctx context.Context, fn func(runner) error) error
	// prepare prepares statements for the next transaction.
	prepare func(ctx context.Context, texts ...string)
	// checks answers the checks of requests.
	checks checker
	// forget discards prepared statements.
	forget func()
	// writer runs the transactions of SQLite; nil: PostgreSQL runs many at once.
	writer *liteWriter
}

// ask is a statement, and where its answer goes.
type ask struct {
	text string
	args []any
	// row is called for every row of a query; nil: it is not a query.
	row func(scan func(...any) error) error
	// changed receives how many rows it changed, if row is nil; nil: not needed.
	changed *int64
}

// into scans the row of a query, if there is one, and reports whether there was.
func into(found *bool, dest ...any) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		*found = true
		return scan(dest...)
	}
}

// runner runs statements: a pool, each by itself, or a transaction.
type runner interface {
	exec(ctx context.Context, text string, args []any) (int64, error)
	query(ctx context.Context, text string, args []any, row func(scan func(...any) error) error) error
	later(ctx context.Context, text string, args []any) error
	together(ctx context.Context, asks []ask) error
	// mayBeLost is Queries.MayBeLost, for a transaction.
	mayBeLost()
}

// NewID returns an identifier: prefix, underscore, UUIDv7 in hex (RFC 9562 5.7). IDs sort by time,
// and those of one process and one moment by their creation: the fraction of the millisecond, then
// a counter, come before the random part. The counter has 30 bits, because rows of one moment are
// ordered by their IDs, as a user's reset links are, and the order is wrong each time the counter
// restarts at 0. An ID names a row and is no secret.
func NewID(prefix string, now time.Time) string {
	var b [16]byte
	rand.Read(b[12:])
	ms := uint64(now.UnixMilli())
	fraction := uint64(now.Nanosecond()%1e6) << 12 / 1e6
	binary.BigEndian.PutUint64(b[:], ms<<16|7<<12|fraction)
	binary.BigEndian.PutUint32(b[8:], idCounter.Add(1)&0x3fffffff|0x80000000)
	return prefix + "_" + hex.EncodeToString(b[:])
}

var idCounter atomic.Uint32

// micros returns a time as it is stored: UTC microseconds, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// when scans a stored time.
type when struct{ t *time.Time }

func (w when) Scan(v any) error {
	us, ok := v.(int64)
	if !ok {
		return fmt.Errorf("stored time is %s, not a number", reflect.TypeOf(v))
	}
	*w.t = fromMicros(us)
	return nil
}

// isCut reports whether the connection ended in the middle of an answer.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
