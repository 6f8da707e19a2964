package store_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// companyTables says of each table that knows a company what becomes of its rows when a user goes to
// another company, or all users do in a merge, and why.
var companyTables = map[string]string{
	"access_requests":   "removed: the former company's administrators decide no longer, and the others were not asked",
	"address_proposals": "moved: what operators have proposed for the user, and another one may still agree to",
	"bulk_acts":         "left: what an administrator of the former company did; one that runs passes over users who have left, and stops when its administrator has",
	"cases":             "moved: support sees the case beside the user's company",
	"companies":         "left: a company that was merged stays with merged_into, for its events and its account number",
	"company_contacts":  "left: whom the former company names",
	"enrolments":        "left: a run of the former company, which passes over users who have left; a merge ends one that runs",
	"events":            "left: what happened at a company stays its own; the user's own activity goes by the user",
	"imports":           "left: what an administrator of the former company uploaded; one that runs stops when its administrator has left",
	"left_users":        "moved: written for the company that was left, removed for the one that was joined",
	"messages":          "moved: mail belongs to the user, and so do those that wait",
	"platform_access":   "left: each company says itself whom it lets in",
	"request_mails":     "left: when the former company's administrators were told",
	"sessions":          "ended: gatehouse.Ends(Moved)",
	"sign_in_counts":    "left: numbers of the former company",
	"site_imports":      "left: what an operator uploaded for a whole site, which names no company here",
	"users":             "moved",
}

// companyColumns are the names of columns that hold the ID of a company.
var companyColumns = []string{"company_id", "merged_into"}

// A table that knows a company has a place in the list: those who add one decide what becomes of it
// when users go to another company.
func TestEveryTableKnowsWhatAMoveDoes(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		write(t, s, func(q store.Queries) error {
			found := map[string]bool{"companies": true}
			for _, table := range tables(t, q, s.Engine()) {
				columns := columnsOf(t, q, s.Engine(), table)
				if slices.ContainsFunc(companyColumns, func(c string) bool { return columns[c] != "" }) || refersToCompanies(t, q, s.Engine(), table) {
					found[table] = true
				}
			}
			for table := range found {
				what, _, _ := strings.Cut(companyTables[table], ":")
				if !slices.Contains([]string{"moved", "left", "ended", "removed"}, what) {
					t.Errorf("nothing says what becomes of %s when a user goes to another company", table)
				}
			}
			for table := range maps.Keys(companyTables) {
				if !found[table] {
					t.Errorf("%s knows no company", table)
				}
			}
			return nil
		})
	})
}

// refersToCompanies reports whether a table has a foreign key to companies, whatever its columns are
// called.
func refersToCompanies(t *testing.T, q store.Queries, engine, table string) bool {
	t.Helper()
	text := `SELECT "table" FROM pragma_foreign_key_list('` + table + `') WHERE "table" = 'companies'`
	if engine == "postgres" {
		text = `SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = '` + table + `'::regclass AND confrelid = 'companies'::regclass`
	}
	return len(rows(t, q, 1, text)) > 0
}
