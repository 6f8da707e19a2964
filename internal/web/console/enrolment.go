package console

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Enrolment shows an enrolment of Enhanced Security: its progress, or its result (B02, B04).
// If the progress was asked for, its end is shown there too, however fast it came, and Close
// goes on. An address that ends in .csv is the list of all its users.
func (c *Console) Enrolment(w http.ResponseWriter, r *http.Request) error {
	id, file := cutFile(r)
	v, caller, company := on(r)
	results, err := c.Directory.Results(r.Context(), v.Site, caller, company, id)
	if err != nil {
		return err
	}
	if file {
		return c.enrolmentFile(w, r, results.Enrolment)
	}
	if results.State == gatehouse.RunRunning || r.URL.Query().Has(ProgressQuery) {
		return c.page(w, r, http.StatusOK, Running{func(words *ui.Words) runPage { return enrolmentRun(words, results.Enrolment) }})
	}
	view := EnrolmentResult{Results: results, runList: runListOf(r, EnrolmentPath(results.ID))}
	err = view.read(func(after string, limit int, fn func(directory.RunLine) error) error {
		return c.Directory.EnrolmentLines(r.Context(), v.Site, caller, company, results.ID, view.Outcome, after, limit, fn)
	})
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, view)
}

// EnrolmentResult is the result of an enrolment (B04).
type EnrolmentResult struct {
	enrolmentWords
	runList
	Results directory.Results
}

func (EnrolmentResult) Template() string { return "enrolment" }

// Told: users get a notice.
func (EnrolmentResult) Told() bool { return true }

func (v EnrolmentResult) Title(p *ui.Page) string {
	return p.T("enrolment.title_" + ruleWord(v.Results.Rule()))
}

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

// Row is a user of the enrolment for the template "run-line".
func (v EnrolmentResult) Row(p *ui.Page, l directory.RunLine) lineRow {
	row := lineOf(p, l)
	row.Result, row.Why, row.Message = outcomeText(p.Words, v.Results.Rule(), l.Outcome), reasonText(p.Words, l.Reason), noticeText(p.Words, l)
	if l.Notice.State != "sent" {
		if row.Reply = l.Notice.Reply; l.Notice.State == "bounced" {
			row.Reply = gatehouse.AnswerCodes(row.Reply) // a report, which the user may have made
		}
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
