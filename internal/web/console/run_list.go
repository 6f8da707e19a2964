package console

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// linesOnPage is how many users of a run a page shows.
const linesOnPage = 50

// runList is a page of the users of a run: those with Outcome (empty: all) after the one with the
// key After; Next is the parameter for the next page.
type runList struct {
	Lines       []directory.RunLine
	Outcome     gatehouse.Outcome
	After, Next string
	path        string
}

// runListOf reads which users of the run with a page were asked for.
func runListOf(r *http.Request, path string) runList {
	l := runList{Outcome: gatehouse.Outcome(r.URL.Query().Get("outcome")), After: r.URL.Query().Get("after"), path: path}
	if !slices.Contains(gatehouse.Outcomes, l.Outcome) {
		l.Outcome = ""
	}
	return l
}

// read reads the lines.
func (v *runList) read(lines func(after string, limit int, fn func(directory.RunLine) error) error) error {
	last := ""
	return lines(v.After, linesOnPage+1, func(l directory.RunLine) error {
		if len(v.Lines) == linesOnPage {
			v.Next = last
			return nil
		}
		v.Lines, last = append(v.Lines, l), l.Key
		return nil
	})
}

// URL is the address of the page, for some of its users; CSV that of the whole list.
func (v runList) URL(o gatehouse.Outcome, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"outcome": string(o), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return v.path + "?" + q.Encode() + "#users"
}
func (v runList) CSV() string   { return v.path + ".csv" }
func (v runList) First() string { return v.URL(v.Outcome, "") }
func (v runList) Later() string { return v.URL(v.Outcome, v.Next) }

// nameOf is empty for users who have left the company since.
func nameOf(l directory.RunLine) string {
	return strings.TrimSpace(l.FirstName + " " + l.LastName)
}

// lineRow is the data for a user's row.
type lineRow struct {
	Page *ui.Page
	directory.RunLine
	Name, Who, Link, Badge string
	Result, Why, Message   string
	// Reply is what a mail server said, if it did not simply accept the mail.
	Reply string
}

// lineOf is a user of a run, without the outcome in words.
func lineOf(p *ui.Page, l directory.RunLine) lineRow {
	row := lineRow{Page: p, RunLine: l, Name: nameOf(l), Who: nameOf(l), Badge: outcomeLooks[l.Outcome].Badge}
	if row.Name == "" {
		row.Who = l.Username
	}
	if row.Name+l.Email != "" { // else the user is no longer in the company
		row.Link = ui.CompanyUsersPath + "/" + url.PathEscape(l.UserID)
	}
	return row
}

// linesAtOnce is how many users of a run are read at a time for a file: a slow download must not
// hold a database connection.
const linesAtOnce = 1000

// runFile is a list of a run's users as a file.
type runFile struct{ out *csv.Writer }

// csvFile begins a file, named after what it is about and when that began.
func csvFile(w http.ResponseWriter, name string, at time.Time) runFile {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"-"+at.UTC().Format(time.DateOnly)+`.csv"`)
	return runFile{csv.NewWriter(w)}
}

// lines writes the file: its head, and a line for each user. A failed write, or a run that cannot
// be read, ends the connection: a truncated file must not look complete.
func (f runFile) lines(head []string, read func(after string, limit int, fn func(directory.RunLine) error) error, cells func(directory.RunLine) []string) error {
	f.out.Write(head) //nolint:errcheck // kept until Error
	for after, more := "", true; more; {
		n := 0
		err := read(after, linesAtOnce, func(l directory.RunLine) error {
			n, after = n+1, l.Key
			line := cells(l)
			for i := range line {
				line[i] = Inert(line[i])
			}
			return f.out.Write(line)
		})
		if f.out.Flush(); err != nil || f.out.Error() != nil {
			panic(http.ErrAbortHandler)
		}
		more = n == linesAtOnce
	}
	return nil
}

// moment is a time as a file has it.
func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }
