package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// bigRows is how many rows every table has for reading plans. They are fewer than a large customer
// has, so PostgreSQL is told to scan a whole table only as a last resort; SQLite plans for large
// tables as long as it has no statistics.
const bigRows = 2000

// wholeTables are the methods that may read a whole table or index, and why.
var wholeTables = map[string]string{
	"MailQueue":         "counts what waits, in an index of that alone, for the metrics",
	"LogoutQueue":       "as MailQueue",
	"OpenOfCompany":     "as MailQueue, for a page that is used before a company is suspended",
	"FollowsMerge":      "as OpenOfCompany, before a company is merged",
	"CountSessions":     "counts sessions for the metrics, in the index of their ends",
	"CountRefusalsOver": "causes of refusals are few, and gone after an hour",
	"DropOldRefusals":   "as CountRefusalsOver",
	"RefusalsOver":      "as CountRefusalsOver",
	"GoneAttempts":      "attempts are open for the time of a hash",
	"DropOldLimits":     "limits are those of an hour, and an index would have to be written at every sign-in",
	"SiteCounts":        "counts what a site has for the operators' overview, at most every half minute",
	"MailWaiting":       "as MailQueue",
	"Erasable":          "somebody asks to be erased once in a while",
	"Erase":             "as Erasable",
	"PlatformsKnowing":  "as Erasable",
	"TermsCounts":       "counts acceptances for the operators, at most every half minute",
	"CountTermsDue":     "as TermsCounts",
	"Operators":         "operators are few",
	"PasswordAges":      "the index has only companies that have chosen an age",
	"OutdatedKeys":      "gatehouse doctor asks it, nobody else",
}

// smallTable has a row for a site at most, and hardly ever one.
const smallTable = "mail_holds"

// No query by a page, a program or a job scans a whole table: its cost does not grow with the
// number of users. The test calls every method of the store on full tables, and reads the plans of
// all its queries.
func TestNoQueryReadsAWholeTable(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := full(t, url)
		methods, asked := reflect.TypeFor[store.Queries](), 0
		for i := range methods.NumMethod() {
			m := methods.Method(i)
			texts := ask(t, s, m)
			if aboutRuns(m) { // each kind has tables of its own
				sampleKind = gatehouse.RunBulkAct
				maps.Copy(texts, ask(t, s, m))
				sampleKind = gatehouse.RunEnrolment
			}
			asked += len(texts)
			for _, text := range slices.Sorted(maps.Keys(texts)) {
				// For PostgreSQL, a batch query asks for a large part of so few rows; the plan of
				// SQLite for the same text is read.
				batch := s.Engine() == "postgres" && (strings.Contains(text, "$100,") || strings.Contains(text, "json_array_elements"))
				if batch || strings.HasPrefix(text, "ANALYZE") {
					continue
				}
				for _, line := range scans(t, s, text, texts[text]) {
					if wholeTables[m.Name] == "" && !strings.Contains(line, smallTable) {
						t.Errorf("%s reads a whole table: %s\n%s", m.Name, line, text)
					}
				}
			}
		}
		everySourceIsAnIndex(t, s)
		if asked < methods.NumMethod() {
			t.Errorf("%d queries of %d methods were seen", asked, methods.NumMethod())
		}
	})
}

// full opens a database with full tables.
func full(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	fill(t, s)
	return s
}

// The test notices a whole-table scan.
func TestAWholeTableIsSeen(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := full(t, url)
		for text, want := range map[string]bool{
			`SELECT id FROM users WHERE first_name = $1`:                       true,
			`SELECT id FROM events WHERE id = $1`:                              true,
			`SELECT id FROM sessions WHERE site_id = $1 AND id = 'x9'`:         true,
			`DELETE FROM sessions WHERE address = $1`:                          true,
			`SELECT id FROM users WHERE site_id = $1 AND username_key > 'x99'`: false,
		} {
			if found := scans(t, s, text, []any{"x7"}); (len(found) > 0) != want {
				t.Errorf("%s: %q", text, found)
			}
		}
	})
}

// fill gives every table many rows, related by their number, and gives the planner their
// statistics. SQLite plans without statistics, as in production.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	write(t, s, func(q store.Queries) error {
		for _, table := range append([]string{"companies", "users"}, tables(t, q, s.Engine())...) {
			var columns, values []string
			for name, kind := range columnsOf(t, q, s.Engine(), table) {
				value := "'x' || n"
				switch {
				case name == "site_id":
					value = "'x7'"
				case name == "detail", name == "methods": // which are parsed, not just read as text
					value = "''"
				case name == "company_id" && table != "companies" && table != "enrolments":
					value = "'x' || (n - 1 - (n - 1) % 100 + 7)"
				case name == "done_at", name == "ended_at": // zero while it waits
					value = "CASE WHEN n % 2 = 0 THEN 0 ELSE n END"
				case strings.Contains(kind, "bool"):
					value = "n % 2 = 0"
				case strings.Contains(kind, "int"):
					value = "n"
				case kind == "bytea" || kind == "blob":
					value = "CAST('x' AS " + kind + ")"
				}
				columns, values = append(columns, name), append(values, value)
			}
			err := store.Run(t.Context(), q, fmt.Sprintf(`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
				INSERT INTO %s (%s) SELECT %s FROM numbers WHERE true ON CONFLICT DO NOTHING`, bigRows, table, strings.Join(columns, ", "), strings.Join(values, ", ")))
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		if s.Engine() == "postgres" {
			return store.Run(t.Context(), q, "ANALYZE")
		}
		return nil
	})
}

// tables returns the program's tables, without the bookkeeping of migrations.
func tables(t *testing.T, q store.Queries, engine string) []string {
	t.Helper()
	text := `SELECT name, type FROM sqlite_master WHERE type = 'table'`
	if engine == "postgres" {
		// In the order of their creation: referenced tables come first.
		text = `SELECT relname, relkind FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY oid`
	}
	var names []string
	for _, row := range rows(t, q, 2, text) {
		if row[0] != "migrations" && !strings.HasPrefix(row[0], "sqlite_") {
			names = append(names, row[0])
		}
	}
	return names
}

// columnsOf returns a table's columns and their types.
func columnsOf(t *testing.T, q store.Queries, engine, table string) map[string]string {
	t.Helper()
	text := `SELECT name, lower(type) FROM pragma_table_info('` + table + `')`
	if engine == "postgres" {
		text = `SELECT column_name, lower(data_type) FROM information_schema.columns WHERE table_name = '` + table + `'`
	}
	found := map[string]string{}
	for _, row := range rows(t, q, 2, text) {
		found[row[0]] = row[1]
	}
	return found
}

// ask calls a method, in a transaction that is rolled back, and returns its queries with their
// arguments.
func ask(t *testing.T, s *store.Store, m reflect.Method) map[string][]any {
	t.Helper()
	texts := map[string][]any{}
	nothing := errors.New("nothing comes of it")
	err := s.Write(t.Context(), func(q store.Queries) error {
		in := []reflect.Value{reflect.ValueOf(store.Noting(q, func(text string, args []any) { texts[text] = args }))}
		for i := 1; i < m.Type.NumIn(); i++ {
			in = append(in, sample(t.Context(), m.Type.In(i)))
		}
		call := m.Func.Call
		if m.Type.IsVariadic() {
			call = m.Func.CallSlice
		}
		call(in) // its result does not matter: it has sent its queries
		return nothing
	})
	if !errors.Is(err, nothing) {
		t.Fatal(err)
	}
	return texts
}

// sampleKind is the kind of the runs that sample makes.
var sampleKind = gatehouse.RunEnrolment

// aboutRuns reports whether a method of the store is about runs of any kind.
func aboutRuns(m reflect.Method) bool {
	for i := 1; i < m.Type.NumIn(); i++ {
		if in := m.Type.In(i); in == reflect.TypeFor[gatehouse.Run]() || in == reflect.TypeFor[gatehouse.RunKind]() {
			return true
		}
	}
	return false
}

// sample returns a value of a type that finds the seventh row.
func sample(ctx context.Context, of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch {
	case of == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case of == reflect.TypeFor[time.Time]():
		return reflect.ValueOf(time.UnixMicro(50).UTC())
	case of == reflect.TypeFor[gatehouse.RunKind]():
		return reflect.ValueOf(sampleKind)
	case of == reflect.TypeFor[store.AgedTable](): // both have the same index
		return reflect.ValueOf(store.AgedMessages)
	case of == reflect.TypeFor[time.Duration]():
		return reflect.ValueOf(time.Hour)
	}
	switch of.Kind() {
	case reflect.String:
		v.SetString("x7")
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(7)
	case reflect.Struct:
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				v.Field(i).Set(sample(ctx, of.Field(i).Type))
			}
		}
	case reflect.Slice:
		v = reflect.Append(v, sample(ctx, of.Elem()))
	case reflect.Func:
		v = reflect.MakeFunc(of, func([]reflect.Value) []reflect.Value {
			out := make([]reflect.Value, of.NumOut())
			for i := range out {
				out[i] = reflect.Zero(of.Out(i))
			}
			return out
		})
	}
	return v
}

// scans returns the parts of a query's plan that read all of a table or of an index.
func scans(t *testing.T, s *store.Store, text string, args []any) (found []string) {
	t.Helper()
	write(t, s, func(q store.Queries) error {
		found = nil
		if s.Engine() == "postgres" {
			if err := store.Run(t.Context(), q, "SET LOCAL enable_seqscan = off"); err != nil {
				return err
			}
			plan := rows(t, q, 1, "EXPLAIN (FORMAT JSON) "+text, args...)
			var nodes []planNode
			if err := json.Unmarshal([]byte(plan[0][0]), &nodes); err != nil {
				t.Fatal(err)
			}
			begin := map[string]string{}
			for _, row := range rows(t, q, 2, `SELECT i.indexrelid::regclass::text, a.attname::text FROM pg_index i
				JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]`) {
				begin[row[0]] = row[1]
			}
			for _, n := range nodes {
				found = append(found, n.Plan.scans(begin)...)
			}
			return nil
		}
		for _, row := range rows(t, q, 4, "EXPLAIN QUERY PLAN "+text, args...) {
			line, known := row[3], tables(t, q, s.Engine())
			whole := strings.HasPrefix(line, "SCAN ") || strings.HasSuffix(line, "(site_id=?)") || // all that a site has
				strings.HasSuffix(line, "(site_id=? AND company_id=?)") && strings.Contains(text, "role = 'admin'") && !strings.Contains(line, "users_admins") // all users, for a few
			if whole && isTable(known, text, strings.Fields(line)[1]) {
				found = append(found, line)
			}
		}
		return nil
	})
	return found
}

// isTable reports whether a name in a plan is a table or its alias.
func isTable(tables []string, text, name string) bool {
	return slices.ContainsFunc(tables, func(table string) bool {
		return name == table || regexp.MustCompile(`(?i)\b(FROM|JOIN) `+table+` (AS )?`+name+`\b`).MatchString(text)
	})
}

// planNode is a part of a PostgreSQL plan.
type planNode struct {
	Plan     *planNode
	Type     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Index    string     `json:"Index Name"`
	Cond     string     `json:"Index Cond"`
	Plans    []planNode `json:"Plans"`
}

// scans takes the column that each index begins with.
func (n *planNode) scans(begin map[string]string) (found []string) {
	within := n.Cond != "" && strings.Contains(n.Cond, begin[n.Index]) && n.Cond != "(site_id = 'x7'::text)" // all that a site has
	switch {
	case n.Type == "Seq Scan":
		found = append(found, "Seq Scan on "+n.Relation)
	case strings.Contains(n.Type, "Index") && strings.Contains(n.Type, "Scan") && !within:
		found = append(found, n.Type+" of all of "+n.Index)
	}
	for i := range n.Plans {
		found = append(found, n.Plans[i].scans(begin)...)
	}
	return found
}

// rows reads all rows of a query, with this many columns, as text.
func rows(t *testing.T, q store.Queries, columns int, text string, args ...any) [][]string {
	t.Helper()
	all, err := store.Rows(t.Context(), q, columns, text, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return all
}
