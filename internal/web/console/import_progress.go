package console

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// ImportRunning is the progress of an import, until it is done.
type ImportRunning struct {
	importing
	Import gatehouse.Import
}

func (ImportRunning) Template() string                 { return "import_running" }
func (v ImportRunning) Title(p *ui.Page) string        { return v.Progress(p).Words["title"] }
func (ImportRunning) Position(p *ui.Page) *ui.Progress { return stepsOf(p, "result") }

// Path is where the import is followed to its end, and Events where it says how far it is.
func (v ImportRunning) Path() string {
	return v.On.importPath(v.Import.ID) + "?" + ProgressQuery + "=1"
}
func (v ImportRunning) Events() string { return v.On.importPath(v.Import.ID) + "/events" }

// Progress is how far the import is.
func (v ImportRunning) Progress(p *ui.Page) RunProgress {
	return importProgress(p.Words, p.Now, v.Import, v.On.importPath(v.Import.ID))
}

// Shown are the counts on the page, with the words for them.
func (v ImportRunning) Shown(p *ui.Page) []shownCount {
	all := []shownCount{{"new", p.T("import.was_new")}, {"changed", p.T("import.was_changed")}, {"refused", p.T("import.was_refused")}}
	if v.Import.Invite {
		all = append(all, shownCount{"invited", p.T("import.invitations")})
	}
	return all
}

// importProgress puts the progress of an import into words.
func importProgress(w *ui.Words, now time.Time, i gatehouse.Import, result string) RunProgress {
	number := func(n int) string { return w.T("enrolment.number", "number", n) }
	done, all := i.Steps()
	r := RunProgress{Done: done, Total: all, Over: i.State.Over(), Close: ui.CompanyUsersPath, Words: map[string]string{
		"new": number(i.Done.New), "changed": number(i.Done.Changed), "refused": number(i.Done.Refused), "invited": number(i.Done.Invited),
	}}
	if r.Over {
		r.Close = result
		return r.say(w.T("import.result_title"), w.T("import.state_"+string(i.State)), "", w.T("import.see_result"))
	}
	left := w.T("enrolment.left_unknown")
	if d := i.Left(now); d > 0 {
		left = w.T("enrolment.left", "time", w.Span(d))
	}
	return r.say(w.T("import.running_"+string(i.State)), w.T("import.steps_done", "n", all, "done", done), left, w.T("import.goes_on"))
}

// ImportEvents tells a page the progress of its import while it goes on.
func (c *Console) ImportEvents(w http.ResponseWriter, r *http.Request) error {
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	return c.stream(w, r, func(words *ui.Words, now time.Time) (RunProgress, error) {
		i, err := c.Directory.ImportByID(r.Context(), at.Site, at.By, at.Firm.ID, r.PathValue("id"))
		return importProgress(words, now, i, at.importPath(i.ID)), err
	})
}

// importFile sends all lines of an import, with what becomes of them.
func (c *Console) importFile(w http.ResponseWriter, r *http.Request, i gatehouse.Import) error {
	v := ui.VisitOf(r)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="import-`+i.CreatedAt.UTC().Format(time.DateOnly)+`.csv"`)
	out, words, view := csv.NewWriter(w), ui.WordsOf(v, time.Time{}), ImportLines{Import: i}
	// A failed write, or an import that cannot be read, ends the connection: a truncated file must
	// not look complete.
	head := []string{"line", "username", "name", "outcome", "detail"}
	if i.CompanyID == "" {
		head = append(head, "account_number", "company")
	}
	out.Write(head) //nolint:errcheck // kept until Error
	for after, more := 0, true; more; {
		lines, err := c.Directory.ImportLines(r.Context(), i, "", false, after, linesAtOnce)
		for _, l := range lines {
			after = l.Line
			cells := []string{strconv.Itoa(l.Line), Inert(l.Username), Inert(l.Name), view.outcomeText(words, l.Outcome), Inert(strings.Join(view.says(words, l), " "))}
			if i.CompanyID == "" {
				cells = append(cells, Inert(l.Detail.Account), Inert(l.Detail.Company))
			}
			out.Write(cells) //nolint:errcheck
		}
		if out.Flush(); err != nil || out.Error() != nil {
			panic(http.ErrAbortHandler)
		}
		more = len(lines) == linesAtOnce
	}
	return nil
}
