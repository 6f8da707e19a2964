package operator

import (
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
