package ui

import (
	"strings"
	"time"

	"gatehouse"
)

func testPreview(enable bool) SwitchPreview {
	p := SwitchPreview{Enable: enable, Total: 152, Fingerprint: "0a1b2c", Groups: map[gatehouse.PeopleGroup]int{
		gatehouse.GroupEnrolled: 149, gatehouse.GroupNoAddress: 2, gatehouse.GroupUnconfirmed: 4, gatehouse.GroupDeactivated: 1, gatehouse.GroupOwn: 31}}
	if enable {
		p.Counts = gatehouse.EnrolmentCounts{Changed: 118, Unchanged: 31, Skipped: 3, Told: 149}
		p.Stranded, p.StrandedNames = 2, []string{"Rita Okafor", "Jon Lindqvist"}
	} else {
		p.Counts = gatehouse.EnrolmentCounts{Changed: 120, Unchanged: 31, Skipped: 1, Told: 149}
	}
	return p
}

func testRun(state gatehouse.EnrolmentState) gatehouse.Enrolment {
	e := gatehouse.Enrolment{ID: "enr_1", Enable: true, State: state, StartedBy: "usr_1", StartedName: "Mira Santos",
		StartedAt: noon.Add(-time.Minute), Total: 152, Counts: gatehouse.EnrolmentCounts{Changed: 95, Unchanged: 20, Skipped: 1, Told: 115}}
	if state != gatehouse.EnrolmentRunning {
		e.EndedAt, e.Counts = noon.Add(-8*time.Second), gatehouse.EnrolmentCounts{Changed: 117, Unchanged: 31, Skipped: 3, Failed: 1, Told: 148}
	}
	return e
}

func switchPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	v := EnhancedSecurity{Enable: testPreview(true), Disable: testPreview(false)}
	change(&v)
	return v
}

func switchedPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	return switchPage(func(v *EnhancedSecurity) {
		done, begun, support := testRun(gatehouse.EnrolmentDone), testRun(gatehouse.EnrolmentReplaced), testRun(gatehouse.EnrolmentDone)
		begun.Enable, begun.StartedAt = false, noon.Add(-26*time.Hour)
		support.StartedBy, support.StartedName, support.StartedAt = "", "root", noon.AddDate(0, -1, 0)
		v.On, v.Last, v.Runs = true, &done, []gatehouse.Enrolment{done, begun, support}
		change(v)
	})
}

func testResult(change func(*EnrolmentResult)) EnrolmentResult {
	counted := func(o gatehouse.Outcome, r gatehouse.OutcomeReason, n int) gatehouse.OutcomeCount {
		return gatehouse.OutcomeCount{Outcome: o, Reason: r, Count: n}
	}
	v := EnrolmentResult{Run: testRun(gatehouse.EnrolmentDone), Notices: map[string]int{"sent": 140, "waiting": 2, "sending": 1, "deferred": 1, "bounced": 1, "refused": 1},
		Reasons: []gatehouse.OutcomeCount{counted(gatehouse.OutcomeChanged, "", 115), counted(gatehouse.OutcomeChanged, gatehouse.ReasonLocked, 2),
			counted(gatehouse.OutcomeUnchanged, gatehouse.ReasonOwn, 31), counted(gatehouse.OutcomeSkipped, gatehouse.ReasonNoAddress, 2),
			counted(gatehouse.OutcomeSkipped, gatehouse.ReasonGone, 1), counted(gatehouse.OutcomeFailed, gatehouse.ReasonBouncing, 1)}}
	line := func(name string, o gatehouse.Outcome, r gatehouse.OutcomeReason, n Notice) EnrolmentLine {
		username := strings.ToLower(strings.ReplaceAll(name, " ", "."))
		return EnrolmentLine{UserID: "acc_" + username, Username: username, Name: name, Email: username + "@northgate.example", Outcome: o, Reason: r, At: noon, Notice: n}
	}
	const reply = "451 4.7.1 Try again later"
	v.Lines = []EnrolmentLine{
		line("Ada Bruce", gatehouse.OutcomeChanged, "", Notice{Written: true, State: "sent", DoneAt: noon, Reply: "250 2.0.0 OK"}),
		line("Bo "+strings.Repeat("Wolfeschlegelstein", 6), gatehouse.OutcomeChanged, gatehouse.ReasonUnconfirmed, Notice{Written: true, State: "deferred", DueAt: noon.Add(time.Hour), Recipient: "bo@northgate.example", Reply: reply}),
		line("Cy Ng", gatehouse.OutcomeUnchanged, gatehouse.ReasonOwn, Notice{Written: true, State: "bounced", Reply: "5.1.1 No such mailbox"}),
		line("Di Park", gatehouse.OutcomeSkipped, gatehouse.ReasonNoAddress, Notice{}),
		{UserID: "acc_5", Username: "gone.person", Outcome: gatehouse.OutcomeSkipped, Reason: gatehouse.ReasonGone, At: noon},
		line("Ed Low", gatehouse.OutcomeFailed, gatehouse.ReasonError, Notice{}),
	}
	for _, state := range []string{"waiting", "sending", "refused", "expired", ""} {
		v.Lines = append(v.Lines, line("Flo "+state, gatehouse.OutcomeChanged, "", Notice{Written: true, State: state}))
	}
	change(&v)
	return v
}

// switchSamples are the pages about Enhanced security in all their states.
func switchSamples() []sample {
	nobody := SwitchPreview{Enable: true, Total: 1}
	many := testPreview(true)
	many.Stranded, many.StrandedNames = 25, strings.Fields(strings.Repeat("Ada ", 10))
	running := testRun(gatehouse.EnrolmentRunning)
	begun := running
	begun.Enable, begun.Counts = false, gatehouse.EnrolmentCounts{}
	plain := func(*EnhancedSecurity) {}
	list := []sample{
		{name: "switch-off", view: switchPage(plain)},
		{name: "switch-nobody", view: switchPage(func(v *EnhancedSecurity) { v.Enable, v.Disable = nobody, SwitchPreview{Total: 1} })},
		{name: "switch-on", view: switchedPage(plain)},
		{name: "switch-running", view: switchedPage(func(v *EnhancedSecurity) {
			v.Running, v.Last, v.Runs = &running, &running, []gatehouse.Enrolment{running}
			v.Next, v.AskPassword = "enr_0", true
		})},
		{name: "switch-nothing", view: switchedPage(func(v *EnhancedSecurity) { v.Nothing = true })},
		{name: "switch-nothing-known", view: switchPage(func(v *EnhancedSecurity) { v.Nothing = true })},
		{name: "switch-older", view: switchedPage(func(v *EnhancedSecurity) { v.Runs, v.Before = nil, "enr_0" })},
		{name: "switch-no-choice", view: switchPage(func(v *EnhancedSecurity) { v.Fields = []gatehouse.FieldError{{Field: "two_factor", Code: "required"}} })},
		{name: "switch-ask-on", view: SwitchConfirmation{Preview: testPreview(true)}},
		{name: "switch-ask-many", view: SwitchConfirmation{Preview: many, Changed: true}},
		{name: "switch-ask-off", view: SwitchConfirmation{Preview: testPreview(false), AskPassword: true}},
		{name: "switch-ask-wrong", view: SwitchConfirmation{Preview: testPreview(false), AskPassword: true, Fields: []gatehouse.FieldError{{Field: "current_password", Code: "password-wrong"}}}},
		{name: "switch-often", view: SwitchConfirmation{Preview: testPreview(false), AskPassword: true, Until: noon.Add(12 * time.Minute)}},
		{name: "enrolment-running", view: EnrolmentRunning{Run: running}},
		{name: "enrolment-begun", view: EnrolmentRunning{Run: begun}},
		{name: "enrolment-done", view: testResult(func(*EnrolmentResult) {})},
		{name: "enrolment-well", view: testResult(func(v *EnrolmentResult) { v.Run.Counts.Failed, v.Outcome, v.Next = 0, gatehouse.OutcomeChanged, "flo" })},
		{name: "enrolment-off", view: testResult(func(v *EnrolmentResult) { v.Run.Enable, v.After = false, "b" })},
		{name: "enrolment-replaced", view: testResult(func(v *EnrolmentResult) { v.Run.State = gatehouse.EnrolmentReplaced })},
		{name: "enrolment-empty", view: EnrolmentResult{Run: gatehouse.Enrolment{ID: "enr_2", State: gatehouse.EnrolmentDone, StartedAt: noon, EndedAt: noon}}},
	}
	for i := range list {
		list[i].signedIn = true
	}
	return list
}
