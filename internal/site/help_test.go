package site

import (
	"slices"
	"strings"
	"testing"
)

const front = "---\norder: 15\nsummary: What it is about.\n---\n"

// helpText is all that a help page shows.
func helpText(t *testing.T, s *Site, lang, name string) string {
	t.Helper()
	p, ok := s.HelpPage(lang, name)
	if !ok {
		t.Fatalf("no help page %s in %s", name, lang)
	}
	all := p.Title + "\n" + p.Intro
	for _, section := range p.Sections {
		all += section.Title + "\n" + section.HTML
	}
	return all
}

func names(pages []HelpPage) string {
	var all []string
	for _, p := range pages {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

// The numbers in the text are the effective ones (A13).
func TestHelpHasTheSitesOwnNumbers(t *testing.T) {
	for _, c := range []struct {
		name, old, by string
		page          string
		has, hasNot   string
	}{
		{"length", "min_length: 7", "min_length: 11", "passwords", "At least 11 characters", "At least 7 "},
		{"no digits", "min_length: 7", "digit: false", "passwords", "An upper-case letter", "0 to 9"},
		{"no history", "min_length: 7", "history: 0", "passwords", "At least", "of your last"},
		{"history of one", "min_length: 7", "history: 1", "passwords", "Not your current password", "of your last"},
		{"history", "min_length: 7", "history: 9", "passwords", "None of your last 9 passwords", ""},
		{"no expiry", "min_length: 7", "min_length: 8", "passwords", "Change your password", "expires"},
		{"expiry", "min_length: 7", "max_age: 90d", "passwords", "A password is valid for 90 days", ""},
		{"attempts", "policy:\n", "policy:\n  lockout: {attempts: 4, unlock_after: 20m}\n", "locked", "4 in a row lock", ""},
		{"unlock", "policy:\n", "policy:\n  lockout: {unlock_after: 20m}\n", "locked", "ends on its own after 20 minutes", ""},
		{"no unlock", "min_length: 7", "min_length: 8", "locked", "6 in a row lock", "ends on its own after"},
		{"temporary", "policy:\n", "policy:\n  temporary_password: 2h\n", "forgotten-password", "works once, and is valid for 2 hours", "24 hours"},
		{"question", "min_length: 7", "min_length: 8", "forgotten-password", "Answer your challenge question", "The link works"},
		{"link", "recovery: challenge", "recovery: link", "forgotten-password", "The link works once, and is valid for 1 hour", "challenge question"},
		{"shorter link", "recovery: challenge\nprofile: classic\npolicy:\n", "recovery: link\nprofile: classic\npolicy:\n  reset_link: 20m\n", "forgotten-password", "for 20 minutes", ""},
		{"idle", "policy:\n", "policy:\n  session: {idle: 10m}\n", "signing-in", "After 10 minutes of inactivity", ""},
		{"usernames", "min_length: 7", "min_length: 8", "signing-in", "your username and your password", "your email address and"},
		{"addresses", "sign_in_with: username", "sign_in_with: email", "signing-in", "your email address and your password", "forgotten-username"},
		{"either", "sign_in_with: username", "sign_in_with: username-or-email", "signing-in", "your username or email address and your password", ""},
		{"sole user", "profile: classic", "profile: classic\nasks_sole_user: true", "first-sign-in", "Are you the only person", ""},
		{"no sole user", "min_length: 7", "min_length: 8", "first-sign-in", "Accept the terms", "only person"},
		{"sender", "no-reply@acme.example", "post@acme.example", "signing-in", "post@acme.example", "no-reply"},
		{"origin", "acme.example,", "shop.example,", "safety", "https://shop.example/", "acme.example/"},
		{"support", "help@acme.example", "desk@acme.example", "safety", `<a href="mailto:desk@acme.example">desk@acme.example</a>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := helpText(t, load(t, edit(t, c.old, c.by)), "en-GB", c.page)
			if !strings.Contains(text, c.has) {
				t.Errorf("does not say %q:\n%s", c.has, text)
			}
			if c.hasNot != "" && strings.Contains(text, c.hasNot) {
				t.Errorf("says %q:\n%s", c.hasNot, text)
			}
		})
	}
	if got := names(load(t, edit(t, "sign_in_with: username", "sign_in_with: email")).Help("en-GB")); strings.Contains(got, "forgotten-username") {
		t.Errorf("nobody has a username there: %s", got)
	}
	if text := helpText(t, load(t, map[string]string{"terms/2026-09.md": ""}), "en-GB", "first-sign-in"); strings.Contains(text, "terms") {
		t.Errorf("a site without terms speaks of them:\n%s", text)
	}
}

func TestASitesOwnPages(t *testing.T) {
	s := load(t, map[string]string{
		"help/returns.md":       front + "# Returns\n\nWrite to [{{.Support.Email}}](mailto:{{.Support.Email}}) within {{.TemporaryPassword}}.",
		"help/returns.en-AU.md": front + "# Returns, mate\n",
		"help/locked.md":        "---\norder: 1\nsummary: Ours.\n---\n# Locked at Acme\n",
		"help/safety.md":        front + "{{/* not here */}}\n",
		"help/your-account.md":  front + "# Yours\n\nLook at [this](/help/locked).\n",
		"help/.draft.md":        "x",
	})
	want := "locked signing-in returns your-account first-sign-in codes forgotten-password forgotten-username passwords"
	if got := names(s.Help("en-GB")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if text := helpText(t, s, "en-GB", "returns"); !strings.Contains(text, `<a href="mailto:help@acme.example">help@acme.example</a> within 24 hours`) {
		t.Error(text)
	}
	if text := helpText(t, s, "en-AU", "returns"); !strings.HasPrefix(text, "Returns, mate") {
		t.Error(text)
	}
	// A site's own page replaces the built-in one, in any language.
	if page, _ := s.HelpPage("en-AU", "locked"); page.Title != "Locked at Acme" || page.Lang != "en-GB" {
		t.Errorf("%+v", page)
	}
}

// If Gatehouse has no help in a language, each page comes from the site's first
// language, and then from English.
func TestHelpFallsBackPageByPage(t *testing.T) {
	l := &loader{site: &Site{Languages: []string{"fr", "de-AT"}}}
	page := func(lang string) *helpSource { return &helpSource{lang: lang} }
	for _, c := range []struct {
		lang, own, house, want string
	}{
		{"de-AT", "", "en-GB", "en-GB"},
		{"de-AT", "", "en-GB fr", "fr"},
		{"de-AT", "", "en-GB fr de", "de"},
		{"de-AT", "", "en-GB fr de de-AT", "de-AT"},
		{"de-AT", "fr", "en-GB fr de", "own fr"},
		{"de-AT", "fr de-AT", "en-GB", "own de-AT"},
		{"fr", "fr de-AT", "en-GB fr", "own fr"},
		{"fr", "", "en-GB de", "en-GB"},
		{"fr", "", "de", ""},
	} {
		shelf := newHelpShelf(l.site, helpSources{}, helpSources{})
		for lang := range strings.FieldsSeq(c.own) {
			shelf.own.put("page", lang, func() *helpSource { return page("own " + lang) })
		}
		for lang := range strings.FieldsSeq(c.house) {
			shelf.house.put("page", lang, func() *helpSource { return page(lang) })
		}
		got := shelf.choose(c.lang, "page")
		if got == nil && c.want != "" || got != nil && got.lang != c.want {
			t.Errorf("%+v: got %+v", c, got)
		}
	}
}

// A page in a language that the site does not offer is in that language throughout.
func TestNumbersAreInTheLanguageOfTheText(t *testing.T) {
	s := load(t, map[string]string{"texts/en-AU.yaml": "duration.hours#one: \"{n} sunrise\"\nduration.hours#other: \"{n} sunrises\"\n"})
	if got := s.factsIn("en-AU").TemporaryPassword; got != "24 sunrises" {
		t.Error(got)
	}
	s.texts = catalogues{"en-AU": s.texts["en-AU"]}
	if got := s.factsIn("en-GB").TemporaryPassword; got != "24 hours" {
		t.Error(got)
	}
}

func TestHelpProblems(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"ending", "page.html", "x", "help/page.html: is no help page; must be named PAGE.md or PAGE.LANGUAGE.md"},
		{"capitals", "Page.md", "x", "help/Page.md: is no help page"},
		{"language", "page.fr.md", "x", "help/page.fr.md: fr is not one of the site's languages: en-GB, en-AU"},
		{"first language", "page.en-GB.md", "x", "help/page.en-GB.md: en-GB is the site's first language; its file is page.md"},
		{"only translated", "page.en-AU.md", front + "# Page", "help/page.md: is missing; it is the text in en-GB"},
		{"empty", "page.md", " \n", "help/page.md: is empty"},
		{"no front matter", "page.md", "# Page", "help/page.md:1: must begin with a line ---"},
		{"open front matter", "page.md", "---\norder: 1\n# Page", "help/page.md:1: must begin with a line ---"},
		{"no order", "page.md", "---\nsummary: x\n---\n# Page", "help/page.md:1: order: is missing"},
		{"no summary", "page.md", "---\norder: 1\n---\n# Page", "help/page.md:1: summary: is missing"},
		{"order", "page.md", "---\norder: first\nsummary: x\n---\n# Page", "help/page.md:2: order: is \"first\", must be a whole number"},
		{"key", "page.md", "---\norder: 1\nsumary: x\n---\n# Page", "help/page.md:3: sumary: is not a known key; did you mean summary?"},
		{"no title", "page.md", front + "\nText.", "help/page.md:5: has no title"},
		{"empty title", "page.md", front + "# \n\nText.", "help/page.md:5: has no title"},
		{"empty heading", "page.md", front + "# Page\n\n##\n", "help/page.md:5: has a heading without words"},
		{"second title", "page.md", front + "# Page\n\ntext\n\n# Other", "help/page.md:9: has a second title, \"Other\""},
		{"template", "page.md", front + "# Page\n\n{{if .Site}}", "help/page.md:7: unexpected EOF"},
		{"unknown action", "page.md", front + "# Page\n\n{{shell}}", "help/page.md:7: function \"shell\" not defined"},
		{"unknown setting", "page.md", front + "# Page\n\n{{.Suport.Email}}", "help/page.md:7: {{.Suport.Email}} names no setting; did you mean .Support?"},
		{"unknown in a group", "page.md", front + "# Page\n{{.Password.MinLenght}}", "help/page.md:6: {{.Password.MinLenght}} names no setting; did you mean .MinLength?"},
		{"nothing but settings", "page.md", front + "# Page\n{{.Policy}}", "help/page.md:6: {{.Policy}} names no setting"},
		{"script", "page.md", front + "# Page\n\n[x](javascript:alert)", "help/page.md:7: \"javascript:alert\" cannot be linked to"},
		{"picture", "page.md", front + "# Page\n\n![x](/a.png)", "help/page.md:7: \"/a.png\" cannot be linked to or shown"},
		{"link to no page", "page.md", front + "# Page\n\n[x](/help/lockd)", "help/page.md:7: links to /help/lockd, which is not there"},
		{"link to no paragraph", "page.md", front + "# Page\n\n[x](/help/locked#nowhere)", "help/page.md:7: links to /help/locked#nowhere; that page has no such anchor"},
		{"link to no own paragraph", "page.md", front + "# Page\n\n[x](#nowhere)", "help/page.md:7: links to #nowhere"},
		{"page that the house links to", "locked.md", front + "{{/* gone */}}", "help/signing-in.md:"},
		{"anchor twice", "page.md", front + "# Page\n## A {#a}\n## B {#a}", "help/page.md:6: has the anchor a twice"},
		{"anchor of the page", "page.md", front + "# Page\n## A {#main}", "help/page.md:6: the anchor of \"A\" must be"},
		{"anchor with capitals", "page.md", front + "# Page\n## A {#Aa}", "help/page.md:6: the anchor of \"A\" must be"},
		{"anchor that is a number", "page.md", front + "# Page\n## A {id=5}", "the anchor of \"A\" must be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(folder(t, t.TempDir(), "acme", map[string]string{"help/" + c.file: c.text}), LoadEnv{Scheme: "https"})
			wantError(t, err, c.want)
			if err != nil && slices.Contains(strings.Split(err.Error(), "\n"), "") {
				t.Errorf("an empty line in %v", err)
			}
		})
	}
	// Told once, although two languages show it.
	_, err := Load(folder(t, t.TempDir(), "acme", map[string]string{"help/page.md": front + "# Page\n\n[x](/help/lockd) {{.Nix}}"}), LoadEnv{Scheme: "https"})
	if err == nil || strings.Count(err.Error(), "page.md") != 1 {
		t.Errorf("%v", err)
	}
}

func TestSearchHelp(t *testing.T) {
	s := load(t, map[string]string{
		"help/zoo.md": "---\norder: 99\nsummary: About a zebra.\n---\n# Zebra\n\n## Other animals {#other}\n\nThe ZÈBRA is a horse in a café. " + strings.Repeat("filler ", 60) + "It can’t be ridden.\n\n## The zebra at night {#night}\n\nSleeps.\n",
		"help/ant.md": "---\norder: 98\nsummary: Ants.\n---\n# Ants\n\nNo zebra here.\n",
	})
	find := func(query string) string {
		var got []string
		for _, h := range s.SearchHelp("en-GB", query) {
			got = append(got, h.Page+"#"+h.Anchor)
		}
		return strings.Join(got, " ")
	}
	for query, want := range map[string]string{
		"zebra":      "zoo# zoo#night ant# zoo#other", // title, heading, text
		"ZÉBRA":      "zoo# zoo#night ant# zoo#other",
		"zèbra CAFE": "zoo#other", "cafe\u0301 horse": "zoo#other", "zebra ants": "ant#", "zebra elephant": "",
		"can't zebra": "zoo#other", "can’t zebra": "zoo#other", "  night\tzebra ": "zoo#night",
		"": "", "   ": "", "<>!?.": "", "<script>": "", strings.Repeat("zebra ", 50): "zoo# zoo#night ant# zoo#other", strings.Repeat("x", 5000): "", "\xff\x00": "",
	} {
		if got := find(query); got != want {
			t.Errorf("%.40q: %s, want %s", query, got, want)
		}
	}
	if n := len(s.SearchHelp("en-GB", "e")); n != mostHelpHits {
		t.Errorf("%d hits", n)
	}
	for _, c := range []struct{ query, want string }{{"horse", "The ZÈBRA is a horse"}, {"ridden", "… filler "}} {
		hit := s.SearchHelp("en-GB", c.query)[0]
		if !strings.HasPrefix(hit.Snippet, c.want) || !strings.Contains(hit.Snippet, c.query) || hit.Section != "Other animals" || hit.Title != "Zebra" || len(strings.Fields(hit.Snippet)) > snippetWords+2 {
			t.Errorf("%+v", hit)
		}
	}
	if hit := s.SearchHelp("en-GB", "zebra")[0]; hit.Snippet != "About a zebra." {
		t.Errorf("a page without text before its first section has the summary: %+v", hit)
	}
}
