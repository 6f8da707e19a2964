package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

type importCmd struct {
	placeFlags
	File       string `arg:"" help:"A CSV file with a header; columns: company, account_number, username, email, first_name, last_name, role, password_hash, hash_format, hash_salt, temporary_password, active."`
	HashFormat string `help:"How hashes were made that do not say it themselves, such as sha1:{salt}{password}; see docs/import.md." placeholder:"TEMPLATE"`
	SkipBad    bool   `help:"Import the good lines; without it one bad line stops everything."`
	DryRun     bool   `help:"Check everything, write nothing."`
	Problems   string `help:"Write all problems into this file; standard error shows the first 1000." placeholder:"FILE"`
	JSON       bool   `name:"json" help:"Print the totals as JSON."`
}

func (c *importCmd) Run(a *app) error {
	file, err := os.Open(c.File)
	if err != nil {
		return usageError{err}
	}
	defer file.Close()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return usageError{fmt.Errorf("%s cannot be read twice: %w\nGive a file, not a pipe", c.File, err)}
	}
	return c.in(a, func(o *office, st *site.Site) error {
		opts := directory.ImportOptions{SkipBad: c.SkipBad, DryRun: c.DryRun, HashFormat: c.HashFormat, Progress: progress(a)}
		note, done, err := c.problemFile()
		if err != nil {
			return err
		}
		opts.Problem = note
		report, err := o.Import(a.ctx, st, o.caller, file, opts)
		if failed := done(); err == nil {
			err = failed
		}
		return c.report(a, report, err)
	})
}

// problemFile is where all problems go, if anybody asked for them.
func (c *importCmd) problemFile() (note func(directory.ImportProblem), done func() error, err error) {
	if c.Problems == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.OpenFile(c.Problems, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("%w\nGive a file that is not there yet", err)}
	}
	w := bufio.NewWriter(f)
	return func(p directory.ImportProblem) { fmt.Fprintln(w, p) }, func() error { return errors.Join(w.Flush(), f.Close()) }, nil
}

// progress shows the progress of an import if somebody is watching.
func progress(a *app) func(directory.ImportStage, int) {
	f, ok := a.err.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	var shown time.Time
	return func(stage directory.ImportStage, done int) {
		if now := time.Now(); now.Sub(shown) > 500*time.Millisecond {
			shown = now
			fmt.Fprintf(f, "\r%s: %d lines\x1b[K\r", stage, done)
		}
	}
}

// report prints what was done; the error's line comes before the problems.
func (c *importCmd) report(a *app, r directory.ImportReport, err error) error {
	if err == nil {
		c.problems(a, r)
		if c.JSON {
			return asJSON(a.out, totalsOf(r))
		}
		return errors.Join(c.totals(a, r), rehearsalText(a.out, r.Rehearsal))
	}
	if r.ProblemCount == 0 {
		return err
	}
	if r.Rehearsal != nil { // what would happen to the others
		show := func() error { return rehearsalText(a.out, r.Rehearsal) }
		if c.JSON {
			show = func() error { return asJSON(a.out, totalsOf(r)) }
		}
		if failed := show(); failed != nil {
			return failed
		}
	}
	lines := "nothing was imported: " + explain(err)
	for _, p := range r.Problems {
		lines += "\n" + p.String()
	}
	if more := r.ProblemCount - len(r.Problems); more > 0 {
		lines += fmt.Sprintf("\nand %d more; --problems FILE writes all of them", more)
	}
	return errors.New(lines + "\nFix these lines and run it again: it is safe to run twice. Or import the others with --skip-bad.")
}

func (c *importCmd) problems(a *app, r directory.ImportReport) {
	if r.ProblemCount == 0 {
		return
	}
	fmt.Fprintf(a.err, "%d of %d lines were left out:\n", r.Bad, r.Lines)
	for _, p := range r.Problems {
		fmt.Fprintln(a.err, p)
	}
	if more := r.ProblemCount - len(r.Problems); more > 0 {
		fmt.Fprintf(a.err, "and %d more; --problems FILE writes all of them\n", more)
	}
}

func (c *importCmd) totals(a *app, r directory.ImportReport) error {
	verb := "Imported"
	if c.DryRun {
		verb = "Would import"
	}
	fmt.Fprintf(a.out, "%s %d lines: %d users created, %d updated, %d unchanged; %d companies created.\n",
		verb, r.Lines-r.Bad, r.Created, r.Updated, r.Unchanged, r.CompaniesCreated)
	for _, note := range []struct {
		n    int
		text string
	}{
		{r.Activated, "accounts activated"},
		{r.Deactivated, "accounts deactivated"},
		{r.PasswordsReplaced, "passwords of users who have never signed in replaced"},
		{r.PasswordsKept, "passwords left as they are: their owners have newer ones here"},
		{r.WithoutPassword, "users have no password: gatehouse user reset makes a temporary one"},
	} {
		if note.n > 0 {
			fmt.Fprintf(a.out, "%d %s.\n", note.n, note.text)
		}
	}
	return nil
}
