// Package archtest checks the project's own rules that a compiler does not know: which
// room may use which, and what may be done where. docs/architecture.md says why.
//
// A new package, or a new line in the table, is a decision: change the table here and
// write the reason down in docs/decisions.
package archtest

import (
	"slices"
	"strings"
	"testing"
)

// rooms is the import table: for every package of the module, the packages of the
// module it may import. "/..." covers a package and everything below it; "all" is
// everything; "tests" is for a package with tests and no code except doc.go. Test files
// may import anything.
//
// A server is put together in internal/assembly, for those who run one: only rooms with
// "all" may import it.
var rooms = table{
	// package              may import
	"gatehouse":             "guard",
	"internal/guard":        "",
	"internal/strictyaml":   "",
	"internal/argon2":       "",
	"internal/geo":          "",
	"internal/systemd":      "",
	"internal/outbound":     "",
	"internal/trace":        "",
	"internal/sms":          "",
	"internal/phone":        "",
	"internal/sheet":        "",
	"internal/secret":       "gatehouse argon2 trace",
	"internal/site":         "gatehouse phone strictyaml",
	"internal/store":        "gatehouse guard trace",
	"internal/mail":         "gatehouse secret site sms store trace",
	"internal/act":          "gatehouse site store mail",
	"internal/passkey":      "gatehouse",
	"internal/dbsc":         "",
	"internal/signin":       "gatehouse dbsc guard passkey phone secret site store mail act trace",
	"internal/directory":    "gatehouse secret sheet site store mail act",
	"internal/account":      "gatehouse passkey phone secret site store mail act signin",
	"internal/attachment":   "",
	"internal/incoming":     "",
	"internal/support":      "gatehouse attachment incoming secret site store mail act signin",
	"internal/sso":          "gatehouse outbound secret site store act trace",
	"internal/watch":        "gatehouse act mail outbound site store",
	"internal/jobs":         "gatehouse site store mail act signin directory sso support watch",
	"internal/web/ui":       "gatehouse site",
	"internal/web/portal":   "gatehouse dbsc site signin account sso support web/ui",
	"internal/web/console":  "gatehouse directory signin site web/ui",
	"internal/web/operator": "gatehouse site directory signin sso support watch web/ui web/console",
	"internal/web/openid":   "gatehouse site sso signin web/ui",
	"internal/api":          "gatehouse signin directory sso web/ui",
	"internal/web":          "gatehouse dbsc secret site store signin account directory sso support trace watch jobs api web/ui web/portal web/console web/openid web/operator",
	"internal/assembly":     "gatehouse outbound secret geo site sms store mail act signin account directory sso support trace watch jobs web web/ui",
	"internal/demo":         "all",
	"internal/bench":        "all",
	"internal/testkit/...":  "all",
	"internal/journeys":     "tests",
	"internal/archtest":     "tests",
	"cmd/gatehouse":         "all",
	"release":               "",

	"internal/argon2/generator": "",
	"internal/phone/generator":  "",
	"internal/conformance":      "",

	// Platforms know nothing of Gatehouse.
	"examples/platform":   "",
	"examples/storefront": "examples/platform",
	"examples/orders":     "examples/platform",
	"examples":            "examples/platform examples/storefront examples/orders",
}

// rootStandard is what the root package may not import from the standard library: a
// rule reads no clock, no database, no network and no random numbers.
var rootStandard = []string{"context", "net", "net/http", "database/sql", "os", "os/exec", "io/fs", "crypto/rand", "math/rand", "math/rand/v2", "unsafe"}

// rootOthers is what the root package may import besides the standard library.
var rootOthers = []string{"golang.org/x/text/unicode/norm", "golang.org/x/text/cases", "golang.org/x/net/idna"}

// keptImports are third-party packages that only some rooms, or single files, may
// import.
var keptImports = []struct {
	path  string // with "/...": and everything below
	where string
	why   string
}{
	{"database/sql/...", "internal/store cmd/gatehouse internal/testkit/...", "all SQL is in internal/store"},
	{"modernc.org/sqlite/...", "internal/store cmd/gatehouse internal/testkit/...", "only internal/store knows which database it is"},
	{"github.com/jackc/pgx/v5/...", "internal/store cmd/gatehouse internal/testkit/...", "only internal/store knows which database it is"},
	{"github.com/dunglas/httpsfv", "internal/dbsc internal/testkit", "only internal/dbsc knows what browsers say about bound sessions"},
	{"github.com/emersion/go-message/...", "internal/incoming", "only internal/incoming reads what people write in mails"},
	{"text/template", "internal/mail internal/sms internal/site/helptemplate.go", "pages are escaped by html/template"},
	{"github.com/go-webauthn/webauthn/...", "internal/passkey", "only internal/passkey knows what browsers and devices say"},
	{"go.opentelemetry.io/otel/...", "internal/trace", "only internal/trace knows how spans are made"},
	{"os/exec", "internal/testkit/... internal/bench release", "the server starts no programs"},
	{"math/rand", "", "chance comes from crypto/rand"},
	{"math/rand/v2", "internal/demo internal/mail/sender.go", "chance comes from crypto/rand, but for made-up people and the jitter of retries"},
	{"unsafe", "internal/argon2/memory_unix.go", "nothing is worth it, but for the memory of hashes, which the system gives as bytes"},
}

// realClock is where the real time may be used instead of now: where a process begins,
// and where a duration is measured or a socket gets a deadline.
const realClock = "cmd/gatehouse examples internal/assembly internal/bench internal/demo internal/testkit/... " +
	"internal/web/server.go internal/store/batches.go internal/store/writable.go internal/store/latency.go internal/mail/deliver.go internal/mail/keeper.go internal/mail/sender.go internal/mail/smtp.go"

// keptCalls are third-party functions and conversions that only some rooms, or single
// files, may use.
var keptCalls = []struct {
	path, names string
	calls       bool // only a call or conversion counts, not a mention
	where       string
	why         string
}{
	{"time", "Now Since Until", false, realClock, "elsewhere the time comes in by now"},
	{"gatehouse/internal/guard", "TakeOut", false, "", "a guard is taken out by a test"},
	{"html/template", "HTML JS JSStr URL CSS HTMLAttr Srcset", true, "internal/web/ui", "elsewhere text is escaped"},
}

// keptMethods are methods that only some rooms may call: what they do belongs to a unit of
// work, which also does what has to go with it.
var keptMethods = []struct{ names, where, why string }{
	{"InsertEvent InsertEvents", "internal/act internal/store internal/mail internal/demo internal/bench", "a unit of work records events: act.Unit.Record"},
	{"InsertMessage InsertMessages Enqueue EnqueueID Hurry", "internal/act internal/store internal/mail internal/demo internal/bench", "a unit of work sends mail: act.Unit.Tell"},
}

// drawers are names that say nothing about their content.
var drawers = []string{"utils", "util", "common", "helpers", "helper", "models", "model", "misc", "shared"}

const (
	mostLinesOfAFile     = 400
	mostLinesOfAFunction = 59
)

func TestImports(t *testing.T)           { report(t, checkImports) }
func TestRootPackageIsPure(t *testing.T) { report(t, checkRoot) }
func TestTestsOnly(t *testing.T)         { report(t, checkTestsOnly) }
func TestKeptImports(t *testing.T)       { report(t, checkKeptImports) }
func TestKeptCalls(t *testing.T)         { report(t, checkKeptCalls) }
func TestKeptMethods(t *testing.T)       { report(t, checkKeptMethods) }
func TestSQLIsInTheStore(t *testing.T)   { report(t, checkSQL) }
func TestNames(t *testing.T)             { report(t, checkNames) }
func TestLengths(t *testing.T)           { report(t, checkLengths) }

func report(t *testing.T, check func(file) []string) {
	t.Helper()
	for _, f := range module(t) {
		for _, complaint := range check(f) {
			t.Error(complaint)
		}
	}
}

// Every package opens with its contract.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, complaint := range checkContracts(module(t)) {
		t.Error(complaint)
	}
}

// The table itself: everything it names has its own line.
func TestTheTable(t *testing.T) {
	for room, imports := range rooms {
		for _, may := range strings.Fields(imports) {
			if _, known := rooms[longName(may)]; !known && may != "all" && may != "tests" {
				t.Errorf("%s may import %s, which is not in the table", room, may)
			}
		}
	}
}

// An exception for a file ends when the file is gone or no longer needs it.
func TestExceptionsAreNeeded(t *testing.T) {
	var where []string
	for _, kept := range keptImports {
		where = append(where, strings.Fields(kept.where)...)
	}
	for _, kept := range keptCalls {
		where = append(where, strings.Fields(kept.where)...)
	}
	for _, name := range where {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		i := slices.IndexFunc(module(t), func(f file) bool { return f.path == name })
		if i < 0 {
			t.Errorf("there is an exception for %s, which is not there", name)
			continue
		}
		elsewhere := module(t)[i]
		elsewhere.path, elsewhere.room = "internal/nowhere/a.go", "internal/nowhere"
		if len(checkKeptImports(elsewhere))+len(checkKeptCalls(elsewhere)) == 0 {
			t.Errorf("%s needs no exception", name)
		}
	}
}

// The rules find violations. A rule that never complains looks like one that is kept.
func TestTheRulesComplain(t *testing.T) {
	for _, test := range []struct {
		check      func(file) []string
		path, text string
		want       string // part of the one complaint; empty: none
	}{
		{checkImports, "internal/web/portal/a.go", `import "gatehouse/internal/store"`, "may not import internal/store"},
		{checkImports, "internal/web/portal/a.go", `import "gatehouse/internal/web/ui"`, ""},
		{checkImports, "internal/web/portal/a_test.go", `import "gatehouse/internal/store"`, ""},
		{checkImports, "internal/secret/a.go", `import "gatehouse"`, ""},
		{checkImports, "internal/strictyaml/a.go", `import "gatehouse"`, "may not import gatehouse"},
		{checkImports, "internal/testkit/cluster/a.go", `import "gatehouse/internal/store"`, ""},
		{checkImports, "internal/signin/a.go", `import "gatehouse/internal/testkit"`, "may not import internal/testkit"},
		{checkImports, "internal/signin/a.go", `import "gatehouse/internal/testkit/cluster"`, "may not import internal/testkit/cluster"},
		{checkImports, "cmd/gatehouse/a.go", `import "gatehouse/internal/demo"`, ""},
		{checkImports, "cmd/gatehouse/a.go", `import "gatehouse/internal/assembly"`, ""},
		{checkImports, "internal/testkit/a.go", `import "gatehouse/internal/assembly"`, ""},
		{checkImports, "internal/demo/a.go", `import "gatehouse/internal/assembly"`, ""},
		{checkImports, "internal/bench/a.go", `import "gatehouse/internal/assembly"`, ""},
		{checkImports, "internal/web/a.go", `import "gatehouse/internal/assembly"`, "may not import internal/assembly"},
		{checkImports, "internal/jobs/a.go", `import "gatehouse/internal/assembly"`, "may not import internal/assembly"},
		{checkImports, "internal/assembly/a.go", `import "gatehouse/internal/web/ui"`, ""},
		{checkImports, "internal/assembly/a.go", `import "gatehouse/internal/demo"`, "may not import internal/demo"},
		{checkImports, "internal/journeys/doc.go", `import "gatehouse"`, "may not import gatehouse"},
		{checkImports, "internal/journeys/a_test.go", `import "gatehouse/internal/testkit"`, ""},
		{checkTestsOnly, "internal/journeys/doc.go", ``, ""},
		{checkTestsOnly, "internal/journeys/doc.go", `var x int`, "tests only"},
		{checkTestsOnly, "internal/journeys/a.go", ``, "tests only"},
		{checkTestsOnly, "internal/journeys/a_test.go", `var x int`, ""},
		{checkTestsOnly, "internal/store/a.go", `var x int`, ""},
		{checkImports, "internal/metrics/a.go", ``, "internal/metrics is not in the table"},
		{checkImports, "internal/store/sqlite/a.go", ``, "internal/store/sqlite is not in the table"},
		{checkRoot, "a.go", `import "context"`, "context"},
		{checkRoot, "a.go", `import "golang.org/x/text/language"`, "golang.org/x/text/language"},
		{checkRoot, "a.go", `import ("golang.org/x/net/idna"; "golang.org/x/text/cases"; "golang.org/x/text/unicode/norm"; "strings")`, ""},
		{checkRoot, "internal/store/a.go", `import "context"`, ""},
		{checkKeptImports, "internal/signin/a.go", `import "database/sql/driver"`, "database/sql"},
		{checkKeptImports, "internal/store/a.go", `import "database/sql"`, ""},
		{checkKeptImports, "internal/web/ui/a.go", `import . "text/template"`, "text/template"},
		{checkKeptImports, "internal/secret/a.go", `import _ "math/rand/v2"`, "math/rand/v2"},
		{checkKeptImports, "internal/secret/a_test.go", `import "math/rand/v2"`, ""},
		{checkKeptImports, "internal/demo/a.go", `import "math/rand/v2"`, ""},
		{checkKeptImports, "internal/demo/a.go", `import "math/rand"`, "math/rand"},
		{checkKeptImports, "internal/mail/sender.go", `import "math/rand/v2"`, ""},
		{checkKeptImports, "internal/mail/outbox.go", `import "math/rand/v2"`, "math/rand/v2"},
		{checkKeptCalls, "a.go", "import \"time\"\nvar t = time.Now()", "time.Now"},
		{checkKeptCalls, "internal/signin/a.go", "import clock \"time\"\nvar now = clock.Now", "time.Now"},
		{checkKeptCalls, "internal/signin/a.go", "import \"time\"\nfunc f(t time.Time) time.Duration { return time.Since(t) }", "time.Since"},
		{checkKeptCalls, "internal/signin/a.go", "import . \"time\"\nvar t = Now()", "dot"},
		{checkKeptCalls, "internal/signin/a.go", "import \"time\"\nvar d = time.Second", ""},
		{checkKeptCalls, "cmd/gatehouse/a.go", "import \"time\"\nvar now = time.Now", ""},
		{checkKeptCalls, "internal/assembly/a.go", "import \"time\"\nvar now = time.Now", ""},
		{checkKeptCalls, "internal/mail/smtp.go", "import \"time\"\nvar now = time.Now", ""},
		{checkKeptCalls, "internal/mail/outbox.go", "import \"time\"\nvar now = time.Now", "time.Now"},
		{checkKeptCalls, "internal/web/server.go", "import \"time\"\nvar now = time.Now", ""},
		{checkKeptCalls, "internal/web/log.go", "import \"time\"\nvar now = time.Now", "time.Now"},
		{checkKeptCalls, "internal/journeys/a_test.go", "import \"time\"\nvar now = time.Now", ""},
		{checkKeptCalls, "internal/web/portal/a.go", "import \"html/template\"\nvar x = template.HTML(`<b>`)", "template.HTML"},
		{checkKeptCalls, "internal/web/portal/a.go", "import \"html/template\"\nvar x = (template.JS)(`1`)", "template.JS"},
		{checkKeptCalls, "internal/web/portal/a.go", "import \"html/template\"\nvar x template.HTML", ""},
		{checkKeptCalls, "internal/web/ui/a.go", "import \"html/template\"\nvar x = template.HTML(`<b>`)", ""},
		{checkKeptCalls, "internal/signin/a.go", "import \"gatehouse/internal/guard\"\nfunc f() { guard.TakeOut(guard.FiveCodes) }", "guard.TakeOut"},
		{checkKeptCalls, "internal/signin/a.go", "import \"gatehouse/internal/guard\"\nvar x = guard.Out(guard.FiveCodes)", ""},
		{checkKeptMethods, "internal/signin/a.go", "func f(q Q) error { return q.InsertEvent(nil) }", "InsertEvent"},
		{checkKeptMethods, "internal/signin/a.go", "func f(o O) { o.Hurry() }", "Hurry"},
		{checkKeptMethods, "internal/signin/a_test.go", "func f(o O) { o.Hurry() }", ""},
		{checkKeptMethods, "internal/act/a.go", "func f(o O) { o.Hurry() }", ""},
		{checkSQL, "internal/signin/a.go", "var q = `SELECT id FROM users`", "SQL"},
		{checkSQL, "internal/signin/a.go", "var q = `\n\tUPDATE users SET x = 1`", "SQL"},
		{checkSQL, "internal/signin/a.go", "var q = `Select a file from the list`", ""},
		{checkSQL, "internal/store/a.go", "var q = `SELECT id FROM users`", ""},
		{checkNames, "internal/utils/a.go", "", "utils"},
		{checkNames, "internal/store/models/a.go", "", "models"},
		{checkNames, "internal/store/a.go", "", ""},
		{checkLengths, "internal/store/a.go", strings.Repeat("//\n", 400), "lines"},
		{checkLengths, "internal/store/a_test.go", strings.Repeat("//\n", 400), "lines"},
		{checkLengths, "internal/store/a_test.go", "func f() {" + strings.Repeat("\n", 90) + "}", ""},
		{checkLengths, "internal/store/a.go", "func f() {" + strings.Repeat("\n", 58) + "}", ""},
		{checkLengths, "internal/store/a.go", "func f() {" + strings.Repeat("\n", 59) + "}", "f has 60 lines"},
	} {
		got := test.check(source(t, test.path, test.text))
		if test.want == "" && len(got) == 0 || test.want != "" && len(got) == 1 && strings.Contains(got[0], test.want) {
			continue
		}
		t.Errorf("%s with %.40q: complaints %q, want %q", test.path, test.text, got, test.want)
	}
}
