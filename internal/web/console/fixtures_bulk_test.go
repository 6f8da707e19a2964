package console

import (
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// bulkReasons are all reasons why a user is left out of an act.
var bulkReasons = []gatehouse.OutcomeReason{"gone", "moved", "error", "not-allowed", "meanwhile", "deleted", "own-account", "already", "deactivated", "last-administrator",
	"not-locked", "locked-by-operator", "signed-in", "invited", "not-invited", "no-address", "bouncing", "has-factor", "asked-lately"}

func testBulkAct(a gatehouse.UserAct, state gatehouse.RunState) gatehouse.BulkAct {
	b := gatehouse.BulkAct{Act: a, Query: "group=locked&q=a%26b", Run: gatehouse.Run{Kind: gatehouse.RunBulkAct, ID: "bac_" + string(a), State: state, StartedBy: "usr_1",
		StartedName: fixture.LongName, StartedAt: fixture.Noon.Add(-time.Minute), Total: 1200, Counts: gatehouse.RunCounts{Changed: 1100, Unchanged: 20, Skipped: 7, Failed: 1}}}
	if state == gatehouse.RunDone || state == gatehouse.RunStopped {
		b.EndedAt, b.Counts.Changed = fixture.Noon, 1172
	}
	return b
}

// bulkSamples are the pages about acts on many users.
func bulkSamples() []pages.Sample {
	all, _ := testUsers()
	refused := make([]gatehouse.OutcomeCount, len(bulkReasons))
	lines := make([]directory.RunLine, len(bulkReasons)+1)
	lines[0] = directory.RunLine{RunUser: store.RunUser{UserID: "usr_0", Username: fixture.LongWord, Outcome: gatehouse.OutcomeChanged}, FirstName: fixture.LongName, LastName: "Bell"}
	for i, why := range bulkReasons {
		refused[i] = gatehouse.OutcomeCount{Outcome: gatehouse.OutcomeSkipped, Reason: why, Count: i + 1}
		lines[i+1] = directory.RunLine{RunUser: store.RunUser{UserID: "usr_" + strconv.Itoa(i), Username: "user-" + strconv.Itoa(i), Outcome: gatehouse.Outcomes[1+i%3], Reason: why, At: fixture.Noon}, FirstName: "Grace", LastName: "Bell"}
	}
	var list []pages.Sample
	add := func(name string, v ui.View) {
		list = append(list, pages.Sample{Name: "bulk-" + name, View: v, SignedIn: true})
	}
	var acts []gatehouse.BulkAct
	for i, a := range gatehouse.BulkActs {
		state := []gatehouse.RunState{gatehouse.RunDone, gatehouse.RunRunning, gatehouse.RunStopped}[i%3]
		b := testBulkAct(a, state)
		acts = append(acts, b)
		add("ask-"+string(a), BulkAsk{BulkPreview: directory.BulkPreview{BulkAct: testBulkAct(a, gatehouse.RunProposed), Named: all, Change: len(all) + i*1000, Refused: refused[:i], Fingerprint: "abc"}})
		add("progress-"+string(a), Running{func(w *ui.Words) runPage { return bulkRun(w, b) }})
		add("result-"+string(a), BulkResult{BulkAct: b, Reasons: append(refused, gatehouse.OutcomeCount{Outcome: gatehouse.OutcomeChanged, Count: 1172}), runList: runList{Lines: lines, path: BulkActPath(b.ID), Next: "user-7"}})
	}
	undo := directory.BulkPreview{BulkAct: testBulkAct(gatehouse.ActActivate, gatehouse.RunProposed), Named: all[:1], Change: 1}
	undo.Query, undo.Undoes = "", "bac_1"
	add("undo", BulkAsk{BulkPreview: undo})
	add("nobody", BulkAsk{BulkPreview: directory.BulkPreview{BulkAct: testBulkAct(gatehouse.ActUnlock, gatehouse.RunProposed), Refused: refused}})
	add("changed", BulkAsk{BulkPreview: undo, Changed: true})
	add("often", BulkAsk{BulkPreview: undo, Until: fixture.Noon.Add(20 * time.Minute)})
	add("result-empty", BulkResult{BulkAct: testBulkAct(gatehouse.ActUnlock, gatehouse.RunDone), runList: runList{Outcome: gatehouse.OutcomeFailed, path: "/company/bulk-acts/bac_1", After: "x"}})
	people := []gatehouse.Contact{{Name: "Ana Ruiz", About: "Orders", Email: "ana.ruiz@northgate.example", Phone: "020 7946 0011"}, {Name: fixture.LongName, About: fixture.LongWord, Phone: "1"}}
	stored := gatehouse.CompanyDetails{Zone: "Europe/Paris", Contacts: people}
	full := testEnrolment(gatehouse.RunDone)
	add("details", Details{Stored: stored, Typed: stored, Version: "v", Last: &full, Saved: true})
	add("details-none", Details{Typed: gatehouse.CompanyDetails{NoReport: true}})
	add("details-wrong", Details{Stored: stored, Typed: gatehouse.CompanyDetails{Zone: "Mars", Contacts: []gatehouse.Contact{{Email: "ana@"}, {Name: "Ana", Phone: "<b>"}}}, Fields: []gatehouse.FieldError{
		{Field: "zone", Reason: directory.FieldZone}, {Field: "contact_1_name", Reason: directory.FieldRequired}, {Field: "contact_1_email", Reason: directory.FieldEmail},
		{Field: "contact_2_phone", Reason: directory.FieldPhone}, {Field: "contact_2_email", Reason: directory.FieldContactWays}}})
	add("details-changed", Details{Stored: stored, Typed: stored, Version: "v", Changed: true})
	report := directory.Report{From: fixture.Noon.AddDate(0, -1, -20), To: fixture.Noon.AddDate(0, 0, -20), Users: 152, Bare: 97, Worked: 1893, Failed: 71, Groups: map[gatehouse.UserGroup]int{gatehouse.GroupAway: 11},
		Changes: []directory.RoleChange{{At: fixture.Noon, User: all[0], Is: true, By: fixture.LongName}, {At: fixture.Noon}}}
	add("report", Report{Report: report})
	add("report-quiet", Report{Report: directory.Report{From: report.From, To: report.To}})
	add("acts", BulkActs{Acts: acts, Before: "bac_9", Next: "bac_1"})
	add("acts-none", BulkActs{})
	add("acts-over", BulkActs{Before: "bac_1"})
	return list
}
