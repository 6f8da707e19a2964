package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// wraps reports whether a user's password is a weak hash, wrapped.
func (h *house) wraps(u gatehouse.User, hash string) bool {
	h.t.Helper()
	same, err := h.Hasher.Wraps(h.t.Context(), u.Password.Hash, hash)
	if err != nil {
		h.t.Fatal(err)
	}
	return same
}

// Made with PHP: password_hash("Pässwort ñandú", PASSWORD_ARGON2ID) of the decomposed text.
const phpArgon2id = "$argon2id$v=19$m=512,t=2,p=1$L0hialNqdU5CM2hQYkZvUw$DPIhgt2igmZzawgf1KG+iEPEJSOydlJiDeFXCE1fpwI"

// Bugs 6: an imported argon2id hash is not mistaken for one of ours.
func TestAnImportedArgon2idHashTakesTheBytesAsTyped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		file := "account_number,company,username,password_hash\n1,N,mira,\"" + phpArgon2id + "\"\n"
		h.mustImport(h.uk, file)
		mira := h.stored(h.uk, "mira")
		if secret.Own(mira.Password.Hash) || !h.opens(mira, norm.NFD.String("Pässwort ñandú")) {
			t.Errorf("%s does not open", mira.Password.Hash)
		}
		h.later()
		if r := h.mustImport(h.uk, file); r.Unchanged != 1 || r.PasswordsKept != 0 {
			t.Errorf("the same again: %+v", r)
		}
		// Rehashed by an unfinished sign-in: ours now, and it stays.
		ours, err := h.Hasher.Hash(t.Context(), "Pässwort ñandú")
		if err != nil {
			t.Fatal(err)
		}
		h.write(func(q store.Queries) error {
			_, err := q.ReplaceHash(t.Context(), mira.SiteID, mira.ID, mira.Password.Hash, ours)
			return err
		})
		if r := h.mustImport(h.uk, file); r.PasswordsKept != 1 || h.stored(h.uk, "mira").Password.Hash != ours {
			t.Errorf("after rehashing: %+v", r)
		}
	})
}

// Salted digests without their own format: by line, by option, and with the salt in the same
// field.
func TestDigestsByTemplate(t *testing.T) {
	h := once(t)
	const salted, plain, joined = "582bfbb7c82055a11b4bb54352124922e062ddf5", "8fa95818aad0d902820972fe599563d7", "6bd8d1b6048dba2759de57c24eb80774:a1b2c3"
	file := "account_number,company,username,password_hash,hash_format,hash_salt\n" +
		"1,N,line," + salted + ",sha1:{salt}{password}, a1b2c3 \n" +
		"1,N,option," + plain + ",,\n" +
		"1,N,joined," + joined + ",md5:{password}{salt},\n" +
		"1,N,own," + sommer + ",,\n"
	r, err := h.importFile(h.uk, file, directory.ImportOptions{HashFormat: "md5:{password}"})
	if err != nil {
		t.Fatalf("%v %v", err, r.Problems)
	}
	for _, name := range []string{"line", "option", "joined", "own"} {
		if u := h.stored(h.uk, name); !h.opens(u, "Sommer-7") || !strings.HasPrefix(u.Password.Hash, "{wrapped}") {
			t.Errorf("%s: %s", name, u.Password.Hash)
		}
	}
	if r, err = h.importFile(h.uk, file, directory.ImportOptions{HashFormat: "md5:{password}"}); err != nil || r.Unchanged != 4 {
		t.Errorf("again: %+v, %v", r, err)
	}
	if _, err := h.importFile(h.uk, file, directory.ImportOptions{HashFormat: "md5:{pass}"}); gatehouse.KindOf(err) != gatehouse.Invalid ||
		!strings.Contains(err.Error(), "{pass} is none of {password}") {
		t.Errorf("a template that is none: %v", err)
	}
	for line, want := range map[string]string{
		"1,N,a," + plain + ",,":                     "password_hash: not supported: a bare MD5; say in hash_format",
		"1,N,a," + plain + ",,salt":                 "hash_salt: needs hash_format",
		"1,N,a," + plain + ",md5:{salt}{password},": "password_hash: damaged password hash: template: it has a salt, and hash_salt is empty",
		"1,N,a,xyz,md5:{password},":                 "password_hash: damaged password hash: md5: expected 16 bytes in hexadecimal or base64",
		"1,N,a," + plain + ",rot13:{password},":     "password_hash: not a password hash that this server can verify: hash_format: expected something like",
	} {
		r, err := h.importFile(h.uk, "account_number,company,username,password_hash,hash_format,hash_salt\n"+line+"\n", directory.ImportOptions{})
		if err == nil || !strings.Contains(fmt.Sprint(r.Problems), want) {
			t.Errorf("%s: %v, want %q", line, r.Problems, want)
		}
		if strings.Contains(fmt.Sprint(r.Problems), plain) {
			t.Errorf("the report repeats the hash: %v", r.Problems)
		}
	}
}

// Bugs 12: what spreadsheets do to a file.
func TestWhatSpreadsheetsDo(t *testing.T) {
	for name, file := range map[string]string{
		"as it should be":         "account_number,company,username,first_name\n1,Café Ö,mira,Zoë\n1,Café Ö,ola,\n",
		"trailing empty columns":  "account_number,company,username,first_name,,,\n1,Café Ö,mira,Zoë,,,\n1,Café Ö,ola,,,,\n",
		"more behind than above":  "account_number,company,username,first_name\n1,Café Ö,mira,Zoë,,,\n1,Café Ö,ola,,, \n",
		"trailing cells left out": "account_number,company,username,first_name\n1,Café Ö,mira,Zoë\n1,Café Ö,ola\n",
		"trailing empty rows":     "account_number,company,username,first_name\n1,Café Ö,mira,Zoë\n1,Café Ö,ola,\n,,,\n , ,,\n\"\",\"\",,\n\u00a0,,,\n\n",
		"capitals and blanks":     " Account Number ,COMPANY,Username,First  name\n1,Café Ö,mira,Zoë\n1,Café Ö,ola,\n",
		"a mark and semicolons":   "\ufeffaccount_number;company;username;first_name\r\n1;Café Ö;mira;Zoë\r\n1;Café Ö;ola;\r\n",
		"a line for itself":       "sep=;\naccount_number;company;username;first_name\n1;Café Ö;mira;Zoë\n1;Café Ö;ola;\n",
		"two Unicode forms":       "account_number,company,username,first_name\n1,Café Ö,mira,Zoe\u0308\n1,Cafe\u0301 O\u0308,ola,\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := once(t)
			if r := h.mustImport(h.uk, file); r.Created != 2 || r.CompaniesCreated != 1 {
				t.Errorf("%+v", r)
			}
			mira := h.stored(h.uk, "mira")
			c, err := h.Company(t.Context(), h.uk, operator, mira.CompanyID)
			if err != nil || c.Name != "Café Ö" || mira.FirstName != "Zoë" {
				t.Errorf("%+q, %+q, %v", c.Name, mira.FirstName, err)
			}
			if r := h.mustImport(h.uk, norm.NFD.String(file)); r.Unchanged != 2 {
				t.Errorf("the same decomposed: %+v", r)
			}
		})
	}
	h := once(t)
	for file, want := range map[string]string{
		"account_number,,username\n1,,mira\n":                    "column 2 has no name",
		"account_number,username,first_name\n1,mira,Mira\n1,ola": "line 3: the line has 2 fields, the header has 3", // cut off?
		"account_number,username\n1,mira,x\n":                    "line 2: the line has 3 fields, the header has 2",
	} {
		r, err := h.importFile(h.uk, file, directory.ImportOptions{})
		if got := fmt.Sprint(err, r.Problems); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %q", file, got, want)
		}
	}
}

// One fault does not hide another.
func TestAllFaultsOfALineAreReported(t *testing.T) {
	h := once(t)
	h.user(h.uk, h.company(h.uk, "2", "Other").ID, "elsewhere", gatehouse.RoleUser)
	r, err := h.importFile(h.uk, "account_number,company,username,email,role\n"+
		"1,North,mira,,\n"+
		"1,South,ola,nobody@,root\n"+ // three faults
		"1,North,elsewhere,nobody@,\n"+
		"7,East,,,\n"+ // the name is on a line that is left out
		"7,West,zoe,,\n"+
		"8,,kim,nobody@,\n", directory.ImportOptions{})
	if err == nil {
		t.Fatal("it was imported")
	}
	got := fmt.Sprint(r.Problems)
	for _, want := range []string{
		`line 3: email: "nobody@"`, `line 3: role: "root"`, `line 3: company: "South": line 2 has "North" for the account number "1"`,
		`line 4: email: "nobody@"`, `line 4: username: "elsewhere" is in use by another company`,
		`line 5: username: is missing`, `line 6: company: "West": line 5 has "East" for the account number "7"`,
		`line 7: email: "nobody@"`, `line 7: company: is missing: there is no company with the account number "8" yet`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not reported: %s\n%s", want, strings.ReplaceAll(got, "} {", "}\n{"))
		}
	}
	if r.Bad != 5 || r.ProblemCount != 9 {
		t.Errorf("%d bad lines, %d problems", r.Bad, r.ProblemCount)
	}
}
