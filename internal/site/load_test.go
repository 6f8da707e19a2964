package site

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
)

func TestLoad(t *testing.T) {
	s := load(t, map[string]string{"terms/2026-10.md": "new", "terms/2026-10.en-AU.md": "new, au", ".hidden": "x", "site.yaml~": "x", "help/start.md": front + "# Start"})
	if s.ID != "acme" || s.Brand != "Acme" || s.Origin != "https://acme.example" || s.Sender.Name != "Acme" {
		t.Errorf("got %+v", s)
	}
	if s.Policy.Password.MinLength != 7 || !s.Policy.Password.Upper || s.Policy.Profile != gatehouse.Classic {
		t.Errorf("policy %+v", s.Policy)
	}
	if s.TermsVersion != "2026-10" || len(s.Terms) != 2 {
		t.Errorf("terms %+v", s.Terms)
	}
	for _, c := range []struct{ version, lang, want string }{
		{"2026-10", "en-AU", "new, au"}, {"2026-10", "en-GB", "new"}, {"2026-10", "de", "new"}, {"2026-09", "en-AU", "# Terms"}, {"2026-08", "en-GB", ""},
	} {
		if got, ok := s.TermsText(c.version, c.lang); got != c.want || ok != (c.want != "") {
			t.Errorf("TermsText(%s, %s) = %q, %v", c.version, c.lang, got, ok)
		}
	}
}

func TestB18QuickLinks(t *testing.T) {
	if s := load(t, nil); s.QuickLinks != nil || len(s.Links) != 1 {
		t.Errorf("without any: %v, %v", s.QuickLinks, s.Links)
	}
	list := "quick_links:\n" + strings.Repeat("  - {text: Orders, url: \"https://shop.acme.example/orders\"}\n", 11) + "  - {text: Profile, url: /account/profile}\nlinks:"
	s := load(t, edit(t, "links:", list))
	if len(s.QuickLinks) != 12 || s.QuickLinks[0] != (Link{"Orders", "https://shop.acme.example/orders"}) ||
		s.QuickLinks[11] != (Link{"Profile", "/account/profile"}) || len(s.Links) != 1 {
		t.Errorf("twelve: %v, %v", s.QuickLinks, s.Links)
	}
}

func TestTextCountries(t *testing.T) {
	for list, want := range map[string][]string{
		"zone:":                                 nil,
		"text_messages: {offered: true}\nzone:": {"GB"}, // that of en-GB
		"text_messages: {offered: true, countries: [IE, DE]}\nzone:": {"IE", "DE"},
	} {
		if s := load(t, edit(t, "zone:", list)); !slices.Equal(s.TextCountries, want) {
			t.Errorf("%s: %v, want %v", list, s.TextCountries, want)
		}
	}
}

func TestOrigin(t *testing.T) {
	for want, env := range map[string]LoadEnv{
		"https://h":      {Scheme: "https"},
		"https://h:8443": {Scheme: "https", Port: 8443},
		"http://h:8080":  {Scheme: "http", Port: 8080},
		"http://h":       {Scheme: "http", Port: 80},
	} {
		if got := env.origin("h"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSiteYAMLProblems(t *testing.T) {
	const min = "    min_length: 7\n"
	for _, c := range []struct{ name, old, by, want string }{
		{"unknown key", "zone:", "zome:", "acme/site.yaml:11: zome: is not a known key; did you mean zone?"},
		{"wrong type", "min_length: 7", "min_length: seven", `site.yaml:9: policy.password.min_length: is "seven", must be a whole number`},
		{"missing key", "name: Acme\n", "", "site.yaml:1: name: is missing"},
		{"policy floor", "min_length: 7", "min_length: 6", "site.yaml:9: policy.password.min_length: is 6, must be 7 to 64"},
		{"policy ceiling", min, min + "  lockout: {attempts: 11}\n", "site.yaml:10: policy.lockout.attempts: is 11"},
		{"policy in all", min, min + "  lockout:\n    attempts_in_all: 101\n", "site.yaml:11: policy.lockout.attempts_in_all: is 101"},
		{"policy block list", min, min + "    blocklist: false\n", "site.yaml:10: policy.password.blocklist: must be true"},
		{"policy code", min, min + "  code: 1h\n", "site.yaml:10: policy.code: is 1h0m0s"},
		{"modern composition", "profile: classic\npolicy:\n  password:\n    min_length: 7", "profile: modern\npolicy:\n  password:\n    upper: true", "policy.password: has no composition rules"},
		{"modern challenge", "profile: classic\npolicy:\n  password:\n    min_length: 7", "profile: modern", "site.yaml:5: recovery: challenge is not allowed"},
		{"profile", "profile: classic", "profile: vintage", `site.yaml:6: profile: is "vintage", must be one of: classic, modern`},
		{"sign in with", "sign_in_with: username", "sign_in_with: phone", "site.yaml:4: sign_in_with: is \"phone\""},
		{"host with port", "acme.example,", "acme.example:8080,", "site.yaml:3: hosts[0]: is \"acme.example:8080\", must be a host name"},
		{"host upper case", "acme.example,", "Acme.example,", "hosts[0]: is \"Acme.example\""},
		{"host address", "acme.example,", "10.0.0.1,", "hosts[0]: is \"10.0.0.1\""},
		{"host twice", "www.acme.example", "acme.example", "site.yaml:3: hosts[1]: is empty or in the list already"},
		{"no hosts", "[acme.example, www.acme.example]", "[]", "site.yaml:3: hosts: must not be empty"},
		{"colour", `"#2245a8"`, "blue", `site.yaml:13: look.brand: is "blue", must be a colour such as #2245a8`},
		{"pale colour", `"#2245a8"`, `"#7799ff"`, "site.yaml:13: look.brand: #7799ff has a contrast of 2.69:1 with #ffffff, must be at least 4.5:1; the nearest that passes is #"},
		{"text on brand", `"#2245a8"`, "\"#2245a8\"\n  on_brand: \"#8899aa\"", "site.yaml:14: look.on_brand: #8899aa has a contrast of"},
		{"night", `"#2245a8"`, "\"#2245a8\"\n  brand_night: \"#2245a8\"", "look.brand_night: #2245a8 has a contrast of 2.04:1 with #171b22"},
		{"side", `"#2245a8"`, "\"#2245a8\"\n  side: \"#2d5ae0\"", "must be at least 7:1"},
		{"radius", "radius: 0.5", "radius: 1", "look.radius: is 1, must be 0 to 0.75"},
		{"heading face", "radius: 0.5", "head_font: Comic", "look.head_font: is \"Comic\", must be one of: Source Serif 4"},
		{"art", "radius: 0.5", "art: cubes", "look.art: is \"cubes\", must be one of: arches, horizon, shelf"},
		{"script link", "https://acme.example/privacy", "javascript:alert(1)", "site.yaml:17: links[0].url: is \"javascript:alert(1)\", must be an https address"},
		{"plain link", "https://acme.example/privacy", "http://acme.example", "links[0].url"},
		{"link to a host without scheme", "link_url: /news", "link_url: //evil.example", "notice.link_url: is \"//evil.example\""},
		{"quick link to a host without scheme", "links:", "quick_links: [{text: Orders, url: //evil.example}]\nlinks:", "site.yaml:16: quick_links[0].url: is \"//evil.example\", must be an https address"},
		{"quick link that runs", "links:", "quick_links:\n  - {text: Orders, url: /orders}\n  - {text: Prices, url: \"javascript:alert(1)\"}\nlinks:", "site.yaml:18: quick_links[1].url"},
		{"quick link without text", "links:", "quick_links: [{url: /orders}]\nlinks:", "quick_links[0].text: is missing"},
		{"too many quick links", "links:", "quick_links: [" + strings.Repeat("{text: Orders, url: /orders}, ", 13) + "]\nlinks:", "site.yaml:16: quick_links: has 13 links, must be at most 12"},
		{"notice without link", ", link_url: /news", "", "notice: needs both link_text and link_url"},
		{"notice without title", "title: Moved, ", "", "notice.title: is missing"},
		{"email", "help@acme.example", "help", "site.yaml:18: support.email: is \"help\", must be an email address"},
		{"email with name", "no-reply@acme.example", "'Acme <no-reply@acme.example>'", "site.yaml:19: sender.address"},
		{"bounce address", "sender: {", "sender: {bounces: bounces, ", "site.yaml:19: sender.bounces: is \"bounces\", must be an email address"},
		{"bounce address too long", "sender: {", "sender: {bounces: " + strings.Repeat("b", 38) + "@acme.example, ", "must have at most 37 characters before the @"},
		{"bounce address not ASCII", "sender: {", "sender: {bounces: rückläufer@acme.example, ", "must be in ASCII"},
		{"bounce address in quotes", "sender: {", `sender: {bounces: '"b b"@acme.example', `, "sender.bounces: is"},
		{"sender header", "sender: {", `sender: {name: "A\nBcc: x@y.example", `, "sender.name: is \"A\\nBcc: x@y.example\", must be one line"},
		{"text messages to no country", "zone:", "text_messages: {offered: true, countries: [GB, XX]}\nzone:", "text_messages.countries[1]: is \"XX\", must be two letters of a country"},
		{"text messages to a country twice", "zone:", "text_messages: {offered: true, countries: [GB, GB]}\nzone:", "text_messages.countries[1]: is in the list already"},
		{"countries without text messages", "zone:", "text_messages: {countries: [GB]}\nzone:", "text_messages.countries: is of no use"},
		{"phone", "0345 010 0482", "call us", "support.phone: is \"call us\""},
		{"language", "en-AU]", "english]", "languages[1]: is \"english\", must be a language tag"},
		{"language form", "en-AU]", "en-au]", "languages[1]: is \"en-au\""},
		{"language without texts", "en-AU]", "nl]", "languages[1]: nl lacks"},
		{"zone", "Europe/London", "Europe/Atlantis", "zone: is \"Europe/Atlantis\", must be a time zone"},
		{"own zone", "Europe/London", "Local", "zone: is \"Local\""},
		{"maintenance", "sender:", "maintenance: {from: 2026-11-22T02:00:00Z, until: 2026-11-22T01:00:00Z}\nsender:", "maintenance.until: must be after from"},
		{"maintenance time", "sender:", "maintenance: {from: 2026-11-22 02:00, until: 2026-11-22T01:00:00Z}\nsender:", "maintenance.from: is \"2026-11-22 02:00\", must be a time with its zone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(folder(t, t.TempDir(), "acme", edit(t, c.old, c.by)), LoadEnv{Scheme: "https"})
			wantError(t, err, c.want)
		})
	}
}

func TestFolderProblems(t *testing.T) {
	for _, c := range []struct{ name, id, file, text, want string }{
		{"no site.yaml", "acme", "site.yaml", "", "acme/site.yaml: cannot be read"},
		{"no logo", "acme", "logo.svg", "", "acme/logo.svg: is missing"},
		{"ID", "Acme Ltd", "help/a.md", "x", "the folder's name is the site's ID"},
		{"stray folder", "acme", "term/2026-09.md", "x", "acme/term: is no part of a site's folder; did you mean terms?"},
		{"terms name", "acme", "terms/new terms.md", "x", "must be named VERSION.md"},
		{"terms empty", "acme", "terms/2026-10.md", " \n", "terms/2026-10.md: is empty"},
		{"terms language", "acme", "terms/2026-09.fr.md", "x", "fr is not one of the site's languages"},
		{"terms first language twice", "acme", "terms/2026-09.en-GB.md", "x", "is the site's first language"},
		{"terms only translated", "acme", "terms/2026-10.en-AU.md", "x", "terms/2026-10.md: is missing"},
		{"help", "acme", "help/page.html", "x", "help/page.html: is no help page"},
		{"texts language", "acme", "texts/fr.yaml", "a: b", "must be named LANGUAGE.yaml"},
		{"texts unknown", "acme", "texts/en-AU.yaml", "date.dai: x", "texts/en-AU.yaml:1: date.dai: is not a text of the house; did you mean date.day?"},
		{"texts placeholder", "acme", "texts/en-AU.yaml", `date.day: "{dya}"`, "date.day: has the placeholder {dya}, must have only: {day} {month} {year}"},
		{"texts plural form", "acme", "texts/en-AU.yaml", `duration.days#few: "{n}"`, `en-AU has no plural form "few"; its forms are one, other`},
		{"texts plural forms", "acme", "texts/en-AU.yaml", `duration.days#one: "{n}"`, "needs the form duration.days#other beside it"},
		{"texts type", "acme", "texts/en-AU.yaml", `date.day: [a]`, "texts/en-AU.yaml:1: date.day: must be one value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(folder(t, t.TempDir(), c.id, map[string]string{c.file: c.text}), LoadEnv{Scheme: "https"})
			wantError(t, err, c.want)
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	files := edit(t, "min_length: 7", "min_length: 3\n    uper: true")
	files["logo.svg"], files["terms/2026-10.md"] = "<svg/>", " "
	_, err := Load(folder(t, t.TempDir(), "acme", files), LoadEnv{})
	if err == nil || len(strings.Split(err.Error(), "\n")) != 4 {
		t.Errorf("want 4 problems, got:\n%v", err)
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	for _, c := range [][2]string{{"9", "10"}, {"2026-09", "2026-10"}, {"2026-9", "2026-10"}, {"2026-09", "2026-09-02"}, {"v2", "v10"}} {
		if compareVersions(c[0], c[1]) >= 0 || compareVersions(c[1], c[0]) <= 0 || compareVersions(c[0], c[0]) != 0 {
			t.Errorf("%s is not before %s", c[0], c[1])
		}
	}
}

func TestClosed(t *testing.T) {
	from := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	s := &Site{Maintenance: &Maintenance{From: from, Until: from.Add(time.Hour)}}
	if s.Closed(from.Add(-1)) || !s.Closed(from) || !s.Closed(from.Add(2*time.Hour)) || (&Site{}).Closed(from) {
		t.Error("closed from its beginning until it is taken out")
	}
}

// BenchmarkLoad is what each site costs at startup.
func BenchmarkLoad(b *testing.B) {
	dir := folder(b, b.TempDir(), "acme", map[string]string{"help/page.md": front + "# Page\n\n[x](/help/locked)"})
	for b.Loop() {
		if _, err := Load(dir, LoadEnv{Scheme: "https"}); err != nil {
			b.Fatal(err)
		}
	}
}
