package journeys

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

var importOperator = gatehouse.Caller{Kind: gatehouse.Operator, Name: "olive"}

// one is a user in a file.
type one struct{ username, typed string }

// rehearsedUsers is a file with a hash of each kind in the vectors, temporary passwords,
// users without a password, deactivated ones, and a company that requires codes; and what
// everybody types.
func rehearsedUsers(t *testing.T) (file string, people []one) {
	t.Helper()
	var b strings.Builder
	b.WriteString("account_number,company,username,email,password_hash,temporary_password,active\n")
	add := func(account, name, email, hash, temporary, active, typed string) {
		fmt.Fprintf(&b, "%s,Firm %s,%s,%s,\"%s\",%s,%s\n", account, account, name, email, hash, temporary, active)
		people = append(people, one{name, typed})
	}
	seen := map[string]bool{}
	for _, from := range []string{"hashes.tsv", "programs.tsv"} {
		data, err := os.ReadFile(filepath.Join("../secret/testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(f) == 3 && f[1] == "ascii" && !seen[f[0]] {
				seen[f[0]] = true
				add("1", "hash-"+f[0], f[0]+"@northgate.example", f[2], "", "", "correct horse 7")
			}
		}
	}
	if len(seen) < 50 {
		t.Fatalf("only %d kinds", len(seen))
	}
	_, hashes := legacyHashes(t)
	add("1", "temporary", "t@northgate.example", "", "Fjord-Lamp-77", "", "Fjord-Lamp-77")
	add("1", "nothing", "n@northgate.example", "", "", "", "anything")
	add("1", "left", "l@northgate.example", hashes["bcrypt"], "", "no", "correct horse 7")
	add("2", "code", "c@northgate.example", hashes["bcrypt"], "", "", "correct horse 7")
	add("2", "nowhere", "", hashes["ssha"], "", "", "correct horse 7")
	add("2", "first", "", "", "Fjord-Lamp-77", "", "Fjord-Lamp-77")
	return b.String(), people
}

// The rehearsal of a dry run predicts what happens: everybody signs in, or not, as
// predicted, and is asked for what was predicted.
func TestA01_TheRehearsalIsRight(t *testing.T) {
	file, people := rehearsedUsers(t)
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, siteID := range []string{"meridian-uk", "meridian-au"} {
			st := s.Sites.ByID(siteID)
			firm, err := s.Directory.CreateCompany(t.Context(), st, importOperator, directory.CompanyFields{Name: "Firm 2", AccountNumber: "2"})
			if err == nil {
				err = s.Store.Write(t.Context(), func(q store.Queries) error {
					_, err := q.SetTwoFactor(t.Context(), siteID, firm.ID, gatehouse.EmailCodes(true), s.Clock.Now())
					return err
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			run := func(dry bool) directory.ImportReport {
				r, err := s.Directory.Import(t.Context(), st, importOperator, strings.NewReader(file), directory.ImportOptions{DryRun: dry})
				if err != nil {
					t.Fatalf("%v %v", err, r.Problems)
				}
				return r
			}
			said := run(true).Rehearsal
			if written := run(false); written.Created != said.Accounts || written.Rehearsal != nil {
				t.Errorf("%d accounts were made, %d were rehearsed", written.Created, said.Accounts)
			}
			rehearsalHappens(t, s, siteID, people, said)
			// Another rehearsal, with the current users.
			if again := run(true).Rehearsal; again.Accounts != said.Accounts || again.CanSignIn != said.CanSignIn || again.Wrapped != 0 {
				t.Errorf("again: %+v, was %+v", again, said)
			}
		}
	})
}

// rehearsalHappens signs everybody in, each from their own browser, and compares.
func rehearsalHappens(t *testing.T, s *testkit.Server, siteID string, people []one, said *directory.Rehearsal) {
	t.Helper()
	st := s.Sites.ByID(siteID)
	asked, kinds, signedIn, nothing, wrapped := map[string]int{}, map[string]int{}, 0, 0, 0
	for i, p := range people {
		u, err := s.Store.Read().UserByUsername(t.Context(), siteID, p.username)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.SignIn.Password(t.Context(), st, signin.PasswordRequest{Username: p.username, Password: p.typed,
			Caller: gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: siteID, IPAddress: fmt.Sprintf("192.0.2.%d", 1+i%250)}})
		var refused *gatehouse.Error
		switch {
		case errors.As(err, &refused) && refused.Kind == gatehouse.Unauthenticated:
			continue
		case err != nil:
			t.Fatal(err)
		case out.Step == gatehouse.StepCode && u.Email == "":
			continue // no code comes
		}
		signedIn++
		kind, _ := secret.Inspect(u.Password.Hash)
		if u.Password.Temporary() {
			kind = directory.KindTemporary
		}
		kinds[kind]++
		if strings.HasPrefix(u.Password.Hash, "{wrapped}") {
			wrapped++
		}
		if out.Step == gatehouse.StepDone {
			nothing++
			continue
		}
		in, err := s.Store.Read().SignIn(t.Context(), siteID, secret.HashToken(out.SignIn))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range in.Steps {
			asked[string(step)]++
		}
	}
	if signedIn != said.CanSignIn || nothing != said.AskedNothing || wrapped != said.Wrapped ||
		!maps.Equal(asked, counted(said.Asked)) || !maps.Equal(kinds, counted(said.Kinds)) {
		t.Errorf("%s: %d signed in, %d asked for nothing, %d wrapped, asked %v, with %v\nrehearsed: %+v", siteID, signedIn, nothing, wrapped, asked, kinds, said)
	}
	if want := map[string]int{"deactivated": 1, "never-invited": 1, "no-address": 1}; !maps.Equal(counted(said.Shut), want) || len(people)-signedIn != 3 {
		t.Errorf("%s: shut %v, want %v", siteID, said.Shut, want)
	}
}

// Made by PHP: password_hash(…, PASSWORD_ARGON2ID) of the decomposed text, and typed so in
// the form; and hashed composed, typed decomposed.
func TestA01_APasswordInTwoUnicodeForms(t *testing.T) {
	const composed, decomposed = "Pässwort ñandú", "Pa\u0308sswort n\u0303andu\u0301"
	const hash = "$argon2id$v=19$m=512,t=2,p=1$L0hialNqdU5CM2hQYkZvUw$DPIhgt2igmZzawgf1KG+iEPEJSOydlJiDeFXCE1fpwI"
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.ByID("meridian-uk")
		file := "account_number,company,username,password_hash\n9,Nine,mira,\"" + hash + "\"\n"
		if r, err := s.Directory.Import(t.Context(), st, importOperator, strings.NewReader(file), directory.ImportOptions{}); err != nil {
			t.Fatal(err, r.Problems)
		}
		c := visitor(t, s, st.ID)
		wantRefused(t, signIn(c, "mira", composed+"x"))
		if p := signIn(c, "mira", decomposed); p.Status != 200 || strings.HasSuffix(p.URL.Path, "/sign-in") {
			t.Errorf("decomposed, as it was hashed: %d %s", p.Status, p.URL)
		}
		// It is ours now, and accepts both forms.
		if p := signIn(visitor(t, s, st.ID), "mira", composed); p.Status != 200 || strings.HasSuffix(p.URL.Path, "/sign-in") {
			t.Errorf("composed, afterwards: %d %s", p.Status, p.URL)
		}
	})
}

func counted(tallies []directory.Tally) map[string]int {
	counts := map[string]int{}
	for _, t := range tallies {
		counts[t.Name] = t.Count
	}
	return counts
}

// The recipes of docs/import.md: the result of each for the sample export is imported,
// and everybody with an imported password signs in.
func TestA01_TheRecipesWork(t *testing.T) {
	t.Parallel()
	const typed = "Sommer-Regen-7"
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	files, err := filepath.Glob("../directory/testdata/import/*.csv")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	st := s.Sites.ByID("meridian-uk")
	for i, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		account := fmt.Sprint(1000 + i)
		file := strings.ReplaceAll(string(data), "10482", account)
		for _, who := range []string{"mira", "ola", "kim", "ada"} { // each file has its own users
			file = strings.ReplaceAll(file, who, who+account)
		}
		dry, err := s.Directory.Import(t.Context(), st, importOperator, strings.NewReader(file), directory.ImportOptions{DryRun: true})
		if err == nil {
			_, err = s.Directory.Import(t.Context(), st, importOperator, strings.NewReader(file), directory.ImportOptions{})
		}
		if err != nil {
			t.Errorf("%s: %v %v", name, err, dry.Problems)
			continue
		}
		opened := 0
		firm, err := s.Directory.CompanyByAccount(t.Context(), st, importOperator, account)
		if err != nil {
			t.Fatal(err)
		}
		users, err := s.Directory.Users(t.Context(), st, importOperator, firm.ID, "", 100)
		if err != nil || len(users) != len(rows)-1 {
			t.Fatalf("%s: %d users, %v", name, len(users), err)
		}
		for _, u := range users {
			_, err := s.SignIn.Password(t.Context(), st, signin.PasswordRequest{Username: u.Username, Password: typed,
				Caller: gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: st.ID, IPAddress: "192.0.2.7"}})
			if err == nil {
				opened++
			}
		}
		if opened != dry.Rehearsal.CanSignIn || opened == 0 && !strings.HasSuffix(name, "active-directory.csv") {
			t.Errorf("%s: %d of %d people signed in, %d were rehearsed: %+v", name, opened, len(users), dry.Rehearsal.CanSignIn, dry.Rehearsal.Shut)
		}
	}
	// The documents hold the recipes as they were run.
	text, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	recipes, err := filepath.Glob("../directory/testdata/import/*.[jp][qy]")
	if err != nil || len(recipes) < 6 {
		t.Fatal(recipes, err)
	}
	for _, name := range recipes {
		recipe, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), string(recipe)) {
			t.Errorf("docs/import.md does not have %s as it is (%v)", name, err)
		}
	}
}
