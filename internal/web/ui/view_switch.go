package ui

import (
	"strings"
	"time"

	"gatehouse"
)

// The values of the field two_factor.
const (
	TwoFactorEnabled  = "enabled"
	TwoFactorDisabled = "disabled"
)

// SwitchPreview is what switching a company's Enhanced Security would do (B01). For the
// state that it is in, it says how it is.
type SwitchPreview struct {
	Enable bool
	Total  int
	Counts gatehouse.EnrolmentCounts
	Groups map[gatehouse.PeopleGroup]int
	// Stranded is how many can sign in no more, StrandedNames who the first are.
	Stranded      int
	StrandedNames []string
	Fingerprint   string
}

// Choice is the value of two_factor that stands for the switch.
func (p SwitchPreview) Choice() string {
	if p.Enable {
		return TwoFactorEnabled
	}
	return TwoFactorDisabled
}

// Affected is how many users the switch is about: those who will be enrolled, or no longer
// enrolled. It is the one number of the question, the button, the progress, the result,
// the mail and the file.
func (p SwitchPreview) Affected() int { return p.Counts.Changed }

// Own is how many use two-factor by their own choice.
func (p SwitchPreview) Own() int { return p.Groups[gatehouse.GroupOwn] }

// MoreStranded is how many are stranded besides those who are named.
func (p SwitchPreview) MoreStranded() int { return p.Stranded - len(p.StrandedNames) }

// EnhancedSecurity is the company's switch for two-factor sign-in (B01).
type EnhancedSecurity struct {
	On bool
	// Enable and Disable are what either choice means.
	Enable, Disable SwitchPreview
	// Running is the run that goes on; nil: none does.
	Running *gatehouse.Enrolment
	// Last is the run that switched last; nil: none is known.
	Last *gatehouse.Enrolment
	// Runs are the runs before the one named Before (empty: the newest), Next what the
	// next page is asked for with.
	Runs         []gatehouse.Enrolment
	Before, Next string
	// Nothing: what was to be saved is so already.
	Nothing bool
	// AskPassword: the change wants the password again.
	AskPassword bool
	Fields      []gatehouse.FieldError
}

func (EnhancedSecurity) template() string     { return "enhanced_security" }
func (EnhancedSecurity) title(p *page) string { return p.T("switch.title") }
func (v EnhancedSecurity) failed() bool       { return len(v.Fields) > 0 }

func (v EnhancedSecurity) fields(p *page) []field {
	return []field{{Name: "two_factor", Label: p.T("switch.choice"), Control: choices, Missing: "two_factor"}, switchPassword(p)}
}

func (v EnhancedSecurity) fieldErrors() []gatehouse.FieldError { return v.Fields }

// Change is what the other choice would do. Previews are both, the one first that is
// shown at first.
func (v EnhancedSecurity) Change() SwitchPreview {
	if v.On {
		return v.Disable
	}
	return v.Enable
}
func (v EnhancedSecurity) Previews() []SwitchPreview {
	return []SwitchPreview{v.Enable, v.Disable}
}

// SwitchConfirmation asks before Enhanced Security is switched (B02). A browser with
// scripts asks in a dialog of the page EnhancedSecurity.
type SwitchConfirmation struct {
	Preview SwitchPreview
	// Changed: the users are not those of the preview that was agreed to.
	Changed bool
	// Until is when it can be switched again, where it was switched too often; zero: it
	// was not.
	Until       time.Time
	AskPassword bool
	Fields      []gatehouse.FieldError
}

func (SwitchConfirmation) template() string { return "enhanced_security_confirm" }
func (v SwitchConfirmation) title(p *page) string {
	return p.T("switch.ask_"+v.Preview.Choice(), "n", v.Preview.Affected())
}
func (v SwitchConfirmation) failed() bool {
	return len(v.Fields) > 0 || v.Changed || !v.Until.IsZero()
}
func (v SwitchConfirmation) fields(p *page) []field {
	return []field{switchPassword(p)}
}
func (v SwitchConfirmation) fieldErrors() []gatehouse.FieldError { return v.Fields }

// switchPassword is asked for where the sign-in is not recent (ASVS 7.5.1).
func switchPassword(p *page) field {
	password := presentPassword(p, "current_password", "field.current_password")
	password.Hint = p.T("switch.password_hint")
	return password
}

// switchAsk is what the templates about one switch work on.
type switchAsk struct {
	Page *page
	SwitchPreview
	// Change: it is another state than the present one.
	Change, AskPassword bool
}

// SwitchAsk is a preview for the templates "switch-preview" and "switch-ask".
func (p *page) SwitchAsk(preview SwitchPreview) switchAsk {
	switch v := p.View.(type) {
	case EnhancedSecurity:
		return switchAsk{p, preview, preview.Enable != v.On, v.AskPassword}
	case SwitchConfirmation:
		return switchAsk{p, preview, true, v.AskPassword}
	}
	return switchAsk{Page: p, SwitchPreview: preview}
}

// GroupRow is a group of users that a switch means something for.
type GroupRow struct {
	Icon, Class string
	Text, Hint  string
	Link, To    string
}

// Rows are the groups that have users, for a list: each number leads to the people.
func (a switchAsk) Rows() []GroupRow {
	var rows []GroupRow
	for _, g := range gatehouse.PeopleGroups {
		if n := a.Groups[g]; n > 0 && (a.Enable || a.Change || g == gatehouse.GroupOwn) {
			rows = append(rows, a.row(g, n))
		}
	}
	return rows
}

var groupIcons = map[gatehouse.PeopleGroup][2]string{
	gatehouse.GroupEnrolled:    {"circle-check", "is-ok"},
	gatehouse.GroupNoAddress:   {"triangle-alert", "is-warn"},
	gatehouse.GroupBouncing:    {"triangle-alert", "is-warn"},
	gatehouse.GroupUnconfirmed: {"mail", ""},
	gatehouse.GroupLocked:      {"lock", ""},
	gatehouse.GroupDeactivated: {"minus", ""},
	gatehouse.GroupInvited:     {"user-plus", ""},
	gatehouse.GroupOwn:         {"shield-check", ""},
}

func (a switchAsk) row(g gatehouse.PeopleGroup, n int) GroupRow {
	title, hint, link := "switch.group_"+string(g), "switch."+a.Choice()+"_"+string(g), "switch.see"
	switch {
	case g == gatehouse.GroupEnrolled && a.Change:
		title = "switch.will_be_" + a.Choice()
	case g == gatehouse.GroupEnrolled && a.Enable:
		hint = "switch.now_enrolled"
	case (g == gatehouse.GroupNoAddress || g == gatehouse.GroupBouncing) && a.Enable:
		link = "switch.mend"
	}
	icon := groupIcons[g]
	return GroupRow{icon[0], icon[1], a.Page.T(title, "n", n), a.Page.T(hint),
		a.Page.T(link, "n", n), CompanyUsersPath + "?group=" + string(g)}
}

// outcomeTotal is one number of the sum of a run.
type outcomeTotal struct {
	Outcome gatehouse.Outcome
	Text    string
	Count   int
}

// Sum are the numbers of a preview's outcomes, in words for what has not happened yet;
// they add up to its total.
func (a switchAsk) Sum() []outcomeTotal {
	all := a.Page.totals(a.Enable, a.Counts)
	for i, of := range all {
		key := "switch.would_" + string(of.Outcome)
		if of.Outcome == gatehouse.OutcomeChanged {
			key += "_" + a.Choice()
		}
		all[i].Text = a.Page.T(key)
	}
	return all
}

func (p *page) totals(enable bool, n gatehouse.EnrolmentCounts) []outcomeTotal {
	counts := []int{n.Changed, n.Unchanged, n.Skipped, n.Failed} // in the order of Outcomes
	all := make([]outcomeTotal, len(counts))
	for i, o := range gatehouse.Outcomes {
		all[i] = outcomeTotal{o, p.OutcomeText(enable, o), counts[i]}
	}
	return all
}

// Names are people in one line.
func (p *page) Names(names []string) string { return strings.Join(names, p.T("list.comma")) }

// RunBy is who began a run: support has no name towards a company.
func (p *page) RunBy(e gatehouse.Enrolment) string {
	if e.StartedBy == "" {
		return p.T("actor.operator")
	}
	return e.StartedName
}

// RunCounts are a run's numbers in one line.
func (p *page) RunCounts(e gatehouse.Enrolment) string {
	return p.T("enrolment.counts_"+onOff(e.Enable), "changed", e.Counts.Changed, "unchanged", e.Counts.Unchanged,
		"skipped", e.Counts.Skipped, "failed", e.Counts.Failed)
}

// OnOff is the part of the texts' keys that says which way a run switches.
func (p *page) OnOff(e gatehouse.Enrolment) string { return onOff(e.Enable) }

func onOff(enable bool) string {
	if enable {
		return "on"
	}
	return "off"
}

// Took is how long a run took, in what people say.
func (p *page) Took(e gatehouse.Enrolment) string { return p.took(e) }

func (w *Words) took(e gatehouse.Enrolment) string { return w.span(e.EndedAt.Sub(e.StartedAt)) }

// span is a time span in seconds up to two minutes, then in minutes.
func (w *Words) span(d time.Duration) string {
	unit := time.Second
	if d > 2*time.Minute {
		unit = time.Minute
	}
	return w.site.FormatDuration(w.lang, max(unit, d.Round(unit)))
}
