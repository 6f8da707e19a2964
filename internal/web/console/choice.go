package console

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// choiceView is what the templates about one switch use (B01): what it would do or, for the
// company's current state, how it is.
type choiceView struct {
	Page *ui.Page
	directory.Preview
	// Change: it differs from the current state. Weaker: it requires less.
	Change, Weaker bool
	// Checked: it is chosen in the form.
	Checked bool
}

// Choice is the value of two_factor.
func (a choiceView) Choice() string { return choiceOf[a.Rule.Require] }

// Enable: something is required.
func (a choiceView) Enable() bool { return a.Rule.On() }

// By is the value of factor_by; empty: at once.
func (a choiceView) By() string {
	if a.Rule.By.IsZero() {
		return ""
	}
	return gatehouse.LastDay(a.Rule.By).In(a.Page.Site.Zone).Format(time.DateOnly)
}

// asking is the part of the text keys of the question. Going back to codes by email is one of its
// own.
func (a choiceView) asking() string {
	switch {
	case a.Weaker && a.Rule.Require == gatehouse.RequireCode:
		return "loosen"
	case a.Rule.Require.OwnFactor() && a.Rule.By.IsZero():
		return a.Choice() + "_now"
	}
	return a.Choice()
}

func (a choiceView) text(key, end string) string {
	args := []any{"n", a.Affected()}
	if !a.Rule.By.IsZero() {
		args = append(args, "day", a.Page.Day(gatehouse.LastDay(a.Rule.By)))
	}
	return a.Page.T("enhanced_security."+key+"_"+a.asking()+end, args...)
}

// Question, Explanation and Button are the words of the question.
func (a choiceView) Question() string    { return a.text("ask", "") }
func (a choiceView) Explanation() string { return a.text("ask", "_text") }
func (a choiceView) Button() string      { return a.text("turn", "") }

// Hint says what a choice means.
func (a choiceView) Hint() string {
	return a.Page.T("enhanced_security."+a.Choice()+"_hint", "n", a.Groups[gatehouse.GroupOwn], "total", a.Total)
}

// Affected is how many users the switch affects: those who will be enrolled, or no longer
// enrolled. It is the one number in the question, the button, the progress, the result,
// the mail and the file.
func (a choiceView) Affected() int { return a.Counts.Changed }

// MoreStranded is how many more are stranded than are named.
func (a choiceView) MoreStranded() int { return a.Stranded - len(a.StrandedNames) }

// Names are the stranded users, in one line.
func (a choiceView) Names() string { return strings.Join(a.StrandedNames, a.Page.T("list.comma")) }

// GroupRow is a group of users that a switch affects.
type GroupRow struct {
	Icon, Class string
	Text, Hint  string
	Link, To    string
}

// Rows are the groups that have users, for a list: each number leads to the people.
func (a choiceView) Rows() []GroupRow {
	var rows []GroupRow
	for _, g := range gatehouse.GroupsFor(a.Rule.Require) {
		if n := a.Groups[g]; n > 0 && (a.Enable() || a.Change || g == gatehouse.GroupOwn) {
			rows = append(rows, a.row(g, n))
		}
	}
	return rows
}

var groupIcons = map[gatehouse.UserGroup][2]string{
	gatehouse.GroupEnrolled:    {"circle-check", "is-ok"},
	gatehouse.GroupNoEmail:     {"triangle-alert", "is-warn"},
	gatehouse.GroupBouncing:    {"triangle-alert", "is-warn"},
	gatehouse.GroupUnconfirmed: {"mail", ""},
	gatehouse.GroupLocked:      {"lock", ""},
	gatehouse.GroupDeactivated: {"minus", ""},
	gatehouse.GroupInvited:     {"user-plus", ""},
	gatehouse.GroupOwn:         {"shield-check", ""},
	gatehouse.GroupNoFactor:    {"smartphone", "is-warn"},
	gatehouse.GroupHasFactor:   {"shield-check", "is-ok"},
	gatehouse.GroupNoPasskey:   {"fingerprint-pattern", "is-warn"},
	gatehouse.GroupHasPasskey:  {"shield-check", "is-ok"},
}

func (a choiceView) row(g gatehouse.UserGroup, n int) GroupRow {
	title, hint, link := "enhanced_security.group_"+string(g), "enhanced_security."+a.Choice()+"_"+string(g), "enhanced_security.see"
	switch {
	case g == gatehouse.GroupEnrolled && a.Change:
		title = "enhanced_security.will_be_" + a.Choice()
	case g == gatehouse.GroupEnrolled && a.Enable():
		hint = "enhanced_security.now_enrolled"
	case (g == gatehouse.GroupNoEmail || g == gatehouse.GroupBouncing) && a.Enable():
		link = "enhanced_security.fix"
	}
	icon := groupIcons[g]
	return GroupRow{icon[0], icon[1], a.Page.T(title, "n", n), a.Page.T(hint),
		a.Page.T(link, "n", n), ui.CompanyUsersPath + "?group=" + string(g)}
}

// outcomeTotal is one number of an enrolment's sum.
type outcomeTotal struct {
	Outcome gatehouse.Outcome
	Text    string
	Count   int
}

// Sum are the numbers of a preview's outcomes, worded for the future; they add up to
// its total.
func (a choiceView) Sum() []outcomeTotal {
	all := totals(a.Page.Words, a.Rule, a.Counts)
	for i, of := range all {
		key := "enhanced_security.would_" + string(of.Outcome)
		if of.Outcome == gatehouse.OutcomeChanged {
			key += "_" + a.Choice()
		}
		all[i].Text = a.Page.T(key)
	}
	return all
}

func totals(w *ui.Words, rule gatehouse.TwoFactorRule, n gatehouse.RunCounts) []outcomeTotal {
	counts := []int{n.Changed, n.Unchanged, n.Skipped, n.Failed} // in the order of Outcomes
	all := make([]outcomeTotal, len(counts))
	for i, o := range gatehouse.Outcomes {
		all[i] = outcomeTotal{o, outcomeText(w, rule, o), counts[i]}
	}
	return all
}

// enrolmentWords are the words for enrolments, for the views that show some.
type enrolmentWords struct{}

// EnrolmentBy is who started an enrolment: companies do not see names from support.
func (enrolmentWords) EnrolmentBy(p *ui.Page, e gatehouse.Enrolment) string {
	if e.StartedBy == "" {
		return p.T("actor.operator")
	}
	return e.StartedName
}

// EnrolmentCounts are an enrolment's numbers in one line.
func (enrolmentWords) EnrolmentCounts(p *ui.Page, e gatehouse.Enrolment) string {
	return p.T("enrolment.counts_"+ruleWord(e.Rule()), "changed", e.Counts.Changed, "unchanged", e.Counts.Unchanged,
		"skipped", e.Counts.Skipped, "failed", e.Counts.Failed)
}

// WordOf is the part of the text keys that says what an enrolment is for.
func (enrolmentWords) WordOf(e gatehouse.Enrolment) string { return ruleWord(e.Rule()) }

func ruleWord(rule gatehouse.TwoFactorRule) string {
	switch {
	case rule.Require.OwnFactor():
		return string(rule.Require)
	case rule.On():
		return "on"
	}
	return "off"
}

// Took is how long a run took, in everyday words.
func (enrolmentWords) Took(p *ui.Page, r gatehouse.Run) string { return took(p.Words, r) }

func took(w *ui.Words, r gatehouse.Run) string { return w.Span(r.EndedAt.Sub(r.StartedAt)) }
