package mail

import (
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/testkit/budget"
)

var tags = regexp.MustCompile(`(?s)<head>.*</head>|<!--.*?-->|<[^>]*>`)

// words are what a reader of the HTML part sees.
func words(html string) string {
	text := strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&lt;", "<", "&gt;", ">", "&amp;", "&", "\u00a0", " ").
		Replace(tags.ReplaceAllString(html, " "))
	return strings.Join(strings.Fields(text), " ")
}

// E04: both parts say the same.
func TestPartsAgree(t *testing.T) {
	eachMail(t, func(t *testing.T, lang, _ string, _ Message, r Rendered) {
		colon := languages()[lang].colon
		seen := strings.ReplaceAll(words(r.HTML), " ", "")
		for _, block := range strings.Split(r.Text, "\n\n") {
			for line := range strings.Lines(strings.TrimPrefix(block, "-- \n")) {
				line = strings.TrimSuffix(strings.TrimSpace(line), "\n")
				line = strings.TrimPrefix(strings.TrimPrefix(line, "- "), "> ")
				switch {
				case strings.HasPrefix(line, "https://"):
					if !strings.Contains(r.HTML, `href="`+line+`"`) {
						t.Errorf("the HTML does not lead to %s", line)
					}
					continue
				case strings.Contains(line, colon+"  "):
					line = strings.Replace(line, colon+" ", "", 1) // a fact
				}
				line = strings.NewReplacer(" ", "", "\u00a0", "").Replace(strings.TrimSuffix(line, colon))
				if !strings.Contains(seen, line) {
					t.Errorf("the HTML lacks %q", line)
				}
			}
		}
	})
}

// E11, and section 9 of the guide.
func TestHTMLLoadsNothing(t *testing.T) {
	forbidden := []string{"<script", "<form", "<img", "<link", "<iframe", "url(", "@import", "http://", "ZgotmplZ", "javascript:", "\x02", "\x03"}
	eachMail(t, func(t *testing.T, lang, _ string, _ Message, r Rendered) {
		for _, word := range forbidden {
			if strings.Contains(r.HTML, word) {
				t.Errorf("the HTML has %q", word)
			}
		}
		for _, link := range regexp.MustCompile(`https?://[^\s"<]*`).FindAllString(r.HTML+r.Text, -1) {
			if !strings.HasPrefix(link, testSite().Origin+"/") {
				t.Errorf("it leads to %s, which is not the site", link)
			}
		}
		if strings.Count(r.HTML, "<a ") > 1 {
			t.Error("it has more than one button")
		}
		if !strings.Contains(r.HTML, `<html lang="`+lang+`" dir="ltr">`) {
			t.Error("it names no language")
		}
		for line := range strings.Lines(r.Text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > plainWidth && !strings.HasPrefix(line, "https://") {
				t.Errorf("a line of %d characters: %q", n, line)
			}
		}
	})
}

// E50: the password appears once, selectable, and nowhere that others look. A token is
// in its link only. A code may be in the subject: it is useless without the sign-in
// that it was sent for.
func TestSecretStandsOnce(t *testing.T) {
	eachMail(t, func(t *testing.T, _, _ string, msg Message, r Rendered) {
		if msg.Secret() == "" {
			return
		}
		for part, text := range map[string]string{"text": r.Text, "HTML": r.HTML} {
			if n := strings.Count(text, msg.Secret()); n != 1 {
				t.Errorf("the secret is in the %s %d times", part, n)
			}
		}
		list := []string{r.Subject, r.Preheader, r.Heading}
		if _, code := msg.(VerificationCode); code {
			list = list[1:]
		}
		if slices.ContainsFunc(list, func(line string) bool { return shows(line, msg.Secret()) }) {
			t.Error("it shows its secret in a list of mails")
		}
	})
}

// hostile are values that try to be something else (ASVS 1.3.11, E07).
var hostile = []string{
	"Eve\r\nBcc: all@victims.example",
	"Eve\nSubject: other",
	"Eve\r\n\r\n<html>",
	"Eve\x00Null", "Eve\u2028Line", "Eve\u2029Paragraph", "Eve\u0085Next", "Eve\vTab\fFeed",
	"Eve\n\n## Your account is closed\n\nbutton: Pay -> /pay",
	"button: Click -> https://evil.example/",
	"## Heading", "- item", "| a | b", "code: 123456", "**bold**", "{{.Site}}", "{{template \"x\"}}",
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>`, `' onmouseover='x`, "javascript:alert(1)",
	"see https://evil.example/login now", "\u202eEvil\u202c", "\u2066x\u2069", "=?utf-8?q?Bcc:_x?=",
	"\x02" + "4869" + "\x03", "\xff\xfe broken", strings.Repeat("x", 5000), strings.Repeat("long words ", 500),
	"Zoë Müller-Łukasz", "李雷", "محمد", "👩‍🚀 Astronaut",
}

// hostileMessages are the samples with the value in every text field.
func hostileMessages(v string) map[string]Message {
	all := samples()
	for name, msg := range all {
		hostile := reflect.New(reflect.TypeOf(msg)).Elem()
		hostile.Set(reflect.ValueOf(msg))
		setTexts(hostile, v)
		all[name] = hostile.Interface().(Message)
	}
	return all
}

// setTexts leaves values alone that the program chooses: they have their own types.
func setTexts(fields reflect.Value, v string) {
	for i := range fields.NumField() {
		switch f := fields.Field(i); {
		case f.Type() == reflect.TypeFor[string]():
			f.SetString(v)
		case f.Type() == reflect.TypeFor[[]string]():
			f.Set(reflect.ValueOf([]string{v, v}))
		case f.Type() == reflect.TypeFor[Lock](), f.Type() == reflect.TypeFor[TwoFactorNotice](),
			f.Type() == reflect.TypeFor[Enrolment](), f.Type() == reflect.TypeFor[gatehouse.Enrolment]():
			setTexts(f, v)
		}
	}
}

func TestDataStaysData(t *testing.T) {
	sane := map[string]string{}
	for name, msg := range hostileMessages("x") {
		for lang := range languages() {
			sane[lang+name] = shape(renderHostile(t, lang, "x", name, msg).HTML)
		}
	}
	for i, v := range hostile {
		all := hostileMessages(v)
		for j, name := range slices.Sorted(maps.Keys(all)) {
			if (i+j)%budget.Of(3, 1) != 0 { // each text in a third of the messages, each message with a third of the texts
				continue
			}
			msg := all[name]
			for lang := range languages() {
				if lang != "en-GB" && i%budget.Of(8, 1) != 0 { // the same templates around other words
					continue
				}
				checkHostile(t, v, lang+" "+name, sane[lang+name], renderHostile(t, lang, v, name, msg))
			}
		}
	}
}

// What support writes has paragraphs, and nothing else: no line of it becomes a heading, a button or a
// fact, and no link but one to the site.
func TestProseStaysProse(t *testing.T) {
	s := testSite()
	own := s.Origin + "/help"
	for _, v := range append(slices.Clone(hostile), "Look at "+own+" first") {
		r, err := Render(s, testRecipient(), CaseAnswer{CaseLink: CaseLink{Number: "CS-7F3K-29QX"}, Text: Lines(v)})
		if err != nil {
			t.Fatalf("%q: %v", v, err)
		}
		links := 1 // the button
		if strings.Contains(v, own) {
			links++
		}
		plainest, err := Render(s, testRecipient(), CaseAnswer{CaseLink: CaseLink{Number: "CS-7F3K-29QX"}, Text: Lines(strings.Repeat("x\n", len(Lines(v).Paragraphs())))})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(r.Text, "https://") != links || shape(r.HTML) != shape(plainest.HTML) || strings.ContainsAny(r.Text+r.HTML, "\x00\x02\x03\r\u2028\u2029\u202e") {
			t.Errorf("%q became\n%s", v, r.Text)
		}
	}
}

// renderHostile also writes a message to somebody, and for a site, with that name.
func renderHostile(t *testing.T, lang, v, name string, msg Message) Rendered {
	t.Helper()
	s, to := siteIn(lang), testRecipient()
	s.Name, to.Name, to.Lang = v, v, lang
	r, err := Render(s, to, msg)
	if err != nil {
		t.Fatalf("%q in %s: %v", v, name, err)
	}
	return r
}

func checkHostile(t *testing.T, v, name, sane string, r Rendered) {
	t.Helper()
	for what, line := range map[string]string{"subject": r.Subject, "heading": r.Heading, "preheader": r.Preheader} {
		if ordinary := strings.ReplaceAll(line, "\u00a0", " "); ordinary != oneLine(ordinary) {
			t.Errorf("%q in %s: the %s is %q", v, name, what, line)
		}
	}
	if strings.Count(r.HTML, "<a ") > 1 || strings.Count(r.Text, "https://") > 1 {
		t.Errorf("%q in %s became a link", v, name)
	}
	if shape(r.HTML) != sane {
		t.Errorf("%q in %s changed the HTML's structure", v, name)
	}
	if !utf8.ValidString(r.HTML) || !utf8.ValidString(r.Text) || strings.ContainsAny(r.Text+r.HTML, "\x00\x02\x03\r\u2028\u2029\u202e") {
		t.Errorf("%q in %s: a character that may not be there", v, name)
	}
}

// shape is the sequence of an HTML page's elements.
func shape(html string) string {
	return strings.Join(element.FindAllString(html, -1), " ")
}

var element = regexp.MustCompile(`</?[a-zA-Z0-9!]+`)

func TestAddresses(t *testing.T) {
	good := map[string]string{
		"a@b.example": "a@b.example", "O'Neil+tag@mail.b.example": "O'Neil+tag@mail.b.example",
		"hanna@bücher.example": "hanna@xn--bcher-kva.example", "müller@b.example": "müller@b.example", "dev@localhost": "dev@localhost",
	}
	for address, want := range good {
		if got, err := route(address); err != nil || got != want {
			t.Errorf("route(%q) = %q, %v", address, got, err)
		}
		if !CanSend(address) {
			t.Errorf("CanSend(%q) is false", address)
		}
	}
	bad := []string{
		"", "a", "@b.example", "a@", "a@b", "a b@c.example", "a@b.example\r\nRCPT TO:<x@y.example>", "a@b.example>", "<a@b.example>",
		"A <a@b.example>", `"a b"@c.example`, "a@[192.0.2.1]", "a..b@c.example", ".a@b.example", "a@b..example", "a@b.example.",
		"a,b@c.example", "a@b@c.example", "a\x00@b.example", "a\u2028@b.example", "a\u202e@b.example", "a\xff@b.example",
		strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b", 250) + ".example", "a@b.exa mple", "a@b_c.example",
	}
	for _, address := range bad {
		_, err := route(address)
		if !errors.Is(err, ErrAddress) || gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("route(%q) = %v", address, err)
		}
	}
}

func TestLanguages(t *testing.T) {
	for want, all := range map[string][][]string{
		"en-GB": {{"en-GB"}, {"en-AU"}, {"", "en-AU"}, {"xx", "nonsense!"}, {}, {"nl", "en-GB", "de"}},
		"de":    {{"de"}, {"de-AT", "en-GB"}, {"", "de-CH"}, {"nl", "de"}},
		"fr":    {{"fr-CA"}, {"nl", "fr"}},
	} {
		for _, wanted := range all {
			if s := matchLanguage(wanted...); s.lang != want {
				t.Errorf("%v is written in %s", wanted, s.lang)
			}
		}
	}
	for lang, want := range map[string]bool{"ar": true, "he-IL": true, "fa": true, "en-GB": false, "": false, "zh-Hant": false} {
		if rightToLeft(lang) != want {
			t.Errorf("rightToLeft(%q) is %v", lang, !want)
		}
	}
	d := document{Subject: "s", Heading: "h", Blocks: []block{{Kind: factsBlock, Facts: []fact{{"a", nil}}}}}
	page, err := html(d, testSite(), "ar")
	if err != nil || !strings.Contains(page, `dir="rtl"`) || !strings.Contains(page, `align="right"`) {
		t.Errorf("an Arabic mail is not written from right to left: %v", err)
	}
}

// A source with a mistake does not get into a message.
func TestBrokenSources(t *testing.T) {
	head := "subject: s\npreheader: p\nheading: h\nfoot: f\n\n"
	for name, text := range map[string]string{
		"no head":           "Hello",
		"unknown head":      "to: x\n" + head,
		"foreign link":      head + "button: Go -> https://evil.example/",
		"protocol relative": head + "button: Go -> //evil.example/",
		"backslash":         head + `button: Go -> /\evil.example/`,
		"no target":         head + "button: Go",
		"two buttons":       head + "button: a -> /a\n\nbutton: b -> /b",
		"half a fact":       head + "| name",
	} {
		all, err := loadSources(fstest.MapFS{"text/en-GB/unlocked.txt": {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all["en-GB"].read(view{Site: testSite(), M: Unlocked{}, lang: "en-GB"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := loadSources(fstest.MapFS{"text/en-GB/x.txt": {Data: []byte("{{if}}")}}); err == nil {
		t.Error("a template that cannot be parsed: no error")
	}
}

// A token in a link is escaped for its context.
func TestLinkData(t *testing.T) {
	text := "subject: s\npreheader: p\nheading: h\nfoot: f\n\nbutton: Go -> /reset-password?token={{.M.Username}}\n\ncode: {{.M.Name}}"
	all, err := loadSources(fstest.MapFS{"text/en-GB/unlocked.txt": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := all["en-GB"].read(view{Site: testSite(), M: Unlocked{Username: "a&b=c/d e#f", Name: "418 207"}, lang: "en-GB"})
	if err != nil {
		t.Fatal(err)
	}
	if want := testSite().Origin + "/reset-password?token=a%26b%3Dc%2Fd+e%23f"; d.Blocks[0].URL != want {
		t.Errorf("the link is %s, want %s", d.Blocks[0].URL, want)
	}
	page, err := html(d, testSite(), "en-GB")
	if err != nil || !strings.Contains(page, ">418\u00a0207<") || !strings.Contains(plain(d, testSite()), "\n    418 207\n") {
		t.Errorf("the code is not in one piece (E30): %v", err)
	}
}

// E02: TestHeaderCensus has their form.
func TestMessageIDsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		id, err := newMessageID(testSite())
		if err != nil || seen[id] {
			t.Fatalf("the Message-ID %s is there twice, or not at all: %v", id, err)
		}
		seen[id] = true
	}
}

func TestBackoff(t *testing.T) {
	for tries := range 40 {
		for _, random := range []float64{0, 0.5, 0.999} {
			if d := backoff(tries, random); d < firstWait || d > lastWait {
				t.Errorf("after %d tries it waits %s", tries, d)
			}
		}
	}
	if backoff(3, 0) != 2*time.Minute || backoff(3, 0.9) == backoff(3, 0.1) {
		t.Error("the wait does not double, or has no jitter")
	}
}

func FuzzData(f *testing.F) {
	for _, v := range hostile {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		if got := clean(v); got != oneLine(got) || !utf8.ValidString(got) || utf8.RuneCountInString(got) > valueLength {
			t.Errorf("clean(%q) = %q", v, got)
		}
		for _, msg := range hostileMessages(v) {
			if _, err := Render(testSite(), testRecipient(), msg); err != nil {
				t.Errorf("%q: %v", v, err)
			}
		}
		if address, err := route(v); err == nil && strings.ContainsAny(address, "\r\n\x00<> ") {
			t.Errorf("route(%q) = %q", v, address)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		if _, err := Render(testSite(), testRecipient(), samples()["locked"]); err != nil {
			b.Fatal(err)
		}
	}
}
