package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/store"
)

type rehearseCmd struct {
	configFlag
	siteFlag
	Source       string `arg:"" name:"backup" help:"A file that gatehouse backup wrote, or the URL of a restored copy of a PostgreSQL database; that copy is changed."`
	Work         string `help:"The folder for the copy of a file; it is removed at the end." placeholder:"DIR"`
	User         string `help:"Sign in this user, besides test accounts made in the copy." placeholder:"NAME"`
	PasswordFile string `help:"A file with the user's password." placeholder:"FILE"`
	JSON         bool   `name:"json" help:"Print JSON."`
}

// upgrade is what a rehearsal found.
type upgrade struct {
	From       int             `json:"from_version"`
	To         int             `json:"to_version"`
	Took       float64         `json:"migration_seconds"`
	Migrations []rehearsedStep `json:"migrations"`
	Tables     []rehearsedRows `json:"tables"`
	SignIns    []rehearsedUser `json:"sign_ins"`
	Findings   []finding       `json:"findings"`
}

type rehearsedStep struct {
	Version int      `json:"version"`
	Name    string   `json:"name"`
	Took    float64  `json:"seconds"`
	Changes []string `json:"changes"`
}

// rehearsedRows are the rows of a table; -1: there is no such table.
type rehearsedRows struct {
	Table  string `json:"table"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// errRehearsal is what a rehearsal with findings exits with.
var errRehearsal = errors.New("the upgrade needs attention: see the lines marked FAIL")

func (c *rehearseCmd) Run(a *app) error {
	cfg, err := LoadConfig(c.Config, a.environ)
	if err != nil {
		return err
	}
	if (c.User == "") != (c.PasswordFile == "") {
		return usageError{errors.New("--user and --password-file go together")}
	}
	url, done, err := c.copied(a.ctx, cfg)
	defer done()
	if err != nil {
		return err
	}
	r := &upgrade{}
	if err := r.migrate(a.ctx, url); err != nil {
		return err
	}
	own := *cfg
	own.Database = url
	r.check(a, c.Config, &own)
	if err := r.signIns(a.ctx, &own, c); err != nil {
		return err
	}
	if c.JSON {
		err = asJSON(a.out, r)
	} else {
		err = r.print(a)
	}
	if err == nil && slices.ContainsFunc(r.Findings, func(f finding) bool { return f.State == fail }) {
		err = errRehearsal
	}
	return err
}

func (r *upgrade) add(check string, state health, detail, fix string) {
	r.Findings = append(r.Findings, finding{check, state, detail, fix})
}

// migrate brings the copy to this program's version, and compares what is in it.
func (r *upgrade) migrate(ctx context.Context, url string) error {
	st, err := store.Open(ctx, url)
	if err != nil {
		return fmt.Errorf("the copy cannot be opened: %w", err)
	}
	defer st.Close()
	if r.From, err = st.Version(ctx); err != nil {
		return fmt.Errorf("the copy is not a database of Gatehouse: %w\nNothing was changed", err)
	}
	before, err := st.Counts(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	done, err := st.Migrate(ctx, utc())
	r.Took = time.Since(begun).Seconds()
	if err != nil {
		return fmt.Errorf("the copy cannot be brought to this program's version: %w", err)
	}
	after, err := st.Counts(ctx)
	if err != nil {
		return err
	}
	if r.To, err = st.Version(ctx); err != nil {
		return err
	}
	changed := ""
	for _, m := range done {
		r.Migrations = append(r.Migrations, rehearsedStep{m.Version, m.Name, m.Took.Seconds(), m.Changes()})
		changed += strings.Join(m.Changes(), "\n") + "\n"
	}
	r.compare(before, after, changed)
	return nil
}

// compare looks for rows that are gone though no migration removes any.
func (r *upgrade) compare(before, after map[string]int64, changed string) {
	names := maps.Clone(before)
	maps.Copy(names, after)
	lost := false
	for _, name := range slices.Sorted(maps.Keys(names)) {
		rows := rehearsedRows{name, -1, -1}
		if n, was := before[name]; was {
			rows.Before = n
		}
		if n, is := after[name]; is {
			rows.After = n
		}
		r.Tables = append(r.Tables, rows)
		if rows.After < rows.Before && name != "migrations" && !mentions(changed, name) {
			lost = true
			r.add("rows of "+name, fail, fmt.Sprintf("%d before and %d after, and no migration changes the table", rows.Before, rows.After), "do not upgrade, and report it")
		}
	}
	if !lost {
		r.add("rows", well, fmt.Sprintf("%d tables are as they were, but for what the migrations change", len(r.Tables)), "")
	}
}

// mentions reports whether a list of changes, one in each line, has one of a table.
func mentions(changed, table string) bool {
	return slices.ContainsFunc(strings.Split(changed, "\n"), func(line string) bool { return strings.HasSuffix(line, " "+table) })
}

// check runs the checks of the doctor on the copy, and those that only a rehearsal has time for.
func (r *upgrade) check(a *app, config string, cfg *Config) {
	if path, lite := store.SQLitePath(cfg.Database); lite {
		if _, _, err := store.CheckSQLite(a.ctx, path); err != nil {
			r.add("integrity", fail, err.Error(), "do not upgrade, and report it")
		} else {
			r.add("integrity", well, "SQLite finds nothing wrong after the migration", "")
		}
	}
	r.sealed(a.ctx, cfg)
	environ := slices.DeleteFunc(slices.Clone(a.environ), func(v string) bool { return strings.HasPrefix(v, "GATEHOUSE_DATABASE=") })
	d := newDoctor(a.ctx)
	d.examine(config, append(environ, "GATEHOUSE_DATABASE="+cfg.Database))
	r.Findings = append(r.Findings, d.findings...)
}

// sealed checks whether the key file has every key that values in the copy are sealed with.
func (r *upgrade) sealed(ctx context.Context, cfg *Config) {
	st, err := store.Open(ctx, cfg.Database)
	if err != nil {
		r.add("sealed values", fail, err.Error(), "look at the database")
		return
	}
	defer st.Close()
	all, good := 0, true
	for _, column := range store.SealedColumns {
		missing := map[string]int{}
		err := st.Sealed(ctx, column, func(beginning []byte) {
			all++
			if key := keyOf(beginning); !cfg.Keys.Has(key) {
				missing[key]++
			}
		})
		if err != nil {
			good = false
			r.add("sealed values", fail, err.Error(), "look at the database")
		}
		for _, key := range slices.Sorted(maps.Keys(missing)) {
			good = false
			r.add("sealed values", fail, fmt.Sprintf("%d in %s are sealed with the key %q, which %s does not have", missing[key], column, harmless(key), cfg.KeyFile),
				"use the key file that belongs to this database")
		}
	}
	if good {
		r.add("sealed values", well, strconv.Itoa(all)+" are sealed with keys that "+cfg.KeyFile+" has", "")
	}
}

// print tells people.
func (r *upgrade) print(a *app) error {
	fmt.Fprintf(a.out, "From version %d to %d. The migration took %s here; on such a machine the real one takes about as long, and sign-ins wait meanwhile.\n\n",
		r.From, r.To, seconds(r.Took))
	rows := make([][]string, len(r.Migrations))
	for i, m := range r.Migrations {
		rows[i] = []string{strconv.Itoa(m.Version), m.Name, seconds(m.Took), strings.Join(m.Changes, ", ")}
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.out, "There is nothing to migrate.")
	} else if err := table(a.out, "VERSION NAME TIME CHANGES", rows); err != nil {
		return err
	}
	rows = nil
	number := func(n int64) string {
		if n < 0 {
			return "-"
		}
		return strconv.FormatInt(n, 10)
	}
	for _, t := range r.Tables {
		if t.Before != t.After || t.After > 0 {
			rows = append(rows, []string{t.Table, number(t.Before), number(t.After)})
		}
	}
	fmt.Fprintln(a.out)
	if err := table(a.out, "TABLE BEFORE AFTER", rows); err != nil {
		return err
	}
	rows = nil
	for _, f := range r.Findings {
		row := []string{string(f.State), f.Check, f.Detail}
		if f.Fix != "" {
			row[2] += ": " + f.Fix
		}
		rows = append(rows, row)
	}
	fmt.Fprintln(a.out)
	return table(a.out, "STATE CHECK FINDING", rows)
}

// seconds is a time as people read it.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}
