package journeys

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const importForUK = "/operator/sites/meridian-uk/import"

// An owner brings in users of several companies of a site by page. A column says which company; a company
// that is not there yet is made. What is wrong is said at its line with what to do, nothing happens before
// it is confirmed, and the same file twice does nothing.
func TestC07_AnOperatorImportsForASite(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		kim := s.AddUser("meridian-uk", "kim", password, func(u *gatehouse.User) { u.FirstName = "Kim" })
		boss := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) {
			u.Role, u.CompanyID, u.EmailConfirmed = gatehouse.RoleAdmin, kim.CompanyID, false
		})
		firm := s.CompanyOf(kim)
		me, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		start := c.Follow(c.Follow(c.Follow(c.Get("/operator").Want(200), "Companies").Want(200), "Meridian UK").Want(200), "Import users").Want(200)
		if start.URL.Path != importForUK || !contains(start.Text("main"), "Meridian UK", "a second operator agrees") {
			t.Fatalf("%s %q", start.URL, start.Text("main"))
		}
		number := firm.AccountNumber
		file := "Kundennummer;Firma;Benutzername;Vorname;E-Mail;Rolle\r\n" +
			number + ";;kim;Kimberly;;\r\n" +
			"N-1;Zo\xeb & Sons;zoe;Zo\xeb;zoe@sons.example;Administrator\r\n" + // Windows-1252
			"N-2;;nobody;;;\r\n" +
			number + ";Harlow;wrong;;;\r\n" +
			number + ";;msantos;;thief@evil.example;\r\n" +
			";;nowhere;;;\r\n"
		columns := uploadsAt(c, importForUK, file).Want(200)
		if bad := c.Submit(columns, columnsForm, testkit.Values{"column": ""}).Want(422); !bad.Has("Choose which column has the account numbers") {
			t.Errorf("without a company: %q", bad.Text("main"))
		}
		preview := c.Submit(columns, columnsForm, nil).Want(200)
		if stats(preview) != "1 1 0 4" || !contains(preview.Text("main"), "First name: Kim → Kimberly", "Adds the company Zoë & Sons", "1 company will be added", firm.Name) {
			t.Fatalf("%s\n%s", stats(preview), preview.Text("main"))
		}
		for _, want := range []string{"no company with this account number", "The account number is that of “" + firm.Name + "”", "takes two operators", "Account number is missing"} {
			if !preview.Has(want) {
				t.Errorf("the preview lacks %q", want)
			}
		}
		if p := c.Get(preview.MustFind("a[href*='q=msantos']").AttrOr("href", "")).Want(200); !p.Has(boss.Email) {
			t.Errorf("no way to the user whose address has to be proposed: %q", p.Text("main"))
		}
		if s.User(kim).FirstName != "Kim" || len(s.Mail.Unread("zoe@sons.example")) > 0 {
			t.Fatal("the preview did something")
		}
		result := confirms(t, c, preview, nil)
		if stats(result) != "1 1 0 4" || !contains(result.Text("main"), "1 company has been added", "1 invitation has been sent") || s.User(kim).FirstName != "Kimberly" || s.User(boss).Email != boss.Email {
			t.Errorf("%s\n%s", stats(result), result.Text("main"))
		}
		if m := s.Mail.Wait(t, "zoe@sons.example"); !strings.Contains(m.Text, "zoe") {
			t.Errorf("the invitation: %s", m.Text)
		}
		if p := c.Follow(result, "Zoë").Want(200); !p.Has("Zoë & Sons") {
			t.Errorf("the new user: %q", p.Text("main"))
		}
		all, err := csv.NewReader(bytes.NewReader(c.Get(result.URL.Path + ".csv").Want(200).Body)).ReadAll()
		if err != nil || len(all) != 7 || all[0][6] != "company" || all[2][5] != "N-1" || all[2][6] != "Zoë & Sons" {
			t.Errorf("%q, %v", all, err)
		}
		if p := c.Get(result.URL.Path + "/events").Want(200); !strings.Contains(string(p.Body), `"over":true`) {
			t.Errorf("its progress: %s", p.Body)
		}
		again := c.Submit(uploadsAt(c, importForUK, file).Want(200), columnsForm, nil).Want(200)
		if stats(again) != "0 0 2 4" || again.Find("button:contains('Import ')").Length() > 0 {
			t.Errorf("the same file again: %s", stats(again))
		}
		if p := c.Press(again, "Discard the file", nil).Want(200); p.URL.Path != importForUK {
			t.Errorf("discarded: %s", p.URL)
		}
		for _, kind := range []string{"company.created", "user.imported", "company.imported"} {
			if log := c.Get("/operator/events?kind=" + kind).Want(200).Text("table tbody"); !contains(log, me.DisplayName()) {
				t.Errorf("the event log has for %s: %q", kind, log)
			}
		}
	})
}

// What is no list of users is said at the file, and nothing is kept of it.
func TestC07_AWrongFileForASite(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "kim", password, nil)
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		for file, want := range map[string]string{
			"":                                 "The file is empty.",
			"account_number;username\n":        "no users below it",
			"\x89PNG\r\n\x1a\n\x00\x00\x00":    "This is not a spreadsheet",
			"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "old or password-protected Excel file",
		} {
			if bad := uploadsAt(c, importForUK, file); bad.Status != http.StatusUnprocessableEntity || !bad.Has(want) {
				t.Errorf("%q: %d %q", file, bad.Status, bad.Text("main"))
			}
		}
		if p := c.Get(importForUK).Want(200); p.Find("#recent").Length() > 0 {
			t.Errorf("something is kept: %q", p.Text("main"))
		}
		c.Get("/operator/sites/operators/import").Want(404)
		c.Get("/operator/sites/none/import").Want(404)
	})
}

// Support and security are not offered an import and have none; an owner has no other owner's, and one whose
// role was taken away between the preview and the confirmation brings in nobody.
func TestC07_AnImportForASiteIsAnOwners(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		kim := s.AddUser("meridian-uk", "kim", password, nil)
		firm := s.CompanyOf(kim)
		me, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		_, second, _ := operatorWithApp(t, s, "second", gatehouse.RoleOwner)
		_, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		preview := c.Submit(uploadsAt(c, importForUK, "account_number,username\n"+firm.AccountNumber+",one\n").Want(200), columnsForm, nil).Want(200)
		security.Get(importForUK).Want(403)
		security.Get(preview.URL.Path).Want(403)
		if p := security.Get(companiesOfUK).Want(200); p.Find("a[href='"+importForUK+"']").Length() > 0 {
			t.Error("security is offered an import")
		}
		for _, path := range []string{"", ".csv", "?columns=1", "/events"} {
			second.Get(preview.URL.Path + path).Want(404)
		}
		me.Role = gatehouse.RoleSecurity
		s.Write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), me, s.Clock.Now()) })
		c.Submit(preview, "form:has([name=preview])", nil).Want(403)
		if _, err := s.Store.Read().UserByUsername(t.Context(), kim.SiteID, "one"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("somebody was brought in: %v", err)
		}
	})
}
