package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lookUps are the functions that may use the lookup keys: gatehouse.NameKey, and its
// columns. They find what somebody means who types a name or an address. They never
// decide whether two addresses are one mailbox (docs/decisions/0018): that is
// gatehouse.SameMailbox.
var lookUps = map[string]string{
	"internal/store/users.go":         "insertUsers userValues UpdateProfile UserByUsername UsersByEmail Users UsersOfSite Administrator Administrators usersOf",
	"internal/store/overview.go":      "Operators",
	"internal/store/find.go":          "UsersNamed",
	"internal/store/erasure.go":       "erasures casesOfErased emptied erasing",        // too much of a stranger's is not too little
	"internal/store/rekey.go":         "rekey rekeyUsername keysNotPlain OutdatedKeys", // which makes their keys again
	"internal/store/bulkacts.go":      "AddToBulkAct",
	"internal/store/import.go":        "usersByKeysText usersHeldText usersByEmailsText UsersByKeys UsersByEmails",
	"internal/store/devices.go":       "DeviceOfEmail",
	"internal/store/enrolments.go":    "BeginEnrolment",
	"internal/store/moves.go":         "BatchOfUsers sameAddress SameAddresses", // which lists what UsersByEmail would find
	"internal/store/runs.go":          "NextOfRun UsersOfBatch FinishRunUsers RunLines",
	"internal/store/retention.go":     "RemoveRun",
	"internal/store/savedsearches.go": "SharedSearches", // by the index of administrators
	// The lists of those who have not accepted the terms, in the order of usernames.
	"internal/store/termsofsites.go":     "TermsDue",
	"internal/directory/termsofsites.go": "termsDue",
	// What strangers type is counted under a key, or else capitals would give more
	// tries.
	"internal/signin/password.go": "limits",
	"internal/signin/recovery.go": "nameSubject recoveryFor",
	"internal/signin/doors.go":    "allowMail",
	"internal/support/mails.go":   "mayConfirm",
	"internal/store/casedesk.go":  "FindCases",
	"internal/store/cases.go":     "InsertCase", // support looks for what somebody has typed
	"internal/bench/strangers.go": "",
	"internal/bench/crowd.go":     "", // made-up users
	// Pages of lists, and the search in them.
	"internal/directory/lists.go":       "Users SiteUsers",
	"internal/directory/find.go":        "findAt",
	"internal/directory/eventsource.go": "people",
	"userfilter.go":                     "SearchKey",
	"internal/directory/importplan.go":  "lookAlikes",
	"internal/directory/rehearsal.go":   "other", // which accounts are in the file
	"internal/directory/importrow.go":   "read",  // a line's user, and the lines that name one twice
	"internal/demo/names.go":            "",      // made-up usernames must not collide
}

func TestKeysOfLookUpsServeLookUps(t *testing.T) {
	used := map[string]bool{}
	for _, f := range module(t) {
		for _, use := range keyUses(f) {
			if used[f.path+" "+use.function] = true; !isLookUp(f, use) {
				t.Errorf("%s: %s uses the key of look-ups: if it asks whether two addresses are one mailbox, use SameMailbox; if it looks somebody up, say so in lookUps",
					use.at, use.function)
			}
		}
	}
	for path, functions := range lookUps {
		for _, function := range strings.Fields(functions) {
			if !used[path+" "+function] {
				t.Errorf("%s in %s needs no key", function, path)
			}
		}
	}
}

// The rule finds violations.
func TestKeyUsesAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"import \"gatehouse\"\nfunc f() { _ = gatehouse.NameKey(x) }": "f",
		"func f() { _ = NameKey(x) == NameKey(y) }":                   "f f",
		"func (s S) f() { same := NameKey }":                          "f",
		"var v = gatehouse.NameKey(x)":                                "v",
		"func f() { q(`SELECT id FROM users WHERE email_key = $1`) }": "f",
		"const c = `UPDATE users SET x = username_key`":               "c",
		"func NameKey(s string) string { return s }":                  "",
		"func f() { _ = gatehouse.SameMailbox(a, b) }":                "",
	} {
		var got []string
		for _, use := range keyUses(source(t, "internal/nowhere/a.go", text)) {
			got = append(got, use.function)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: found in %q, want %q", text, got, want)
		}
	}
}

// keyUse is one place where a lookup key is used, and the function, variable or
// constant that contains it.
type keyUse struct{ function, at string }

var keyColumn = regexp.MustCompile(`\b(email|username)_key\b`)

func keyUses(f file) []keyUse {
	if f.test {
		return nil
	}
	var uses []keyUse
	look := func(name string, tree ast.Node) {
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "NameKey" || n.Name == "FormerNameKey" {
					uses = append(uses, keyUse{name, f.at(n.Pos())})
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && keyColumn.MatchString(n.Value) {
					uses = append(uses, keyUse{name, f.at(n.Pos())})
				}
			}
			return true
		})
	}
	for _, d := range f.tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body != nil {
				look(d.Name.Name, d.Body)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					look(v.Names[0].Name, v)
				}
			}
		}
	}
	return uses
}

func isLookUp(f file, use keyUse) bool {
	functions, known := lookUps[f.path]
	return known && (functions == "" || slices.Contains(strings.Fields(functions), use.function))
}
