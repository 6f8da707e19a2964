package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// linesOnPage is how many users of an enrolment a page shows.
const linesOnPage = 50

// Enrolment shows an enrolment of Enhanced Security: its progress, or its result (B02, B04).
// If the progress was asked for, its end is shown there too, however fast it came, and Close
// goes on. An address that ends in .csv is the list of all its users.
func (c *Console) Enrolment(w http.ResponseWriter, r *http.Request) error {
	id, file := strings.CutSuffix(r.PathValue("id"), ".csv")
	v, caller, company := on(r)
	results, err := c.Directory.Results(r.Context(), v.Site, caller, company, id)
	if err != nil {
		return err
	}
	if file {
		return c.enrolmentFile(w, r, results.Enrolment)
	}
	if results.State == gatehouse.RunRunning || r.URL.Query().Has(ProgressQuery) {
		return c.page(w, r, http.StatusOK, EnrolmentRunning{Enrolment: results.Enrolment})
	}
	view := EnrolmentResult{Results: results, Outcome: gatehouse.Outcome(r.URL.Query().Get("outcome")), After: r.URL.Query().Get("after")}
	if !slices.Contains(gatehouse.Outcomes, view.Outcome) {
		view.Outcome = ""
	}
	if err := c.lines(r, &view); err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, view)
}

// lines reads a page of an enrolment's users.
func (c *Console) lines(r *http.Request, view *EnrolmentResult) error {
	v, caller, company := on(r)
	last := ""
	return c.Directory.EnrolmentLines(r.Context(), v.Site, caller, company, view.Results.ID, view.Outcome, view.After, linesOnPage+1,
		func(l directory.RunLine) error {
			if len(view.Lines) == linesOnPage {
				view.Next = last
				return nil
			}
			view.Lines, last = append(view.Lines, l), l.Key
			return nil
		})
}

// nameOf is empty for users who have left the company since.
func nameOf(l directory.RunLine) string {
	return strings.TrimSpace(l.FirstName + " " + l.LastName)
}

// EnrolmentResult is the result of an enrolment (B04).
type EnrolmentResult struct {
	enrolmentWords
	Results directory.Results
	// Lines are users of the enrolment: those with Outcome (empty: all) after the one with the
	// key After; Next is the parameter for the next page.
	Lines       []directory.RunLine
	Outcome     gatehouse.Outcome
	After, Next string
}

func (EnrolmentResult) Template() string { return "enrolment" }
func (v EnrolmentResult) Title(p *ui.Page) string {
	return p.T("enrolment.title_" + ruleWord(v.Results.Rule()))
}

// URL is the address of the page, for some of its users; CSV that of the whole list.
func (v EnrolmentResult) URL(o gatehouse.Outcome, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"outcome": string(o), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return EnrolmentPath(v.Results.ID) + "?" + q.Encode() + "#users"
}
func (v EnrolmentResult) CSV() string   { return EnrolmentPath(v.Results.ID) + ".csv" }
func (v EnrolmentResult) First() string { return v.URL(v.Outcome, "") }
func (v EnrolmentResult) Later() string { return v.URL(v.Outcome, v.Next) }

// EnrolmentPath is the page of an enrolment.
func EnrolmentPath(id string) string { return ui.EnrolmentsPath + "/" + url.PathEscape(id) }

// ProgressQuery asks the page of an enrolment for its progress, even when it is done.
const ProgressQuery = "progress"

// ProgressPath is the page of an enrolment's progress.
func ProgressPath(id string) string { return EnrolmentPath(id) + "?" + ProgressQuery + "=1" }

// Replaced: the switch was reversed before the enrolment finished.
func (v EnrolmentResult) Replaced() bool { return v.Results.State == gatehouse.RunReplaced }

// Word is the part of the text keys that says which way it was switched.
func (v EnrolmentResult) Word() string { return ruleWord(v.Results.Rule()) }

// SetUpList are the users who have what it requires.
func (v EnrolmentResult) SetUpList() string {
	return ui.CompanyUsersPath + "?group=has-" + string(v.Results.Factor)
}

// Totals are the enrolment's numbers by outcome.
func (v EnrolmentResult) Totals(p *ui.Page) []outcomeTotal {
	return totals(p.Words, v.Results.Rule(), v.Results.Counts)
}

var outcomeLooks = map[gatehouse.Outcome]struct{ Icon, Class, Badge string }{
	gatehouse.OutcomeChanged:   {"circle-check", "is-ok", "badge-ok"},
	gatehouse.OutcomeUnchanged: {"circle-check", "", ""},
	gatehouse.OutcomeSkipped:   {"minus", "", "badge-warn"},
	gatehouse.OutcomeFailed:    {"triangle-alert", "is-bad", "badge-bad"},
}

// resultRow is how many users have an outcome for a reason.
type resultRow struct{ Icon, Class, Text, Hint, To string }

// Rows are the enrolment's outcomes and reasons.
func (v EnrolmentResult) Rows(p *ui.Page) []resultRow {
	rows := make([]resultRow, len(v.Results.Reasons))
	for i, r := range v.Results.Reasons {
		look, key := outcomeLooks[r.Outcome], "enrolment.row_"+string(r.Outcome)
		if r.Outcome == gatehouse.OutcomeChanged {
			key += "_" + v.Word()
		}
		rows[i] = resultRow{look.Icon, look.Class, p.T(key, "n", r.Count), reasonText(p.Words, r.Reason), v.URL(r.Outcome, "")}
	}
	return rows
}

// noticeStates are the states of a mail in display order. Users see one that is being
// sent as waiting.
var noticeStates = []directory.MessageState{"sent", "waiting", "deferred", "bounced", "refused", "expired"}

// noticeTotal is how many notices are in a state.
type noticeTotal struct {
	Text  string
	Count int
}

// NoticeTotals are the enrolment's notices by state, including those no longer kept, so that
// they add up.
func (v EnrolmentResult) NoticeTotals(p *ui.Page) []noticeTotal {
	var all []noticeTotal
	rest := v.Results.Counts.Told
	for _, state := range noticeStates {
		n := v.Results.Notices[state]
		if state == "waiting" {
			n += v.Results.Notices["sending"]
		}
		if n > 0 {
			all = append(all, noticeTotal{p.T("enrolment.notices_" + string(state)), n})
		}
		rest -= n
	}
	if rest > 0 {
		all = append(all, noticeTotal{p.T("enrolment.notice_forgotten"), rest})
	}
	return all
}

// outcomeText is an outcome in a word, with the direction for changed users.
func outcomeText(w *ui.Words, rule gatehouse.TwoFactorRule, o gatehouse.Outcome) string {
	switch {
	case o == gatehouse.OutcomeChanged:
		return w.T("enrolment.changed_" + ruleWord(rule))
	case o == gatehouse.OutcomeUnchanged && rule.Require.OwnFactor():
		return reasonText(w, gatehouse.ReasonHasFactor)
	}
	return w.T("enrolment." + string(o))
}

// reasonText is the reason for an outcome in words; empty if there is none.
func reasonText(w *ui.Words, r gatehouse.OutcomeReason) string {
	if r == "" {
		return ""
	}
	return w.T("reason." + string(r))
}

// noticeText is what became of the notice to a user, in words.
func noticeText(w *ui.Words, l directory.RunLine) string {
	n := l.Notice
	switch {
	case l.MessageID == "":
		return w.T("enrolment.notice_none")
	case n.State == "":
		return w.T("enrolment.notice_forgotten")
	case n.State == "sent":
		return w.T("enrolment.notice_sent", "at", w.When(n.DoneAt))
	case n.State == "deferred":
		return w.T("enrolment.notice_deferred", "at", w.When(n.DueAt))
	}
	return w.T("enrolment.notice_" + string(n.State))
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

// Row is a user of the enrolment for the template "enrolment-line".
func (v EnrolmentResult) Row(p *ui.Page, l directory.RunLine) lineRow {
	row := lineRow{Page: p, RunLine: l, Name: nameOf(l), Who: nameOf(l), Badge: outcomeLooks[l.Outcome].Badge,
		Result: outcomeText(p.Words, v.Results.Rule(), l.Outcome), Why: reasonText(p.Words, l.Reason), Message: noticeText(p.Words, l)}
	if l.Notice.State != "sent" {
		if row.Reply = l.Notice.Reply; l.Notice.State == "bounced" {
			row.Reply = gatehouse.AnswerCodes(row.Reply) // a report, which the user may have made
		}
	}
	if row.Name == "" {
		row.Who = l.Username
	}
	if row.Name+l.Email != "" { // else the user is no longer in the company
		row.Link = ui.CompanyUsersPath + "/" + url.PathEscape(l.UserID)
	}
	return row
}

// Chips are the filters of the list: all, and each outcome that occurs.
func (v EnrolmentResult) Chips(p *ui.Page) []chip {
	all := []chip{{p.T("enrolment.all"), v.URL("", ""), v.Results.Counts.Done(), v.Outcome == ""}}
	for _, t := range v.Totals(p) {
		all = append(all, chip{t.Text, v.URL(t.Outcome, ""), t.Count, v.Outcome == t.Outcome})
	}
	return all
}

// chip is a saved search with its number of results.
type chip struct {
	Text, To string
	Count    int
	Current  bool
}
