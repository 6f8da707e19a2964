package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
)

// constants are the values of all constants of a type in the root package.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	if len(values) < 5 {
		t.Fatalf("only %d constants of type %s", len(values), typeName)
	}
	return values
}

// Whatever happens, there are words for it, an icon, and a filter that finds it.
func TestEveryEventHasWords(t *testing.T) {
	p := &page{Words: wordsFor(Frame{}), pages: newPages(t)}
	there := func(text string) bool { return text != "" && !strings.HasPrefix(text, "[") }
	topics := map[gatehouse.EventKind]int{}
	for _, list := range [][]gatehouse.EventKind{gatehouse.SignInEvents, gatehouse.ChangeEvents} {
		for _, kind := range list {
			topics[kind]++
		}
	}
	for _, kind := range constants(t, "EventKind") {
		if n := topics[gatehouse.EventKind(kind)]; n != 1 {
			t.Errorf("%s is in %d of the topics", kind, n)
		}
		for _, result := range constants(t, "EventResult") {
			a := p.activity(gatehouse.Event{Kind: gatehouse.EventKind(kind), Result: gatehouse.EventResult(result), ActorKind: gatehouse.Visitor, At: noon})
			if !there(a.Text) || a.Text == p.T("event.something_else") || !there(a.Result) {
				t.Errorf("%s %s: %q, %q", kind, result, a.Text, a.Result)
			}
			if _, err := p.Icon(a.Icon); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

func TestActivityLog(t *testing.T) {
	places := func(f *Frame) { f.Path = "/account/activity?kind=changes" }
	events := []gatehouse.Event{
		{ID: "evt_4", UserID: "usr_1", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: noon.Add(-time.Minute), Address: "192.0.2.44", UserAgent: firefox},
		{ID: "evt_3", UserID: "usr_1", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, ActorKind: gatehouse.Visitor, At: noon, Address: "203.0.113.7"},
		{ID: "evt_2", UserID: "usr_1", Kind: gatehouse.EventUserChanged, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_2", ActorName: "Ines <b>", At: noon},
		{ID: "evt_1", UserID: "usr_1", Kind: gatehouse.EventPasswordReset, Result: gatehouse.ResultOK, ActorKind: gatehouse.Operator, ActorName: "root", At: noon, Address: "10.0.0.1"},
	}
	doc := show(t, "uk", ActivityLog{Events: events, Own: "evt_4", Topic: "changes", Next: "evt_1", Before: "evt_5"}, signedIn, places)
	var rows []string
	doc.Find("tbody tr").Each(func(_ int, row *goquery.Selection) { rows = append(rows, squeeze(row.Text())) })
	want := []string{
		"You signed in Today, 14:31 Succeeded 192.0.2.44Firefox on Windows This sign-in This wasn’t me",
		"A sign-in with a wrong password Today, 14:32 Wrong entry 203.0.113.7",
		"Your profile was changed Today, 14:32 Succeeded Ines <b>Administrator of your company",
		"Your password was replaced Today, 14:32 Succeeded SupportOn behalf of Meridian UK",
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	if got := attr(doc, "tbody td a", "href"); got != "/account/activity/evt_4/not-me" || doc.Find("tbody td a").Length() != 1 || doc.Find("tbody form").Length() != 0 {
		t.Errorf("what can be disowned: %s", got)
	}
	if got := attr(doc, ".pager li:last-child a", "href"); got != "/account/activity?before=evt_1&kind=changes" {
		t.Errorf("the next page: %s", got)
	}
	if got := attr(doc, ".pager li:first-child a", "href"); got != "/account/activity?kind=changes" {
		t.Errorf("the first page: %s", got)
	}
	if attr(doc, "#kind [selected]", "value") != "changes" || doc.Find("#result [selected]").Length() != 0 {
		t.Error("the filters do not show what was chosen")
	}
	if !strings.Contains(doc.Find("main").Text(), "Times are in London (GMT)") {
		t.Error("the zone is not said")
	}
}

func TestPlacesAreShownWhereKnown(t *testing.T) {
	pages := *newPages(t)
	pages.Place = func(_, address string) string {
		if address == "192.0.2.44" {
			return "Leeds, United Kingdom"
		}
		return ""
	}
	v := ActivityLog{Events: []gatehouse.Event{
		{ID: "evt_2", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: noon, Address: "192.0.2.44"},
		{ID: "evt_1", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: noon, Address: "203.0.113.7"},
		{ID: "evt_0", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: noon}}}
	f := frameFor(testSites()["uk"], sample{signedIn: true})
	html, err := pages.Render(f, v)
	if err != nil {
		t.Fatal(err)
	}
	var from []string
	parse(t, html).Find("tbody td:nth-child(4)").Each(func(_ int, s *goquery.Selection) { from = append(from, squeeze(s.Text())) })
	if strings.Join(from, "|") != "Leeds, United Kingdom|203.0.113.7|Not known" {
		t.Error(from)
	}
}

func TestZoneInWords(t *testing.T) {
	for zone, want := range map[string]string{"Europe/London": "London (GMT)", "Australia/Sydney": "Sydney (AEDT)", "America/New_York": "New York (EST)",
		"Asia/Dubai": "Dubai (UTC+04)", "UTC": "UTC", "America/Argentina/Buenos_Aires": "Buenos Aires (UTC-03)"} {
		s := *testSites()["uk"]
		var err error
		if s.Zone, err = time.LoadLocation(zone); err != nil {
			t.Fatal(err)
		}
		if got := wordsFor(Frame{Site: &s, Now: noon}).Zone(); got != want {
			t.Errorf("%s: %s", zone, got)
		}
	}
}

func TestDevices(t *testing.T) {
	doc := show(t, "uk", fullDevices(2, 1), signedIn)
	rows := doc.Find("section[aria-labelledby=signed-in] li")
	if got := squeeze(rows.First().Text()); got != "Firefox on Windows192.0.2.44Signed in: Today, 13:58 This device" {
		t.Error(got)
	}
	if rows.First().Find("form").Length() != 0 {
		t.Error("this device can be removed")
	}
	if got := squeeze(rows.Eq(2).Text()); got != "Browser on AndroidUnknown placeSigned in: Today, 04:32. Last used: Today, 14:31. Sign out" {
		t.Error(got)
	}
	if attr(doc, "section[aria-labelledby=signed-in] li:nth-child(2) form", "action") != "/account/devices/ses_0/remove" ||
		attr(doc, "section[aria-labelledby=known] form", "action") != "/account/devices/brw_0/remove" {
		t.Error("the forms")
	}
	if attr(doc, "[data-dialog]", "href") != "/account/sign-out-everywhere" || attr(doc, "dialog form", "action") != "/account/sign-out-everywhere" {
		t.Error("signing out everywhere is not asked for")
	}
}

// Two hundred devices: the first few are there, the rest is folded.
func TestManyDevicesAreFolded(t *testing.T) {
	doc := show(t, "uk", fullDevices(199, 0), signedIn)
	if shown, folded := doc.Find("section ul.list > li").Not("details li").Length(), doc.Find("details li").Not("details.menu li").Length(); shown != 1+shownDevices || folded != 199-shownDevices {
		t.Errorf("%d shown, %d folded", shown, folded)
	}
	if got := squeeze(doc.Find("details.disclose summary").Text()); got != "Show 179 more" {
		t.Error(got)
	}
}

func TestAcceptedTextIsShownSafely(t *testing.T) {
	doc := show(t, "uk", AcceptedText{Acceptance: acceptances()[0], Text: "# Terms\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n"}, signedIn)
	if doc.Find("main script, main a[href^='javascript']").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "<script>") {
		t.Error("the text has markup of its own")
	}
	if got := attr(doc, "main .btn", "href"); got != "/account/terms/acc_2/download" {
		t.Error(got)
	}
}

func TestAcceptedFileIsWordForWord(t *testing.T) {
	text := "# Terms\n\nTo the last space. \r\n"
	a := acceptances()[0]
	a.TextHash = gatehouse.TermsHash(text)
	file := AcceptedFile(&Visit{Site: testSites()["uk"], Lang: "en-GB", User: testUser()}, a, text)
	head, below, found := strings.Cut(file, strings.Repeat("-", 64)+"\n")
	if !found || below != text || gatehouse.TermsHash(below) != a.TextHash {
		t.Errorf("%q", file)
	}
	for _, want := range []string{"Meridian UK, version 2026-09\n", "21 November 2026, 14:32 GMT (2026-11-21T14:32:00Z)\n", "msantos\n", "en-GB\n", a.TextHash + "\n"} {
		if !strings.Contains(head, want) {
			t.Errorf("the head lacks %q: %s", want, head)
		}
	}
}
