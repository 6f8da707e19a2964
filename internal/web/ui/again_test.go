package ui

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// filled is a page with a form of every kind of control, filled in again.
func filled(t *testing.T, action string, typed url.Values) *goquery.Document {
	t.Helper()
	const page = `<!doctype html><html><head><title>x</title></head><body>
<form action="/other" method="post"><input name="name" value="other"></form>
<form action="/form?return_to=%2f" method="post">
<input type="hidden" name="version" value="fresh"><input name="name" value="stored"><input type="email" name="email" value="stored@example.com">
<input type="password" name="password"><input name="code" autocomplete="one-time-code"><input name="answer" autocomplete="off">
<textarea name="message"></textarea>
<select name="lang"><option value="en" selected>E</option><option value="de">D</option></select>
<input type="hidden" name="box" value="no"><input type="checkbox" name="box" checked><input type="checkbox" name="ticked">
<input type="radio" name="choice" value="a" checked><input type="radio" name="choice" value="b">
<button formaction="/form/second">2</button></form></body></html>`
	again := &Again{Why: AgainStale, Action: action, Values: typed}
	body, err := again.fill([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestAFormComesBackWithEverythingButSecrets(t *testing.T) {
	const markup = "</textarea><script>alert(1)</script>\"'"
	typed := url.Values{
		"name": {"typed " + markup}, "email": {"typed@exämple.example"}, "password": {"secret"}, "code": {"123456"}, "answer": {"Rex"},
		"message": {"\nfirst line\nsecond " + markup}, "lang": {"de"}, "box": {"no"}, "ticked": {"on"}, "choice": {"b"},
		"version": {"old"}, "form_token": {"old"},
	}
	for _, action := range []string{"/form", "/form/second"} {
		doc := filled(t, action, typed)
		value := func(sel string) string { return doc.Find("form:nth-of-type(2) "+sel).AttrOr("value", "none") }
		for sel, want := range map[string]string{
			"[name=name]": typed.Get("name"), "[name=email]": typed.Get("email"), "[name=password]": "none", "[name=code]": "none",
			"[name=answer]": "none", "[name=version]": "fresh", "[name=choice][checked]": "b", "option[selected]": "de",
		} {
			if got := value(sel); got != want {
				t.Errorf("%s: %s is %q, want %q", action, sel, got, want)
			}
		}
		if got := doc.Find("textarea").Text(); got != typed.Get("message") {
			t.Errorf("the message is %q", got)
		}
		if doc.Find("[type=checkbox][name=box][checked]").Length() != 0 || doc.Find("[name=ticked][checked]").Length() != 1 {
			t.Error("the boxes are not as they were")
		}
		if doc.Find("script").Length() != 0 {
			t.Error("what was typed became markup")
		}
		if got := doc.Find("form:nth-of-type(1) input").AttrOr("value", ""); got != "other" {
			t.Errorf("another form of the page has %q", got)
		}
	}
	if doc := filled(t, "/elsewhere", typed); doc.Find("[name=email]").AttrOr("value", "") != "stored@example.com" {
		t.Error("a form that was not sent is filled in")
	}
}

// The token of a page names each of its forms, and nothing that people wrote.
func TestATokenKnowsTheFormsOfItsPage(t *testing.T) {
	var asked []string
	f := Frame{Token: func(actions []string) string { asked = actions; return "t" }}
	page := `<form action="/a?x=1&amp;y=2"><input type="hidden" ` + unsigned + `><button formaction="/b"></button></form>` +
		`<p>action=&#34;/c&#34; name=&#34;form_token&#34; value=&#34;of-this-page&#34;</p><form action="/d"><input ` + unsigned + `></form>`
	got := string(f.sign([]byte(page)))
	if strings.Join(asked, " ") != "/a /b /d" {
		t.Errorf("asked for %q", asked)
	}
	if strings.Count(got, `name="form_token" value="t"`) != 2 || strings.Count(got, "of-this-page") != 1 {
		t.Error(got)
	}
}
