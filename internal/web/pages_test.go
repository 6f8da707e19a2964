package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.Suite{
	Files:   templates,
	New:     sync.OnceValues(Pages),
	Samples: samples,
	Hostile: func(v ui.View, _ string) ui.View { return v },
}

func TestViews(t *testing.T) { suite.Test(t) }

func samples() []pages.Sample {
	return []pages.Sample{{Name: "maintenance", View: Maintenance{}}, {Name: "sign-out", View: AskSignOut{}, SignedIn: true}}
}

func TestTheMaintenancePageHasItsReferences(t *testing.T) {
	text := suite.Show(t, "au", Maintenance{}).Text()
	if !strings.Contains(text, "GH-7F3K-29QX") || !strings.Contains(text, "MW-2026-118") {
		t.Error(text)
	}
}

// TestTextsExist collects the keys in templates and code and looks for each in the
// texts; rendering all samples covers keys that are put together.
func TestTextsExist(t *testing.T) {
	texts := pageTexts(t)
	source := allSource(t)
	for _, m := range regexp.MustCompile(`\.(?:T|Rich) "([a-z0-9_.-]+)"|\.(?:T|Rich)\("([a-z0-9_.-]+)"[,)]`).FindAllStringSubmatch(source, -1) {
		key := m[1] + m[2]
		if _, ok := texts[key]; !ok && texts[key+"#other"] == "" {
			t.Errorf("text %s is used and does not exist", key)
		}
	}
	for key := range texts {
		stem, _, _ := strings.Cut(key, "#")
		named := strings.Contains(source, `"`+stem+`"`)
		for i, r := range stem { // or made from its beginning: "event." + which
			named = named || (r == '.' || r == '_') && strings.Contains(source, `"`+stem[:i+1]+`"`)
		}
		if !named {
			t.Errorf("text %s is not used", key)
		}
	}
}

// pageTexts are the texts of all files except common.yaml, which mails use too.
func pageTexts(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("../site/texts/en-GB"), "*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal("no texts", err)
	}
	texts := map[string]string{}
	for _, name := range files {
		data, err := os.ReadFile("../site/texts/en-GB/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "common.yaml" {
			continue
		}
		if err := yaml.Unmarshal(data, &texts); err != nil {
			t.Fatal(name, err)
		}
	}
	return texts
}

// allSource is the code and the pages of all packages that have pages of the sites.
func allSource(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	read := func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".html") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		data, err := os.ReadFile(name)
		b.Write(data)
		return err
	}
	for _, room := range []string{".", "../support", "../site"} { // which have canned answers, and operators' words
		if err := filepath.WalkDir(room, read); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestTemplatesHoldNoWords: a sentence in a template could not be translated.
func TestTemplatesHoldNoWords(t *testing.T) {
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
	files := 0
	err := filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".html") {
			return err
		}
		files++
		data, err := os.ReadFile(name)
		for word := range strings.FieldsSeq(action.ReplaceAllString(string(data), " ")) {
			if strings.Trim(word, ".,&;") != "" && word != "Gatehouse" {
				t.Errorf("%s: %q stands in the template", name, word)
			}
		}
		return err
	})
	if err != nil || files < 50 {
		t.Fatalf("%d templates: %v", files, err)
	}
}
