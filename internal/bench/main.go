// Bench measures the server as people meet it: the real program, built as for a
// release, in a separate process, over HTTP, on SQLite and on PostgreSQL with
// everything written to disk. Each figure is shown with its limit. If the limit
// is a share of what the machine can do, both are measured in the same run, in
// turns, so that a machine that gets slower meanwhile does not distort the ratio.
//
//	go run ./internal/bench [-quick] [-only NAME] [-without NAME] [-json FILE] [-figures FILE] [-binary FILE] [-profile DIR]
//
// GATEHOUSE_LIMITS_… in the environment reach the server, to try other settings.
// All groups take about half an hour on an idle machine, and at most half as much again if
// other programs are busy. If a group fails, the run goes on with the others, and reports it
// at the end.
// The exit status is 1 if a limit is missed, 2 if something cannot be measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gatehouse/internal/demo"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// group is figures that are measured together.
type group struct {
	name, what string
	run        func(context.Context, *bench) error
}

var groups = []group{
	{"hash", "hashes a second, as a multiple of what the library that Go servers use does", measureHashes},
	{"sign-in/sqlite", "sign-ins a second, as a share of what the machine can hash", on("sqlite", measureSignIns)},
	{"storm/sqlite", "session checks, memory and refusals while everybody signs in", on("sqlite", measureStorm)},
	{"session/sqlite", "session checks a second, as a share of an empty handler's rate", on("sqlite", measureSessions)},
	{"page", "processor time of the pages that most visitors see", on("sqlite", measurePages)},
	{"start", "start, idle memory, size of the program", on("sqlite", measureStart)},
	{"enumeration/sqlite", "whether the time of an answer tells who has an account", on("sqlite", measureEnumeration)},
	{"import", "100,000 users with hashes", measureImport},
	{"sign-in/postgres", "as on SQLite", on("postgres", measureSignIns)},
	{"storm/postgres", "as on SQLite", on("postgres", measureStorm)},
	{"session/postgres", "as on SQLite", on("postgres", measureSessions)},
	{"enumeration/postgres", "as on SQLite", on("postgres", measureEnumeration)},
	{"code/sqlite", "what a sign-in with a code costs beyond the hash", on("sqlite", measureCodes)},
	{"code/postgres", "as on SQLite", on("postgres", measureCodes)},
	{"factor/sqlite", "sign-ins with a passkey, and the codes of authenticator apps", apart("sqlite", measureFactors)},
	{"factor/postgres", "as on SQLite", apart("postgres", measureFactors)},
	{"mail/sqlite", "mails handed over a second", apart("sqlite", measureMails)},
	{"mail/postgres", "as on SQLite", apart("postgres", measureMails)},
	{"enrolment/sqlite", "Enhanced Security switched on for 100,000 users: pace and memory", apart("sqlite", measureEnrolment)},
	{"enrolment/postgres", "as on SQLite", apart("postgres", measureEnrolment)},
	{"people/sqlite", "the list of 100,000 users of a company: pages, filters, searches, orders", apart("sqlite", measurePeople)},
	{"people/postgres", "as on SQLite", apart("postgres", measurePeople)},
	{"company/sqlite", "an act on 10,000 users, an import of 10,000 by page, and the activity of a company with 1,000,000 events", apart("sqlite", measureCompany)},
	{"company/postgres", "as on SQLite", apart("postgres", measureCompany)},
	{"operators/sqlite", "the operators' pages, with 1,000,000 users and 10,000,000 events", apart("sqlite", measureOperators)},
	{"operators/postgres", "as on SQLite", apart("postgres", measureOperators)},
	{"platform/sqlite", "what platforms ask: tokens for codes and for themselves, and what is said of tokens", apart("sqlite", measurePlatform)},
	{"platform/postgres", "as on SQLite", apart("postgres", measurePlatform)},
	{"growth/sqlite", "what things take with 1,000,000 users, as a multiple of what they take with 10,000", measureGrowth("sqlite")},
	{"growth/postgres", "as on SQLite", measureGrowth("postgres")},
}

// bench is one run.
type bench struct {
	quick  bool
	dir    string // for everything that is written
	binary string // the server
	// profiles is the folder for the servers' profiles; empty: none are written.
	profiles string
	group    string // being measured
	hasher   *secret.Hasher
	// limit hashes as servers here do, library as Go servers do at best: each in its own
	// process.
	limit, library *hashing
	hash           string     // of password
	site           *site.Site // being measured
	keys           *secret.Keys
	report         *report
	sink           *sink // the mail server

	databases map[string]*database // those with users who sign in
}

func main() {
	b := &bench{report: newReport(), databases: map[string]*database{}}
	only := flag.String("only", "", "measure only the groups whose `name` contains this")
	without := flag.String("without", "", "leave out the groups whose `name` contains this: those of a million users take as long as all others")
	jsonFile := flag.String("json", "bench.json", "write the figures to this `file`; empty: nowhere")
	figuresFile := flag.String("figures", "", "write a page about the figures to this `file`, as docs/figures.md")
	empty := flag.Bool("empty-handler", false, "be the empty handler that rates are compared with")
	hashes := flag.Bool("hashes", false, "be the process that hashes, as long as each line of its input says")
	flag.BoolVar(&b.quick, "quick", false, "measure briefly, to see that everything works: the figures say little")
	flag.StringVar(&b.binary, "binary", "", "measure this `program` in place of one built for the purpose")
	flag.StringVar(&b.profiles, "profile", "", "measure a server that is built to be profiled, and write its profiles and a summary of them into this `folder`: the figures are worse by it")
	flag.Usage = usage
	flag.Parse()
	switch {
	case *empty:
		serveEmpty()
		return
	case *hashes:
		if err := serveHashes(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		return
	}
	// However we are told to end, servers, databases and files end first. A reader of the output who
	// has gone away is one way.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	b.report.Quick = b.quick
	err := b.run(ctx, *only, *without)
	b.report.Took = time.Since(b.report.Begun)
	b.report.print(os.Stdout)
	if err == nil && *jsonFile != "" {
		err = b.report.write(*jsonFile)
	}
	if err == nil && *figuresFile != "" {
		err = b.report.writePage(*figuresFile, "go run ./internal/bench "+strings.Join(os.Args[1:], " "))
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	case len(b.report.Failed) > 0:
		os.Exit(2)
	case b.report.missed():
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: bench [flags]")
	flag.PrintDefaults()
	fmt.Fprintln(os.Stderr, "groups:")
	for _, g := range groups {
		fmt.Fprintf(os.Stderr, "  %-18s %s\n", g.name, g.what)
	}
}

// on runs a group on a database.
func on(engine string, measure func(context.Context, *bench, *database) error) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		db, err := b.database(ctx, engine)
		if err != nil {
			return err
		}
		return measure(ctx, b, db)
	}
}

// apart runs a group on its own database.
func apart(engine string, measure func(context.Context, *bench, *database) error, name ...string) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		db, err := b.newDatabase(engine, strings.Join(append([]string{"apart"}, name...), "-"))
		if err != nil {
			return err
		}
		return errors.Join(measure(ctx, b, db), db.remove())
	}
}

// errSkip says that a group cannot be measured here.
var errSkip = errors.New("skipped")

func (b *bench) run(ctx context.Context, only, without string) (err error) {
	if b.dir, err = os.MkdirTemp("", "gatehouse-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, b.sink.listen.Close(), b.limit.stop(), b.library.stop())
		for _, db := range b.databases {
			err = errors.Join(err, db.remove())
		}
	}()
	matched := false
	for _, g := range groups {
		if !strings.Contains(g.name, only) {
			continue
		}
		matched, b.group = true, g.name
		fmt.Fprintf(os.Stderr, "%s: %s\n", g.name, g.what)
		if without != "" && strings.Contains(g.name, without) {
			b.report.skip(g.name, errors.New("left out of this run"))
			continue
		}
		begun := time.Now()
		switch err := g.run(ctx, b); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errSkip):
			b.report.skip(g.name, err)
		case err != nil:
			b.report.fail(g.name, err)
		}
		fmt.Fprintf(os.Stderr, "  (%.0f s)\n", time.Since(begun).Seconds())
	}
	if !matched {
		return fmt.Errorf("no group's name contains %q", only)
	}
	return nil
}

// buildArgs builds the program as a release does: see docs/decisions/0085-built-by-profile.md.
func buildArgs(ctx context.Context, binary string) ([]string, error) {
	dir, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "gatehouse/cmd/gatehouse").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	profile := filepath.Join(strings.TrimSpace(string(dir)), "production.pgo")
	return []string{"build", "-trimpath", "-pgo", profile, "-ldflags", "-s -w", "-o", binary, "gatehouse/cmd/gatehouse"}, nil
}

// prepare makes what all groups need: the program, its sites, its keys, a hash.
func (b *bench) prepare(ctx context.Context) error {
	if b.binary == "" {
		b.binary = filepath.Join(b.dir, "gatehouse")
		args, err := buildArgs(ctx, b.binary)
		if err != nil {
			return err
		}
		if b.profiles != "" {
			args = slices.Insert(args, 1, "-tags", "profile")
		}
		build := exec.CommandContext(ctx, "go", args...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("go build: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(b.dir, "keys"), secret.NewKeyFile(), 0o600); err != nil {
		return err
	}
	var err error
	if b.keys, err = secret.LoadKeys(filepath.Join(b.dir, "keys")); err != nil {
		return err
	}
	if err = demo.WriteSites(filepath.Join(b.dir, "sites")); err != nil {
		return err
	}
	if b.site, err = b.load(siteID); err != nil {
		return err
	}
	b.hasher = newHasher()
	if b.hash, err = b.hasher.Hash(ctx, password); err != nil {
		return err
	}
	if b.limit, err = startHashing(""); err != nil {
		return err
	}
	if b.library, err = startHashing("library"); err != nil {
		return errors.Join(err, b.limit.stop())
	}
	b.sink, err = openSink()
	return err
}

// load reads a site as the server does.
func (b *bench) load(id string) (*site.Site, error) {
	return site.Load(filepath.Join(b.dir, "sites", id), site.LoadEnv{Scheme: "http"})
}

// count is how often to measure.
func (b *bench) count(n int) int {
	if b.quick {
		return max(1, n/5)
	}
	return n
}
