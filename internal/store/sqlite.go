package store

import (
	"context"
	"database/sql"
	"sync"
)

// litePool runs statements on SQLite, each by itself, or within a transaction.
type litePool struct {
	run interface {
		ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	}
	prepared *statements
	passing  bool // it is a transaction that may be lost
}

func connectSQLite(write, read *sql.DB) connected {
	reads, writes := &statements{db: read, m: &sync.Map{}}, &statements{db: write, m: &sync.Map{}}
	writer := &liteWriter{db: write, prepared: writes, disk: disk{flush: flushed}}
	return connected{
		reader:  &litePool{run: read, prepared: reads},
		begin:   writer.begin,
		prepare: func(ctx context.Context, texts ...string) { writes.learn(ctx, &statements{missing: texts}) },
		checks:  &unchanged{read: read},
		forget:  func() { reads.close(); writes.close(); writer.disk.close() },
		writer:  writer,
	}
}

func (p *litePool) mayBeLost() { p.passing = true }

// An SQLite statement is over before anybody could cancel it, and watching for that costs two
// goroutines each, more than most statements take; so it runs without the context, which only ends
// the wait for a connection.

func (p *litePool) exec(ctx context.Context, text string, args []any) (int64, error) {
	var res sql.Result
	var err error
	ctx = context.WithoutCancel(ctx)
	if stmt := p.prepared.get(ctx, text); stmt != nil {
		res, err = stmt.ExecContext(ctx, args...)
	} else {
		res, err = p.run.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (p *litePool) later(ctx context.Context, text string, args []any) error {
	_, err := p.exec(ctx, text, args)
	return err
}

func (p *litePool) query(ctx context.Context, text string, args []any, row func(func(...any) error) error) error {
	var rows *sql.Rows
	var err error
	ctx = context.WithoutCancel(ctx)
	if stmt := p.prepared.get(ctx, text); stmt != nil {
		rows, err = stmt.QueryContext(ctx, args...)
	} else {
		rows, err = p.run.QueryContext(ctx, text, args...)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (p *litePool) together(ctx context.Context, asks []ask) error {
	for _, a := range asks {
		if a.row != nil {
			if err := p.query(ctx, a.text, a.args, a.row); err != nil {
				return err
			}
			continue
		}
		n, err := p.exec(ctx, a.text, a.args)
		if err != nil {
			return err
		}
		if a.changed != nil {
			*a.changed = n
		}
	}
	return nil
}

// statements are the prepared statements of an SQLite pool. There are as many as there are SQL
// texts in this package: nothing is ever evicted.
//
// The one connection that writes is in use while a transaction is open, so a text that a
// transaction uses for the first time runs unprepared, and is prepared after the transaction.
type statements struct {
	db      *sql.DB
	m       *sync.Map // text -> *sql.Stmt
	tx      *sql.Tx
	bound   map[string]*sql.Stmt // of the transaction, which keeps each until its end
	missing []string
}

func (s *statements) in(tx *sql.Tx) *statements {
	return &statements{db: s.db, m: s.m, tx: tx, bound: map[string]*sql.Stmt{}}
}

func (s *statements) get(ctx context.Context, text string) *sql.Stmt {
	if s == nil {
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
		return nil // running the text unprepared will report the error
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
