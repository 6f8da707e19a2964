package site

import "testing"

func TestWordsOfTheSiteInOtherLanguages(t *testing.T) {
	s := load(t, edit(t, "zone: Europe/London\n", `zone: Europe/London
words:
  en-AU:
    Privacy: Privacy, mate
    Moved: We have moved
`))
	for _, test := range []struct{ lang, text, want string }{
		{"en-AU", "Privacy", "Privacy, mate"},
		{"en-AU", "News", "News"},
		{"en-GB", "Privacy", "Privacy"},
		{"", "Moved", "Moved"},
	} {
		if got := s.Own(test.lang, test.text); got != test.want {
			t.Errorf("%q in %q: %q, want %q", test.text, test.lang, got, test.want)
		}
	}
}

func TestWordsThatNobodyWouldSee(t *testing.T) {
	for name, test := range map[string]struct{ words, want string }{
		"of no text":     {"words: {en-AU: {Privasy: x}}", "words.en-AU.Privasy: is no text of this file; did you mean Privacy?"},
		"of no language": {"words: {fr: {Privacy: x}}", "words.fr: is not one of the site's languages"},
		"empty":          {`words: {en-AU: {Privacy: ""}}`, "words.en-AU.Privacy: is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(folder(t, t.TempDir(), "acme", edit(t, "zone: Europe/London\n", "zone: Europe/London\n"+test.words+"\n")), LoadEnv{Scheme: "https"})
			wantError(t, err, test.want)
		})
	}
}
