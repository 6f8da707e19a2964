package console

import (
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// enrolmentFile sends the whole list of an enrolment, one line per user. Users whom the
// enrolment has not reached yet have no outcome.
func (c *Console) enrolmentFile(w http.ResponseWriter, r *http.Request, e gatehouse.Enrolment) error {
	v, caller, company := on(r)
	// A file is read on other days: without a current time, nothing in it is "today".
	words := ui.WordsOf(v, time.Time{})
	return csvFile(w, "enhanced-security", e.StartedAt).lines([]string{"username", "name", "email", "outcome", "reason", "notice", "at"},
		func(after string, limit int, fn func(directory.RunLine) error) error {
			return c.Directory.EnrolmentLines(r.Context(), v.Site, caller, company, e.ID, "", after, limit, fn)
		}, func(l directory.RunLine) []string { return record(words, e, l) })
}

// record is a user's line of the file, in the words of the page.
func record(words *ui.Words, e gatehouse.Enrolment, l directory.RunLine) []string {
	cells := []string{l.Username, nameOf(l), l.Email, "", "", "", ""}
	if l.Outcome != "" {
		cells[3], cells[4], cells[5] = outcomeText(words, e.Rule(), l.Outcome), reasonText(words, l.Reason), noticeText(words, l)
		cells[6] = moment(l.At)
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

// Inert keeps a spreadsheet from evaluating a user's name as a formula (CSV injection,
// ASVS 1.2.10).
func Inert(cell string) string {
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
