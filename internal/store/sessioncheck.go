package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse"
)

// signedIn is a session with its user and company, as far as pages need them.
type signedIn struct {
	session gatehouse.Session
	user    gatehouse.User
	company gatehouse.Company
}

// sessionKey names a session: its site, and the hash of its token.
type sessionKey struct{ siteID, tokenHash string }

// Session is Queries.Session for every request that comes with a session's cookie: by far the
// most frequent question. It answers with what the database has at that moment, so a session
// that has ended, here or in another process, is seen at the next request.
func (s *Store) Session(ctx context.Context, siteID, tokenHash string) (gatehouse.Session, gatehouse.User, gatehouse.Company, error) {
	found, err := s.checks.session(ctx, s.Read(), sessionKey{siteID, tokenHash})
	return found.session, found.user, found.company, err
}

// checker finds the session of a request.
type checker interface {
	session(ctx context.Context, q Queries, key sessionKey) (signedIn, error)
	close()
}

func (q Queries) signedIn(ctx context.Context, key sessionKey) (signedIn, error) {
	var f signedIn
	found := false
	err := q.together(ctx, "session", f.ask(key, &found))
	if err == nil && !found {
		err = gatehouse.ErrNotFound
	}
	return f, err
}

// ask asks for a session.
func (f *signedIn) ask(key sessionKey, found *bool) ask {
	return ask{text: sessionText, args: []any{key.siteID, key.tokenHash}, row: func(scan func(...any) error) error {
		s, u, c := &f.session, &f.user, &f.company
		var methods string
		*found = true
		err := scan(&s.ID, &s.UserID, &s.CompanyID, when{&s.CreatedAt}, when{&s.SeenAt}, &s.IPAddress, &s.UserAgent, &s.DeviceID,
			&s.Assurance.Level, &methods,
			&u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed, &u.Role, &u.State, &u.Locale,
			when{&u.LockedAt}, &u.ChallengeSet, &u.OwnTwoFactor, &u.Factors, &c.Name, &c.AccountNumber, &c.TwoFactor, when{&c.TwoFactorAt})
		for m := range strings.FieldsSeq(methods) {
			s.Assurance.Methods = append(s.Assurance.Methods, gatehouse.Method(m))
		}
		s.Assurance.Methods = slices.Clip(s.Assurance.Methods) // several requests may get the same one
		s.SiteID, u.SiteID, c.SiteID = key.siteID, key.siteID, key.siteID
		u.ID, u.CompanyID, c.ID = s.UserID, s.CompanyID, s.CompanyID
		return err
	}}
}

const sessionText = `SELECT s.id, s.user_id, s.company_id, s.created_at, s.seen_at, s.address, s.user_agent, s.device_id,
	s.level, s.methods,
	u.username, u.first_name, u.last_name, u.email, u.email_confirmed, u.role, u.state, u.locale,
	u.locked_at, u.challenge_set, u.own_two_factor, u.factors, c.name, c.account_number, c.two_factor, c.two_factor_at
	FROM sessions s
	JOIN users u ON u.site_id = s.site_id AND u.id = s.user_id
	JOIN companies c ON c.site_id = s.site_id AND c.id = s.company_id
	WHERE s.site_id = $1 AND s.token_hash = $2`

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
	kept    map[sessionKey]signedIn
}

// mostKept bounds what is kept to some megabytes.
const mostKept = 4096

func (c *unchanged) session(ctx context.Context, q Queries, key sessionKey) (signedIn, error) {
	f, at, known := c.look(ctx, key)
	if known {
		return f, nil
	}
	// What is read now is as new as the version that was seen before, or newer.
	f, err := q.signedIn(ctx, key)
	if err == nil {
		c.keep(key, f, at)
	}
	return f, err
}

// look returns the version of the database, and what is kept of it. Where the version cannot
// be had, nothing is known.
func (c *unchanged) look(ctx context.Context, key sessionKey) (f signedIn, at int64, known bool) {
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

func (c *unchanged) keep(key sessionKey, f signedIn, at int64) {
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
	key    sessionKey
	answer signedIn
	found  bool
	err    error
	turn   chan bool // true: ask for all that wait; false: it is answered
}

const (
	// mostGathered is how many questions one message has at most.
	mostGathered = 64
	// gatheredTime is how long they may take: one who hangs up must not end the others'.
	gatheredTime = 10 * time.Second
)

func (g *gathered) session(ctx context.Context, q Queries, key sessionKey) (signedIn, error) {
	own := &question{key: key, turn: make(chan bool, 1)}
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
	return own.answer, own.err
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
	asks := make([]ask, n)
	for i, one := range all {
		asks[i] = one.answer.ask(one.key, &one.found)
	}
	err = q.together(ctx, "session", asks...)
}

func (*gathered) close() {}
