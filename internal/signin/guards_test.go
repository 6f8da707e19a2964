package signin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// edit puts a text into a file in place of another, which must be there exactly so often.
type edit struct {
	file, from, to string
	times          int // 0: once
}

// guarded is something in the code that keeps an invariant, and how to do without it.
// Where a second guard stands behind the first, so that taking out one alone shows
// nothing, both are taken out. without() is true while the tests run without a guard.
type guarded struct {
	name  string
	edits []edit
}

var guardsOfTheCode = []guarded{
	{"a-code-is-counted-first", []edit{{file: "internal/signin/code.go",
		from: "entered, err := s.countCode(ctx, st, at, facts)\n",
		to: `entered, err := facts.SignIn.CodesEntered+1, error(nil)
	if without("a-code-is-counted-first") {
		defer func() { _, _ = s.countCode(ctx, st, at, facts) }()
		time.Sleep(time.Second / 2) // so that all who guess at once are here
	} else {
		entered, err = s.countCode(ctx, st, at, facts)
	}
`}}},
	{"the-last-code-ends-the-sign-in", []edit{{file: "internal/signin/code.go",
		from: "if err == nil && left <= 0 {", to: `if err == nil && left <= 0 && !without("the-last-code-ends-the-sign-in") {`}}},
	{"five-codes", []edit{
		{file: "internal/signin/code.go", from: `!without("the-last-code-ends-the-sign-in")`, to: `!without("the-last-code-ends-the-sign-in") && !without("five-codes")`},
		{file: "internal/store/codes.go", from: "AND code_wrong < $3 RETURNING",
			to: "AND ` + either(\"five-codes\", \"$3 > 0\", \"code_wrong < $3\") + ` RETURNING"}}},
	{"a-code-is-for-its-sign-in", []edit{
		{file: "internal/signin/code.go", from: "in.SiteID, in.ID, plain)", to: `in.SiteID, either("a-code-is-for-its-sign-in", "", in.ID), plain)`, times: 3},
		{file: "internal/store/codes.go", from: "WHERE site_id = $1 AND signin_id = $2 ORDER BY",
			to: "WHERE site_id = $1 AND ` + either(\"a-code-is-for-its-sign-in\", \"user_id IN (SELECT user_id FROM signins WHERE id = $2)\", \"signin_id = $2\") + ` ORDER BY"}}},
	{"a-code-expires", []edit{
		{file: "internal/signin/code.go", from: "c.UsedAt.IsZero() && s.Now().Before(c.ExpiresAt)", to: `c.UsedAt.IsZero() && (without("a-code-expires") || s.Now().Before(c.ExpiresAt))`},
		{file: "internal/store/codes.go", from: "AND used_at = 0 AND expires_at > $3`", to: "AND used_at = 0` + either(\"a-code-expires\", \"\", \" AND expires_at > $3\")"}}},
	{"a-recovery-asks-for-the-code", []edit{{file: "nextstep.go", from: "f.SignIn.Origin == PasswordInitial",
		to: `(f.SignIn.Origin == PasswordInitial || without("a-recovery-asks-for-the-code"))`}}},
	{"only-the-first-sign-in", []edit{{file: "nextstep.go", from: "first := f.User.FirstSignInAt.IsZero()",
		to: `first := (f.User.FirstSignInAt.IsZero() || without("only-the-first-sign-in"))`}}},
	{"a-temporary-password-works-once", []edit{{file: "internal/signin/settle.go", from: "case gatehouse.PasswordUsedUp(",
		to: `case !without("a-temporary-password-works-once") && gatehouse.PasswordUsedUp(`}}},
	{"the-switch-ends-trust", []edit{{file: "browser.go", from: "b.TrustedAt.Before(c.TwoFactorAt)",
		to: `b.TrustedAt.Before(c.TwoFactorAt) && !without("the-switch-ends-trust")`}}},
	{"a-password-ends-trust", []edit{{file: "internal/signin/newpassword.go", from: "		q.EndTrust(ctx, st.ID, u.ID),\n",
		to: `		func() error {
			if without("a-password-ends-trust") {
				return nil
			}
			return q.EndTrust(ctx, st.ID, u.ID)
		}(),
`}}},
	{"a-password-ends-sessions", []edit{{file: "internal/signin/newpassword.go", from: "q.EndOtherSessions(ctx, st.ID, u.ID, keep.session)",
		to: `q.EndOtherSessions(ctx, st.ID, either("a-password-ends-sessions", "", u.ID), keep.session)`}}},
	{"trust-does-not-slide", []edit{{file: "internal/signin/session.go", from: "	if f.SignIn.TrustBrowser {\n",
		to: `	if f.SignIn.TrustBrowser || f.SignIn.SecondMethod == gatehouse.MethodTrustedBrowser && without("trust-does-not-slide") {
`}}},
	{"trust-ends-in-a-sign-in", []edit{{file: "internal/signin/session.go", from: "if f.SignIn.SecondMethod != gatehouse.MethodTrustedBrowser {",
		to: `if f.SignIn.SecondMethod != gatehouse.MethodTrustedBrowser || without("trust-ends-in-a-sign-in") {`}}},
	{"locked-is-locked", []edit{
		{file: "internal/signin/settle.go", from: "case u.Locked() || a.refused:", to: `case u.Locked() && !without("locked-is-locked") || a.refused:`},
		{file: "user.go", from: "&& !u.Locked()\n", to: "&& (!u.Locked() || without(\"locked-is-locked\"))\n"}}},
	{"a-lock-ends-sessions", []edit{{file: "internal/store/sessions.go", from: "if _, err := q.DeleteSessionsOf(ctx, siteID, userID); err != nil {",
		to: `if _, err := q.DeleteSessionsOf(ctx, siteID, either("a-lock-ends-sessions", "", userID)); err != nil {`}}},
}

const (
	asItIs = "nothing"
	module = "../.."
)

// Taking any one guard out of the code makes a test fail. All of them are put into one
// program, each behind a switch, so that it is built once; it runs the walks of the
// model, and guesses codes, once without each guard and once with all.
func TestEveryGuardIsNeeded(t *testing.T) {
	program := buildWithSwitches(t)
	names := []string{asItIs}
	for _, g := range guardsOfTheCode {
		names = append(names, g.name)
	}
	run := exec.Command(program, "-test.v", "-test.run", "^TestWithoutAGuard$")
	run.Env = append(os.Environ(), "GATEHOUSE_GUARDS="+strings.Join(names, " "))
	out, _ := run.CombinedOutput() // it fails, as it should
	for _, name := range names {
		result := regexp.MustCompile(`--- (PASS|FAIL): TestWithoutAGuard/` + name + ` \((.*)\)`).FindSubmatch(out)
		switch {
		case result == nil:
			t.Fatalf("without %s nothing was tried:\n%s", name, out)
		case name == asItIs && string(result[1]) != "PASS":
			t.Errorf("with all guards the tests fail:\n%s", out)
		case name != asItIs && string(result[1]) != "FAIL":
			t.Errorf("without %s no test fails", name)
		default:
			t.Logf("%s: %s after %s", name, result[1], result[2])
		}
	}
}

// buildWithSwitches builds this package's tests from copies of the code, in which every
// guard has its switch.
func buildWithSwitches(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	replaced := map[string]string{}
	for _, g := range guardsOfTheCode {
		for _, e := range g.edits {
			if err := e.apply(dir, replaced); err != nil {
				t.Fatalf("the guard %s: %v", g.name, err)
			}
		}
	}
	for folder, name := range map[string]string{"": "gatehouse", "internal/store": "store", "internal/signin": "signin"} {
		text, err := os.ReadFile("testdata/guards/switch.txt")
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, replaced, folder+"/switch_of_guards.go", bytes.Replace(text, []byte("PACKAGE"), []byte(name), 1))
	}
	text, err := os.ReadFile("testdata/guards/tests.txt")
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, replaced, "internal/signin/switch_of_guards_test.go", text)
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "signin.test")
	build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building with switches: %v\n%s", err, out)
	}
	return program
}

// apply does an edit in the copy of a file, which is made with the first.
func (e edit) apply(dir string, replaced map[string]string) error {
	original, err := filepath.Abs(filepath.Join(module, e.file))
	if err != nil {
		return err
	}
	from := original
	if replaced[original] == "" {
		replaced[original] = filepath.Join(dir, strings.ReplaceAll(e.file, "/", "-"))
	} else {
		from = replaced[original]
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), e.from); n != max(e.times, 1) {
		return fmt.Errorf("%s has %q %d times: say here how to do without it now", e.file, e.from, n)
	}
	return os.WriteFile(replaced[original], []byte(strings.ReplaceAll(string(text), e.from, e.to)), 0o644)
}

// put adds a file that is not there.
func put(t *testing.T, dir string, replaced map[string]string, name string, text []byte) {
	t.Helper()
	original, err := filepath.Abs(filepath.Join(module, name))
	if err != nil {
		t.Fatal(err)
	}
	replaced[original] = filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
	if err := os.WriteFile(replaced[original], text, 0o644); err != nil {
		t.Fatal(err)
	}
}
