package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// upload keeps a file, and makes its preview with the guessed columns.
func (h *house) upload(admin gatehouse.User, file string) gatehouse.Import {
	h.t.Helper()
	i, err := h.UploadImport(h.t.Context(), h.uk, as(admin), admin.CompanyID, "people.csv", []byte(file))
	if err != nil {
		h.t.Fatal(err)
	}
	if i, err = h.CheckImport(h.t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, i.Columns, i.Headed); err != nil {
		h.t.Fatal(err)
	}
	return i
}

func (h *house) sites(id string) *site.Site {
	return map[string]*site.Site{h.uk.ID: h.uk, h.press.ID: h.press, h.au.ID: h.au}[id]
}

// confirm confirms a preview, and does what it says.
func (h *house) confirm(admin gatehouse.User, i gatehouse.Import, invite bool) gatehouse.Import {
	h.t.Helper()
	i, err := h.StartImport(h.t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, i.Mark, invite)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.finish(admin, i)
}

func (h *house) finish(admin gatehouse.User, i gatehouse.Import) gatehouse.Import {
	h.t.Helper()
	for more := true; more; {
		var err error
		if more, err = h.RunImports(h.t.Context(), h.sites, func() bool { return true }); err != nil {
			h.t.Fatal(err)
		}
	}
	i, err := h.Store.Read().Import(h.t.Context(), i.SiteID, i.CompanyID, i.UserID, i.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return i
}

func (h *house) importLines(i gatehouse.Import) []gatehouse.ImportLine {
	h.t.Helper()
	all, err := h.ImportLines(h.t.Context(), i, "", false, 0, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func counts(n gatehouse.ImportCounts) string {
	return fmt.Sprintf("%d new, %d changed, %d unchanged, %d refused", n.New, n.Changed, n.Unchanged, n.Refused)
}

func faultsOf(l gatehouse.ImportLine) string {
	var all []string
	for _, f := range l.Detail.Faults {
		all = append(all, f.Column+":"+f.Code)
	}
	return strings.Join(all, " ")
}

// A04: what the preview says is what happens, and the same file twice does nothing.
func TestAnImportByPageDoesWhatItsPreviewSays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		kim := h.user(h.uk, admin.CompanyID, "kim", gatehouse.RoleUser)
		lee := h.user(h.uk, admin.CompanyID, "lee", gatehouse.RoleUser)
		other := h.company(h.uk, "2", "Other")
		h.user(h.uk, other.ID, "theirs", gatehouse.RoleUser)
		file := "User name;E-mail;Vorname;Surname;Role;Notes\r\n" +
			"kim;kim@northgate.example;Kim;Adeyemi;;\"two\r\nlines\"\r\n" + // the name changes
			"lee;;Mira;Santos;user;\r\n" + // as it is
			"zoë;zoe@northgate.example;Zoë;Ng;administrator;\r\n" +
			"noor;;Noor;;;\r\n" + // nobody to mail
			"ZOË;;;;;\r\n" + // twice
			"theirs;;;;;\r\n" +
			";;Nameless;;;\r\n" +
			"1.23457E+15;;;;;\r\n" +
			"#N/A;;;;;\r\n" +
			admin.Username + ";;Changed;;;\r\n"
		i := h.upload(admin, file)
		if got := counts(i.Planned); got != "2 new, 1 changed, 1 unchanged, 6 refused" || i.Planned.Invited != 1 || i.Planned.Promoted != 1 {
			t.Fatalf("planned: %s, %+v", got, i.Planned)
		}
		want := map[int]string{7: "username:twice", 8: "username:elsewhere", 9: "username:required", 10: "username:shortened", 11: "username:cell-error", 12: "username:own-account"}
		for _, l := range h.importLines(i) {
			if got := faultsOf(l); got != want[l.Line] {
				t.Errorf("line %d: %q, want %q", l.Line, got, want[l.Line])
			}
		}
		if kinds, _ := h.mails(kim); len(kinds) > 1 {
			t.Errorf("the preview mails: %q", kinds)
		}
		i = h.confirm(admin, i, true)
		if got := counts(i.Done); i.State != gatehouse.ImportDone || got != counts(i.Planned) || i.Done.Invited != 1 {
			t.Fatalf("%s: %s, %+v", i.State, got, i.Done)
		}
		zoe, noor := h.stored(h.uk, "zoë"), h.stored(h.uk, "noor")
		if zoe.Role != gatehouse.RoleAdmin || zoe.State != gatehouse.Invited || zoe.Password.Hash == "" || noor.State != gatehouse.Invited || noor.Password.Hash != "" {
			t.Errorf("%+v\n%+v", zoe, noor)
		}
		if kinds, texts := h.mails(zoe); !slices.Equal(kinds, []string{"temporary-password"}) || !h.opens(zoe, temporaryPassword.FindString(texts[0])) {
			t.Errorf("zoë is sent %q", kinds)
		}
		if u := h.stored(h.uk, "kim"); u.FirstName != "Kim" || u.LastName != "Adeyemi" || u.Password.Hash == "" {
			t.Errorf("%+v", u)
		}
		if u := h.stored(h.uk, "lee"); u.FirstName != lee.FirstName {
			t.Errorf("%+v", u)
		}
		for _, l := range h.importLines(i) {
			if !l.Reached || len(l.Cells) > 0 {
				t.Errorf("kept of line %d: %+v", l.Line, l)
			}
		}
		again := h.upload(admin, file)
		if got := counts(again.Planned); got != "0 new, 0 changed, 4 unchanged, 6 refused" {
			t.Errorf("the same file again: %s", got)
		}
		if _, err := h.StartImport(t.Context(), h.uk, as(admin), admin.CompanyID, again.ID, again.Mark, true); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("nothing to do: %v", err)
		}
	})
}

// A user changes between the preview and the confirmation: nothing is done, and a new preview says
// which lines differ. One who changes after the confirmation is left out.
func TestAnImportByPageDoesNothingThatWasNotShown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.user(h.uk, admin.CompanyID, "kim", gatehouse.RoleUser)
		h.user(h.uk, admin.CompanyID, "lee", gatehouse.RoleUser)
		i := h.upload(admin, "username,first_name\nkim,Kim\nlee,Lee\nnew,New\n")
		h.edit("kim", "Another")
		fresh, err := h.StartImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, i.Mark, false)
		if gatehouse.KindOf(err) != gatehouse.Conflict || fresh.Moved != 1 || fresh.Mark == i.Mark {
			t.Fatalf("%v, %+v", err, fresh)
		}
		if all, err := h.ImportLines(t.Context(), fresh, "", true, 0, 10); err != nil || len(all) != 1 || all[0].Username != "kim" || all[0].Detail.Fields[0].Before != "Another" {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := h.StartImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, i.Mark, false); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("the old preview: %v", err)
		}
		if i, err = h.StartImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, fresh.Mark, false); err != nil {
			t.Fatal(err)
		}
		if twice, err := h.StartImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, fresh.Mark, true); err != nil || twice.Invite {
			t.Errorf("a double click: %+v, %v", twice, err)
		}
		h.edit("lee", "Another")
		i = h.finish(admin, i)
		if got := counts(i.Done); got != "1 new, 1 changed, 0 unchanged, 1 refused" {
			t.Errorf("done: %s", got)
		}
		if lee := h.stored(h.uk, "lee"); lee.FirstName != "Another" || faultsOf(h.importLines(i)[1]) != ":changed-since" {
			t.Errorf("%+v, %+v", lee, h.importLines(i)[1])
		}
	})
}

// edit changes a user's first name, as anybody could meanwhile.
func (h *house) edit(username, first string) {
	h.t.Helper()
	u := h.stored(h.uk, username)
	if _, err := h.UpdateUser(h.t.Context(), h.uk, operator, u.ID, directory.UserChange{FirstName: &first}); err != nil {
		h.t.Fatal(err)
	}
}

// An import belongs to the administrator who uploaded it: another one, another company and an
// operator find nothing. It is gone after an hour, and stops with the administrator's role.
func TestAnImportByPageBelongsToItsAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		second := h.user(h.uk, admin.CompanyID, "second", gatehouse.RoleAdmin)
		other := h.company(h.uk, "2", "Other")
		stranger := h.user(h.uk, other.ID, "stranger", gatehouse.RoleAdmin)
		i := h.upload(admin, "username,first_name,account_number,company\nnew,New,,\nforeign,F,2,\nforeign2,F,,Other\n")
		if got := counts(i.Planned); got != "1 new, 0 changed, 0 unchanged, 2 refused" {
			t.Fatalf("planned: %s", got)
		}
		if a, b := faultsOf(h.importLines(i)[1]), faultsOf(h.importLines(i)[2]); a != "account_number:not-your-company" || b != "company:company-name" {
			t.Errorf("%q, %q", a, b)
		}
		for _, c := range []gatehouse.Caller{as(second), as(stranger), operator, {Kind: gatehouse.Visitor}} {
			for what, err := range map[string]error{
				"see": second2(h.ImportByID(t.Context(), h.uk, c, admin.CompanyID, i.ID)), "drop": h.DropImport(t.Context(), h.uk, c, admin.CompanyID, i.ID),
				"start": second2(h.StartImport(t.Context(), h.uk, c, admin.CompanyID, i.ID, i.Mark, true)),
				"check": second2(h.CheckImport(t.Context(), h.uk, c, admin.CompanyID, i.ID, i.Columns, true)),
			} {
				if kind := gatehouse.KindOf(err); kind != gatehouse.NotFound && kind != gatehouse.Forbidden {
					t.Errorf("%s by %s: %v", what, c.Name, err)
				}
			}
		}
		i, err := h.StartImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, i.Mark, true)
		if err != nil {
			t.Fatal(err)
		}
		role := gatehouse.RoleUser
		if _, err := h.UpdateUser(t.Context(), h.uk, operator, admin.ID, directory.UserChange{Role: &role}); err != nil {
			t.Fatal(err)
		}
		if i = h.finish(admin, i); i.State != gatehouse.ImportStopped || counts(i.Done) != "0 new, 0 changed, 0 unchanged, 3 refused" {
			t.Errorf("%s: %s", i.State, counts(i.Done))
		}
		if _, err := h.Store.Read().UserByUsername(t.Context(), h.uk.ID, "new"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("imported all the same: %v", err)
		}
		waiting := h.upload(second, "username\nmore\n")
		h.now = h.now.Add(gatehouse.ImportKept)
		if _, err := h.ImportByID(t.Context(), h.uk, as(second), second.CompanyID, waiting.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("after an hour: %v", err)
		}
		h.write(func(q store.Queries) error { return q.DropOldImports(t.Context(), h.now) })
		if left := append(h.importLines(waiting), h.importLines(i)...); len(left) > 0 {
			t.Errorf("kept: %+v", left)
		}
	})
}

func second2[T any](_ T, err error) error { return err }

// An address in a file replaces the temporary password in the wrong mailbox, as everywhere.
func TestAnImportByPageMovesAMailbox(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		i, err := h.CreateUser(t.Context(), h.uk, operator, admin.CompanyID, directory.UserFields{Username: "kim", Email: "kim@wrong.example"})
		if err != nil {
			t.Fatal(err)
		}
		h.later()
		h.confirm(admin, h.upload(admin, "username,email\nkim,kim@right.example\n"), true)
		kinds, texts := h.mails(i.User)
		if !slices.Equal(kinds, []string{"temporary-password", "address-corrected", "temporary-password"}) || !h.opens(h.stored(h.uk, "kim"), temporaryPassword.FindString(texts[2])) {
			t.Errorf("kim is sent %q", kinds)
		}
	})
}

// What is wrong with a file as a whole, and with what its columns are said to be.
func TestWhatIsWrongWithAnUploadedFile(t *testing.T) {
	h := once(t)
	admin := h.northgate()
	for file, want := range map[string]string{
		"":                                   "empty",
		" \r\n\r\n":                          "empty",
		"username,email\n":                   "nobody",
		"PK\x03\x04 not a workbook":          "no-table",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":   "old-excel",
		strings.Repeat("a,", 150) + "a\nx\n": "too-many-columns",
		"username\n" + strings.Repeat("a\n", 50_001):             "too-many-rows",
		"\x00\x01\x02\x00\x00\x00" + strings.Repeat("\x00", 100): "no-table",
	} {
		_, err := h.UploadImport(t.Context(), h.uk, as(admin), admin.CompanyID, "f", []byte(file))
		e, ok := errors.AsType[*gatehouse.Error](err)
		if !ok || len(e.Fields) != 1 || e.Fields[0].Reason != want {
			t.Errorf("%.20q: %v, want %s", file, err, want)
		}
	}
	i, err := h.UploadImport(t.Context(), h.uk, as(admin), admin.CompanyID, "f", []byte("kim@northgate.example;Kim\nlee@northgate.example;Lee\n"))
	if err != nil || i.Headed || !slices.Equal(i.Columns, []string{"email", ""}) {
		t.Fatalf("%+v, %v", i, err)
	}
	for _, columns := range [][]string{{"email", ""}, {"email", "email"}, {"username", "password_hash"}} {
		if _, err := h.CheckImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, columns, false); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("%q: %v", columns, err)
		}
	}
	if i, err = h.CheckImport(t.Context(), h.uk, as(admin), admin.CompanyID, i.ID, []string{"email", "username"}, false); err != nil || i.Planned.New != 2 {
		t.Errorf("without a heading: %+v, %v", i, err)
	}
	h.uk.Policy.TemporaryPassword = time.Hour // NUL bytes, and whatever else no database keeps
	i = h.upload(admin, "username,first_name\nbad\x00name,\xff\nfine,Fine\n")
	if got := counts(i.Planned); got != "1 new, 0 changed, 0 unchanged, 1 refused" {
		t.Errorf("NUL bytes: %s", got)
	}
}

// What a page would tell people, an import by page tells them: a new administrator is announced to
// the others, and those who are deactivated or lose a role are told. One file makes no crowd of
// administrators.
func TestAnImportByPageTellsThoseConcerned(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		second := h.user(h.uk, admin.CompanyID, "second", gatehouse.RoleAdmin)
		h.write(func(q store.Queries) error { return q.SetUserState(t.Context(), h.uk.ID, second.ID, gatehouse.Active) })
		kim, lee := h.user(h.uk, admin.CompanyID, "kim", gatehouse.RoleUser), h.user(h.uk, admin.CompanyID, "lee", gatehouse.RoleUser)
		i := h.upload(admin, "username,role,active,email\nkim,admin,,\nlee,,no,\nnew,admin,,new@northgate.example\n")
		if n := i.Planned; n.Promoted != 2 || n.Deactivated != 1 || n.New != 1 || n.Changed != 2 {
			t.Fatalf("planned: %+v", n)
		}
		h.confirm(admin, i, false)
		for _, want := range []struct {
			who   gatehouse.User
			kinds []string
		}{
			{second, []string{"new-administrator", "new-administrator"}}, {admin, []string{"new-administrator"}}, {kim, []string{"account-changed"}}, // the first was told about the second, long before
			{lee, []string{"account-changed"}}, {h.stored(h.uk, "new"), nil},
		} {
			kinds, _ := h.mails(want.who)
			if kinds = slices.DeleteFunc(kinds, func(k string) bool { return k == "temporary-password" }); !slices.Equal(kinds, want.kinds) {
				t.Errorf("%s is sent %q, want %q", want.who.Username, kinds, want.kinds)
			}
		}
		crowd := "username,role\n"
		for n := range 30 {
			crowd += fmt.Sprintf("boss%d,admin\n", n)
		}
		if i = h.upload(admin, crowd); i.Planned.Promoted != 20 || i.Planned.Refused != 10 || faultsOf(h.importLines(i)[29]) != "role:many-admins" {
			t.Errorf("a crowd: %+v", i.Planned)
		}
	})
}

// A site that invites by link sends links.
func TestAnImportByPageInvitesAsTheSiteDoes(t *testing.T) {
	h := once(t)
	h.uk.InvitesByLink = true
	admin := h.northgate()
	i := h.confirm(admin, h.upload(admin, "username,email\nkim,kim@northgate.example\nlee,\n"), true)
	if kinds, _ := h.mails(h.stored(h.uk, "kim")); !slices.Equal(kinds, []string{"invitation"}) || i.Done.Invited != 1 || h.stored(h.uk, "kim").Password.Hash != "" {
		t.Errorf("%q, %+v", kinds, i.Done)
	}
	// Who was not invited can be later, and the file does not do it again.
	if again := h.upload(admin, "username,email\nkim,kim@northgate.example\nlee,\n"); again.Planned.Unchanged != 2 {
		t.Errorf("again: %+v", again.Planned)
	}
}
