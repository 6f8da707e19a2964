package directory

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strconv"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ImportOptions control an import.
type ImportOptions struct {
	// SkipBad imports the good lines; without it one bad line stops everything.
	SkipBad bool
	// DryRun checks everything and writes nothing, and rehearses the first sign-ins.
	DryRun bool
	// HashFormat says how the hashes were made that do not say it themselves and have no
	// hash_format; see secret.FromTemplate.
	HashFormat string
	// Progress, if set, is called now and then with how many lines a stage has done.
	Progress func(stage ImportStage, done int)
	// Problem, if set, is called with every problem as it is found: there may be more than a
	// report keeps.
	Problem func(ImportProblem)

	// each, if set, is called with what is decided on every line, in the order of the file.
	each func([]importChange)
	// invited: new users are invited, and get no password here.
	invited bool
}

// ImportStage is the current stage of an import.
type ImportStage string

// The stages, in order. There is no hashing without temporary passwords.
const (
	ImportChecking ImportStage = "checking"
	ImportHashing  ImportStage = "hashing"
	ImportWriting  ImportStage = "writing"
)

// ImportReport says what an import did or, if nothing was written, what it found.
type ImportReport struct {
	// Lines are the non-empty ones, Bad those of them that cannot be imported.
	Lines, Bad int
	// Created, Updated and Unchanged count users: together they are Lines less Bad. Activated and
	// Deactivated are the updated ones whose state changed.
	Created, Updated, Unchanged, Activated, Deactivated int
	CompaniesCreated                                    int
	// PasswordsReplaced are hashes of users who have never signed in here; PasswordsKept those
	// that were ignored because the user's own is newer.
	PasswordsReplaced, PasswordsKept int
	// WithoutPassword are new users who can only sign in after a reset.
	WithoutPassword int
	// Rehearsal, in a dry run, predicts the first sign-ins.
	Rehearsal *Rehearsal
	// Problems are the first MaxProblems; ProblemCount is how many there are.
	Problems     []ImportProblem
	ProblemCount int
}

// MaxProblems is how many problems a report keeps.
const MaxProblems = 1000

// Reasons of the errors of Import.
const (
	// ReasonImportBadLines: nothing was imported; the report says why.
	ReasonImportBadLines = "import-bad-lines"
	// ReasonImportMoved: somebody changed the same users or the file meanwhile;
	// nothing was imported.
	ReasonImportMoved = "import-moved"
)

var errMoved = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonImportMoved}

// Import imports companies and users from a CSV file with a header; see ImportColumns. It accepts
// commas, semicolons or tabs as separators, quotes, a byte order mark and CRLF. Everything is
// written in one transaction or not at all.
//
// It is safe to run twice. The username identifies a user:
//
//   - Names, address and role follow the file, except that an empty cell or a
//     missing column changes nothing, and that an address which its owner has
//     confirmed stays.
//   - A weak hash is wrapped in argon2id, and one that could be taken for ours is marked;
//     see secret.Import.
//   - A password hash only replaces one of an earlier import, and only while the user
//     has never used it: a password that was chosen, issued or rehashed here since is
//     newer, and stays. A temporary password is for new users and for those without a
//     password; issuing another one is a reset.
//   - The column "active" decides whether the account may be used. Without it, nobody is
//     deactivated or reactivated.
//   - A company keeps its name: if the file has another one for the account number, the
//     number is probably wrong, and the line is bad.
//
// A change ends the same things as on a page or with a command (gatehouse.Ends): the previous
// mailbox is notified of a corrected address, and a temporary password in it is replaced by one to
// the new address. No other mail is sent: the person who made the file knows the passwords in it.
// Rows with neither hash nor temporary password make users who need a reset.
//
// Company administrators only import into their own company, without hashes.
//
// While it writes, SQLite accepts no other changes (a minute for half a million users); signing in
// is refused with 503 for that time. Memory: some 40 bytes a line, to find duplicate usernames,
// and 200 bytes for each temporary password and each weak hash; a dry run takes some 500 bytes
// more a line, to find duplicate addresses.
//
// Errors: Forbidden; Invalid with ReasonImportHeader or ReasonImportBadLines; Conflict with
// ReasonImportMoved; Unavailable. The report is always filled in.
func (s *Service) Import(ctx context.Context, st *site.Site, c gatehouse.Caller, r io.ReadSeeker, opts ImportOptions) (ImportReport, error) {
	if err := knock(st, c); err != nil {
		return ImportReport{}, err
	}
	if opts.HashFormat != "" {
		if err := secret.CheckTemplate(opts.HashFormat); err != nil {
			return ImportReport{}, headerError("%w", err)
		}
	}
	im := &importer{Service: s, caller: c, st: st, file: r, opts: opts, hashes: map[int]string{}, again: map[int]string{}, compared: map[int]comparison{}, comparing: maphash.MakeSeed()}
	checked, err := im.pass(ctx, s.Store.Read(), ImportChecking)
	switch {
	case err != nil:
		return checked, err
	case checked.Bad > 0 && !opts.SkipBad:
		return checked, &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonImportBadLines,
			Err: fmt.Errorf("%d of %d lines cannot be imported", checked.Bad, checked.Lines)}
	case opts.DryRun:
		return checked, nil
	}
	if im.toHash > 0 {
		if _, err := im.pass(ctx, s.Store.Read(), ImportHashing); err != nil {
			return checked, err
		}
	}
	var written ImportReport
	s.Store.PrepareImport(ctx)
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		var err error
		im.tx = tx
		if written, err = im.pass(tx, tx.Queries, ImportWriting); err != nil {
			return err
		}
		if written.Bad > checked.Bad { // good lines have become bad
			return errMoved
		}
		return tx.Record(gatehouse.User{CompanyID: c.CompanyID}, gatehouse.EventImport, gatehouse.ResultOK, written.totals())
	})
	switch {
	case gatehouse.KindOf(err) == gatehouse.Conflict:
		return checked, errMoved
	case err != nil:
		return checked, err
	}
	return written, nil
}

// totals returns what the event log keeps of an import.
func (r ImportReport) totals() map[string]string {
	return map[string]string{
		"lines": strconv.Itoa(r.Lines), "bad": strconv.Itoa(r.Bad), "created": strconv.Itoa(r.Created),
		"updated": strconv.Itoa(r.Updated), "unchanged": strconv.Itoa(r.Unchanged),
		"activated": strconv.Itoa(r.Activated), "deactivated": strconv.Itoa(r.Deactivated),
		"companies": strconv.Itoa(r.CompaniesCreated), "passwords_replaced": strconv.Itoa(r.PasswordsReplaced),
	}
}

// importer is one import. It reads the file once for each stage.
type importer struct {
	*Service
	caller gatehouse.Caller
	st     *site.Site
	file   io.ReadSeeker
	opts   ImportOptions
	now    time.Time
	// own is the account number of lines that have none; empty: they need one.
	own string
	// tx is the unit of work that writes.
	tx *act.Unit
	// toHash counts the temporary passwords to hash and the weak hashes to wrap; hashes holds the
	// results, by line.
	toHash int
	hashes map[int]string
	// again are temporary passwords that replace those in a mailbox which the file corrects, by
	// line.
	again map[int]string
	// compared are the results of comparing weak hashes with the stored ones.
	compared     map[int]comparison
	comparedLock sync.Mutex
	comparing    maphash.Seed
}

// importPass is one reading of the file. It keeps nothing from an earlier one: users may have
// changed in between, so each stage looks at them again.
type importPass struct {
	*importer
	stage     ImportStage
	q         store.Queries
	seed      maphash.Seed
	seen      map[uint64]int32 // hash of a username's key: its line
	companies map[string]*importCompany
	rows      []importRow // those waiting for their batch
	report    ImportReport
	rehearsal *rehearsing // of a dry run
	recounted int         // report.Lines at the last ImportGrew
	hold      bool        // nobody else may change the users that were looked up
}

// importCompany is a company that the file names.
type importCompany struct {
	gatehouse.Company
	line int // of the file, where it is first named; 0: it existed
	// sound: a line without faults names it, or it existed. counted and written: in this pass, or
	// it existed.
	sound, counted, written bool
}

func (im *importer) pass(ctx context.Context, q store.Queries, stage ImportStage) (ImportReport, error) {
	if _, err := im.file.Seek(0, io.SeekStart); err != nil {
		return ImportReport{}, err
	}
	im.now = im.Now()
	p := im.newPass(q, stage)
	if stage == ImportChecking {
		im.toHash = 0
		if im.opts.DryRun {
			p.rehearsal = newRehearsing()
		}
	}
	t, err := openTable(im.file)
	if err != nil {
		return p.report, err
	}
	if missing := im.missingColumn(t); missing != "" {
		return p.report, headerError("the column %s is missing", missing)
	}
	err = p.readAll(ctx, t)
	if p.rehearsal != nil && err == nil {
		p.report.Rehearsal = p.rehearsal.done()
	}
	return p.report, err
}

func (im *importer) newPass(q store.Queries, stage ImportStage) *importPass {
	return &importPass{importer: im, stage: stage, q: q, seed: maphash.MakeSeed(),
		seen: map[uint64]int32{}, companies: map[string]*importCompany{}}
}

// readAll adds all lines of a table.
func (p *importPass) readAll(ctx context.Context, t *table) error {
	for {
		rec, err := t.next()
		if errors.Is(err, io.EOF) {
			return p.flush(ctx)
		}
		if err != nil {
			return err
		}
		if rec.cells[colAccount] == "" {
			rec.cells[colAccount] = p.own
		}
		if err := p.add(ctx, rec); err != nil {
			return err
		}
	}
}

// missingColumn returns a missing column without which no line can be valid.
func (im *importer) missingColumn(t *table) string {
	switch byEmail := im.st.SignInWith == gatehouse.WithEmail; {
	case !t.has(colAccount):
		return colAccount.String()
	case byEmail && !t.has(colEmail) && !t.has(colUsername):
		return colEmail.String()
	case !byEmail && !t.has(colUsername):
		return colUsername.String()
	}
	return ""
}

// add adds a line; a full batch is looked up and processed.
func (p *importPass) add(ctx context.Context, rec record) error {
	p.report.Lines++
	r := &rowReader{im: p.importer, rec: rec}
	row := r.read()
	if row.key != "" {
		hash := maphash.String(p.seed, row.key)
		if first, twice := p.seen[hash]; twice {
			r.complain(colUsername, ImportTwice, fmt.Sprintf("is in line %d already", first), map[string]string{"first": strconv.Itoa(int(first))})
		} else {
			p.seen[hash] = int32(rec.line)
		}
	}
	row.bad = r.bad
	if p.rows = append(p.rows, row); len(p.rows) < store.ImportBatch {
		return nil
	}
	return p.flush(ctx)
}

// bad counts a line that cannot be imported.
func (p *importPass) bad(problems ...ImportProblem) {
	p.report.Bad++
	if p.rehearsal != nil {
		p.rehearsal.leave(problems)
	}
	p.report.ProblemCount += len(problems)
	room := max(0, MaxProblems-len(p.report.Problems))
	p.report.Problems = append(p.report.Problems, problems[:min(room, len(problems))]...)
	if p.opts.Problem != nil && p.stage == ImportChecking {
		for _, problem := range problems {
			p.opts.Problem(problem)
		}
	}
}
