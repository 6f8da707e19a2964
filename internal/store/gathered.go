package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse"
)

// gathered is the checker of PostgreSQL: questions of requests that come at the same time go in one
// message.
//
// A message asks for the snapshot that PostgreSQL reads with: which transactions it sees. If that
// is the same as before, so is every answer, and those that are cached need not be asked for.
//
// This holds for one session of the server. When one of its processes crashes, it ends all sessions
// and forgets transactions that were not on its disk, those that were rolled back and those that may
// be lost (see Queries.MayBeLost); then it uses their numbers again. So a cached answer is used only
// on the connection that it came from; the pool gives the last one that was used. A pooler hides
// which session answers: behind one, nothing is cached.
type gathered struct {
	db   *sql.DB
	asks batches[*question]

	// Only the request that asks uses these.
	last    *pgx.Conn // of the last message
	pooled  bool      // behind a pooler
	answers answers[snapshot]
	// changing: there was a change before the last message. While there is one before each,
	// questions go in the same message, even if their answers are cached.
	changing bool
}

type question struct {
	name  key
	check check // the answer
	found bool
	along *question // asked in the same message
}

func (q *question) answer(err error) (check, error) {
	if err == nil && !q.found {
		err = gatehouse.ErrNotFound
	}
	return q.check, err
}

// ahead is the second check of a request: its question goes along with the first.
type ahead struct {
	name     key
	answered *question
}

type aheadKey struct{}

// ahead returns a context for a request that checks something else first.
func (s *Store) ahead(ctx context.Context, name key) context.Context {
	if s.writer != nil { // there are no messages
		return ctx
	}
	return context.WithValue(ctx, aheadKey{}, &ahead{name: name})
}

// snapshot is what a statement sees. Transactions are numbered by the server, and one that takes
// over from it may use numbers again that had not reached it.
type snapshot struct {
	transactions string
	server       int64 // when it started
	conn         *pgx.Conn
}

const snapshotText = `SELECT CAST(txid_current_snapshot() AS TEXT), pg_postmaster_start_time()`

func (g *gathered) answer(ctx context.Context, q Queries, name key) (check, error) {
	own := &question{name: name}
	second, _ := ctx.Value(aheadKey{}).(*ahead)
	if second != nil && second.answered != nil && second.name == name {
		return second.answered.answer(nil)
	}
	if second != nil && second.answered == nil {
		own.along = &question{name: second.name}
	}
	err := g.asks.do(ctx, own, func(ctx context.Context, all []*question) error { return g.find(ctx, q, all) })
	if err == nil && own.along != nil {
		second.answered = own.along
	}
	return own.answer(err)
}

// find answers questions. A connection that has broken since its last message, for instance because
// the server was restarted, is replaced; the pool may have more of them.
func (g *gathered) find(ctx context.Context, q Queries, all []*question) error {
	for _, one := range all {
		if one.along != nil {
			all = append(all, one.along)
		}
	}
	var err error
	for range poolSize + 1 {
		err = onConnection(ctx, g.db, func(conn *pgx.Conn) error {
			q.run = &pgRunner{conn: conn}
			return g.findOn(ctx, conn, q, all)
		})
		if gatehouse.KindOf(err) != gatehouse.Unavailable || ctx.Err() != nil {
			break
		}
	}
	return err
}

// findOn answers questions. Each is asked after its request came: the database itself, or only
// whether it has changed. Equal ones are asked once.
func (g *gathered) findOn(ctx context.Context, conn *pgx.Conn, q Queries, all []*question) error {
	if g.last != conn {
		g.last, g.pooled = conn, behindPooler(conn.Config())
	}
	cached := !g.changing && g.answers.at.conn == conn && !g.pooled
	var asked, known []*question
	first := make(map[key]*question, len(all))
	for _, one := range all {
		if first[one.name] != nil {
			continue
		}
		first[one.name] = one
		if g.answers.known[one.name] != nil && cached {
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
	at.server, at.conn = started.UnixMicro(), conn
	if g.changing = g.answers.now(at); g.changing && len(known) > 0 {
		if err := together(ctx, q, known); err != nil {
			return err
		}
		asked, known = append(asked, known...), nil
	}
	for _, one := range known {
		one.check, one.found = g.answers.known[one.name], true
	}
	// What was read came after the snapshot, so it is as new, or newer.
	for _, one := range asked {
		if one.found {
			g.answers.keep(one.name, one.check)
		}
	}
	for _, one := range all {
		equal := first[one.name]
		one.check, one.found = equal.check, equal.found
	}
	return nil
}

// together sends questions in one message, after others.
func together(ctx context.Context, q Queries, questions []*question, asks ...ask) error {
	for _, one := range questions {
		one.check, one.found = one.name.check(), false
		asks = append(asks, one.check.asks(&one.found)...)
	}
	return q.together(ctx, "check", asks...)
}

func (*gathered) close() (disconnected func()) { return func() {} }
