package site

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// TermsText returns the Markdown of a version of the terms, in the language, a
// wider one, or the site's first; false if there is no such version.
func (s *Site) TermsText(version, lang string) (string, bool) {
	for _, t := range s.Terms {
		if t.Version == version {
			text, ok := t.Texts[s.TermsLanguage(version, lang)]
			return text, ok
		}
	}
	return "", false
}

// TermsLanguage is the language of that text.
func (s *Site) TermsLanguage(version, lang string) string {
	for _, t := range s.Terms {
		for _, wide := range widths(lang) {
			if _, ok := t.Texts[wide]; ok && t.Version == version {
				return wide
			}
		}
	}
	return s.Languages[0]
}

var termsName = regexp.MustCompile(`^([0-9A-Za-z][0-9A-Za-z_-]*)(?:\.([A-Za-z0-9-]+))?\.md$`)

// terms reads all versions and sorts them, newest first.
func (l *loader) terms() {
	s := l.site
	versions := map[string]map[string]string{}
	const fault = "must be named VERSION.md or VERSION.LANGUAGE.md, such as 2026-09.de.md"
	l.documents("terms", termsName, fault, func(_, version, lang, text string) {
		if versions[version] == nil {
			versions[version] = map[string]string{}
		}
		versions[version][lang] = text
	})
	for version, texts := range versions {
		if texts[s.Languages[0]] == "" {
			l.add(filepath.Join(l.dir, "terms", version+".md"), "is missing; it is the text in %s", s.Languages[0])
		}
		s.Terms = append(s.Terms, Terms{version, texts})
	}
	slices.SortFunc(s.Terms, func(a, b Terms) int { return compareVersions(b.Version, a.Version) })
	if len(s.Terms) > 0 {
		s.TermsVersion = s.Terms[0].Version
	}
}

var versionPart = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// compareVersions compares numbers as numbers: 2026-9 < 2026-10, 9 < 10.
func compareVersions(a, b string) int {
	return slices.CompareFunc(versionPart.FindAllString(a, -1), versionPart.FindAllString(b, -1), func(x, y string) int {
		m, errM := strconv.Atoi(x)
		n, errN := strconv.Atoi(y)
		if errM == nil && errN == nil && m != n {
			return m - n
		}
		return strings.Compare(x, y)
	})
}
