package console

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

func testPreview(enable bool) directory.Preview {
	p := directory.Preview{Enable: enable, Total: 152, Fingerprint: "0a1b2c", Groups: map[gatehouse.UserGroup]int{
		gatehouse.GroupEnrolled: 149, gatehouse.GroupNoEmail: 2, gatehouse.GroupUnconfirmed: 4, gatehouse.GroupDeactivated: 1, gatehouse.GroupOwn: 31}}
	if enable {
		p.Counts = gatehouse.EnrolmentCounts{Changed: 118, Unchanged: 31, Skipped: 3, Told: 149}
		p.Stranded, p.StrandedNames = 2, []string{"Rita Okafor", "Jon Lindqvist"}
	} else {
		p.Counts = gatehouse.EnrolmentCounts{Changed: 120, Unchanged: 31, Skipped: 1, Told: 149}
	}
	return p
}

func testEnrolment(state gatehouse.EnrolmentState) gatehouse.Enrolment {
	e := gatehouse.Enrolment{ID: "enr_1", Enable: true, State: state, StartedBy: "usr_1", StartedName: "Mira Santos",
		StartedAt: fixture.Noon.Add(-time.Minute), Total: 152, Counts: gatehouse.EnrolmentCounts{Changed: 95, Unchanged: 20, Skipped: 1, Told: 115}}
	if state != gatehouse.EnrolmentRunning {
		e.EndedAt, e.Counts = fixture.Noon.Add(-8*time.Second), gatehouse.EnrolmentCounts{Changed: 117, Unchanged: 31, Skipped: 3, Failed: 1, Told: 148}
	}
	return e
}

func enhancedSecurityPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	v := EnhancedSecurity{Enable: testPreview(true), Disable: testPreview(false)}
	change(&v)
	return v
}

func enabledPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	return enhancedSecurityPage(func(v *EnhancedSecurity) {
		done, begun, support := testEnrolment(gatehouse.EnrolmentDone), testEnrolment(gatehouse.EnrolmentReplaced), testEnrolment(gatehouse.EnrolmentDone)
		begun.Enable, begun.StartedAt = false, fixture.Noon.Add(-26*time.Hour)
		support.StartedBy, support.StartedName, support.StartedAt = "", "root", fixture.Noon.AddDate(0, -1, 0)
		v.On, v.Last, v.Enrolments = true, &done, []gatehouse.Enrolment{done, begun, support}
		change(v)
	})
}

func testResult(change func(*EnrolmentResult)) EnrolmentResult {
	counted := func(o gatehouse.Outcome, r gatehouse.OutcomeReason, n int) gatehouse.OutcomeCount {
		return gatehouse.OutcomeCount{Outcome: o, Reason: r, Count: n}
	}
	v := EnrolmentResult{Results: directory.Results{Enrolment: testEnrolment(gatehouse.EnrolmentDone), Notices: map[directory.MessageState]int{"sent": 140, "waiting": 2, "sending": 1, "deferred": 1, "bounced": 1, "refused": 1},
		Reasons: []gatehouse.OutcomeCount{counted(gatehouse.OutcomeChanged, "", 115), counted(gatehouse.OutcomeChanged, gatehouse.ReasonLocked, 2),
			counted(gatehouse.OutcomeUnchanged, gatehouse.ReasonOwn, 31), counted(gatehouse.OutcomeSkipped, gatehouse.ReasonNoEmail, 2),
			counted(gatehouse.OutcomeSkipped, gatehouse.ReasonGone, 1), counted(gatehouse.OutcomeFailed, gatehouse.ReasonBouncing, 1)}}}
	line := func(name string, o gatehouse.Outcome, r gatehouse.OutcomeReason, n store.Message, written ...string) directory.EnrolmentLine {
		username := strings.ToLower(strings.ReplaceAll(name, " ", "."))
		first, last, _ := strings.Cut(name, " ")
		return directory.EnrolmentLine{EnrolmentUser: store.EnrolmentUser{UserID: "acc_" + username, Username: username, Outcome: o, Reason: r, At: fixture.Noon, MessageID: strings.Join(written, "")},
			FirstName: first, LastName: last, Email: username + "@northgate.example", Notice: n}
	}
	const reply = "451 4.7.1 Try again later"
	v.Lines = []directory.EnrolmentLine{
		line("Ada Bruce", gatehouse.OutcomeChanged, "", store.Message{State: "sent", DoneAt: fixture.Noon, Reply: "250 2.0.0 OK"}, "msg_1"),
		line("Bo "+strings.Repeat("Wolfeschlegelstein", 6), gatehouse.OutcomeChanged, gatehouse.ReasonUnconfirmed, store.Message{State: "deferred", DueAt: fixture.Noon.Add(time.Hour), Recipient: "bo@northgate.example", Reply: reply}, "msg_1"),
		line("Cy Ng", gatehouse.OutcomeUnchanged, gatehouse.ReasonOwn, store.Message{State: "bounced", Reply: "5.1.1 No such mailbox"}, "msg_1"),
		line("Di Park", gatehouse.OutcomeSkipped, gatehouse.ReasonNoEmail, store.Message{}),
		{EnrolmentUser: store.EnrolmentUser{UserID: "acc_5", Username: "gone.person", Outcome: gatehouse.OutcomeSkipped, Reason: gatehouse.ReasonGone, At: fixture.Noon}},
		line("Ed Low", gatehouse.OutcomeFailed, gatehouse.ReasonError, store.Message{}),
	}
	for _, state := range []directory.MessageState{"waiting", "sending", "refused", "expired", ""} {
		v.Lines = append(v.Lines, line("Flo "+string(state), gatehouse.OutcomeChanged, "", store.Message{State: state}, "msg_1"))
	}
	change(&v)
	return v
}

// enhancedSecuritySamples are the pages about Enhanced security in all their states.
func enhancedSecuritySamples() []pages.Sample {
	nobody := directory.Preview{Enable: true, Total: 1}
	many := testPreview(true)
	many.Stranded, many.StrandedNames = 25, strings.Fields(strings.Repeat("Ada ", 10))
	running := testEnrolment(gatehouse.EnrolmentRunning)
	begun := running
	begun.Enable, begun.Counts = false, gatehouse.EnrolmentCounts{}
	plain := func(*EnhancedSecurity) {}
	list := []pages.Sample{
		{Name: "switch-off", View: enhancedSecurityPage(plain)},
		{Name: "switch-nobody", View: enhancedSecurityPage(func(v *EnhancedSecurity) { v.Enable, v.Disable = nobody, directory.Preview{Total: 1} })},
		{Name: "switch-on", View: enabledPage(plain)},
		{Name: "switch-running", View: enabledPage(func(v *EnhancedSecurity) {
			v.Running, v.Last, v.Enrolments = &running, &running, []gatehouse.Enrolment{running}
			v.Next, v.Proved = "enr_0", true
		})},
		{Name: "switch-nothing", View: enabledPage(func(v *EnhancedSecurity) { v.Nothing = true })},
		{Name: "switch-nothing-known", View: enhancedSecurityPage(func(v *EnhancedSecurity) { v.Nothing = true })},
		{Name: "switch-older", View: enabledPage(func(v *EnhancedSecurity) { v.Enrolments, v.Before = nil, "enr_0" })},
		{Name: "switch-no-choice", View: enhancedSecurityPage(func(v *EnhancedSecurity) {
			v.Fields = []gatehouse.FieldError{{Field: "two_factor", Reason: "required"}}
		})},
		{Name: "switch-ask-on", View: EnhancedSecurityConfirm{Preview: testPreview(true)}},
		{Name: "switch-ask-many", View: EnhancedSecurityConfirm{Preview: many, Changed: true}},
		{Name: "switch-ask-off", View: EnhancedSecurityConfirm{Preview: testPreview(false)}},
		{Name: "switch-often", View: EnhancedSecurityConfirm{Preview: testPreview(false), Until: fixture.Noon.Add(12 * time.Minute)}},
		{Name: "enrolment-running", View: EnrolmentRunning{Enrolment: running}},
		{Name: "enrolment-begun", View: EnrolmentRunning{Enrolment: begun}},
		{Name: "enrolment-done", View: testResult(func(*EnrolmentResult) {})},
		{Name: "enrolment-well", View: testResult(func(v *EnrolmentResult) {
			v.Results.Counts.Failed, v.Outcome, v.Next = 0, gatehouse.OutcomeChanged, "flo"
		})},
		{Name: "enrolment-off", View: testResult(func(v *EnrolmentResult) { v.Results.Enable, v.After = false, "b" })},
		{Name: "enrolment-replaced", View: testResult(func(v *EnrolmentResult) { v.Results.State = gatehouse.EnrolmentReplaced })},
		{Name: "enrolment-empty", View: EnrolmentResult{Results: directory.Results{Enrolment: gatehouse.Enrolment{ID: "enr_2", State: gatehouse.EnrolmentDone, StartedAt: fixture.Noon, EndedAt: fixture.Noon}}}},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}
