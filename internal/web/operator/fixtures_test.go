package operator

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.SuiteOf(Templates, samples, hostile)

func TestViews(t *testing.T) { suite.Test(t) }

// testOperators are operators in every state that the list has words for.
func testOperators() (all []gatehouse.User) {
	add := func(change func(*gatehouse.User)) {
		u := gatehouse.User{ID: "usr_o", SiteID: gatehouse.OperatorsSite, Username: "ohale", FirstName: "Owen", LastName: "Hale", Email: "owen.hale@platform.example",
			Role: gatehouse.RoleOwner, State: gatehouse.Active, Factors: 1, Apps: 1, FirstSignInAt: fixture.Noon.AddDate(0, -1, 0), LastSignInAt: fixture.Noon.Add(-time.Hour)}
		change(&u)
		all = append(all, u)
	}
	add(func(*gatehouse.User) {})
	add(func(u *gatehouse.User) { u.Role, u.LockedAt = gatehouse.RoleSecurity, fixture.Noon })
	add(func(u *gatehouse.User) { u.Role, u.State = gatehouse.RoleSupport, gatehouse.Deactivated })
	add(func(u *gatehouse.User) {
		u.State, u.FirstSignInAt, u.LastSignInAt, u.Factors, u.Apps = gatehouse.Invited, time.Time{}, time.Time{}, 0, 0
	})
	add(func(u *gatehouse.User) {
		u.FirstName, u.LastName, u.Username, u.Email = fixture.LongWord, fixture.LongWord, strings.ToLower(fixture.LongWord), fixture.LongWord+"@"+fixture.LongWord[:60]+".example"
	})
	return all
}

func overview(sites ...directory.SiteOverview) Overview {
	return Overview{Overview: directory.Overview{CountedAt: fixture.Noon, Sites: sites, Database: 3 * time.Millisecond}}
}

func samples() []pages.Sample {
	var all []pages.Sample
	add := func(name string, v ui.View) { all = append(all, pages.Sample{Name: name, View: v, SignedIn: true}) }
	busy := overview(directory.SiteOverview{ID: "meridian-uk", Name: "Meridian UK", Companies: 412, Users: 9204, Sessions: 38, Hours: []int{0, 4, 10, 2}, Worked: 16, Failed: 3},
		directory.SiteOverview{ID: "inkwell", Name: "Inkwell Press", Companies: 1, Users: 1, Sessions: 1, Hours: []int{0, 1}, Worked: 1})
	for _, g := range gatehouse.MailGroups {
		busy.Mail = append(busy.Mail, directory.MailOverview{Group: g, Sent: 2418, Waiting: 39, Bounced: 4})
	}
	add("overview", busy)
	busy.Alerts = alertView()
	add("overview-alerts", busy)
	for _, views := range []map[string]ui.View{companyViews(), platformViews(), caseViews(), mailViews(), watchViews(), eventViews(), proposalViews("Adeyemi")} {
		for name, v := range views {
			add(name, v)
		}
	}
	quiet := overview()
	quiet.Database = time.Second
	add("overview-quiet", quiet)
	for id, st := range fixture.Sites() {
		for _, need := range gatehouse.Requirements {
			st := *st
			st.Policy.TwoFactor.Require, st.Policy.TrustedDevice = need, 0 // the suite shows it on a site that trusts none, too
			add("site-"+id+"-"+string(need), OneSite{&st})
		}
	}
	add("sites", Sites{[]*site.Site{fixture.Sites()["uk"], fixture.Sites()["au"]}, busy.Sites})
	add("operators", Operators{testOperators()})
	for name, typed := range map[string]string{"empty": "", "name": "santos", "reference": "GH-7F3K-29QX", "from": "203.0.113.0/24"} {
		v := Find{directory.Found{Query: gatehouse.ReadFindQuery(typed)}}
		if name == "reference" {
			v.Reference = typed
		}
		add("find-nothing-"+name, v)
		if name != "empty" {
			add("find-"+name, found(v))
		}
	}
	add("new", NewOperator{Typed: directory.UserFields{Role: gatehouse.RoleSupport}})
	for _, reasons := range [][2]string{{"email", directory.FieldRequired}, {"email", directory.FieldEmail}, {"username", directory.FieldTaken}, {"username", directory.FieldRequired}} {
		add("new-"+reasons[0]+"-"+reasons[1], NewOperator{Typed: directory.UserFields{Role: gatehouse.RoleSupport}, Fields: fixture.Wrong(reasons[0], reasons[1])})
	}
	for i, u := range testOperators() {
		add("one-"+strconv.Itoa(i), OneOperator{Of: u, Role: u.Role, Acts: acts()})
	}
	one := OneOperator{Of: testOperators()[0], Role: gatehouse.RoleOwner}
	own := one
	own.Own = true
	add("own", own)
	one.Acts = acts()
	for _, did := range operatorNews {
		one.Done = did
		add("done-"+did, one)
	}
	one.Done = ""
	for _, why := range refusedWords {
		one.Refused = why
		add("refused-"+why, one)
	}
	one.Refused, one.Waiting = "", &gatehouse.FactorReset{DueAt: fixture.Noon.Add(time.Hour)}
	add("waiting", one)
	for _, a := range acts() {
		add("act-"+a, OperatorAct{one, a})
	}
	return all
}

// found adds to what was looked for what there is of everything.
func found(v Find) Find {
	st, firm := fixture.Sites()["uk"], gatehouse.Company{Name: fixture.LongWord, AccountNumber: "10482-UK"}
	if v.Reference == "" && !v.Query.From.IsValid() {
		for _, u := range testOperators() {
			v.Users = append(v.Users, directory.FoundUser{Site: st, User: u, Company: firm})
		}
		gone := testOperators()[0]
		gone.DeletedAt, gone.Email = fixture.Noon, ""
		v.Users = append(v.Users, directory.FoundUser{Site: st, User: gone, Company: firm})
		v.Companies, v.More = []directory.FoundCompany{{Site: st, Company: firm}}, true
		return v
	}
	e := gatehouse.Event{At: fixture.Noon, Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, ActorName: "Owen Hale", IPAddress: "203.0.113.9", Reference: "GH-7F3K-29QX"}
	v.Events = []directory.FoundEvent{{Event: e, Site: st, User: testOperators()[0]}, {Event: e, Site: st}}
	return v
}

// acts are the acts on operators.
func acts() []string { return operatorNews[2:] }

// hostile puts a probe into what people have written.
func hostile(v ui.View, probe string) ui.View {
	u := testOperators()[0]
	u.FirstName, u.LastName, u.Username, u.Email = probe, probe, probe, probe
	switch v := v.(type) {
	case Mail, OneMail, Bounced:
		return hostileMail(v, probe)
	case Jobs, Health, Alerts:
		return hostileWatch(v, probe)
	case Terms, TermsText, Platforms, OnePlatform, PlatformAct, PlatformSecret, PlatformUsers, PlatformForm:
		return hostilePlatform(v, probe)
	case EventLog, OneEvent:
		return hostileEvents(v, probe)
	case Proposals:
		return Proposals{All: []directory.ProposedAddress{testProposal(gatehouse.ProposalOpen, probe), testProposal(gatehouse.ProposalRefused, probe)}, By: v.By}
	case OneProposal:
		st := *v.On
		st.Name = probe
		v.ProposedAddress, v.On, v.Reason, v.Done = testProposal(v.State, probe), &st, probe, probe
		return v
	case Overview:
		v.Proposals.All = []directory.ProposedAddress{testProposal(gatehouse.ProposalOpen, probe)}
		v.Sites = []directory.SiteOverview{{ID: "uk", Name: probe, Hours: []int{1, 2}}}
		return v
	case Sites:
		st := *v.All[0]
		st.Name = probe
		return Sites{[]*site.Site{&st}, nil}
	case OneSite:
		st := *v.Of
		st.Name, st.Hosts, st.TermsVersion, st.Sender.Address, st.Support.Email = probe, []string{probe}, probe, probe, probe
		return OneSite{&st}
	case Operators:
		return Operators{[]gatehouse.User{u}}
	case Find:
		st := *fixture.Sites()["uk"]
		st.Name = probe
		firm := gatehouse.Company{Name: probe, AccountNumber: probe}
		v.Query.Typed = probe
		v.Users, v.Companies = []directory.FoundUser{{Site: &st, User: u, Company: firm}}, []directory.FoundCompany{{Site: &st, Company: firm}}
		v.Events = []directory.FoundEvent{{Event: gatehouse.Event{ActorName: probe, IPAddress: probe, Reference: probe}, Site: &st, User: u}}
		return v
	case Companies:
		v.Typed, v.All = probe, []gatehouse.Company{{ID: "com_1", Name: probe, AccountNumber: probe}}
		return v
	case OneCompany:
		return hostileCompany(v, u, probe)
	case MovingUsers:
		return hostileMove(v, u, probe)
	case MergingCompanies:
		return hostileMerge(v, u, probe)
	case Suspending:
		v.Name, v.AccountNumber, v.SuspendedAt, v.SuspendedBy, v.SuspendedWhy = probe, probe, fixture.Noon, probe, probe
		v.Why, v.Told = probe, []gatehouse.User{u}
		return v
	case CompanyForm:
		v.Of.Name, v.Of.AccountNumber, v.Typed = probe, probe, directory.CompanyFields{Name: probe, AccountNumber: probe}
		v.First = directory.UserFields{Username: probe, FirstName: probe, LastName: probe, Email: probe}
		return v
	case NewOperator:
		v.Typed = directory.UserFields{Username: probe, FirstName: probe, LastName: probe, Email: probe, Role: gatehouse.Role(probe)}
		return v
	case OneOperator:
		v.Of = u
		return v
	case OperatorAct:
		v.Of = u
		return v
	}
	return v
}
