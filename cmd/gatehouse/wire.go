package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/geo"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/watch"
)

// utc is the clock: UTC, in the microseconds that the database keeps, so that a stored
// time equals itself when read back.
func utc() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// logTo makes the log: JSON lines (ASVS 16.2.1).
func logTo(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// cores is how many processors this process may use, a container's limit included:
// as many passwords are hashed at once. It is read before useThreads changes it.
var cores = runtime.GOMAXPROCS(0)

// useThreads leaves a thread for everything but hashing: with as many threads as cores,
// running hashes would hold up a session check until the scheduler takes a core away
// from one of them; so the kernel shares out the cores.
func useThreads() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(cores + 1)
	}
}

// tuneCollector makes the garbage collector run when allocations reach 30 percent of the live memory,
// which that of the hashes does not belong to, and returns ballast: memory that is never touched, so it
// takes none, and that the collector counts as live as long as the caller keeps it. The live memory of
// this program is a few MiB: without the ballast the collector would run dozens of times a second while
// sessions are checked. See docs/decisions/0033.
func tuneCollector() (ballast []byte) {
	if ownCollector() {
		return nil
	}
	debug.SetGCPercent(collectorShare)
	return make([]byte, 32<<20)
}

const collectorShare = 30

// hurry makes the garbage collector wait while the server starts: what a start allocates fits below
// its first run, at 40 MiB, and afterStart gives it back. If it does run, because there are hundreds
// of sites, it goes on as tuneCollector has it: otherwise it would wait for ten times of what is live.
func hurry() {
	if ownCollector() {
		return
	}
	debug.SetGCPercent(1000)
	runtime.AddCleanup(new([64]byte), func(share int) { debug.SetGCPercent(share) }, collectorShare)
}

// ownCollector reports whether the operator has tuned the collector.
func ownCollector() bool { return os.Getenv("GOGC") != "" }

// assemble opens what a configuration names and puts the server together.
func assemble(ctx context.Context, cfg *Config, places *geo.Places, log *slog.Logger) (*assembly.House, *store.Store, *site.Sites, error) {
	aside, giveUp := context.WithCancel(ctx)
	defer giveUp()
	opened := opening(aside, cfg.Database)
	sites, err := site.Open(cfg.Sites, cfg.SiteEnv())
	refused, unread := cfg.Blocklist()
	if err = errors.Join(err, unread); err != nil {
		giveUp()
		return nil, nil, nil, errors.Join(usageError{err}, closed(opened()))
	}
	st, err := migrated(ctx, opened)
	if err != nil {
		return nil, nil, nil, err
	}
	tracer := cfg.tracer(log)
	house, err := assembly.New(assembly.Options{
		Store: st, Sites: sites, Keys: cfg.Keys, SMTP: cfg.Mail, DKIM: cfg.DKIMKeys, Gateway: cfg.Gateway, TextsPerDay: cfg.TextMessages.PerDay, Limits: cfg.SignInLimits(), Retention: gatehouse.Retention(cfg.Retention), Blocklist: refused, Places: places, SecurityAddress: cfg.SecurityAddress,
		Hasher: secret.NewHasher(cfg.HashParams(), cfg.HashWorkers(), cfg.Limits.HashQueue),
		Now:    utc, Log: log, TrustedProxies: cfg.TrustedProxies, PlainLoopback: cfg.PlainLoopback(), OutboundNetworks: cfg.OutboundNetworks,
		Self: self(), Alerts: cfg.alertOptions(), Tracer: tracer,
	})
	if err != nil {
		return nil, nil, nil, errors.Join(err, st.Close())
	}
	return house, st, sites, nil
}

// self is what operators see of this process.
func self() watch.Process {
	host, err := os.Hostname()
	if err != nil {
		host = "-"
	}
	return watch.Process{Host: host, PID: os.Getpid(), Version: thisBuild().Version}
}

// Blocklist are the passwords that nobody may choose: the common ones and those in the
// operator's files; nil if there is no file, so that the list is made when somebody
// chooses a password.
func (c *Config) Blocklist() (*secret.Blocklist, error) {
	if len(c.Blocklists) == 0 {
		return nil, nil
	}
	var files []io.Reader
	for _, path := range c.Blocklists {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		files = append(files, f)
	}
	return secret.ReadBlocklist(secret.CommonPasswords(), files...)
}

// databaseTime is how long opening a database may take, and migrating it.
const databaseTime = 30 * time.Second

// openStore opens a database and migrates it to this program's version.
func openStore(ctx context.Context, url string) (*store.Store, error) {
	return migrated(ctx, opening(ctx, url))
}

// opening opens a database while the caller does something else. The function returns it.
func opening(ctx context.Context, url string) func() (*store.Store, error) {
	open := sync.OnceValues(func() (*store.Store, error) {
		ctx, cancel := context.WithTimeout(ctx, databaseTime)
		defer cancel()
		st, err := store.Open(ctx, url)
		if err != nil {
			return nil, fmt.Errorf("the database cannot be opened: %w\nCheck that it is there, that it is running, and that this user may write to it", err)
		}
		return st, nil
	})
	go open()
	return open
}

// migrated migrates a database to this program's version once it is open. Several processes may do so at
// the same time.
func migrated(ctx context.Context, opened func() (*store.Store, error)) (*store.Store, error) {
	st, err := opened()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	if _, err := st.Migrate(ctx, utc()); err != nil {
		return nil, errors.Join(fmt.Errorf("the database cannot be brought to this program's version: %w", err), st.Close())
	}
	return st, nil
}

// closed closes a database that is not needed after all.
func closed(st *store.Store, err error) error {
	if err != nil {
		return nil // then something else is the news
	}
	return st.Close()
}

// usageError is an error in the configuration or the command line: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
