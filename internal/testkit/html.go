package testkit

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// newerHTML are complaints of Tidy that are not faults: the release that systems
// install knows the standard of 2017, and not all of it. Each line says what it does
// not know.
var newerHTML = regexp.MustCompile(strings.Join([]string{
	// ARIA 1.1 has aria-current.
	`<(a|li|button)> proprietary attribute "aria-current"$`,
	// Global attributes of HTML since 2019, and on every control since 2014.
	`<(input|textarea)> proprietary attribute "(autocapitalize|inputmode)"$`,
	`<(select|textarea)> proprietary attribute "autocomplete"$`,
	// SVG in HTML has its own attributes; an empty one is not set.
	`<svg> (proprietary attribute "(fill|color)"|attribute "color" lacks value)$`,
	// A <div> may group the terms and values of a <dl>.
	`missing <dd>$`, `missing </div> before <dt>$`, `missing </dl> before </div>$`, `inserting implicit <dl>$`,
	// A <template> may contain anything that is allowed where the template is used.
	`missing </template> before <li>$`, `missing </ul> before </template>$`, `inserting implicit <ul>$`,
}, "|"))

// HTMLErrors has Tidy read HTML pages, by name, in one run, and returns what is wrong
// with them: "NAME:LINE:COLUMN: complaint".
func HTMLErrors(t testing.TB, pages map[string][]byte) []string {
	t.Helper()
	tidy, err := exec.LookPath("tidy")
	if err != nil {
		missing(t, "Tidy, which finds faults in HTML", "apt-get install tidy")
	}
	dir := t.TempDir()
	args := []string{"-quiet", "-errors", "-utf8", "--gnu-emacs", "yes", "--show-info", "no", "--show-body-only", "no", "--drop-empty-elements", "no"}
	for name, html := range pages {
		file := strings.ReplaceAll(name, "/", "_") + ".html"
		if err := os.WriteFile(filepath.Join(dir, file), html, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	slices.Sort(args[len(args)-len(pages):])
	var said bytes.Buffer
	cmd := exec.Command(tidy, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) { // 1 and 2 say that it complains
		t.Fatal(err)
	}
	return complaints(said.String())
}

// complaints are the lines of Tidy's answer that count.
func complaints(said string) []string {
	var found []string
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); strings.Contains(line, ".html:") && !newerHTML.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}
