package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse"
)

// Store is the database.
type Store struct {
	write, read           *sql.DB
	dialect               dialect
	process               string // names this process among those that share the database
	writeStmts, readStmts *statements
	twice                 bool
	writing               writing
}

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
	s.writeStmts, s.readStmts = &statements{m: &sync.Map{}}, &statements{m: &sync.Map{}}
	if d.prepares {
		s.writeStmts.db, s.readStmts.db = write, read
	}
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes both pools.
func (s *Store) Close() error {
	s.writeStmts.close()
	s.readStmts.close()
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
	run      runner
	prepared *statements
	d        dialect
	process  string
}

// runner is what a pool and a transaction have in common.
type runner interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// Read returns the methods that stand alone, each a snapshot of its own.
func (s *Store) Read() Queries {
	return Queries{run: s.read, prepared: s.readStmts, d: s.dialect, process: s.process}
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
	return s.onWriter(ctx, func(conn *sql.Conn) (*statements, error) { return s.writeOn(ctx, conn, fn) })
}

// onWriter does something with a connection that writes, waiting for it no longer
// than the context lasts.
func (s *Store) onWriter(ctx context.Context, do func(*sql.Conn) (*statements, error)) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return wrap(ctx, "connection", err)
	}
	prepared, err := do(conn)
	if closed := conn.Close(); err == nil && !errors.Is(closed, sql.ErrConnDone) {
		err = wrap(ctx, "connection", closed)
	}
	if err == nil {
		s.writeStmts.learn(ctx, prepared)
	}
	return err
}

func (s *Store) writeOn(ctx context.Context, conn *sql.Conn, fn func(Queries) error) (*statements, error) {
	if s.twice {
		lost := errors.New("rolled back, to run again")
		_, err := s.transact(ctx, conn, func(q Queries) error { return cmp.Or(fn(q), lost) })
		if !errors.Is(err, lost) {
			return nil, err
		}
	}
	return s.transact(ctx, conn, fn)
}

func (s *Store) transact(ctx context.Context, conn *sql.Conn, fn func(Queries) error) (*statements, error) {
	tx, err := conn.BeginTx(s.dialect.unwatched(ctx), nil)
	if err != nil {
		return nil, wrap(ctx, "begin", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it says so
	prepared := s.writeStmts.in(tx)
	if err := fn(Queries{run: tx, prepared: prepared, d: s.dialect, process: s.process}); err != nil {
		return nil, err
	}
	return prepared, wrap(ctx, "commit", tx.Commit())
}

// writeLoosely runs fn in a transaction that need not be on the disk when it returns:
// for counters of limits, which may be lost with the power. It saves the wait for
// the disk, which a sign-in would pay twice more. The connection that writes is
// held meanwhile, so no other transaction is ever committed this way; what an
// ordinary one commits later takes this one along.
func (s *Store) writeLoosely(ctx context.Context, fn func(Queries) error) error {
	if s.dialect.loosely == "" {
		return again(func() error {
			return fn(Queries{run: s.write, prepared: s.writeStmts, d: s.dialect, process: s.process})
		})
	}
	return s.writing.note(s.onWriter(ctx, func(conn *sql.Conn) (*statements, error) { return s.loosely(ctx, conn, fn) }))
}

func (s *Store) loosely(ctx context.Context, conn *sql.Conn, fn func(Queries) error) (*statements, error) {
	if _, err := conn.ExecContext(ctx, s.dialect.loosely); err != nil {
		return nil, wrap(ctx, "loosely", err)
	}
	prepared, err := s.writeOn(ctx, conn, fn)
	// Without the context: it must not stay loose because a visitor hung up.
	if _, strict := conn.ExecContext(context.WithoutCancel(ctx), s.dialect.strictly); strict != nil {
		conn.Raw(func(any) error { return driver.ErrBadConn }) //nolint:errcheck // it is thrown away
		return nil, errors.Join(err, wrap(ctx, "strictly", strict))
	}
	return prepared, err
}

// exec runs a statement and returns how many rows it changed.
func (q Queries) exec(ctx context.Context, what, text string, args ...any) (int64, error) {
	var res sql.Result
	var err error
	ctx = q.d.unwatched(ctx)
	if stmt := q.prepared.get(ctx, text); stmt != nil {
		res, err = stmt.ExecContext(ctx, args...)
	} else {
		res, err = q.run.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, wrap(ctx, what, err)
	}
	n, err := res.RowsAffected()
	return n, wrap(ctx, what, err)
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
	var rows *sql.Rows
	var err error
	ctx = q.d.unwatched(ctx)
	if stmt := q.prepared.get(ctx, text); stmt != nil {
		rows, err = stmt.QueryContext(ctx, args...)
	} else {
		rows, err = q.run.QueryContext(ctx, text, args...)
	}
	if err != nil {
		return wrap(ctx, what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return wrap(ctx, what, err)
		}
	}
	return wrap(ctx, what, rows.Err())
}

// statements are the prepared statements of a pool of SQLite; pgx keeps those of
// PostgreSQL itself, so there db is nil and nothing is prepared here. There are
// as many as there are SQL texts in this package: nothing is ever evicted.
//
// The one connection that writes is taken while a transaction is open, so a
// text that a transaction uses for the first time runs as it is, and is
// prepared when the transaction is over.
type statements struct {
	db      *sql.DB
	m       *sync.Map // text -> *sql.Stmt
	tx      *sql.Tx
	bound   map[string]*sql.Stmt // of the transaction: it keeps each until its end
	missing []string
}

func (s *statements) in(tx *sql.Tx) *statements {
	return &statements{db: s.db, m: s.m, tx: tx, bound: map[string]*sql.Stmt{}}
}

func (s *statements) get(ctx context.Context, text string) *sql.Stmt {
	if s.db == nil {
		return nil
	}
	if stmt, ok := s.m.Load(text); ok {
		if s.tx == nil {
			return stmt.(*sql.Stmt)
		}
		if s.bound[text] == nil {
			s.bound[text] = s.tx.StmtContext(ctx, stmt.(*sql.Stmt))
		}
		return s.bound[text]
	}
	if s.tx != nil {
		s.missing = append(s.missing, text)
		return nil
	}
	return s.prepare(ctx, text)
}

func (s *statements) prepare(ctx context.Context, text string) *sql.Stmt {
	stmt, err := s.db.PrepareContext(ctx, text)
	if err != nil {
		return nil // running the text as it is will say what is wrong
	}
	if first, loaded := s.m.LoadOrStore(text, stmt); loaded {
		stmt.Close()
		return first.(*sql.Stmt)
	}
	return stmt
}

func (s *statements) learn(ctx context.Context, tx *statements) {
	for _, text := range tx.missing {
		if _, known := s.m.Load(text); !known {
			s.prepare(ctx, text)
		}
	}
}

func (s *statements) close() {
	s.m.Range(func(_, stmt any) bool {
		stmt.(*sql.Stmt).Close()
		return true
	})
	s.m.Clear()
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
