package console

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func testPreview(enable bool) directory.Preview {
	p := directory.Preview{Rule: gatehouse.EmailCodes(enable), Total: 152, Fingerprint: "0a1b2c", Groups: map[gatehouse.UserGroup]int{
		gatehouse.GroupEnrolled: 149, gatehouse.GroupNoEmail: 2, gatehouse.GroupUnconfirmed: 4, gatehouse.GroupDeactivated: 1, gatehouse.GroupOwn: 31}}
	if enable {
		p.Counts = gatehouse.RunCounts{Changed: 118, Unchanged: 31, Skipped: 3, Told: 149}
		p.Stranded, p.StrandedNames = 2, []string{"Rita Okafor", "Jon Lindqvist"}
	} else {
		p.Counts = gatehouse.RunCounts{Changed: 120, Unchanged: 31, Skipped: 1, Told: 149}
	}
	return p
}

func runningView(e gatehouse.Enrolment) Running {
	return Running{func(w *ui.Words) runPage { return enrolmentRun(w, e) }}
}

func testEnrolment(state gatehouse.RunState) gatehouse.Enrolment {
	e := gatehouse.Enrolment{Enable: true, Run: gatehouse.Run{ID: "enr_1", State: state, StartedBy: "usr_1", StartedName: "Mira Santos",
		StartedAt: fixture.Noon.Add(-time.Minute), Total: 152, Counts: gatehouse.RunCounts{Changed: 95, Unchanged: 20, Skipped: 1, Told: 115}}}
	if state != gatehouse.RunRunning {
		e.EndedAt, e.Counts = fixture.Noon.Add(-8*time.Second), gatehouse.RunCounts{Changed: 117, Unchanged: 31, Skipped: 3, Failed: 1, Told: 148}
	}
	return e
}

// testFactorPreview is what requiring a factor by a day would do.
func testFactorPreview(need gatehouse.Requirement, by time.Time) directory.Preview {
	p := testPreview(true)
	p.Rule = gatehouse.TwoFactorRule{Require: need, By: by}
	p.Groups = map[gatehouse.UserGroup]int{gatehouse.GroupNoFactor: 118, gatehouse.GroupHasFactor: 31, gatehouse.GroupNoPasskey: 140, gatehouse.GroupHasPasskey: 9,
		gatehouse.GroupNoEmail: 2, gatehouse.GroupBouncing: 1, gatehouse.GroupUnconfirmed: 4, gatehouse.GroupLocked: 1, gatehouse.GroupDeactivated: 1, gatehouse.GroupInvited: 1}
	return p
}

func enhancedSecurityPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	v := EnhancedSecurity{Current: gatehouse.EmailCodes(false), Previews: []directory.Preview{testPreview(false), testPreview(true),
		testFactorPreview(gatehouse.RequireFactor, time.Time{}), testFactorPreview(gatehouse.RequirePasskey, time.Time{})}}
	change(&v)
	return v
}

func enabledPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	return enhancedSecurityPage(func(v *EnhancedSecurity) {
		done, begun, support := testEnrolment(gatehouse.RunDone), testEnrolment(gatehouse.RunReplaced), testEnrolment(gatehouse.RunDone)
		begun.Enable, begun.StartedAt = false, fixture.Noon.Add(-26*time.Hour)
		support.StartedBy, support.StartedName, support.StartedAt = "", "root", fixture.Noon.AddDate(0, -1, 0)
		v.Current, v.Last, v.Enrolments = gatehouse.EmailCodes(true), &done, []gatehouse.Enrolment{done, begun, support}
		change(v)
	})
}

// factorPage is the page of a company that requires a factor by a day.
func factorPage(change func(*EnhancedSecurity)) EnhancedSecurity {
	return enabledPage(func(v *EnhancedSecurity) {
		by := fixture.Noon.AddDate(0, 0, 40)
		v.Current = gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor, By: by}
		v.Previews[2].Rule, v.By = v.Current, gatehouse.LastDay(by).Format(time.DateOnly)
		v.Last.Factor, v.Last.FactorBy = gatehouse.RequireFactor, by
		v.Enrolments[1].Enable, v.Enrolments[1].Factor = true, gatehouse.RequirePasskey
		change(v)
	})
}

func testResult(change func(*EnrolmentResult)) EnrolmentResult {
	counted := func(o gatehouse.Outcome, r gatehouse.OutcomeReason, n int) gatehouse.OutcomeCount {
		return gatehouse.OutcomeCount{Outcome: o, Reason: r, Count: n}
	}
	v := EnrolmentResult{Results: directory.Results{Enrolment: testEnrolment(gatehouse.RunDone), Notices: map[directory.MessageState]int{"sent": 140, "waiting": 2, "sending": 1, "deferred": 1, "bounced": 1, "refused": 1},
		Reasons: []gatehouse.OutcomeCount{counted(gatehouse.OutcomeChanged, "", 115), counted(gatehouse.OutcomeChanged, gatehouse.ReasonLocked, 2),
			counted(gatehouse.OutcomeUnchanged, gatehouse.ReasonOwn, 31), counted(gatehouse.OutcomeSkipped, gatehouse.ReasonNoEmail, 2),
			counted(gatehouse.OutcomeSkipped, gatehouse.ReasonGone, 1), counted(gatehouse.OutcomeFailed, gatehouse.ReasonBouncing, 1)}}}
	line := func(name string, o gatehouse.Outcome, r gatehouse.OutcomeReason, n store.Message, written ...string) directory.RunLine {
		username := strings.ToLower(strings.ReplaceAll(name, " ", "."))
		first, last, _ := strings.Cut(name, " ")
		return directory.RunLine{RunUser: store.RunUser{UserID: "acc_" + username, Username: username, Outcome: o, Reason: r, At: fixture.Noon, MessageID: strings.Join(written, "")},
			FirstName: first, LastName: last, Email: username + "@northgate.example", Notice: n}
	}
	const reply = "451 4.7.1 Try again later"
	v.Lines = []directory.RunLine{
		line("Ada Bruce", gatehouse.OutcomeChanged, "", store.Message{State: "sent", DoneAt: fixture.Noon, Reply: "250 2.0.0 OK"}, "msg_1"),
		line("Bo "+strings.Repeat("Wolfeschlegelstein", 6), gatehouse.OutcomeChanged, gatehouse.ReasonUnconfirmed, store.Message{State: "deferred", DueAt: fixture.Noon.Add(time.Hour), Recipient: "bo@northgate.example", Reply: reply}, "msg_1"),
		line("Cy Ng", gatehouse.OutcomeUnchanged, gatehouse.ReasonOwn, store.Message{State: "bounced", Reply: "5.1.1 No such mailbox"}, "msg_1"),
		line("Di Park", gatehouse.OutcomeSkipped, gatehouse.ReasonNoEmail, store.Message{}),
		{RunUser: store.RunUser{UserID: "acc_5", Username: "gone.person", Outcome: gatehouse.OutcomeSkipped, Reason: gatehouse.ReasonGone, At: fixture.Noon}},
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
	nobody := directory.Preview{Rule: gatehouse.EmailCodes(true), Total: 1}
	many := testPreview(true)
	many.Stranded, many.StrandedNames = 25, strings.Fields(strings.Repeat("Ada ", 10))
	running := testEnrolment(gatehouse.RunRunning)
	begun := running
	begun.Enable, begun.Counts = false, gatehouse.RunCounts{}
	plain := func(*EnhancedSecurity) {}
	list := []pages.Sample{
		{Name: "switch-off", View: enhancedSecurityPage(plain)},
		{Name: "switch-nobody", View: enhancedSecurityPage(func(v *EnhancedSecurity) {
			v.Previews = []directory.Preview{{Rule: gatehouse.EmailCodes(false), Total: 1}, nobody}
		})},
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
		{Name: "switch-factor", View: factorPage(plain)},
		{Name: "switch-factor-nothing", View: factorPage(func(v *EnhancedSecurity) { v.Nothing = true })},
		{Name: "switch-factor-day", View: factorPage(func(v *EnhancedSecurity) {
			v.Chosen, v.By, v.Fields = gatehouse.RequirePasskey, "31.12.", fixture.Wrong("factor_by", "date", "day-past", "day-far")
		})},
		{Name: "switch-passkey", View: factorPage(func(v *EnhancedSecurity) {
			v.Current = gatehouse.TwoFactorRule{Require: gatehouse.RequirePasskey}
			v.Last.Factor, v.Last.FactorBy, v.Nothing, v.Previews = gatehouse.RequirePasskey, time.Time{}, true, v.Previews[2:]
		})},
		{Name: "switch-ask-factor", View: EnhancedSecurityConfirm{Preview: testFactorPreview(gatehouse.RequireFactor, time.Time{})}},
		{Name: "switch-ask-factor-by", View: EnhancedSecurityConfirm{Preview: testFactorPreview(gatehouse.RequireFactor, fixture.Noon.AddDate(0, 0, 40))}},
		{Name: "switch-ask-passkey", View: EnhancedSecurityConfirm{Preview: testFactorPreview(gatehouse.RequirePasskey, time.Time{})}},
		{Name: "switch-ask-passkey-by", View: EnhancedSecurityConfirm{Preview: testFactorPreview(gatehouse.RequirePasskey, fixture.Noon.AddDate(0, 0, 40))}},
		{Name: "switch-ask-loosen", View: EnhancedSecurityConfirm{Preview: testPreview(true), Weaker: true}},
		{Name: "switch-ask-on", View: EnhancedSecurityConfirm{Preview: testPreview(true)}},
		{Name: "switch-ask-many", View: EnhancedSecurityConfirm{Preview: many, Changed: true}},
		{Name: "switch-ask-off", View: EnhancedSecurityConfirm{Preview: testPreview(false), Weaker: true}},
		{Name: "switch-often", View: EnhancedSecurityConfirm{Preview: testPreview(false), Weaker: true, Until: fixture.Noon.Add(12 * time.Minute)}},
		{Name: "enrolment-running", View: runningView(running)},
		{Name: "enrolment-begun", View: runningView(begun)},
		{Name: "enrolment-done", View: testResult(func(*EnrolmentResult) {})},
		{Name: "enrolment-well", View: testResult(func(v *EnrolmentResult) {
			v.Results.Counts.Failed, v.Outcome, v.Next = 0, gatehouse.OutcomeChanged, "flo"
		})},
		{Name: "enrolment-factor", View: testResult(func(v *EnrolmentResult) {
			v.Results.Factor, v.Results.FactorBy, v.Results.SetUp = gatehouse.RequireFactor, fixture.Noon.AddDate(0, 0, 40), 23
			v.Results.Reasons[2].Reason = gatehouse.ReasonHasFactor
		})},
		{Name: "enrolment-passkey", View: testResult(func(v *EnrolmentResult) { v.Results.Factor = gatehouse.RequirePasskey })},
		{Name: "enrolment-factor-running", View: runningView(forFactor(running, gatehouse.RequireFactor))},
		{Name: "enrolment-passkey-running", View: runningView(forFactor(running, gatehouse.RequirePasskey))},
		{Name: "enrolment-off", View: testResult(func(v *EnrolmentResult) { v.Results.Enable, v.After = false, "b" })},
		{Name: "enrolment-replaced", View: testResult(func(v *EnrolmentResult) { v.Results.State = gatehouse.RunReplaced })},
		{Name: "enrolment-empty", View: EnrolmentResult{Results: directory.Results{Enrolment: gatehouse.Enrolment{Run: gatehouse.Run{ID: "enr_2", State: gatehouse.RunDone, StartedAt: fixture.Noon, EndedAt: fixture.Noon}}}}},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}

func forFactor(e gatehouse.Enrolment, need gatehouse.Requirement) gatehouse.Enrolment {
	e.Factor = need
	return e
}
