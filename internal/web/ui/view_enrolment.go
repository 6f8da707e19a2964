package ui

import (
	"net/url"
	"strings"
	"time"

	"gatehouse"
)

// EnrolmentRunning is the progress of a run of Enhanced Security, up to the word that it
// is done (B02).
type EnrolmentRunning struct{ Run gatehouse.Enrolment }

func (EnrolmentRunning) template() string       { return "enrolment_running" }
func (v EnrolmentRunning) title(p *page) string { return p.progress(v.Run).Words["title"] }
func (EnrolmentRunning) failed() bool           { return false }

// RunProgress is how far a run is: numbers, words by the names of their places on the
// page, and where Close leads. It is what the page is made from, and what is sent to it as
// the run goes on.
type RunProgress struct {
	Done  int               `json:"done"`
	Total int               `json:"total"`
	Over  bool              `json:"over"`
	Close string            `json:"close"`
	Words map[string]string `json:"words"`
}

// ProgressOf puts into words how far a run is at a moment.
func ProgressOf(v *Visit, now time.Time, e gatehouse.Enrolment) RunProgress {
	return VisitWords(v, now).progress(e)
}

// VisitWords are the texts for what is answered to a visit and is no page.
func VisitWords(v *Visit, now time.Time) *Words {
	return wordsFor(Frame{Site: v.Site, Lang: v.Lang, Now: now})
}

func (w *Words) progress(e gatehouse.Enrolment) RunProgress {
	number := func(n int) string { return w.T("enrolment.number", "number", n) }
	now := RunProgress{Done: e.Counts.Done(), Total: e.Total, Over: e.State != gatehouse.EnrolmentRunning, Close: EnhancedSecurityPath, Words: map[string]string{
		"changed": number(e.Counts.Changed), "unchanged": number(e.Counts.Unchanged), "told": number(e.Counts.Told),
		"skipped": number(e.Counts.Skipped), "failed": number(e.Counts.Failed),
	}}
	if now.Over {
		now.Close = EnrolmentPath(e.ID)
		return now.say(w.T("enrolment.title_"+onOff(e.Enable)), w.ended(e), w.T("enrolment.took", "time", w.took(e)), w.T("enrolment.summary_sent"))
	}
	left := w.T("enrolment.left_unknown")
	if d := e.Left(w.now); d > 0 {
		left = w.T("enrolment.left", "time", w.span(d))
	}
	return now.say(w.T("enrolment.running_"+onOff(e.Enable)), w.T("enrolment.done", "n", e.Total, "done", e.Counts.Done()), left, w.T("enrolment.goes_on"))
}

func (r RunProgress) say(title, done, left, note string) RunProgress {
	r.Words["title"], r.Words["done"], r.Words["left"], r.Words["note"] = title, done, left, note
	return r
}

// ended is the line that a run ends with: how many users have each outcome that there is.
func (w *Words) ended(e gatehouse.Enrolment) string {
	parts := []string{w.T("enrolment.row_changed_"+onOff(e.Enable), "n", e.Counts.Changed)}
	for _, of := range []struct {
		outcome gatehouse.Outcome
		n       int
	}{{gatehouse.OutcomeUnchanged, e.Counts.Unchanged}, {gatehouse.OutcomeSkipped, e.Counts.Skipped}, {gatehouse.OutcomeFailed, e.Counts.Failed}} {
		if of.n > 0 {
			parts = append(parts, w.T("enrolment.row_"+string(of.outcome), "n", of.n))
		}
	}
	return w.T("enrolment.ended_"+string(e.State), "counts", strings.Join(parts, w.T("list.comma")))
}

// RunProgressPath is where the page's run is followed to its end.
func (p *page) RunProgressPath() string { return ProgressPath(p.View.(EnrolmentRunning).Run.ID) }

// RunProgress is the progress of the page's run.
func (p *page) RunProgress() RunProgress { return p.progress(p.View.(EnrolmentRunning).Run) }

// EnrolmentResult is what a run came to (B04).
type EnrolmentResult struct {
	Run     gatehouse.Enrolment
	Reasons []gatehouse.OutcomeCount
	// Notices are how many notices there are by the state of the mail.
	Notices map[string]int
	// Lines are users of the run: those with Outcome (empty: all) after the one with the
	// key After; Next is what the next page is asked for with.
	Lines       []EnrolmentLine
	Outcome     gatehouse.Outcome
	After, Next string
}

// EnrolmentLine is what became of one user in a run.
type EnrolmentLine struct {
	UserID, Username string
	// Name and Email are empty for who has left the company since.
	Name, Email string
	Outcome     gatehouse.Outcome
	Reason      gatehouse.OutcomeReason
	At          time.Time
	Notice      Notice
}

// Notice is what became of the mail that tells a user of a run.
type Notice struct {
	// Written: there was one. State is empty where it is not kept any more.
	Written bool
	State   string
	// Recipient is where it went.
	Recipient string
	// DueAt is when it is tried next, DoneAt when it was done with.
	DueAt, DoneAt time.Time
	// Reply is what a mail server said of it last.
	Reply string
}

func (EnrolmentResult) template() string       { return "enrolment_result" }
func (v EnrolmentResult) title(p *page) string { return p.T("enrolment.title_" + onOff(v.Run.Enable)) }
func (EnrolmentResult) failed() bool           { return false }

// Address is the address of the page, of some of its users; CSV that of the whole list.
func (v EnrolmentResult) Address(o gatehouse.Outcome, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"outcome": string(o), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return EnrolmentPath(v.Run.ID) + "?" + q.Encode() + "#users"
}
func (v EnrolmentResult) CSV() string   { return EnrolmentPath(v.Run.ID) + ".csv" }
func (v EnrolmentResult) First() string { return v.Address(v.Outcome, "") }
func (v EnrolmentResult) Later() string { return v.Address(v.Outcome, v.Next) }

// EnrolmentPath is the page of a run.
func EnrolmentPath(id string) string { return EnrolmentsPath + "/" + url.PathEscape(id) }

// ProgressQuery asks the page of a run for its progress, also once it is done.
const ProgressQuery = "progress"

// ProgressPath is the page of a run's progress.
func ProgressPath(id string) string { return EnrolmentPath(id) + "?" + ProgressQuery + "=1" }

// Replaced: the switch was put back before the run came to its end.
func (v EnrolmentResult) Replaced() bool { return v.Run.State == gatehouse.EnrolmentReplaced }

// Word is the part of the texts' keys that says which way it was switched.
func (v EnrolmentResult) Word() string { return onOff(v.Run.Enable) }

// Totals are the run's numbers by outcome.
func (p *page) Totals() []outcomeTotal {
	run := p.View.(EnrolmentResult).Run
	return p.totals(run.Enable, run.Counts)
}

var outcomeLooks = map[gatehouse.Outcome]struct{ Icon, Class, Badge string }{
	gatehouse.OutcomeChanged:   {"circle-check", "is-ok", "badge-ok"},
	gatehouse.OutcomeUnchanged: {"circle-check", "", ""},
	gatehouse.OutcomeSkipped:   {"minus", "", "badge-warn"},
	gatehouse.OutcomeFailed:    {"triangle-alert", "is-bad", "badge-bad"},
}

// resultRow is how many users have an outcome for a reason.
type resultRow struct{ Icon, Class, Text, Hint, To string }

// ResultRows are the run's outcomes and reasons.
func (p *page) ResultRows() []resultRow {
	v := p.View.(EnrolmentResult)
	rows := make([]resultRow, len(v.Reasons))
	for i, r := range v.Reasons {
		look, key := outcomeLooks[r.Outcome], "enrolment.row_"+string(r.Outcome)
		if r.Outcome == gatehouse.OutcomeChanged {
			key += "_" + v.Word()
		}
		rows[i] = resultRow{look.Icon, look.Class, p.T(key, "n", r.Count), p.ReasonText(r.Reason), v.Address(r.Outcome, "")}
	}
	return rows
}

// noticeStates are the states of a mail in the order in which they are shown. One that
// is being sent waits, to people.
var noticeStates = []string{"sent", "waiting", "deferred", "bounced", "refused", "expired"}

// noticeTotal is how many notices are in a state.
type noticeTotal struct {
	Text  string
	Count int
}

// NoticeTotals are the run's notices by what became of them, those that are not kept any
// more included, so that they add up.
func (p *page) NoticeTotals() []noticeTotal {
	v := p.View.(EnrolmentResult)
	var all []noticeTotal
	rest := v.Run.Counts.Told
	for _, state := range noticeStates {
		n := v.Notices[state]
		if state == "waiting" {
			n += v.Notices["sending"]
		}
		if n > 0 {
			all = append(all, noticeTotal{p.T("enrolment.notices_" + state), n})
		}
		rest -= n
	}
	if rest > 0 {
		all = append(all, noticeTotal{p.T("enrolment.notice_forgotten"), rest})
	}
	return all
}

// OutcomeText is an outcome in a word: of those who were changed, which way.
func (w *Words) OutcomeText(enable bool, o gatehouse.Outcome) string {
	if o == gatehouse.OutcomeChanged {
		return w.T("enrolment.changed_" + onOff(enable))
	}
	return w.T("enrolment." + string(o))
}

// ReasonText is the reason of an outcome in words; empty where there is none.
func (w *Words) ReasonText(r gatehouse.OutcomeReason) string {
	if r == "" {
		return ""
	}
	return w.T("reason." + string(r))
}

// NoticeText is what became of a notice in words.
func (w *Words) NoticeText(n Notice) string {
	switch {
	case !n.Written:
		return w.T("enrolment.notice_none")
	case n.State == "":
		return w.T("enrolment.notice_forgotten")
	case n.State == "sent":
		return w.T("enrolment.notice_sent", "at", w.When(n.DoneAt))
	case n.State == "deferred":
		return w.T("enrolment.notice_deferred", "at", w.When(n.DueAt))
	}
	return w.T("enrolment.notice_" + n.State)
}

// lineRow is what the row of a user works on.
type lineRow struct {
	Page *page
	EnrolmentLine
	Who, Link, Badge     string
	Result, Why, Message string
	// Reply is what a mail server said, where it did not just take the mail.
	Reply string
}

// LineRow is a user of the run for the template "enrolment-line".
func (p *page) LineRow(l EnrolmentLine) lineRow {
	run := p.View.(EnrolmentResult).Run
	row := lineRow{Page: p, EnrolmentLine: l, Who: l.Name, Badge: outcomeLooks[l.Outcome].Badge,
		Result: p.OutcomeText(run.Enable, l.Outcome), Why: p.ReasonText(l.Reason), Message: p.NoticeText(l.Notice)}
	if l.Notice.State != "sent" {
		if row.Reply = l.Notice.Reply; l.Notice.State == "bounced" {
			row.Reply = gatehouse.AnswerCodes(row.Reply) // a report, which the user may have made
		}
	}
	if l.Name == "" {
		row.Who = l.Username
	}
	if l.Name+l.Email != "" { // else the user is not in the company any more
		row.Link = CompanyUsersPath + "/" + url.PathEscape(l.UserID)
	}
	return row
}

// Chips are the filters of the list: all, and each outcome that there is.
func (p *page) Chips() []chip {
	v := p.View.(EnrolmentResult)
	all := []chip{{p.T("enrolment.all"), v.Address("", ""), v.Run.Counts.Done(), v.Outcome == ""}}
	for _, t := range p.Totals() {
		all = append(all, chip{t.Text, v.Address(t.Outcome, ""), t.Count, v.Outcome == t.Outcome})
	}
	return all
}

// chip is a saved search with how much it finds.
type chip struct {
	Text, To string
	Count    int
	Current  bool
}
