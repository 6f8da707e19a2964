package operator

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// companyViews are the pages of companies in each of their states.
func companyViews() map[string]ui.View {
	uk, inkwell := fixture.Sites()["uk"], fixture.Sites()["inkwell"]
	if inkwell == nil {
		inkwell = fixture.Sites()["au"]
	}
	trustless := *uk // the suite shows it on a site that trusts no device, too
	trustless.Policy.TrustedDevice = 0
	uk = &trustless
	both := []*site.Site{uk, inkwell}
	plain := gatehouse.Company{ID: "com_1", Name: "Northgate Systems", AccountNumber: "10482-UK", CreatedAt: fixture.Noon}
	long := gatehouse.Company{ID: "com_2", Name: fixture.LongWord, AccountNumber: fixture.LongWord[:60], CreatedAt: fixture.Noon, TwoFactor: true}
	bare := OneCompany{CompanyPage: directory.CompanyPage{Company: plain}, On: uk}
	full := OneCompany{CompanyPage: directory.CompanyPage{Company: long, Administrators: testOperators(), Users: testOperators(), More: true,
		Counts:  map[gatehouse.UserState]int{gatehouse.Active: 2, gatehouse.Invited: 1, gatehouse.Deactivated: 1},
		Details: gatehouse.CompanyDetails{Zone: "Europe/Oslo", Contacts: []gatehouse.Contact{{Name: "Ines", About: "Orders", Email: "ines@northgate.example", Phone: "020 7946 0011"}, {Name: "Ben", Phone: "1"}}},
		Policy:  directory.PolicyState{ChangedAt: fixture.Noon, ChangedBy: "Mira Santos"}}, On: uk}
	full.Company.Policy = gatehouse.CompanyPolicy{SessionIdle: 5 * time.Minute, NoContextWords: true, PasswordLength: 20}
	full.Factor, full.FactorBy = gatehouse.RequirePasskey, fixture.Noon.AddDate(0, 0, 20)
	full.Switched = gatehouse.Enrolment{Run: gatehouse.Run{ID: "enr_1", StartedName: "Mira Santos", StartedAt: fixture.Noon}}
	byCommand := full
	byCommand.Switched.StartedName, byCommand.Policy.ChangedBy, byCommand.Factor, byCommand.FactorBy = "", "", gatehouse.RequireFactor, time.Time{}
	views := map[string]ui.View{
		"companies":         Companies{Of: uk, Sites: both, All: []gatehouse.Company{plain, long}, More: true},
		"companies-found":   Companies{Of: uk, Sites: both[:1], Typed: "north", All: []gatehouse.Company{plain}, More: true},
		"companies-none":    Companies{Of: uk, Sites: both},
		"companies-nothing": Companies{Of: uk, Sites: both, Typed: "zebra"},
		"company-bare":      bare, "company-full": full, "company-command": byCommand,
		"company-new":         CompanyForm{On: uk},
		"company-new-inkwell": CompanyForm{On: inkwell},
		"company-edit":        CompanyForm{On: uk, Of: long, Seen: long.Version(), Typed: directory.CompanyFields{Name: "N", AccountNumber: "1"}},
		"company-changed":     CompanyForm{On: uk, Of: plain, Seen: plain.Version(), Typed: directory.CompanyFields{Name: "N", AccountNumber: "1"}, Changed: true},
	}
	for _, wrong := range [][2]string{{"name", directory.FieldRequired}, {"account_number", directory.FieldRequired}, {"account_number", directory.FieldTaken}, {"email", directory.FieldRequired}, {"username", directory.FieldTaken}, {"username", directory.FieldRequired}} {
		views["company-new-"+wrong[0]+"-"+wrong[1]] = CompanyForm{On: uk, Fields: fixture.Wrong(wrong[0], wrong[1])}
	}
	suspended := long
	suspended.SuspendedAt, suspended.SuspendedBy, suspended.SuspendedWhy = fixture.Noon, "Sonja Keller", fixture.LongWord
	held := full
	held.Company = suspended
	views["company-suspended"], views["companies-suspended"] = held, Companies{Of: uk, Sites: both, All: []gatehouse.Company{suspended}}
	asked := directory.Suspension{Company: plain, Open: store.OpenOfCompany{Sessions: 12, SignIns: 1, Trusted: 30, Mails: 2}, Told: testOperators(),
		Counts: map[gatehouse.UserState]int{gatehouse.Active: 1000, gatehouse.Invited: 1, gatehouse.Deactivated: 1}}
	over := directory.Suspension{Company: suspended}
	views["suspend"] = Suspending{Suspension: asked, On: uk, Suspend: true, Seen: plain.Version()}
	views["suspend-reason"] = Suspending{Suspension: directory.Suspension{Company: plain}, On: uk, Suspend: true, Fields: fixture.Wrong("reason", directory.FieldRequired)}
	views["suspend-already"] = Suspending{Suspension: over, On: uk, Suspend: true, Changed: true}
	views["resume"] = Suspending{Suspension: over, On: uk, Seen: suspended.Version()}
	views["resume-already"] = Suspending{Suspension: asked, On: uk, Changed: true}
	merged := full
	merged.Company.MergedInto, merged.Company.MergedAt = "com_1", fixture.Noon
	views["company-merged"], views["companies-merged"] = merged, Companies{Of: uk, Sites: both, All: []gatehouse.Company{merged.Company}}
	moveViews(views, uk, plain, long)
	for _, done := range companyNews {
		v := bare
		v.Done = done
		views["company-done-"+done] = v
	}
	return views
}

func hostileCompany(v OneCompany, u gatehouse.User, probe string) OneCompany {
	v.Name, v.AccountNumber = probe, probe
	v.SuspendedAt, v.SuspendedBy, v.SuspendedWhy = fixture.Noon, probe, probe
	v.Administrators, v.Users = []gatehouse.User{u}, []gatehouse.User{u}
	v.Details.Contacts = []gatehouse.Contact{{Name: probe, About: probe, Email: probe, Phone: probe}}
	v.Switched.ID, v.Switched.StartedName, v.Policy.ChangedAt, v.Policy.ChangedBy = "enr_1", probe, fixture.Noon, probe
	return v
}

// moveViews are the pages on which users go to another company, and companies are merged.
func moveViews(views map[string]ui.View, uk *site.Site, from, to gatehouse.Company) {
	merged, suspended := to, to
	merged.MergedInto, suspended.SuspendedAt = "com_1", fixture.Noon
	plain := directory.Moving{From: from, Gone: 2}
	for i, u := range testOperators() {
		u.ID, u.Role = "usr_"+strconv.Itoa(i), gatehouse.RoleAdmin
		plain.Users = append(plain.Users, directory.MovingUser{User: u})
	}
	found := Target{Typed: "north", Found: []gatehouse.Company{from, to, merged, suspended}, More: true}
	views["move-none"] = MovingUsers{Moving: directory.Moving{From: from, Gone: 1}, On: uk}
	views["move"], views["move-nothing"] = MovingUsers{Moving: plain, On: uk}, MovingUsers{Moving: plain, On: uk, Target: Target{Typed: "zebra"}}
	views["move-found"] = MovingUsers{Moving: plain, On: uk, Target: found}
	for _, why := range []string{directory.ReasonMerged, directory.ReasonSuspended, directory.ReasonSameCompany, "no-company"} {
		views["move-refused-"+why] = MovingUsers{Moving: plain, On: uk, Target: Target{Refused: why}}
	}
	views["move-blocked"] = MovingUsers{Moving: directory.Moving{From: suspended}, On: uk, Target: Target{Refused: directory.ReasonSuspended, Blocked: true}}
	asked := plain
	asked.To, asked.Told, asked.Last, asked.Seen = to, testOperators(), true, "seen"
	for i, need := range []gatehouse.Requirement{gatehouse.RequireCode, gatehouse.RequireFactor, gatehouse.RequirePasskey} {
		if i < len(asked.Users) {
			asked.Users[i].Needs = need
		}
	}
	asked.Users[0].Same, asked.Users[0].Loses, asked.Users[0].Gains = testOperators(), []string{"Orders", fixture.LongWord}, []string{"Reports"}
	asked.Users[0].Open = store.OpenOfUser{Sessions: 3, SignIns: 1, Trusted: 2, Links: 1, Requests: 1}
	views["move-ask"], views["move-changed"] = MovingUsers{Moving: asked, On: uk}, MovingUsers{Moving: asked, On: uk, Changed: true, Keep: []string{asked.Users[0].ID}, Leave: true}
	views["move-leave"] = MovingUsers{Moving: asked, On: uk, Fields: fixture.Wrong("leave", directory.FieldLastAdministrator)}
	views["merge"], views["merge-found"] = MergingCompanies{Merging: directory.Merging{From: from}, On: uk}, MergingCompanies{Merging: directory.Merging{From: from}, On: uk, Target: found}
	both := directory.Merging{From: from, To: to, Follows: store.FollowsMerge{Users: 5000, Administrators: 2, Deleted: 1, Links: 3, Requests: 1, Shared: 1, Cases: 2, Runs: 1}, There: 152,
		Open: store.OpenOfCompany{Sessions: 12, SignIns: 1, Trusted: 30}, Administrators: testOperators(), Same: []store.SameAddress{{From: testOperators()[0], To: testOperators()[1]}}, SameCount: 12,
		Rule: gatehouse.EmailCodes(true), Policy: gatehouse.CompanyPolicy{PasswordLength: 20, SessionIdle: 5 * time.Minute}, Loses: []string{"Orders"}, Gains: []string{"Reports"},
		Before: []gatehouse.Company{merged}, Told: testOperators(), Seen: "seen"}
	views["merge-ask"], views["merge-changed"] = MergingCompanies{Merging: both, On: uk}, MergingCompanies{Merging: both, On: uk, Changed: true, Keep: true}
	views["merge-bare"] = MergingCompanies{Merging: directory.Merging{From: from, To: to, Rule: gatehouse.EmailCodes(false)}, On: uk}
	views["merge-blocked"] = MergingCompanies{Merging: directory.Merging{From: merged}, On: uk, Target: Target{Refused: directory.ReasonMerged, Blocked: true}}
}

// What there is none of is not listed: a row of zeros hides what does end.
func TestWhatEndsIsListedIfThereIsAny(t *testing.T) {
	p := &ui.Page{Words: ui.WordsOf(&ui.Visit{Site: fixture.Sites()["uk"], Lang: "en-GB"}, fixture.Noon)}
	for want, u := range map[string]directory.MovingUser{
		"":                                   {},
		"Ends: 1 session, 2 trusted devices": {Open: store.OpenOfUser{Sessions: 1, Trusted: 2}},
		"Ends: 3 unfinished sign-ins, 1 link, 1 request for access": {Open: store.OpenOfUser{SignIns: 3, Links: 1, Requests: 1}},
		"Ends: 1 link; A code by email is required there at each sign-in.; Can then open: Orders, Reports": {
			Open: store.OpenOfUser{Links: 1}, Needs: gatehouse.RequireCode, Gains: []string{"Orders", "Reports"}},
	} {
		if got := strings.Join(MovingUsers{}.Changes(p, u), "; "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	merging := MergingCompanies{Merging: directory.Merging{Open: store.OpenOfCompany{Trusted: 2, Mails: 1}, Follows: store.FollowsMerge{Users: 9, Cases: 1}}}
	want := []ending{{"Devices that are no longer trusted", 2}, {"Open support cases that follow", 1}}
	if got := merging.Ends(p); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func hostileMove(v MovingUsers, u gatehouse.User, probe string) MovingUsers {
	v.From.Name, v.From.AccountNumber, v.To.ID, v.To.Name, v.To.AccountNumber, v.Typed = probe, probe, "com_2", probe, probe, probe
	v.Users = []directory.MovingUser{{User: u, Same: []gatehouse.User{u}, Loses: []string{probe}, Gains: []string{probe}}}
	v.Told, v.Found = []gatehouse.User{u}, []gatehouse.Company{{ID: "com_3", Name: probe, AccountNumber: probe}}
	return v
}

func hostileMerge(v MergingCompanies, u gatehouse.User, probe string) MergingCompanies {
	v.From.Name, v.From.AccountNumber, v.To.ID, v.To.Name, v.To.AccountNumber, v.Typed = probe, probe, "com_2", probe, probe, probe
	v.Administrators, v.Told, v.Same = []gatehouse.User{u}, []gatehouse.User{u}, []store.SameAddress{{From: u, To: u}}
	v.Loses, v.Gains, v.Before = []string{probe}, []string{probe}, []gatehouse.Company{{AccountNumber: probe}}
	if v.Rule.Require == "" {
		v.Rule = gatehouse.EmailCodes(false)
	}
	return v
}
