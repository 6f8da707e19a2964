package site

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"
)

const goodYAML = `name: Acme
country: UK
hosts: [acme.example, www.acme.example]
sign_in_with: username
recovery: challenge
profile: classic
policy:
  password:
    min_length: 7
languages: [en-GB, en-AU]
zone: Europe/London
look:
  brand: "#2245a8"
  radius: 0.5
notice: {kicker: News, title: Moved, link_text: Read, link_url: /news}
links:
  - {text: Privacy, url: "https://acme.example/privacy"}
support: {email: help@acme.example, phone: 0345 010 0482}
sender: {address: no-reply@acme.example}
`

const goodMark = `<svg viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="currentColor"/></svg>`

// folder writes a site's folder. Files are given by name and text; an empty
// text removes what a good site has.
func folder(t testing.TB, parent, id string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(parent, id)
	all := map[string]string{"site.yaml": goodYAML, "logo.svg": goodMark, "terms/2026-09.md": "# Terms"}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(dir, name)
		if text == "" {
			os.Remove(path)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// edit replaces a part of the good site.yaml, which must exist.
func edit(t *testing.T, old, by string) map[string]string {
	t.Helper()
	if !strings.Contains(goodYAML, old) {
		t.Fatalf("the good site.yaml has no %q", old)
	}
	return map[string]string{"site.yaml": strings.Replace(goodYAML, old, by, 1)}
}

func load(t *testing.T, files map[string]string) *Site {
	t.Helper()
	s, err := Load(folder(t, t.TempDir(), "acme", files), LoadEnv{Scheme: "https"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
