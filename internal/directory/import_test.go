package directory_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// sommer is the {SSHA} hash of "Sommer-7"; newer looks like another one.
	sommer = "{SSHA}KnFDZAjxDepfc+Sxhur8p04TF+tzYWx0c2FsdA=="
	newer  = "{SSHA}AAAAZAjxDepfc+Sxhur8p04TF+tzYWx0c2FsdA=="
	// costly is a bcrypt hash that takes a day.
	costly = "$2b$31$abcdefghijklmnopqrstuuCIMh7RzgPGYHKGFJGcrs1PJtBiYjsh2"
)

func (h *house) importFile(st *site.Site, file string, opts directory.ImportOptions) (directory.ImportReport, error) {
	return h.Import(h.t.Context(), st, operator, strings.NewReader(file), opts)
}

func (h *house) mustImport(st *site.Site, file string) directory.ImportReport {
	h.t.Helper()
	r, err := h.importFile(st, file, directory.ImportOptions{})
	if err != nil {
		h.t.Fatalf("%v\n%v", err, r.Problems)
	}
	return r
}

const importedUsers = "\xef\xbb\xbfusername;company;account_number;email;first_name;last_name;role;password_hash;temporary_password;active\r\n" +
	"MSantos;\"Northgate; Systems \"\"Ltd\"\"\";10482;mira@northgate.example;Mira;Santos;;" + sommer + ";;\r\n" +
	"\r\n;;;;;;;;;\r\n" +
	"AOkafor;;10482;;Ada;Okafor;ADMIN;;Fjord-Lamp-77;yes\r\n" +
	"Old;;10482;;;;user;;;false\r\n" +
	"Lone;Halden & Sons;77;;;;;;;"

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.mustImport(h.uk, importedUsers)
		want := directory.ImportReport{Lines: 4, Created: 4, CompaniesCreated: 2, WithoutPassword: 2}
		if fmt.Sprint(r) != fmt.Sprint(want) {
			t.Errorf("report %+v, want %+v", r, want)
		}
		mira, ada, old := h.stored(h.uk, "msantos"), h.stored(h.uk, "aokafor"), h.stored(h.uk, "old")
		if mira.State != gatehouse.Active || mira.Email != "mira@northgate.example" || !h.wraps(mira, sommer) ||
			mira.Password != (gatehouse.Password{Hash: mira.Password.Hash, Origin: gatehouse.PasswordChosen, SetAt: noon}) || !h.opens(mira, "Sommer-7") {
			t.Errorf("%+v", mira)
		}
		if ada.Role != gatehouse.RoleAdmin || ada.Password.Origin != gatehouse.PasswordInitial ||
			!ada.Password.ExpiresAt.Equal(noon.Add(h.uk.Policy.TemporaryPassword)) || !h.opens(ada, "Fjord-Lamp-77") {
			t.Errorf("%+v", ada)
		}
		if old.State != gatehouse.Deactivated || old.Password.Hash != "" || ada.CompanyID != mira.CompanyID {
			t.Errorf("%+v", old)
		}
		c, err := h.Company(t.Context(), h.uk, operator, mira.CompanyID)
		if err != nil || c.Name != `Northgate; Systems "Ltd"` {
			t.Errorf("%+v, %v", c, err)
		}
		if got := h.events(mira); !slices.Equal(got, []gatehouse.EventKind{gatehouse.EventUserImported}) {
			t.Errorf("events: %v", got)
		}
		if kinds, _ := h.mails(ada); kinds != nil {
			t.Errorf("an import sent mail: %v", kinds)
		}
		h.later()
		r = h.mustImport(h.uk, importedUsers)
		if r.Unchanged != 4 || r.Created+r.Updated+r.CompaniesCreated != 0 || h.stored(h.uk, "msantos") != mira || h.stored(h.uk, "aokafor") != ada {
			t.Errorf("the second time: %+v", r)
		}
	})
}

func TestEveryBadLineIsReported(t *testing.T) {
	h := once(t)
	h.user(h.uk, h.company(h.uk, "2", "Other").ID, "elsewhere", gatehouse.RoleUser)
	h.company(h.uk, "3", "Third")
	const head = "company,account_number,username,email,role,password_hash,temporary_password,active,last_name\n"
	bad := []struct{ line, problem string }{
		{"N,1,,,,,,,", "username: is missing"},
		{"N,,u1,,,,,,", "account_number: is missing"},
		{",99,u2,,,,,,", `company: is missing: there is no company with the account number "99" yet`},
		{"N,1,good,,,,,,", ""},
		{"N,1,GOOD,,,,,,", `username: "GOOD" is in line 5 already`},
		{"M,1,u3,,,,,,", `company: "M": line 2 has "N" for the account number "1"`},
		{"3rd,3,u4,,,,,,", `company: "3rd": the site has "Third" for the account number "3"`},
		{"N,1,elsewhere,,,,,,", `username: "elsewhere" is in use by another company of this site`},
		{"N,1,u5,nobody@,,,,,", `email: "nobody@" is not an address`},
		{"N,1,u6,,root,,,,", `role: "root" must be one of: user, admin`},
		{"N,1,u7,,,plain,,,", "password_hash: not a password hash that this server can verify"},
		{"N,1,u8,,," + costly + ",,,", "password_hash: password hash too costly to verify"},
		{"N,1,u9,,," + sommer + ",Fjord-Lamp-77,,", "temporary_password: cannot be there together with password_hash"},
		{"N,1,u10,,,,short,,", "temporary_password: fails the site's password policy: fewer than 7 characters, no capital letter, no digit"},
		{"N,1,u11,,,,,perhaps,", `active: "perhaps" must be true or false, or empty`},
		{"N,1,u12,,,,,,a\x1b[2J", `last_name: "a\x1b[2J" has characters`},
		{"N,1,u13,,,,,," + strings.Repeat("x", 101), "has more than 100 characters"},
		{"N,1,u14,,,,,,\xfcber", "has characters"},
		{"N,1,u15,,,,,,,x", "the line has 10 fields, the header has 9"},
		{`N,1,"u16,,,,,,`, "a quotation mark is not closed on its line"},
		{`N,1,u"17,,,,,,`, "a quotation mark is in a field that does not begin with one"},
		{`N,1,"u18"x,,,,,,`, "something follows a closing quotation mark"},
		{"N,1," + strings.Repeat("u", 40000) + ",,,,,,", "the line has more than 32768 bytes"},
		{"N,1,last,,,,,,", ""},
	}
	file, want := head, []string{}
	for i, b := range bad {
		file += b.line + "\n"
		if b.problem != "" {
			want = append(want, fmt.Sprintf("line %d: ", i+2)+b.problem)
		}
	}
	var told []directory.ImportProblem
	r, err := h.importFile(h.uk, file, directory.ImportOptions{Problem: func(p directory.ImportProblem) { told = append(told, p) }})
	if gatehouse.KindOf(err) != gatehouse.Invalid || r.Bad != len(want) || r.ProblemCount != len(want) || len(told) != len(want) {
		t.Errorf("%v: %d bad lines, %d problems, told %d; want %d", err, r.Bad, r.ProblemCount, len(told), len(want))
	}
	slices.SortStableFunc(r.Problems, func(a, b directory.ImportProblem) int { return a.Line - b.Line })
	for i, w := range want {
		line, rest, _ := strings.Cut(w, ": ")
		if i >= len(r.Problems) {
			t.Fatalf("missing: %s", w)
		}
		if got := r.Problems[i].String(); !strings.HasPrefix(got, line+":") || !strings.Contains(got, rest) {
			t.Errorf("got  %s\nwant %s", got, w)
		}
	}
	if _, err := h.UserByUsername(t.Context(), h.uk, operator, "good"); gatehouse.KindOf(err) != gatehouse.NotFound {
		t.Errorf("something of a bad file was imported: %v", err)
	}
	if _, err := h.CompanyByAccount(t.Context(), h.uk, operator, "1"); gatehouse.KindOf(err) != gatehouse.NotFound {
		t.Errorf("a company of a bad file was made: %v", err)
	}
	r, err = h.importFile(h.uk, file, directory.ImportOptions{SkipBad: true, DryRun: true})
	if err != nil || r.Created != 2 {
		t.Errorf("dry run: %+v, %v", r, err)
	}
	if r, err = h.importFile(h.uk, file, directory.ImportOptions{SkipBad: true}); err != nil || r.Created != 2 || r.Bad != len(want) {
		t.Errorf("skipping: %+v, %v", r, err)
	}
	h.stored(h.uk, "last")
}

func TestBadHeaders(t *testing.T) {
	h := once(t)
	for file, want := range map[string]string{
		"":                                       "no names of columns",
		"\n":                                     "no names of columns",
		"username,account_number,pasword\n":      `there is no column "pasword"; known are: company, account_number`,
		"username,account_number,Username\n":     "the column username is there twice",
		"username\n":                             "the column account_number is missing",
		"account_number,email\n":                 "the column username is missing",
		"\xff\xfeu\x00s\x00":                     "UTF-16",
		"\"username\n":                           "not closed",
		strings.Repeat("username", 10000) + "\n": "no names of columns",
	} {
		_, err := h.importFile(h.uk, file, directory.ImportOptions{})
		if gatehouse.KindOf(err) != gatehouse.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", file, err, want)
		}
	}
}

func TestAReportKeepsNoMoreThanItMay(t *testing.T) {
	h := once(t)
	file := "account_number,username\n" + strings.Repeat(",\"x\"\n", directory.MaxProblems+500)
	r, err := h.importFile(h.uk, file, directory.ImportOptions{})
	if err == nil || len(r.Problems) != directory.MaxProblems || r.Bad != directory.MaxProblems+500 || r.ProblemCount != 2*r.Bad-1 {
		t.Errorf("%v: kept %d of %d problems of %d lines", err, len(r.Problems), r.ProblemCount, r.Bad)
	}
}

func TestImportWhereAddressesSignIn(t *testing.T) {
	h := once(t)
	h.mustImport(h.press, "account_number,company,email\n1,Quill,Mira@Quill.example\n")
	if u := h.stored(h.press, "mira@quill.example"); u.Username != "Mira@Quill.example" || u.Email != u.Username {
		t.Errorf("%+v", u)
	}
	if r := h.mustImport(h.press, "account_number,username\n1,mira@quill.example\n"); r.Unchanged != 1 {
		t.Errorf("%+v", r)
	}
	r, err := h.importFile(h.press, "account_number,username,email\n1,mira,ola@quill.example\n", directory.ImportOptions{})
	if err == nil || !strings.Contains(fmt.Sprint(r.Problems), "must be the person's own email address") {
		t.Errorf("%v %v", r.Problems, err)
	}
}

func TestAnAdministratorImportsIntoTheOwnCompanyOnly(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "1", "Northgate")
	h.company(h.uk, "2", "Other")
	admin := as(h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin))
	do := func(file string) (directory.ImportReport, error) {
		return h.Import(t.Context(), h.uk, admin, strings.NewReader(file), directory.ImportOptions{})
	}
	if r, err := do("account_number,username,temporary_password\n1,mira,Fjord-Lamp-77\n"); err != nil || r.Created != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	for file, want := range map[string]string{
		"account_number,username\n2,ola\n":                                `"2" is not your company's account number`,
		"account_number,username,company\n2,ola,Wrong\n":                  `"2" is not your company's account number`,
		"account_number,username,company\n3,ola,New\n":                    `"3" is not your company's account number`,
		"account_number,username,password_hash\n1,ola," + sommer + "\n":   "by an operator only",
		"account_number,username,role\n1,aokafor,user\n":                  "your own account",
		"account_number,username,first_name,active\n1,aokafor,Ada,no\n":   "your own account",
		"account_number,username,temporary_password\n1,ola,Northgate-1\n": "",
	} {
		r, err := do(file)
		if want == "" && err == nil {
			continue
		}
		if gatehouse.KindOf(err) != gatehouse.Invalid || !strings.Contains(fmt.Sprint(r.Problems), want) {
			t.Errorf("%q: %v %v, want %q", file, err, r.Problems, want)
		}
	}
	if _, err := h.Import(t.Context(), h.uk, gatehouse.Caller{Kind: gatehouse.Visitor}, strings.NewReader(""), directory.ImportOptions{}); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Errorf("a visitor: %v", err)
	}
}

// All or nothing, even if it fails while it is being written.
func TestAnImportThatFailsLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var file strings.Builder
		file.WriteString("account_number,company,username\n")
		for i := range 1200 {
			fmt.Fprintf(&file, "1,N,u%d\n", i)
		}
		_, err := h.importFile(h.uk, file.String(), directory.ImportOptions{Progress: func(stage directory.ImportStage, done int) {
			if stage == directory.ImportChecking && done == 1200 { // between the stages somebody takes the last name
				h.user(h.uk, h.company(h.uk, "2", "Other").ID, "u1199", gatehouse.RoleUser)
			}
		}})
		if gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("%v, want a conflict", err)
		}
		if _, err := h.CompanyByAccount(t.Context(), h.uk, operator, "1"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("something was left: %v", err)
		}
		if users, err := h.SiteUsers(t.Context(), h.uk, operator, "", 10); err != nil || len(users) != 1 {
			t.Errorf("%d users, %v", len(users), err)
		}
	})
}

func TestTemporaryPasswordsWaitForTheGate(t *testing.T) {
	h := once(t)
	h.Hasher = secret.NewHasher(secret.Params{MemoryKiB: 1024, Time: 1, Parallelism: 1}, 1, 0) // refuses the second one at once
	var file strings.Builder
	file.WriteString("account_number,company,username,temporary_password\n")
	for i := range 20 {
		fmt.Fprintf(&file, "1,N,u%d,Fjord-Lamp-%d\n", i, 100+i)
	}
	h.mustImport(h.uk, file.String())
	for i := range 20 {
		if u := h.stored(h.uk, fmt.Sprintf("u%d", i)); !h.opens(u, fmt.Sprintf("Fjord-Lamp-%d", 100+i)) {
			t.Errorf("user %d has another's password", i)
		}
	}
}

// An address that everybody has (such as none@…, from systems without empty addresses) costs a dry
// run no more than as many different ones: its accounts are only looked up once.
func TestADryRunAsksOnceWhoHasAnAddress(t *testing.T) {
	h := once(t)
	file := func(name, address string) string {
		var b strings.Builder
		b.WriteString("username,email,company,account_number\n")
		for i := range 4 * store.ImportBatch {
			fmt.Fprintf(&b, "%s%d,%s,Northgate,10482\n", name, i, strings.ReplaceAll(address, "*", fmt.Sprint(i)))
		}
		return b.String()
	}
	took := func(file string) (bytes uint64, found directory.EmailFindings) {
		h.mustImport(h.uk, file)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := h.importFile(h.uk, file, directory.ImportOptions{DryRun: true})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		return after.TotalAlloc - before.TotalAlloc, r.Rehearsal.Addresses
	}
	each, found := took(file("e", "e*@northgate.example"))
	if found.SharedCount != 0 {
		t.Errorf("%+v", found)
	}
	one, found := took(file("o", "none@northgate.example"))
	if found.SharedCount != 1 || found.SharedAccounts != 4*store.ImportBatch {
		t.Errorf("%+v", found)
	}
	if one > each*5/4 {
		t.Errorf("one address for all takes %d bytes, different ones take %d", one, each)
	}
}
