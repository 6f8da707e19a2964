package console

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

const (
	// linesOnPage is how many users of a run a page shows.
	linesOnPage = 50
	// linesAtOnce is how many are read at a time for a file: a slow download must not
	// keep a connection to the database.
	linesAtOnce = 1000
)

// Enrolment shows a run of Enhanced Security: how far it is, or what it came to (B02,
// B04). Whoever asked for the progress sees its end there, however fast it came, and goes
// on with Close. An address that ends in .csv is the list of all its users.
func (c *Console) Enrolment(w http.ResponseWriter, r *http.Request) error {
	id, file := strings.CutSuffix(r.PathValue("id"), ".csv")
	v, caller, company := on(r)
	results, err := c.Directory.Results(r.Context(), caller, v.Site, company, id)
	if err != nil {
		return err
	}
	if file {
		return c.enrolmentFile(w, r, results.Enrolment)
	}
	if results.State == gatehouse.EnrolmentRunning || r.URL.Query().Has(ui.ProgressQuery) {
		return c.page(w, r, http.StatusOK, ui.EnrolmentRunning{Run: results.Enrolment})
	}
	view := ui.EnrolmentResult{Run: results.Enrolment, Reasons: results.Reasons, Notices: map[string]int{},
		Outcome: gatehouse.Outcome(r.URL.Query().Get("outcome")), After: r.URL.Query().Get("after")}
	for state, n := range results.Notices {
		view.Notices[string(state)] = n
	}
	if !slices.Contains(gatehouse.Outcomes, view.Outcome) {
		view.Outcome = ""
	}
	if err := c.lines(r, &view); err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, view)
}

// lines reads a page of a run's users.
func (c *Console) lines(r *http.Request, view *ui.EnrolmentResult) error {
	v, caller, company := on(r)
	last := ""
	return c.Directory.EnrolmentLines(r.Context(), caller, v.Site, company, view.Run.ID, view.Outcome, view.After, linesOnPage+1,
		func(l directory.EnrolmentLine) error {
			if len(view.Lines) == linesOnPage {
				view.Next = last
				return nil
			}
			view.Lines, last = append(view.Lines, line(l)), l.Key
			return nil
		})
}

func line(l directory.EnrolmentLine) ui.EnrolmentLine {
	return ui.EnrolmentLine{
		UserID: l.UserID, Username: l.Username, Name: strings.TrimSpace(l.FirstName + " " + l.LastName), Email: l.Email,
		Outcome: l.Outcome, Reason: l.Reason, At: l.At,
		Notice: ui.Notice{Written: l.MessageID != "", State: string(l.Notice.State), Recipient: l.Notice.Recipient,
			DueAt: l.Notice.DueAt, DoneAt: l.Notice.DoneAt, Reply: l.Notice.Reply},
	}
}

// enrolmentFile sends the whole list of a run, one line a user. Users whom a run has not
// come to yet have no outcome.
func (c *Console) enrolmentFile(w http.ResponseWriter, r *http.Request, e gatehouse.Enrolment) error {
	v, caller, company := on(r)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="enhanced-security-`+e.StartedAt.UTC().Format(time.DateOnly)+`.csv"`)
	// A file is read on other days: without a present, no moment in it is "today".
	out, words := csv.NewWriter(w), ui.VisitWords(v, time.Time{})
	// A write that fails, or a run that cannot be read, ends the connection: a file that
	// was cut short must not look whole.
	out.Write([]string{"username", "name", "email", "outcome", "reason", "notice", "at"}) //nolint:errcheck // kept until Error
	for after, more := "", true; more; {
		n := 0
		err := c.Directory.EnrolmentLines(r.Context(), caller, v.Site, company, e.ID, "", after, linesAtOnce, func(l directory.EnrolmentLine) error {
			n, after = n+1, l.Key
			return out.Write(record(words, e, line(l)))
		})
		if out.Flush(); err != nil || out.Error() != nil {
			panic(http.ErrAbortHandler)
		}
		more = n == linesAtOnce
	}
	return nil
}

// record is a user's line of the file, in the words of the page.
func record(words *ui.Words, e gatehouse.Enrolment, l ui.EnrolmentLine) []string {
	cells := []string{l.Username, l.Name, l.Email, "", "", "", ""}
	if l.Outcome != "" {
		cells[3], cells[4], cells[5] = words.OutcomeText(e.Enable, l.Outcome), words.ReasonText(l.Reason), words.NoticeText(l.Notice)
		cells[6] = l.At.UTC().Format(time.RFC3339)
	}
	for i := range cells {
		cells[i] = inert(cells[i])
	}
	return cells
}

// What begins a formula in a spreadsheet, also in the forms of East Asian keyboards; and
// what some spreadsheets take for the end of a cell although the quotes are around it:
// where commas are decimal, lists are separated by semicolons.
const (
	formulaStarts = "=+-@＝＋－＠"
	cellEnds      = ";\t\r\n"
)

// inert keeps a spreadsheet from taking what a person is called for a formula that it
// works out (CSV injection, ASVS 1.2.10).
func inert(cell string) string {
	var safe strings.Builder
	starts := true // of a cell, as a spreadsheet may see it
	for i, c := range cell {
		if starts && strings.ContainsRune(formulaStarts, c) || i == 0 && strings.ContainsRune("\t\r\n", c) {
			safe.WriteByte('\'')
		}
		if c != '"' { // two of them are an empty beginning, where the quotes are taken apart
			starts = strings.ContainsRune(cellEnds, c)
		}
		safe.WriteRune(c)
	}
	return safe.String()
}
