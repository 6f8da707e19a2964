package console

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// linesAtOnce is how many users of an enrolment are read at a time for a file: a slow
// download must not hold a database connection.
const linesAtOnce = 1000

// enrolmentFile sends the whole list of an enrolment, one line per user. Users whom the
// enrolment has not reached yet have no outcome.
func (c *Console) enrolmentFile(w http.ResponseWriter, r *http.Request, e gatehouse.Enrolment) error {
	v, caller, company := on(r)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="enhanced-security-`+e.StartedAt.UTC().Format(time.DateOnly)+`.csv"`)
	// A file is read on other days: without a current time, nothing in it is "today".
	out, words := csv.NewWriter(w), ui.WordsOf(v, time.Time{})
	// A failed write, or an enrolment that cannot be read, ends the connection: a
	// truncated file must not look complete.
	out.Write([]string{"username", "name", "email", "outcome", "reason", "notice", "at"}) //nolint:errcheck // kept until Error
	for after, more := "", true; more; {
		n := 0
		err := c.Directory.EnrolmentLines(r.Context(), v.Site, caller, company, e.ID, "", after, linesAtOnce, func(l directory.RunLine) error {
			n, after = n+1, l.Key
			return out.Write(record(words, e, l))
		})
		if out.Flush(); err != nil || out.Error() != nil {
			panic(http.ErrAbortHandler)
		}
		more = n == linesAtOnce
	}
	return nil
}

// record is a user's line of the file, in the words of the page.
func record(words *ui.Words, e gatehouse.Enrolment, l directory.RunLine) []string {
	cells := []string{l.Username, nameOf(l), l.Email, "", "", "", ""}
	if l.Outcome != "" {
		cells[3], cells[4], cells[5] = outcomeText(words, e.Rule(), l.Outcome), reasonText(words, l.Reason), noticeText(words, l)
		cells[6] = l.At.UTC().Format(time.RFC3339)
	}
	for i := range cells {
		cells[i] = inert(cells[i])
	}
	return cells
}

// What begins a formula in a spreadsheet, also in full-width forms; and what some
// spreadsheets take for the end of a cell despite the quotes: with decimal commas, lists
// are separated by semicolons.
const (
	formulaStarts = "=+-@＝＋－＠"
	cellEnds      = ";\t\r\n"
)

// inert keeps a spreadsheet from evaluating a user's name as a formula (CSV injection,
// ASVS 1.2.10).
func inert(cell string) string {
	var safe strings.Builder
	starts := true // of a cell, as a spreadsheet may see it
	for i, c := range cell {
		if starts && strings.ContainsRune(formulaStarts, c) || i == 0 && strings.ContainsRune("\t\r\n", c) {
			safe.WriteByte('\'')
		}
		if c != '"' { // two of them are an empty beginning, if a spreadsheet parses the quotes
			starts = strings.ContainsRune(cellEnds, c)
		}
		safe.WriteRune(c)
	}
	return safe.String()
}
