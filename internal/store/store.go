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
	process     string // names this process among those that share the database
	connected
	twice   bool
	writing writing
	// onLogouts is called after a transaction that has applications to be told of ended
	// sessions.
	onLogouts func()
}

// OnLogouts has somebody called after each transaction that has applications to be told of
// ended sessions, whatever ended them. It is said before the store is used.
func (s *Store) OnLogouts(call func()) { s.onLogouts = call }

// RunTwice has every transaction that succeeds rolled back and run once more, as one that
// lost a race on PostgreSQL is. It is for tests: a transaction that is not safe to run
// again shows itself.
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
	s.checks.close()
	s.forget()
	if s.read != s.write {
		return errors.Join(s.read.Close(), s.write.Close())
	}
	return s.write.Close()
}

// Ping asks the database for an answer.
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
	// returned are limits that are given back with the transaction; see GiveBackWith.
	returned *[]Limit
	// ended says that the transaction has ended what sessions had reached; see OnLogouts.
	ended *bool
}

// Read returns the methods that stand alone, each a snapshot of its own.
func (s *Store) Read() Queries {
	return Queries{run: s.reader, d: s.dialect, process: s.process}
}

// Write runs fn in one transaction that is committed if fn returns nil. A
// transaction that lost a race on PostgreSQL is run again, so fn must not do
// anything but ask and change the database and set variables of its own.
func (s *Store) Write(ctx context.Context, fn func(Queries) error) error {
	return s.writing.note(again(func() error { return s.writeOnce(ctx, fn) }))
}

// again does what lost a race on PostgreSQL once more, a few times.
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

// transact runs fn in one transaction. Limits that it gives back are each process's and each
// sign-in's: where many transactions run at once, that waits until this one is over, and
// where there is one at a time, it goes along.
func (s *Store) transact(ctx context.Context, fn func(Queries) error) error {
	var returned []Limit
	ended := false
	err := s.begin(ctx, func(run runner) error {
		q := Queries{run: run, d: s.dialect, process: s.process, returned: &returned, ended: &ended}
		returned, ended = nil, false
		if err := fn(q); err != nil {
			return err
		}
		if s.dialect.shared {
			return nil
		}
		return q.giveBack(ctx, returned)
	})
	if err == nil && s.dialect.shared && len(returned) > 0 {
		s.GiveBack(context.WithoutCancel(ctx), returned...) //nolint:errcheck // what it changed is committed, and a limit fills by itself
	}
	if err == nil && ended && s.onLogouts != nil {
		s.onLogouts()
	}
	return err
}

// exec runs a statement and returns how many rows it changed.
func (q Queries) exec(ctx context.Context, what, text string, args ...any) (int64, error) {
	n, err := q.run.exec(ctx, text, args)
	return n, wrap(ctx, what, err)
}

// later runs a statement of which nobody asks how many rows it changed, nor what is wrong with
// it: in a transaction on PostgreSQL it goes along with the next one that is asked for
// something, and if it fails, the transaction does.
func (q Queries) later(ctx context.Context, what, text string, args ...any) error {
	return wrap(ctx, what, q.run.later(ctx, text, args))
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
	return wrap(ctx, what, q.run.query(ctx, text, args, scan))
}

// together asks several things at once, in this order: on PostgreSQL they go in one message.
func (q Queries) together(ctx context.Context, what string, asks ...ask) error {
	return wrap(ctx, what, q.run.together(ctx, asks))
}

// connected is how a store's statements reach its database.
type connected struct {
	reader runner
	// begin runs something in a transaction, which is committed if that returns nil.
	begin func(ctx context.Context, fn func(runner) error) error
	// prepare readies statements for the next transaction.
	prepare func(ctx context.Context, texts ...string)
	// checks finds the sessions of requests.
	checks checker
	// forget gives prepared statements up.
	forget func()
	// writer runs the transactions of SQLite; nil: PostgreSQL runs many at once.
	writer *liteWriter
}

// ask is a statement, and what becomes of its answer.
type ask struct {
	text string
	args []any
	// row is called for every row of a query; nil: it is none.
	row func(scan func(...any) error) error
	// changed is how many rows it changed, where row is nil; nil: nobody asks.
	changed *int64
}

// into scans the row of a query, if there is one, and says whether there was.
func into(found *bool, dest ...any) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		*found = true
		return scan(dest...)
	}
}

// runner is what runs statements: a pool, each by itself, or a transaction.
type runner interface {
	exec(ctx context.Context, text string, args []any) (int64, error)
	query(ctx context.Context, text string, args []any, row func(scan func(...any) error) error) error
	later(ctx context.Context, text string, args []any) error
	together(ctx context.Context, asks []ask) error
}

// NewID makes an identifier: prefix, underscore, UUIDv7 in hex (RFC 9562 5.7). It
// sorts by time, and those of one process and one moment in the order they were made
// in: the fraction of the millisecond, then a counter, stand before what is random.
// The counter has 30 bits, because rows of one moment are ordered by their ids, as a
// user's reset links are, and the order is wrong each time the counter begins again at 0.
// It names a row and is no secret.
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

// micros is how times are stored: UTC microseconds, 0 for the zero time.
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

// isCut reports a connection that ended in the middle of an answer.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
