package console

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// importSteps are the steps of an import, in text keys.
var importSteps = []string{"file", "columns", "preview", "result"}

// stepsOf are the steps of an import, at one of them.
func stepsOf(p *ui.Page, at string) *ui.Progress {
	all := ui.ProgressIn(p, "import.step_", slices.Index(importSteps, at), importSteps)
	all.Label = p.T("import.steps")
	return all
}

// importing is what all pages of an import have in common.
type importing struct {
	// On is whose import it is.
	On Place
}

// Below: it belongs to the list of users.
func (importing) Below() bool { return true }

// Whom names whose users a file brings in: the company's, or those of all companies of a site.
func (v importing) Whom(p *ui.Page) string {
	at := v.On.in(p)
	if at.ByOperator() {
		return at.Site.Name
	}
	return at.Firm.Name
}

// HasUsernames: users of the site have usernames besides their addresses.
func (v importing) HasUsernames(p *ui.Page) bool {
	return v.On.in(p).Site.SignInWith != gatehouse.WithEmail
}

// ImportUpload is the page that asks for a file.
type ImportUpload struct {
	importing
	// Recent are the imports that are kept.
	Recent []gatehouse.Import
	Faults []gatehouse.FieldError
}

func (ImportUpload) Template() string                 { return "import" }
func (ImportUpload) Title(p *ui.Page) string          { return p.T("import.title") }
func (ImportUpload) Position(p *ui.Page) *ui.Progress { return stepsOf(p, "file") }
func (ImportUpload) Megabytes() int                   { return directory.MaxImportFile >> 20 }
func (v ImportUpload) FaultText(p *ui.Page) []string  { return faultTexts(p, "import.file_", v.Faults) }
func (v ImportUpload) Link(i gatehouse.Import) string { return v.On.importPath(i.ID) }

// StateText says how far an import is.
func (v ImportUpload) StateText(p *ui.Page, i gatehouse.Import) string {
	return p.T("import.state_" + string(i.State))
}

func faultTexts(w interface {
	T(key string, args ...any) string
}, prefix string, faults []gatehouse.FieldError) (all []string) {
	for _, f := range faults {
		args := []any{}
		for name, value := range f.Args {
			args = append(args, name, value)
		}
		text := w.T(prefix+strings.ReplaceAll(f.Reason, "-", "_"), args...)
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// ImportColumns is the page that asks what the columns are.
type ImportColumns struct {
	importing
	Import gatehouse.Import
	Sample []directory.SampleColumn
	Faults []gatehouse.FieldError
}

func (v ImportColumns) Path() string                   { return v.On.importPath(v.Import.ID) }
func (ImportColumns) Template() string                 { return "import_columns" }
func (ImportColumns) Title(p *ui.Page) string          { return p.T("import.columns_title") }
func (ImportColumns) Position(p *ui.Page) *ui.Progress { return stepsOf(p, "columns") }
func (v ImportColumns) FaultText(p *ui.Page) []string {
	named := slices.Clone(v.Faults)
	for n, f := range named {
		if f.Args["name"] != "" {
			named[n].Args = map[string]string{"name": columnText(p.Words, f.Args["name"])}
		}
		if f.Reason == directory.FieldNoWay && !v.HasUsernames(p) {
			named[n].Reason += "-email"
		}
	}
	return faultTexts(p, "import.columns_", named)
}

// columnRow is a column of the file.
type columnRow struct {
	ID, Heading string
	Examples    []string
	Options     []ui.Option
}

// Rows are the columns of the file.
func (v ImportColumns) Rows(p *ui.Page) []columnRow {
	rows := make([]columnRow, len(v.Sample))
	for n, s := range v.Sample {
		rows[n] = columnRow{ID: "column-" + strconv.Itoa(n+1), Heading: s.Heading, Examples: s.Examples}
		if s.Heading == "" {
			rows[n].Heading = p.T("import.column_number", "letter", letters(n))
		}
		chosen := ""
		if n < len(v.Import.Columns) {
			chosen = v.Import.Columns[n]
		}
		rows[n].Options = []ui.Option{{Text: p.T("import.column_nothing"), Chosen: chosen == ""}}
		for _, name := range directory.PageColumns {
			if name == "username" && !v.HasUsernames(p) {
				continue
			}
			rows[n].Options = append(rows[n].Options, ui.Option{Value: name, Text: columnText(p.Words, name), Chosen: name == chosen})
		}
	}
	return rows
}

// letters is what a spreadsheet calls a column: A to Z, AA and so on.
func letters(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return letters(n/26-1) + string(rune('A'+n%26))
}

func columnText(w *ui.Words, name string) string { return w.T("import.column_" + name) }

// ImportLines is the preview of an import, or its result.
type ImportLines struct {
	importing
	Import gatehouse.Import
	// Conflict: it was confirmed, and not done.
	Conflict bool
	Lines    []gatehouse.ImportLine
	Outcome  gatehouse.ImportOutcome
	// Different: only lines that the preview before showed differently.
	Different   bool
	After, Next int
}

func (ImportLines) Template() string { return "import_lines" }
func (v ImportLines) Title(p *ui.Page) string {
	if v.Over() {
		return p.T("import.result_title")
	}
	return p.T("import.preview_title")
}

func (v ImportLines) Position(p *ui.Page) *ui.Progress {
	if v.Over() {
		return stepsOf(p, "result")
	}
	return stepsOf(p, "preview")
}

// Over: this is the result.
func (v ImportLines) Over() bool { return v.Import.State.Over() }

// Stopped: the one who confirmed it is no administrator any longer.
func (v ImportLines) Stopped() bool { return v.Import.State == gatehouse.ImportStopped }

// Counts are what will be, or what was.
func (v ImportLines) Counts() gatehouse.ImportCounts {
	if v.Over() {
		return v.Import.Done
	}
	return v.Import.Planned
}

// Uninvited are new users who have no address for an invitation, or deactivated ones.
func (v ImportLines) Uninvited() int { return max(0, v.Counts().New-v.Counts().Invited) }

func (v ImportLines) Path() string   { return v.On.importPath(v.Import.ID) }
func (v ImportLines) CSV() string    { return v.Path() + ".csv" }
func (v ImportLines) Others() string { return v.Path() + "?columns=1" }

// URL is the address of the page, for some of the lines.
func (v ImportLines) URL(o gatehouse.ImportOutcome, different bool, after int) string {
	q := url.Values{}
	if o != "" {
		q.Set("outcome", string(o))
	}
	if different {
		q.Set("different", "1")
	}
	if after > 0 {
		q.Set("after", strconv.Itoa(after))
	}
	if len(q) == 0 {
		return v.Path() + "#lines"
	}
	return v.Path() + "?" + q.Encode() + "#lines"
}

// First is the address of the first page, and Later that of the next; empty: this is the first, or the
// last.
func (v ImportLines) First() string { return v.turnTo(v.After, 0) }
func (v ImportLines) Later() string { return v.turnTo(v.Next, v.Next) }

func (v ImportLines) turnTo(there, after int) string {
	if there == 0 {
		return ""
	}
	return v.URL(v.Outcome, v.Different, after)
}

// Stats are the numbers at the top.
func (v ImportLines) Stats(p *ui.Page) (all []chip) {
	for _, o := range gatehouse.ImportOutcomes {
		all = append(all, chip{v.outcomeText(p.Words, o), v.URL(o, false, 0), v.Counts().Of(o), false})
	}
	return all
}

func (v ImportLines) outcomeText(w *ui.Words, o gatehouse.ImportOutcome) string {
	if v.Over() {
		return w.T("import.was_" + string(o))
	}
	return w.T("import.will_" + string(o))
}

// Chips are the filters of the lines.
func (v ImportLines) Chips(p *ui.Page) []chip {
	all := []chip{{p.T("import.all"), v.URL("", false, 0), v.Counts().Lines(), v.Outcome == "" && !v.Different}}
	if v.Import.Moved > 0 && !v.Over() {
		all = append(all, chip{p.T("import.different"), v.URL("", true, 0), v.Import.Moved, v.Different})
	}
	for _, o := range gatehouse.ImportOutcomes {
		if n := v.Counts().Of(o); n > 0 {
			all = append(all, chip{v.outcomeText(p.Words, o), v.URL(o, false, 0), n, v.Outcome == o && !v.Different})
		}
	}
	return all
}

// Notes are what else a preview has to say, in sentences.
func (v ImportLines) Notes(p *ui.Page) (all []string) {
	n := v.Counts()
	for _, note := range []struct {
		key string
		n   int
	}{{"promoted", n.Promoted}, {"demoted", n.Demoted}, {"deactivated", n.Deactivated}, {"activated", n.Activated}} {
		if note.n > 0 {
			tense := "will_be_"
			if v.Over() {
				tense = "was_"
			}
			all = append(all, p.T("import."+tense+note.key, "n", note.n))
		}
	}
	return all
}

var importLooks = map[gatehouse.ImportOutcome]string{gatehouse.ImportNew: "badge-ok", gatehouse.ImportChanged: "badge-ok", gatehouse.ImportRefused: "badge-bad"}

// importRow is a line for the template "import-line".
type importRow struct {
	Page *ui.Page
	gatehouse.ImportLine
	Who, Badge, Text string
	// Says are sentences about it: what changes, or what is wrong and what to do.
	Says []string
	Link string
}

// Row is a line of the page.
func (v ImportLines) Row(p *ui.Page, l gatehouse.ImportLine) importRow {
	row := importRow{Page: p, ImportLine: l, Who: cmp.Or(l.Name, l.Username), Badge: importLooks[l.Outcome], Text: v.outcomeText(p.Words, l.Outcome), Says: v.says(p.Words, l)}
	if row.Who == "" {
		row.Who = p.T("import.nobody")
	}
	if v.Over() && l.UserID != "" && l.Outcome != gatehouse.ImportRefused {
		row.Link = v.On.PathOf(gatehouse.User{ID: l.UserID})
	}
	if slices.ContainsFunc(l.Detail.Faults, func(f gatehouse.ImportFault) bool { return f.Code == directory.ImportSecondOperator }) {
		row.Link = ui.OperatorFindPath + "?" + url.Values{"q": {l.Username}}.Encode() // where the address can be proposed
	}
	return row
}

func (v ImportLines) says(w *ui.Words, l gatehouse.ImportLine) (all []string) {
	for _, f := range l.Detail.Faults {
		all = append(all, faultOfLine(w, f))
	}
	if l.Detail.Founds {
		all = append(all, w.T("import.founds", "company", l.Detail.Company))
	}
	for _, f := range l.Detail.Fields {
		all = append(all, changeText(w, f))
	}
	if v.Over() && l.Invited {
		all = append(all, w.T("import.invited"))
	}
	return all
}

func changeText(w *ui.Words, f gatehouse.ImportField) string {
	before, after := f.Before, f.After
	switch f.Name {
	case "role":
		before, after = valueText(w, "users.role_", before), valueText(w, "users.role_", after)
	case "state":
		before, after = valueText(w, "import.state_of_", before), valueText(w, "import.state_of_", after)
	}
	field := w.T("import.column_" + f.Name)
	if before == "" {
		return w.T("import.sets", "field", field, "after", after)
	}
	return w.T("import.changes", "field", field, "before", before, "after", cmp.Or(after, "–"))
}

func valueText(w *ui.Words, prefix, value string) string {
	if value == "" {
		return ""
	}
	return w.T(prefix + value)
}

// faultOfLine says what is wrong with a line, and what to do.
func faultOfLine(w *ui.Words, f gatehouse.ImportFault) string {
	args := []any{"column", ""}
	if f.Column != "" {
		args[1] = columnText(w, f.Column)
	}
	for name, value := range f.Args {
		args = append(args, name, value)
	}
	if f.Args["value"] == "" {
		args = append(args, "value", "")
	}
	return w.T("import.fault_"+strings.ReplaceAll(f.Code, "-", "_"), args...)
}
