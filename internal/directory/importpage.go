package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/sheet"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Limits of a file that an administrator uploads. Who has more users asks the operator, whose
// command has no limit.
const (
	MaxImportFile    = 16 << 20
	maxImportRows    = 50_000
	maxImportColumns = 100
	maxImportText    = 32 << 20 // of a workbook, unpacked
)

// PageColumns are the columns of an import by page: no passwords, which do not belong into a
// spreadsheet. New users get an invitation instead.
var PageColumns = []string{"username", "email", "first_name", "last_name", "role", "active", "account_number", "company"}

// Reasons of the errors of an import by page.
const (
	// ReasonImportWait: a user has uploaded too many files.
	ReasonImportWait = "import-wait"
	// ReasonImportNothing: the file changes nothing.
	ReasonImportNothing = "import-nothing"
	// ReasonImportBegun: it was confirmed already.
	ReasonImportBegun = "import-begun"
)

// Reasons of what is wrong with an uploaded file (field "file") besides those of package sheet, and
// with what its columns are said to be (field "columns").
const (
	FieldNobody = "nobody" // it has a heading, and nobody below it
	FieldNoWay  = "identity"
	FieldTwice  = "twice"
)

const importSealed = "import file"

// UploadImport keeps a file for its administrator or, without a company, for an operator who imports
// for the site, with a guess of what its columns are.
//
// Errors: Forbidden; NotFound; Invalid with the field "file", whose reason is one of package sheet or
// FieldNobody; TooMany with ReasonImportWait; Unavailable.
func (s *Service) UploadImport(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, name string, file []byte) (gatehouse.Import, error) {
	c = doesImport(c, companyID)
	if _, err := importFor(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return gatehouse.Import{}, err
	}
	if c.UserID == "" { // an import by page belongs to somebody
		return gatehouse.Import{}, errForbidden
	}
	err := s.spare(ctx, c, ReasonImportWait, store.Limit{Key: "import:" + st.ID + ":" + c.UserID, Every: 2 * time.Minute, Burst: 30})
	if err != nil {
		return gatehouse.Import{}, err
	}
	now := s.Now()
	i := gatehouse.Import{ID: store.NewID("imp", now), SiteID: st.ID, CompanyID: companyID, UserID: c.UserID, FileName: shown(name, 200),
		State: gatehouse.ImportUploaded, CreatedAt: now, ExpiresAt: now.Add(gatehouse.ImportKept)}
	t, err := readUpload(file)
	if err == nil {
		i.Merged = t.Merged
		i.Columns, i.Headed, err = guessColumns(st, t.Text)
	}
	if err != nil {
		return gatehouse.Import{}, err
	}
	sealed, err := s.Outbox.Keys.Seal(importSealed+i.ID, t.Text)
	if err != nil {
		return gatehouse.Import{}, err
	}
	return i, s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, companyID); err != nil {
			return err
		}
		return tx.InsertImport(tx, i, sealed)
	})
}

// readUpload returns an uploaded file as text.
func readUpload(file []byte) (sheet.Table, error) {
	t, err := sheet.Read(file, sheet.Limits{Rows: maxImportRows + 1, Columns: maxImportColumns, Bytes: maxImportText})
	if err != nil {
		reason := sheet.ReasonOf(err)
		if reason == "" {
			return t, err
		}
		return t, fileFault(string(reason))
	}
	return t, nil
}

func fileFault(reason string) error {
	var f gatehouse.Faults
	f.Add("file", reason, "rows", fmt.Sprint(maxImportRows), "columns", fmt.Sprint(maxImportColumns), "megabytes", fmt.Sprint(MaxImportFile>>20))
	return f.Err()
}

// shown is a text of the file for a page: no more than so many characters, nothing that cannot be
// stored.
func shown(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// Imports are the latest imports of an administrator, or of an operator for the site, that are still
// kept.
func (s *Service) Imports(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string) ([]gatehouse.Import, error) {
	if _, err := importFor(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return nil, err
	}
	all, err := s.Store.Read().ImportsOf(ctx, st.ID, companyID, c.UserID, 20)
	now := s.Now()
	return slices.DeleteFunc(all, func(i gatehouse.Import) bool { return expired(i, now) }), err
}

// expired: what the job will remove is gone already.
func expired(i gatehouse.Import, now time.Time) bool {
	return !i.State.Runs() && !now.Before(i.ExpiresAt)
}

// ImportByID returns an import of the administrator or operator who uploaded it. For everybody else there is none.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) ImportByID(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) (gatehouse.Import, error) {
	if _, err := importFor(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return gatehouse.Import{}, err
	}
	i, err := s.Store.Read().Import(ctx, st.ID, companyID, c.UserID, id)
	if err == nil && expired(i, s.Now()) {
		err = gatehouse.ErrNotFound
	}
	return i, err
}

// ImportLines returns up to limit lines of an import after a line, with an outcome (empty: all).
// moved: only those that the preview before showed differently.
func (s *Service) ImportLines(ctx context.Context, i gatehouse.Import, outcome gatehouse.ImportOutcome, moved bool, after, limit int) ([]gatehouse.ImportLine, error) {
	return s.Store.Read().ImportLines(ctx, i, outcome, moved, after, limit)
}

// SampleColumn is a column of an uploaded file.
type SampleColumn struct {
	// Heading is its name; empty if it has none.
	Heading string
	// Examples are its first values.
	Examples []string
}

// samples is how many lines of a file are shown.
const samples = 3

// ImportSample returns the columns of an uploaded file.
//
// Errors: Conflict with ReasonImportBegun; Unavailable.
func (s *Service) ImportSample(ctx context.Context, i gatehouse.Import) ([]SampleColumn, error) {
	text, err := s.importText(ctx, i)
	if err != nil {
		return nil, err
	}
	t, err := startTable(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	all := make([]SampleColumn, t.width)
	for at, name := range t.names {
		if i.Headed {
			all[at].Heading = shown(name, 60)
		} else {
			all[at].Examples = append(all[at].Examples, shown(name, 60))
		}
	}
	for range samples {
		line, _, err := t.readLine()
		if err != nil {
			break
		}
		cells, problem := splitLine(line, t.sep)
		if problem.code == ImportQuoteOpen {
			cells = t.join(line)
		}
		for at := range all {
			if at < len(cells) && strings.TrimSpace(cells[at]) != "" {
				all[at].Examples = append(all[at].Examples, shown(cells[at], 60))
			}
		}
	}
	return all, nil
}

// importText opens the file of an import.
func (s *Service) importText(ctx context.Context, i gatehouse.Import) ([]byte, error) {
	sealed, err := s.Store.Read().ImportFile(ctx, i)
	if err != nil {
		return nil, err
	}
	if len(sealed) == 0 {
		return nil, &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonImportBegun}
	}
	return s.Outbox.Keys.Open(importSealed+i.ID, sealed)
}

// CheckImport says what the columns of an uploaded file are, and makes its preview.
//
// Errors: Forbidden; NotFound; Invalid with the field "columns" (FieldNoWay: nothing identifies the
// users; FieldNoAccount; FieldTwice) or "file"; Conflict with ReasonImportBegun; Unavailable.
func (s *Service) CheckImport(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string, columns []string, headed bool) (gatehouse.Import, error) {
	c = doesImport(c, companyID)
	i, err := s.ImportByID(ctx, st, c, companyID, id)
	if err != nil {
		return i, err
	}
	before := i.Mark
	i.Columns, i.Headed = make([]string, len(i.Columns)), headed
	copy(i.Columns, columns)
	if err := checkColumns(st, i.Columns, companyID == ""); err != nil {
		return i, err
	}
	lines, err := s.planImport(ctx, st, c, &i)
	if err != nil {
		return i, err
	}
	if len(lines) == 0 {
		return i, fileFault(FieldNobody)
	}
	i.Moved = 0
	return i, s.keepPlan(ctx, st, c, i, before, lines)
}

// checkColumns: forSite, each line has to say its company.
func checkColumns(st *site.Site, columns []string, forSite bool) error {
	var f gatehouse.Faults
	has := map[string]int{}
	for _, name := range columns {
		if name != "" {
			has[name]++
		}
	}
	for name, n := range has {
		if n > 1 || !slices.Contains(PageColumns, name) {
			f.Add("columns", FieldTwice, "name", name)
		}
	}
	if has["username"] == 0 && (st.SignInWith != gatehouse.WithEmail || has["email"] == 0) {
		f.Add("columns", FieldNoWay)
	}
	if forSite && has["account_number"] == 0 {
		f.Add("columns", FieldNoAccount)
	}
	return f.Err()
}

// keepPlan writes a preview, if the one before is the one that was read.
func (s *Service) keepPlan(ctx context.Context, st *site.Site, c gatehouse.Caller, i gatehouse.Import, before string, lines []gatehouse.ImportLine) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		kept, err := tx.PlanImport(tx, i, before, lines)
		if err == nil && !kept { // in another tab
			err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonImportMoved}
		}
		return err
	})
}

// DropImport forgets an import that was not confirmed.
//
// Errors: Forbidden; NotFound; Conflict with ReasonImportBegun; Unavailable.
func (s *Service) DropImport(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) error {
	c = doesImport(c, companyID)
	i, err := s.ImportByID(ctx, st, c, companyID, id)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		dropped, err := tx.DeleteImport(tx, i)
		if err == nil && !dropped {
			err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonImportBegun}
		}
		return err
	})
}

// StartImport confirms the preview with a mark. If it is no longer true, because users have changed
// meanwhile, there is a new preview, and nothing is done. Confirming twice is no error.
//
// Errors: Forbidden; NotFound; Conflict with ReasonImportMoved or ReasonImportNothing; Unavailable.
func (s *Service) StartImport(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id, mark string, invite bool) (gatehouse.Import, error) {
	c = doesImport(c, companyID)
	i, err := s.ImportByID(ctx, st, c, companyID, id)
	switch {
	case err != nil:
		return i, err
	case !i.StartedAt.IsZero():
		return i, nil
	case i.State != gatehouse.ImportChecked || mark != i.Mark:
		return i, errMoved
	}
	fresh := i
	lines, err := s.planImport(ctx, st, c, &fresh)
	switch {
	case err != nil:
		return i, err
	case fresh.Mark != i.Mark:
		return s.replan(ctx, st, c, i, fresh, lines)
	case i.Planned.Work() == 0:
		return i, &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonImportNothing}
	}
	i.State, i.StartedAt, i.Invite = gatehouse.ImportRunning, s.Now(), invite
	i.By = gatehouse.ImportCaller{Name: c.Name, IPAddress: c.IPAddress, UserAgent: c.UserAgent, Reference: c.Reference}
	i.Done = gatehouse.ImportCounts{Unchanged: i.Planned.Unchanged, Refused: i.Planned.Refused}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, companyID); err != nil {
			return err
		}
		started, err := tx.StartImport(tx, i)
		if err == nil && !started {
			err = errMoved
		}
		return err
	})
	if errors.Is(err, errMoved) { // perhaps the same form, from a double click
		if now, again := s.ImportByID(ctx, st, c, companyID, id); again == nil && !now.StartedAt.IsZero() {
			return now, nil
		}
	}
	return i, err
}

// replan keeps a preview that differs from the one that was confirmed, and says which lines do.
func (s *Service) replan(ctx context.Context, st *site.Site, c gatehouse.Caller, was, fresh gatehouse.Import, lines []gatehouse.ImportLine) (gatehouse.Import, error) {
	old, err := s.Store.Read().ImportLines(ctx, was, "", false, 0, maxImportRows+1)
	if err != nil {
		return was, err
	}
	marks := map[int]string{}
	for _, l := range old {
		marks[l.Line] = l.Mark
	}
	fresh.Moved = 0
	for at := range lines {
		if lines[at].Moved = marks[lines[at].Line] != lines[at].Mark; lines[at].Moved {
			fresh.Moved++
		}
	}
	if err := s.keepPlan(ctx, st, c, fresh, was.Mark, lines); err != nil {
		return was, err
	}
	return fresh, errMoved
}

// openPage opens the table of an import.
func openPage(text []byte, i gatehouse.Import) (*table, error) {
	t, err := startTable(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for at, name := range i.Columns {
		if c := slices.Index(ImportColumns, name); c >= 0 {
			t.at[c] = at
		}
	}
	if !i.Headed {
		t.first = t.names
	}
	return t, nil
}
