package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/directory"
)

const rehearsed = `account_number,company,username,email,password_hash,hash_format,temporary_password,active
1,N,a,mira@exämple.example,{SSHA}KnFDZAjxDepfc+Sxhur8p04TF+tzYWx0c2FsdA==,,,
1,N,b,Mira@xn--exmple-cua.example,,,Fjord-Lamp-77,
1,N,c,other@northgate.example,,,,
1,N,d,other@northgate.example,,,Fjord-Lamp-77,no
1,N,e,,$2y$05$bCfh9dytAL69.sYe8cVuku4AF4I/5DkYKRRx3BFUrTv/8qdUWMbHG,,,
1,N,f,alone@northgate.example,5f4dcc3b5aa765d61d8327deb882cf99,,,
1,N,g,bad@,5f4dcc3b5aa765d61d8327deb882cf99,md5:{password},,
`

// A dry run ends with a rehearsal, even if lines are bad, for people and for scripts.
func TestADryRunEndsWithARehearsal(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	file := in.write("users.csv", rehearsed)
	r := in.run("import", "-s", "meridian-uk", "--dry-run", file)
	t.Log(r.out)
	if r.status != 1 || !strings.Contains(r.err, "nothing was imported: 2 of 7 lines") {
		t.Errorf("%d %s", r.status, r.err)
	}
	got := strings.Join(strings.Fields(r.out), " ")
	for _, want := range []string{
		"3 of 5 accounts can sign in, with 1 bcrypt 1 ssha 1 temporary password",
		"Weak hashes among these, stored wrapped in argon2id: 1",
		"2 cannot sign in: 1 deactivated 1 no password: gatehouse user reset makes a temporary one",
		"Lines that are left out: 1 not supported: a bare MD5; say in hash_format how it was made, such as md5:{password} 1 for other reasons than the hash",
		"1 a new password 3 a challenge question 3 the terms",
		"1 without an address 1 not an address that mail can be sent to 2 shared, by 4 accounts in all",
		"mira@exämple.example: line 2, 3", "other@northgate.example: line 4, 5", "1 spelled in more than one way",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	r = in.run("import", "-s", "meridian-uk", "--dry-run", "--json", file)
	var totals importTotals
	must(t, json.Unmarshal([]byte(r.out), &totals))
	if totals.Rehearsal == nil || totals.Rehearsal.CanSignIn != 3 || totals.Rehearsal.Addresses.Shared != 2 ||
		!slices.Contains(totals.Rehearsal.Asked, directory.Tally{Name: "terms", Count: 3}) {
		t.Errorf("%s", r.out)
	}
	if r := in.run("import", "-s", "meridian-uk", "--skip-bad", file); strings.Contains(r.out, "Rehearsal") || r.status != 0 {
		t.Errorf("an import rehearses: %s%s", r.out, r.err)
	}
	// Now everybody is there; the shared addresses are found in the database too.
	one := in.write("one.csv", "account_number,username,email\n1,z,other@northgate.example\n")
	got = strings.Join(strings.Fields(in.expect(0, "import -s meridian-uk --dry-run "+one).out), " ")
	if !strings.Contains(got, "1 shared, by 3 accounts in all other@northgate.example: line 2, 3 accounts in all") {
		t.Error(got)
	}
}
