package console

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/sheet"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// someImport is an import in a state.
func someImport(state gatehouse.ImportState, n gatehouse.ImportCounts) gatehouse.Import {
	return gatehouse.Import{ID: "imp_1", FileName: "people.csv", State: state, CreatedAt: fixture.Noon.Add(-time.Minute), StartedAt: fixture.Noon.Add(-30 * time.Second),
		EndedAt: fixture.Noon, ExpiresAt: fixture.Noon.Add(time.Hour), Headed: true, Columns: []string{"username", "email", ""}, Planned: n, Done: n, Mark: "mark", Invite: true}
}

// everyLine has a line with each fault, and lines with each change.
func everyLine() (all []gatehouse.ImportLine) {
	args := map[string]string{"value": "<b>" + fixture.LongWord[:50], "max": "300", "first": "3", "name": "Northgate <b>", "fields": "3", "columns": "5"}
	for n, code := range []string{"required", "too-long", "character", "email", "username-is-email", "role", directory.ImportLineLong, directory.ImportQuoteOpen, directory.ImportQuoteAfter,
		directory.ImportQuoteInside, directory.ImportFieldCount, directory.ImportTwice, directory.ImportShortened, directory.ImportCellError, directory.ImportNotYours,
		directory.ImportCompanyName, directory.ImportNoCompany, directory.ImportSecondOperator, directory.ImportElsewhere, directory.ImportLooksLike, directory.ImportOwn, directory.ImportActive, directory.ImportChangedSince, directory.ImportDeleted, directory.ImportManyAdmins, "stopped"} {
		all = append(all, gatehouse.ImportLine{Line: n + 2, Username: "tom", Name: "Tom Adeyemi", Outcome: gatehouse.ImportRefused,
			Detail: gatehouse.ImportDetail{Faults: []gatehouse.ImportFault{{Column: "username", Code: code, Args: args}}}})
	}
	fields := []gatehouse.ImportField{{Name: "username", Before: "tom", After: "Tom"}, {Name: "first_name", Before: "", After: "Tom"}, {Name: "last_name", Before: "A", After: ""},
		{Name: "email", Before: "a@b.example", After: fixture.LongWord}, {Name: "role", Before: "user", After: "admin"}, {Name: "state", Before: "active", After: "deactivated"}, {Name: "state", Before: "deactivated", After: "invited"}}
	return append(all,
		gatehouse.ImportLine{Line: 1000, Outcome: gatehouse.ImportRefused},
		gatehouse.ImportLine{Line: 1001, Username: fixture.LongWord, Name: fixture.LongName, Outcome: gatehouse.ImportChanged, Detail: gatehouse.ImportDetail{Fields: fields}, UserID: "usr_1"},
		gatehouse.ImportLine{Line: 1002, Username: "new", Outcome: gatehouse.ImportNew, UserID: "usr_2", Invited: true},
		gatehouse.ImportLine{Line: 1003, Username: "same", Outcome: gatehouse.ImportUnchanged})
}

// fileFaults are what can be wrong with a file.
func fileFaults() (all []gatehouse.FieldError) {
	args := map[string]string{"megabytes": "16", "rows": "50000", "columns": "100", "minutes": "2"}
	for _, reason := range []string{faultNone, "broken", directory.FieldNobody, "no-heading", directory.ReasonImportWait, string(sheet.Empty), string(sheet.NoTable), string(sheet.OldExcel),
		string(sheet.Damaged), string(sheet.TooLarge), string(sheet.TooManyRows), string(sheet.TooManyColumns)} {
		all = append(all, gatehouse.FieldError{Field: "file", Reason: reason, Args: args})
	}
	return all
}

func importSamples() []pages.Sample {
	many := gatehouse.ImportCounts{New: 9876, Changed: 120, Unchanged: 1, Refused: 23, Invited: 9000, Promoted: 2, Demoted: 1, Activated: 1, Deactivated: 17}
	var recent []gatehouse.Import
	for _, s := range []gatehouse.ImportState{gatehouse.ImportUploaded, gatehouse.ImportChecked, gatehouse.ImportRunning, gatehouse.ImportInviting, gatehouse.ImportDone, gatehouse.ImportStopped} {
		recent = append(recent, someImport(s, many))
	}
	recent[0].FileName = fixture.LongWord + ".csv"
	sample := []directory.SampleColumn{{Heading: "User name", Examples: []string{"tom", "kim", fixture.LongWord}}, {Heading: "E-mail <b>"}, {}}
	headless := someImport(gatehouse.ImportUploaded, many)
	headless.Headed, headless.Columns = false, nil
	moved := someImport(gatehouse.ImportChecked, many)
	moved.Moved = 3
	some := someImport(gatehouse.ImportRunning, many)
	some.Done = gatehouse.ImportCounts{New: 100, Unchanged: 1, Refused: 23}
	inviting := someImport(gatehouse.ImportInviting, many)
	inviting.Done.Invited = 10
	merged := someImport(gatehouse.ImportChecked, many)
	merged.Merged, merged.EndedAt = true, time.Time{}
	list := []pages.Sample{
		{Name: "import-columns-merged", View: ImportColumns{Import: merged, Sample: sample}},
		{Name: "import-preview-merged", View: ImportLines{Import: merged, Lines: everyLine()}},
		{Name: "import", View: ImportUpload{}},
		{Name: "import-recent", View: ImportUpload{Recent: recent}},
		{Name: "import-faults", View: ImportUpload{Faults: fileFaults()}},
		{Name: "import-columns", View: ImportColumns{Import: someImport(gatehouse.ImportUploaded, many), Sample: sample}},
		{Name: "import-columns-headless", View: ImportColumns{Import: headless, Sample: make([]directory.SampleColumn, 30)}},
		{Name: "import-columns-faults", View: ImportColumns{Import: headless, Sample: sample, Faults: []gatehouse.FieldError{{Field: "columns", Reason: directory.FieldNoWay},
			{Field: "columns", Reason: directory.FieldTwice, Args: map[string]string{"name": "email"}}, {Reason: directory.FieldNobody}, {Reason: "no-heading"}}}},
		{Name: "import-preview", View: ImportLines{Import: someImport(gatehouse.ImportChecked, many), Lines: everyLine(), Next: 51}},
		{Name: "import-preview-moved", View: ImportLines{Import: moved, Lines: everyLine(), Conflict: true, Different: true, After: 3}},
		{Name: "import-preview-other", View: ImportLines{Import: someImport(gatehouse.ImportChecked, many), Conflict: true, Outcome: gatehouse.ImportChanged}},
		{Name: "import-preview-nothing", View: ImportLines{Import: someImport(gatehouse.ImportChecked, gatehouse.ImportCounts{Unchanged: 3})}},
		{Name: "import-preview-one", View: ImportLines{Import: someImport(gatehouse.ImportChecked, gatehouse.ImportCounts{New: 1, Refused: 1})}},
		{Name: "import-running", View: ImportRunning{Import: some}},
		{Name: "import-inviting", View: ImportRunning{Import: inviting}},
		{Name: "import-over", View: ImportRunning{Import: someImport(gatehouse.ImportDone, many)}},
		{Name: "import-done", View: ImportLines{Import: someImport(gatehouse.ImportDone, many), Lines: everyLine()}},
		{Name: "import-stopped", View: ImportLines{Import: someImport(gatehouse.ImportStopped, many), Lines: everyLine()}},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return append(list, siteImportSamples()...)
}

// siteImportSamples are the pages of an import for a whole site, by an operator.
func siteImportSamples() []pages.Sample {
	on := importing{Place{Site: fixture.Sites()["uk"], By: gatehouse.Caller{Kind: gatehouse.Operator, SiteID: gatehouse.OperatorsSite, UserID: "usr_o", Role: gatehouse.RoleOwner}, Users: "/operator/sites/uk/users"}}
	n := gatehouse.ImportCounts{New: 9876, Changed: 120, Unchanged: 1, Refused: 23, Invited: 9000, Companies: 14, Promoted: 2}
	of := func(state gatehouse.ImportState) gatehouse.Import {
		i := someImport(state, n)
		i.FileName = fixture.LongWord + ".csv"
		return i
	}
	lines := everyLine()
	for at := range lines {
		lines[at].Detail.Company, lines[at].Detail.Account = "Harlow <b> "+fixture.LongWord, "H-77"
	}
	lines[len(lines)-2].Detail.Founds = true
	sample := []directory.SampleColumn{{Heading: "Kundennummer", Examples: []string{"10482"}}, {Heading: "User name", Examples: []string{"tom", fixture.LongWord}}, {}}
	list := []pages.Sample{
		{Name: "site-import", View: ImportUpload{importing: on, Recent: []gatehouse.Import{of(gatehouse.ImportDone)}}},
		{Name: "site-import-faults", View: ImportUpload{importing: on, Faults: fileFaults()}},
		{Name: "site-import-columns", View: ImportColumns{importing: on, Import: of(gatehouse.ImportUploaded), Sample: sample, Faults: []gatehouse.FieldError{{Field: "columns", Reason: directory.FieldNoAccount}}}},
		{Name: "site-import-preview", View: ImportLines{importing: on, Import: of(gatehouse.ImportChecked), Lines: lines}},
		{Name: "site-import-running", View: ImportRunning{importing: on, Import: of(gatehouse.ImportRunning)}},
		{Name: "site-import-done", View: ImportLines{importing: on, Import: of(gatehouse.ImportDone), Lines: lines}},
		{Name: "site-import-stopped", View: ImportLines{importing: on, Import: of(gatehouse.ImportStopped)}},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}

// hostileImport puts a probe into what a file says.
func hostileImport(probe string) ImportLines {
	i := someImport(gatehouse.ImportChecked, gatehouse.ImportCounts{New: 1})
	i.FileName, i.Mark = probe, probe
	return ImportLines{Import: i, Lines: []gatehouse.ImportLine{{Line: 2, Username: probe, Name: probe, Outcome: gatehouse.ImportRefused, Detail: gatehouse.ImportDetail{Company: probe, Account: probe, Founds: true,
		Fields: []gatehouse.ImportField{{Name: "email", Before: probe, After: probe}}, Faults: []gatehouse.ImportFault{{Column: "email", Code: "email", Args: map[string]string{"value": probe}}}}}}}
}
