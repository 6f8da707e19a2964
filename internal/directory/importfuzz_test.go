package directory_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// For any file: its good lines are imported, no line can spoil the others, and importing it a
// second time changes nothing.
func FuzzImport(f *testing.F) {
	const head = "username,company,account_number,email,first_name,last_name,role,password_hash,hash_format,hash_salt,temporary_password,active\n"
	f.Add([]byte(importedUsers))
	f.Add([]byte(head + `a,Northgate,10482,a@northgate.example,"Ada ""A""",O'Neil,admin,5f4dcc3b5aa765d61d8327deb882cf99,md5:{password},,,yes` + "\n"))
	f.Add([]byte(head + "b,Northgate,10482,b@xn--strae-oqa.example,,,user,$5$saltsalt$" + strings.Repeat("a", 43) + ",,,,no\nB,Northgate,10482,b@straße.example"))
	f.Add([]byte(head + "ς@ὀδυσσεύς.example,Northgate,10482,σ@x.example,\x00,\xff,,{PBKDF2}$1$s\x00$1000$" + strings.Repeat("ab", 32) + "\n"))
	f.Add([]byte("sep=;\nUser Name;Account-Number;company\n=cmd|' /C calc'!A0;10482;@SUM(1)\nİ;10482\nı;10482\n\u212A;10482\nk;10482\n"))
	f.Add([]byte("\xff\xfeu\x00s\x00"))
	h := once(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, st := range []*site.Site{h.uk, h.press} { // sign in with usernames, with addresses
			run := func() (directory.ImportReport, error) {
				return h.Import(t.Context(), st, operator, bytes.NewReader(file), directory.ImportOptions{SkipBad: true})
			}
			first, err := run()
			if err != nil {
				if e, ok := errors.AsType[*gatehouse.Error](err); !ok || e.Reason != directory.ReasonImportHeader {
					t.Fatalf("%s: %v", st.ID, err)
				}
				continue
			}
			if first.Created+first.Updated+first.Unchanged+first.Bad != first.Lines {
				t.Fatalf("%s: %+v", st.ID, first)
			}
			again, err := run()
			want := directory.ImportReport{Lines: first.Lines, Bad: first.Bad, Unchanged: first.Lines - first.Bad, PasswordsKept: again.PasswordsKept,
				Problems: first.Problems, ProblemCount: first.ProblemCount}
			if err != nil || !reflect.DeepEqual(again, want) {
				t.Fatalf("%s: a second time: %+v, %v; the first: %+v", st.ID, again, err, first)
			}
		}
	})
}
