package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// What the doctor thinks of a database.
const (
	diskLow        = 1 << 30
	diskFull       = 100 << 20
	clockAside     = 2 * time.Second
	clockWrong     = 30 * time.Second
	mailLate       = time.Hour
	databaseAnswer = 10 * time.Second
)

func (d *doctor) database(sites []*site.Site) {
	ctx, cancel := context.WithTimeout(d.ctx, databaseAnswer)
	defer cancel()
	if path, lite := store.SQLitePath(d.cfg.Database); lite {
		d.disk(path)
	}
	st, err := openExisting(ctx, d.cfg.Database)
	if err != nil {
		what, fix, _ := strings.Cut(err.Error(), "\n")
		if fix == "" {
			fix = "check that it runs, and address, user and password in database; behind a pooler, that its log accepts the connection"
		}
		d.add("database", fail, what, fix)
		return
	}
	defer st.Close()
	if err := ready(ctx, st); err != nil {
		what, fix, _ := strings.Cut(err.Error(), "\n")
		d.add("database", fail, what, fix)
		return
	}
	d.add("database", well, st.Engine()+" at this program's version", "")
	if !provesItself(d.cfg.Database) {
		d.add("database tls", warn, "somebody between here and the database could read and change everything", "sslmode=verify-full in database, and sslrootcert for a CA of your own")
	}
	d.clock(ctx, st)
	d.queue(ctx, st)
	d.usernames(ctx, st)
	d.operators(ctx, st)
	d.provider(ctx, st, sites)
}

// provesItself reports whether nobody could pass for the database, or listen: it is on this machine, or
// shows a certificate that is checked whatever happens.
func provesItself(url string) bool {
	c, err := pgx.ParseConfig(url)
	if _, lite := store.SQLitePath(url); lite || err != nil || strings.HasPrefix(c.Host, "/") || isLoopback(c.Host) {
		return true
	}
	checked := func(t *tls.Config) bool {
		return t != nil && (!t.InsecureSkipVerify || t.VerifyPeerCertificate != nil || t.VerifyConnection != nil)
	}
	for _, other := range c.Fallbacks {
		if !checked(other.TLSConfig) {
			return false
		}
	}
	return checked(c.TLSConfig)
}

// usernames looks for those that differ only in what lookups ignore, from before
// lookups did.
func (d *doctor) usernames(ctx context.Context, st *store.Store) {
	const most = 20
	outdated, err := st.Read().OutdatedKeys(ctx, most)
	switch {
	case err != nil:
		d.add("usernames", warn, err.Error(), "look at the server's log")
	case len(outdated) == 0:
		d.add("usernames", well, "no two look alike", "")
	default:
		names := make([]string, len(outdated))
		for i, u := range outdated {
			names[i] = u.SiteID + ": " + u.Username
		}
		d.add("usernames", warn, "these look like another user's, and are only found exactly as they are written: "+strings.Join(names, ", "),
			"give those users other usernames: gatehouse user change")
	}
}

func (d *doctor) clock(ctx context.Context, st *store.Store) {
	before := time.Now()
	at, err := st.Clock(ctx)
	if err != nil {
		d.add("clock", warn, "the database did not say what time it has: "+err.Error(), "ask it by hand")
		return
	}
	// The answer was given somewhere between question and arrival.
	took := time.Since(before)
	aside := at.Sub(before.Add(took / 2)).Abs()
	const fix = "let both machines take the time from the network (NTP)"
	switch detail := fmt.Sprintf("the database's clock and ours are %s apart", aside.Round(time.Millisecond)); {
	case aside > clockWrong+took:
		d.add("clock", fail, detail, fix)
	case aside > clockAside+took:
		d.add("clock", warn, detail, fix)
	default:
		d.add("clock", well, detail, "")
	}
}

func (d *doctor) queue(ctx context.Context, st *store.Store) {
	n, oldest, err := st.Read().MailQueue(ctx, utc())
	switch {
	case err != nil:
		d.add("outbox", warn, err.Error(), "look at the server's log")
	case oldest > mailLate:
		d.add("outbox", warn, fmt.Sprintf("%d messages wait, the oldest for %s", n, oldest.Round(time.Minute)), "see that gatehouse serve runs, and what it logs about mail")
	default:
		d.add("outbox", well, fmt.Sprintf("%d messages wait", n), "")
	}
}

// disk checks the file of SQLite: whether others may read it, and whether there is room
// to grow. A full disk is how such a database dies.
func (d *doctor) disk(path string) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		d.add("database file", warn, fmt.Sprintf("%s has the mode %04o, so others may read it", path, info.Mode().Perm()), "chmod 600 "+path)
	}
	free, err := freeSpace(filepath.Dir(path))
	const fix = "make room, or move the database; backups beside it take room too"
	switch {
	case err != nil:
		d.add("disk", warn, "the free space is not known: "+err.Error(), "look by hand")
	case free < diskFull:
		d.add("disk", fail, size(free)+" are free", fix)
	case free < diskLow:
		d.add("disk", warn, size(free)+" are free", fix)
	default:
		d.add("disk", well, size(free)+" are free", "")
	}
}
