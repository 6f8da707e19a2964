package site

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestText(t *testing.T) {
	s := load(t, map[string]string{
		"texts/en-AU.yaml": "duration.days#one: \"{n} sunrise\"\nduration.days#other: \"{n} sunrises\"\n",
		"texts/en.yaml":    "date.month.1: Jan\n",
	})
	for _, c := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"en-GB", "duration.days", []any{"n", 1}, "1 day"},
		{"en-GB", "duration.days", []any{"n", 0}, "0 days"},
		{"en-GB", "duration.days", []any{"n", int64(1500)}, "1,500 days"},
		{"en-GB", "duration.days", []any{"n", "many"}, "many days"},
		{"en-AU", "duration.days", []any{"n", 1}, "1 sunrise"},
		{"en-AU", "duration.hours", []any{"n", 2}, "2 hours"},
		{"en-AU", "date.month.1", nil, "Jan"},
		{"en-GB", "date.month.1", nil, "Jan"},
		{"en-GB", "duration.days", []any{"n", 2}, "2 days"},
		{"de", "date.month.2", nil, "February"},
		{"", "date.month.2", nil, "February"},
		{"en-GB", "date.day", []any{"day", "{year}", "month", "<b>", "year", 1}, "{year} <b> 1"},
		{"en-GB", "date.day", []any{"day", "1"}, "1 {month} {year}"},
		{"en-GB", "date.time", []any{"day", 15 * 24 * time.Hour, "clock"}, "15 days, {clock}"},
		{"en-GB", "no.such.key", nil, "[no.such.key]"},
	} {
		if got := s.Text(c.lang, c.key, c.args...); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.lang, c.key, got, c.want)
		}
	}
	if got := (&Site{}).Text("en-AU", "date.month.1"); got != "January" {
		t.Errorf("a site that was not loaded says %q", got)
	}
}

func TestPluralForms(t *testing.T) {
	for lang, want := range map[string]string{"en-GB": "one other", "de": "one other", "pl": "few many one other", "ar": "few many one other two zero", "ja": "other"} {
		if got := strings.Join(formsOf(lang), " "); got != want {
			t.Errorf("%s: %s, want %s", lang, got, want)
		}
	}
}

func TestFullTranslation(t *testing.T) {
	var texts strings.Builder
	for key := range houseWords(baseLanguage) {
		texts.WriteString("\"" + key + "\": \"übersetzt\"\n")
	}
	files := edit(t, "en-AU]", "de]")
	files["texts/de.yaml"] = texts.String()
	if got := load(t, files).Text("de-AT", "date.month.3"); got != "übersetzt" {
		t.Errorf("got %q", got)
	}
}

func TestLanguage(t *testing.T) {
	s := load(t, nil)
	for _, c := range []struct{ accept, own, want string }{
		{"", "", "en-GB"}, {"en-AU", "", "en-AU"}, {"en-AU;q=0.2, en-GB;q=0.8", "", "en-GB"}, {"en-AU", "en-GB", "en-GB"},
		{"fr", "de", "en-GB"}, {"!!, ;;q=", "", "en-GB"}, {strings.Repeat("a-", 5000), "", "en-GB"}, {"en-AU", "no such", "en-AU"},
	} {
		if got := s.Language(c.accept, c.own); got != c.want {
			t.Errorf("%q, own %q: %s, want %s", c.accept, c.own, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"Europe/London": "21 November 2026, 14:32 GMT", "Australia/Sydney": "22 November 2026, 01:32 AEDT", "Asia/Dubai": "21 November 2026, 18:32 UTC+04",
	} {
		s := load(t, edit(t, "Europe/London", zone))
		if got := s.FormatTime("en-GB", at); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
	s := &Site{}
	if got := s.FormatDay("en-GB", at) + " " + s.FormatClock("en-GB", at); got != "21 November 2026 14:32 UTC" {
		t.Errorf("got %q", got)
	}
	for d, want := range map[time.Duration]string{
		15 * 24 * time.Hour: "15 days", 24 * time.Hour: "24 hours", time.Hour: "1 hour", 90 * time.Minute: "90 minutes", 5 * time.Minute: "5 minutes", 1500 * time.Millisecond: "2 seconds", 0: "0 seconds",
	} {
		if got := s.FormatDuration("en-GB", d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// TestHouseTexts holds the embedded texts to the same rules as a site's own. textKey:
// letters, digits, dots, hyphens, and a plural form.
var textKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*(#(zero|one|two|few|many|other))?$`)

// The built-in texts have the same meaning as YAML, each once, and can be overridden by a
// site.
func TestHouseTexts(t *testing.T) {
	files, err := fs.Glob(houseFiles, "texts/*/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	all := map[string]words{}
	for _, name := range files {
		lang := filepath.Base(filepath.Dir(name))
		l := &loader{site: &Site{Languages: []string{lang}}}
		if all[lang] == nil {
			all[lang] = words{}
		}
		for key, text := range l.textFile(name, lang) {
			if !textKey.MatchString(key) {
				t.Errorf("%s: %s is no key", name, key)
			}
			all[lang][key] = text
		}
		for _, p := range l.problems {
			t.Error(p)
		}
	}
	for lang, want := range all {
		if got := houseWords(lang); !maps.Equal(got, want) {
			t.Errorf("%s is not read as YAML is", lang)
			for key, text := range want {
				if got[key] != text {
					t.Errorf("%s: %q, not %q", key, got[key], text)
				}
			}
		}
	}
}

func TestLinesThatAreNoTexts(t *testing.T) {
	for _, file := range []string{"a", "a:", "a:b", "a: 1\na: 2", "a: \"b", "  a"} {
		if err := (words{}).readLines(file); err == nil {
			t.Errorf("%q is taken", file)
		}
	}
}

// usedKey finds the keys in code and templates: .Text(lang, "key", .T("key", .T "key"
// and .In lang "key". One that ends in "_" is the beginning of several, which are
// chosen at run time.
var usedKey = regexp.MustCompile(`(?:\.Text\([^,()"]+,\s*|\.T\s*\(?|\.In [^ "]+ )"([a-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+)"`)

// TestEveryUsedKeyExists reads the sources of the whole module.
func TestEveryUsedKeyExists(t *testing.T) {
	texts := houseWords(baseLanguage)
	stems := map[string]bool{}
	for key := range texts {
		stem, _, _ := strings.Cut(key, "#")
		stems[stem] = true
	}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".html", ".txt", ".tmpl"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		for _, used := range usedKey.FindAllSubmatch(data, -1) {
			key := string(used[1])
			begins := strings.HasSuffix(key, "_") && slices.ContainsFunc(slices.Collect(maps.Keys(stems)), func(s string) bool { return strings.HasPrefix(s, key) })
			if !stems[key] && !begins {
				t.Errorf("%s uses %s, which texts/%s does not have", path, key, baseLanguage)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkText(b *testing.B) {
	s := &Site{}
	for b.Loop() {
		s.Text("en-GB", "duration.days", "n", 15)
	}
}
