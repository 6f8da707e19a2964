package console

import (
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// cutFile returns the ID in the path, and whether the address is that of a file.
func cutFile(r *http.Request) (id string, file bool) {
	return strings.CutSuffix(r.PathValue("id"), ".csv")
}

func (c *Console) bulkResult(w http.ResponseWriter, r *http.Request, b gatehouse.BulkAct) (err error) {
	view := BulkResult{BulkAct: b, runList: runListOf(r, BulkActPath(b.ID))}
	if view.Reasons, err = c.Directory.BulkOutcomes(r.Context(), b); err != nil {
		return err
	}
	err = view.read(func(after string, limit int, fn func(directory.RunLine) error) error {
		return c.Directory.BulkLines(r.Context(), b, view.Outcome, after, limit, fn)
	})
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, view)
}

// BulkResult is the result of an act on many users.
type BulkResult struct {
	gatehouse.BulkAct
	enrolmentWords
	runList
	Reasons []gatehouse.OutcomeCount
}

func (BulkResult) Template() string { return "bulk_result" }

// Told: each user has an email from the act itself, which this does not follow.
func (BulkResult) Told() bool { return false }

func (v BulkResult) Title(p *ui.Page) string {
	return p.T("bulk.title_" + string(v.Act))
}

// Below: the page belongs to the list of users.
func (BulkResult) Below() bool { return true }

// Stopped: its administrator lost the right to do it before it was done.
func (v BulkResult) Stopped() bool { return v.State == gatehouse.RunStopped }

// Undo is the act that takes this one back; empty: there is none, or nothing to take back.
func (v BulkResult) Undo() gatehouse.UserAct {
	if v.Counts.Changed == 0 {
		return ""
	}
	return v.Act.Reverse()
}

// Changed is what was done to the users whom it changed.
func (v BulkResult) Changed(p *ui.Page) string {
	return p.T("bulk.done_"+string(v.Act), "n", v.Counts.Changed)
}

// Rows are the outcomes and reasons.
func (v BulkResult) Rows(p *ui.Page) []resultRow {
	rows := make([]resultRow, len(v.Reasons))
	for i, r := range v.Reasons {
		look := outcomeLooks[r.Outcome]
		text := p.T("enrolment.row_"+string(r.Outcome), "n", r.Count)
		if r.Outcome == gatehouse.OutcomeChanged {
			text = p.T("bulk.done_"+string(v.Act), "n", r.Count)
		}
		rows[i] = resultRow{look.Icon, look.Class, text, bulkWhy(p.Words, r.Reason), v.URL(r.Outcome, "")}
	}
	return rows
}

func bulkWhy(w *ui.Words, why gatehouse.OutcomeReason) string {
	if why == "" {
		return ""
	}
	return w.T("bulk.why_" + string(why))
}

// Chips are the filters of the list: all, and each outcome that occurs.
func (v BulkResult) Chips(p *ui.Page) []chip {
	all := []chip{{p.T("enrolment.all"), v.URL("", ""), v.Counts.Done(), v.Outcome == ""}}
	for _, of := range []struct {
		o gatehouse.Outcome
		n int
	}{{gatehouse.OutcomeChanged, v.Counts.Changed}, {gatehouse.OutcomeUnchanged, v.Counts.Unchanged},
		{gatehouse.OutcomeSkipped, v.Counts.Skipped}, {gatehouse.OutcomeFailed, v.Counts.Failed}} {
		if of.n > 0 {
			all = append(all, chip{bulkOutcome(p.Words, of.o), v.URL(of.o, ""), of.n, v.Outcome == of.o})
		}
	}
	return all
}

// Row is a user of the act.
func (v BulkResult) Row(p *ui.Page, l directory.RunLine) lineRow {
	row := lineOf(p, l)
	row.Result, row.Why = bulkOutcome(p.Words, l.Outcome), bulkWhy(p.Words, l.Reason)
	return row
}

// bulkFile sends the whole list of an act, one line per user.
func (c *Console) bulkFile(w http.ResponseWriter, r *http.Request, b gatehouse.BulkAct) error {
	f := csvFile(w, string(b.Act), b.StartedAt)
	words := ui.WordsOf(ui.VisitOf(r), time.Time{}) // a file is read on other days
	return f.lines([]string{"username", "name", "email", "outcome", "reason", "at"}, func(after string, limit int, fn func(directory.RunLine) error) error {
		return c.Directory.BulkLines(r.Context(), b, "", after, limit, fn)
	}, func(l directory.RunLine) []string {
		cells := []string{l.Username, nameOf(l), l.Email, "", "", ""}
		if l.Outcome != "" {
			cells[3], cells[4], cells[5] = bulkOutcome(words, l.Outcome), bulkWhy(words, l.Reason), moment(l.At)
		}
		return cells
	})
}

// bulkActsOnPage is how many acts a page lists.
const bulkActsOnPage = 20

// BulkActs lists what was done to many users at once.
func (c *Console) BulkActs(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	before := r.URL.Query().Get("before")
	all, err := c.Directory.BulkActs(r.Context(), v.Site, caller, company, before, bulkActsOnPage+1)
	if err != nil {
		return err
	}
	view := BulkActs{Before: before, Acts: all[:min(len(all), bulkActsOnPage)]}
	if len(all) > bulkActsOnPage {
		view.Next = view.Acts[bulkActsOnPage-1].ID
	}
	return c.page(w, r, http.StatusOK, view)
}

// BulkActs are the acts on many users, newest first.
type BulkActs struct {
	Acts         []gatehouse.BulkAct
	Before, Next string
}

func (BulkActs) Template() string        { return "bulk_acts" }
func (BulkActs) Title(p *ui.Page) string { return p.T("bulk.history") }
func (BulkActs) Below() bool             { return true }

// Line is what became of an act, in one line.
func (BulkActs) Line(p *ui.Page, b gatehouse.BulkAct) string {
	return countsLine(p.Words, p.T("bulk.done_"+string(b.Act), "n", b.Counts.Changed), b.Counts)
}

// Look is the class of an act's state.
func (BulkActs) Look(b gatehouse.BulkAct) string {
	return map[gatehouse.RunState]string{gatehouse.RunDone: "badge-ok", gatehouse.RunRunning: "badge-info", gatehouse.RunStopped: "badge-warn"}[b.State]
}
