package directory_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// uploadForSite keeps an operator's file for the site, and makes its preview with the guessed columns.
func (h *house) uploadForSite(by gatehouse.Caller, file string) gatehouse.Import {
	h.t.Helper()
	i, err := h.UploadImport(h.t.Context(), h.uk, by, "", "people.csv", []byte(file))
	if err == nil {
		i, err = h.CheckImport(h.t.Context(), h.uk, by, "", i.ID, i.Columns, i.Headed)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return i
}

func (h *house) startForSite(by gatehouse.Caller, i gatehouse.Import) gatehouse.Import {
	h.t.Helper()
	i, err := h.StartImport(h.t.Context(), h.uk, by, "", i.ID, i.Mark, true)
	if err != nil {
		h.t.Fatal(err)
	}
	return i
}

func (h *house) wantFaults(i gatehouse.Import, want map[int]string) {
	h.t.Helper()
	for _, l := range h.importLines(i) {
		if got := faultsOf(l); got != want[l.Line] {
			h.t.Errorf("line %d: %q, want %q", l.Line, got, want[l.Line])
		}
	}
}

// C07: an owner brings in users of several companies of a site, and companies that are not there yet.
// What the preview says is what happens, and the same file twice does nothing.
func TestAnOperatorImportsForASite(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		other := p.company(p.uk, "2", "Harlow Tools")
		p.house.user(p.uk, other.ID, "theirs", gatehouse.RoleUser)
		if err := p.Suspend(t.Context(), p.uk, operator, p.company(p.uk, "3", "Kestrel").ID, "not paid", ""); err != nil {
			t.Fatal(err)
		}
		p.write(func(q store.Queries) error {
			return q.SetUserState(t.Context(), p.uk.ID, p.admin.ID, gatehouse.Active)
		})
		file := "Account number;Company;User name;E-mail;Vorname;Role\n" +
			"10482;;MSantos;;Mirabel;\n" +
			"2;Harlow Tools;theirs;;;administrator\n" +
			"N-1;New & Sons;first;first@new.example;Fia;administrator\n" +
			"N-1;New & Sons;second;second@new.example;Sam;\n" +
			"3;;kestrel;k@kestrel.example;;\n" +
			"N-2;;nameless;;;\n" +
			"2;Harlow;wrong;;;\n" +
			"2;;msantos;;;\n" +
			";;nowhere;;;\n" +
			"10482;;AOkafor;else@northgate.example;;\n" +
			"10482;;aokafor2;new@northgate.example;;administrator\n"
		i := p.uploadForSite(p.owner, file)
		if got := counts(i.Planned); got != "4 new, 2 changed, 0 unchanged, 5 refused" || i.Planned.Companies != 1 || i.Planned.Invited != 3 || i.Planned.Promoted != 3 {
			t.Fatalf("planned: %s, %+v", got, i.Planned)
		}
		p.wantFaults(i, map[int]string{7: "company:no-company", 8: "company:company-name", 9: "username:twice username:elsewhere", 10: "account_number:required", 11: "email:second-operator"})
		lines := p.importLines(i)
		if d := lines[2].Detail; d.Company != "New & Sons" || d.Account != "N-1" || !d.Founds || lines[3].Detail.Founds {
			t.Errorf("%+v\n%+v", d, lines[3].Detail)
		}
		if _, err := p.Store.Read().CompanyByAccount(t.Context(), p.uk.ID, "N-1"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("the preview makes a company: %v", err)
		}
		i = p.finish(gatehouse.User{}, p.startForSite(p.owner, i))
		if got := counts(i.Done); i.State != gatehouse.ImportDone || got != counts(i.Planned) || i.Done.Invited != 3 || i.Done.Companies != 1 {
			t.Fatalf("%s: %s, %+v", i.State, got, i.Done)
		}
		firm, err := p.Store.Read().CompanyByAccount(t.Context(), p.uk.ID, "N-1")
		first, kestrel := p.stored(p.uk, "first"), p.stored(p.uk, "kestrel")
		if err != nil || firm.Name != "New & Sons" || first.CompanyID != firm.ID || first.Role != gatehouse.RoleAdmin || p.stored(p.uk, "second").CompanyID != firm.ID {
			t.Errorf("%+v %+v %v", firm, first, err)
		}
		if kinds, _ := p.mails(first); !strings.Contains(strings.Join(kinds, " "), "temporary-password") {
			t.Errorf("the first administrator is sent %q", kinds)
		}
		if kinds, _ := p.mails(kestrel); len(kinds) > 0 || kestrel.Password.Hash != "" {
			t.Errorf("a user of a suspended company is sent %q", kinds)
		}
		if kinds, _ := p.mails(p.admin); strings.Join(kinds[len(kinds)-1:], " ") != "new-administrator" {
			t.Errorf("the administrator of the company is told %q", kinds)
		}
		if u := p.stored(p.uk, "AOkafor"); u.Email != p.admin.Email || p.stored(p.uk, "MSantos").FirstName != "Mirabel" {
			t.Errorf("%+v", u)
		}
		if again := p.uploadForSite(p.owner, file); counts(again.Planned) != "0 new, 0 changed, 6 unchanged, 5 refused" || again.Planned.Companies != 0 {
			t.Errorf("the same file again: %s", counts(again.Planned))
		}
	})
}

// What an operator does is in the event log by name, and counted.
func TestAnImportForASiteIsInTheEventLog(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		i := p.uploadForSite(p.owner, "account_number,company,username\nN-1,New,one\n")
		p.finish(gatehouse.User{}, p.startForSite(p.owner, i))
		one := p.stored(p.uk, "one")
		log, err := p.EventLog(t.Context(), p.owner.For(gatehouse.OperatorEvents), []*site.Site{p.uk}, directory.LogQuery{Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[gatehouse.EventKind]gatehouse.Event{}
		for _, e := range log.Events {
			if _, newer := seen[e.Event.Kind]; !newer {
				seen[e.Event.Kind] = e.Event
			}
		}
		for _, kind := range []gatehouse.EventKind{gatehouse.EventCompanyCreated, gatehouse.EventUserImported, gatehouse.EventImport} {
			if e := seen[kind]; e.ActorKind != gatehouse.Operator || e.ActorID != p.owner.UserID || e.ActorName != p.owner.Name {
				t.Errorf("%s: %+v", kind, e)
			}
		}
		if d := seen[gatehouse.EventImport].Detail; d["companies"] != "1" || d["created"] != "1" || seen[gatehouse.EventImport].CompanyID != "" || seen[gatehouse.EventUserImported].UserID != one.ID {
			t.Errorf("%+v", d)
		}
	})
}

// Nobody but the operator whose import it is, in a role that is good for it, sees it or goes on with it; an
// import for a site is none of a company's, and operators have none of a company's.
func TestAnImportForASiteIsAnOwners(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		second := asOperator(p.operator("second", gatehouse.RoleOwner))
		i := p.uploadForSite(p.owner, "account_number,username\n10482,one\n")
		for name, by := range map[string]gatehouse.Caller{"support": p.support, "security": p.security, "an administrator": as(p.admin), "a command": operator} {
			if _, err := p.UploadImport(t.Context(), p.uk, by, "", "a.csv", []byte("account_number,username\n10482,x\n")); err == nil || gatehouse.KindOf(err) != gatehouse.Forbidden {
				t.Errorf("%s uploads: %v", name, err)
			}
			if _, err := p.StartImport(t.Context(), p.uk, by, "", i.ID, i.Mark, true); err == nil || gatehouse.KindOf(err) != gatehouse.Forbidden {
				t.Errorf("%s confirms: %v", name, err)
			}
		}
		if _, err := p.ImportByID(t.Context(), p.uk, second, "", i.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("another owner: %v", err)
		}
		if _, err := p.ImportByID(t.Context(), p.press, p.owner, "", i.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("on another site: %v", err)
		}
		if _, err := p.UploadImport(t.Context(), p.operators, p.owner, "", "a.csv", []byte("account_number,username\n1,x\n")); err == nil || gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("operators: %v", err)
		}
		if _, err := p.UploadImport(t.Context(), p.uk, p.owner, p.admin.CompanyID, "a.csv", []byte("username\nx\n")); err == nil || gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("as a company's administrator: %v", err)
		}
	})
}

// Who lost the role after the confirmation brings in nobody: what is not done yet is left out.
func TestAnImportForASiteStopsWithTheRole(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		for n, change := range []func(q store.Queries, u gatehouse.User) error{
			func(q store.Queries, u gatehouse.User) error {
				u.Role = gatehouse.RoleSecurity
				return q.UpdateProfile(t.Context(), u, p.now)
			},
			func(q store.Queries, u gatehouse.User) error {
				return q.SetUserState(t.Context(), u.SiteID, u.ID, gatehouse.Deactivated)
			},
		} {
			u := p.operator(fmt.Sprint("leaver", n), gatehouse.RoleOwner)
			by := asOperator(u)
			i := p.startForSite(by, p.uploadForSite(by, fmt.Sprintf("account_number,company,username\n10482,,late%d\nN-9,New,later%d\n", n, n)))
			p.write(func(q store.Queries) error { return change(q, u) })
			i = p.finish(gatehouse.User{}, i)
			if i.State != gatehouse.ImportStopped || i.Done.New != 0 || i.Done.Refused != 2 {
				t.Errorf("%d: %s, %+v", n, i.State, i.Done)
			}
			if _, err := p.Store.Read().CompanyByAccount(t.Context(), p.uk.ID, "N-9"); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%d: a company: %v", n, err)
			}
		}
	})
}

// An address that takes a second operator is not changed by a file, whatever else the line says about the
// user: not by taking the role away, nor by giving it in the same line. Others are corrected.
func TestAnImportDoesNotReplaceTheSecondOperator(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		plain := p.house.user(p.uk, p.admin.CompanyID, "plain", gatehouse.RoleUser)
		p.write(func(q store.Queries) error {
			for _, u := range []gatehouse.User{p.admin, p.user, plain} {
				u.EmailConfirmed = false
				if err := q.UpdateProfile(t.Context(), u, p.now); err != nil {
					return err
				}
			}
			return nil
		})
		i := p.uploadForSite(p.owner, "account_number,username,email,role\n"+
			"10482,AOkafor,else@northgate.example,user\n"+
			"10482,MSantos,else2@northgate.example,administrator\n"+
			"10482,plain,right@northgate.example,\n")
		p.wantFaults(i, map[int]string{2: "email:second-operator", 3: "email:second-operator"})
		p.finish(gatehouse.User{}, p.startForSite(p.owner, i))
		if p.stored(p.uk, "AOkafor").Email != p.admin.Email || p.stored(p.uk, "MSantos").Role != gatehouse.RoleUser || p.stored(p.uk, "plain").Email != "right@northgate.example" {
			t.Error("the addresses are not as the preview says")
		}
		if kinds, _ := p.mails(plain); len(kinds) == 0 {
			t.Error("the former mailbox is not told")
		}
	})
}

// Somebody becomes an administrator between the preview and the moment when the line is written: the
// address stays.
func TestAnImportForASiteDecidesEachLineAgain(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		plain := p.house.user(p.uk, p.admin.CompanyID, "plain", gatehouse.RoleUser)
		i := p.startForSite(p.owner, p.uploadForSite(p.owner, "account_number,username,email\n10482,plain,right@northgate.example\n"))
		plain.Role = gatehouse.RoleAdmin
		p.write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), plain, p.now) })
		i = p.finish(gatehouse.User{}, i)
		if got := p.stored(p.uk, "plain").Email; got != plain.Email || i.Done.Refused != 1 {
			t.Errorf("%s, %+v", got, i.Done)
		}
	})
}

// A file larger than one part makes each company once, and twenty administrators of each.
func TestAnImportForASiteInParts(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		var file strings.Builder
		file.WriteString("account_number,company,username,role\n")
		for n := range 450 {
			role := ""
			if n < 60 {
				role = "administrator"
			}
			fmt.Fprintf(&file, "N-%d,New %d,user%d,%s\n", n%3, n%3, n, role)
		}
		i := p.uploadForSite(p.owner, file.String()+"N-1,,onemore,administrator\n")
		if i.Planned.Companies != 3 || i.Planned.Promoted != 60 || i.Planned.Refused != 1 {
			t.Fatalf("%+v", i.Planned)
		}
		i = p.finish(gatehouse.User{}, p.startForSite(p.owner, i))
		if i.Done.Companies != 3 || i.Done.New != 450 || i.Done.Refused != 1 {
			t.Errorf("%+v", i.Done)
		}
	})
}

// A company is suspended between the preview and the run: new users who would have been invited are left
// out, and their lines say why.
func TestACompanyIsSuspendedBeforeAFileBringsInUsers(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		firm := p.company(p.uk, "S-1", "Stopped")
		i := p.startForSite(p.owner, p.uploadForSite(p.owner, "account_number,username,email\nS-1,new1,new1@stopped.example\n"))
		if err := p.Suspend(t.Context(), p.uk, operator, firm.ID, "not paid", ""); err != nil {
			t.Fatal(err)
		}
		i = p.finish(gatehouse.User{}, i)
		if lines := p.importLines(i); i.Done.Refused != 1 || faultsOf(lines[0]) != ":suspended" {
			t.Errorf("%+v, %s", i.Done, faultsOf(lines[0]))
		}
		// One that has another account number by now is no longer found.
		firm = p.company(p.uk, "S-2", "Renumbered")
		i = p.startForSite(p.owner, p.uploadForSite(p.owner, "account_number,username,email\nS-2,new2,new2@stopped.example\n"))
		firm.AccountNumber = "S-3"
		p.write(func(q store.Queries) error { return q.UpdateCompany(t.Context(), firm) })
		i = p.finish(gatehouse.User{}, i)
		if lines := p.importLines(i); i.Done.Refused != 1 || faultsOf(lines[0]) != "company:no-company :changed-since" {
			t.Errorf("%+v, %s", i.Done, faultsOf(lines[0]))
		}
	})
}

// A company is suspended while a file brings in users of it: whichever is first, no mail to any of them waits
// afterwards, and those who are there are kept out.
func TestACompanyIsSuspendedWhileAFileBringsInUsers(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		for round := range 8 {
			number := fmt.Sprintf("R-%d", round)
			firm := p.company(p.uk, number, "Raced")
			var file strings.Builder
			file.WriteString("account_number,username,email\n")
			for n := range 5 {
				fmt.Fprintf(&file, "%s,raced%d.%d,raced%d.%d@raced.example\n", number, round, n, round, n)
			}
			i := p.startForSite(p.owner, p.uploadForSite(p.owner, file.String()))
			var all sync.WaitGroup
			all.Go(func() {
				for more := true; more; {
					var err error
					if more, err = p.RunImports(t.Context(), p.sites, func() bool { return true }); err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				time.Sleep(time.Duration(round) * 3 * time.Millisecond)
				if err := p.Suspend(t.Context(), p.uk, operator, firm.ID, "not paid", ""); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			if i = p.finish(gatehouse.User{}, i); i.State != gatehouse.ImportDone || i.Done.New+i.Done.Refused != 5 {
				t.Fatalf("%s, %+v", i.State, i.Done)
			}
			for n := range i.Done.New { // else they were left out: nobody would have been invited, as the preview said
				u := p.stored(p.uk, fmt.Sprintf("raced%d.%d", round, n))
				if !u.Suspended() || u.MaySignIn() {
					t.Errorf("%s is let in", u.Username)
				}
				kinds, texts := p.mails(u)
				if strings.Join(texts, "") != "" {
					t.Errorf("round %d: %s is mailed: %q", round, u.Username, texts)
				}
				if invited := u.Password.Hash != ""; invited != (len(kinds) > 0) {
					t.Errorf("round %d: %s has a first password: %v, and was sent %q", round, u.Username, invited, kinds)
				}
			}
		}
	})
}
