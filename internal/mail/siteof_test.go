package mail

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"gatehouse/internal/site"
)

// dateTexts are the words for dates of the test's sites: their own texts, as every site
// may have, so that the test covers the words of the mails only.
var dateTexts = map[string]string{
	"de": "date.month.11: November\ndate.month.12: Dezember\n" +
		"date.day: \"{day}. {month} {year}\"\ndate.clock: \"{clock} Uhr {zone}\"\ndate.time: \"{day}, {clock}\"\n",
	"fr": "date.month.11: novembre\ndate.month.12: décembre\n" +
		"date.day: \"{day} {month} {year}\"\ndate.clock: \"{clock} ({zone})\"\ndate.time: \"{day}, {clock}\"\n",
}

// siteIn is the test's site as it is in a language.
func siteIn(lang string) *site.Site {
	s := *testSite()
	if texts := dateTexts[lang]; texts != "" {
		s = loadedIn[lang]()
		s.Site, s.Look, s.Zone = testSite().Site, testSite().Look, testSite().Zone
	}
	s.Languages = []string{lang}
	return &s
}

var loadedIn = map[string]func() site.Site{
	"de": sync.OnceValue(func() site.Site { return loadIn("de") }),
	"fr": sync.OnceValue(func() site.Site { return loadIn("fr") }),
}

// loadIn loads a site of the demo in another language, with its own texts.
func loadIn(lang string) site.Site {
	parent, err := os.MkdirTemp("", "mail")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "acme")
	if err := writeSite(dir, lang); err != nil {
		panic(err)
	}
	s, err := site.Load(dir, site.LoadEnv{Scheme: "https"})
	if err != nil {
		panic(err)
	}
	return *s
}

func writeSite(dir, lang string) error {
	if err := os.CopyFS(dir, os.DirFS("../demo/sites/meridian-au")); err != nil {
		return err
	}
	settings, err := os.ReadFile(filepath.Join(dir, "site.yaml"))
	if err != nil {
		return err
	}
	changed := strings.Replace(string(settings), "languages: [en-AU]", "languages: ["+lang+"]", 1)
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(changed), 0o600); err != nil {
		return err
	}
	// A site in a language that Gatehouse does not have brings all texts itself.
	texts := dateTexts[lang]
	files, err := filepath.Glob("../site/texts/en-GB/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, key := range regexp.MustCompile(`(?m)^[a-zA-Z0-9_.#-]+:`).FindAllString(string(data), -1) {
			if !strings.Contains("\n"+texts, "\n"+key) {
				texts += fmt.Sprintf("%q: x\n", strings.TrimSuffix(key, ":"))
			}
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "texts"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "texts", lang+".yaml"), []byte(texts), 0o600)
}
