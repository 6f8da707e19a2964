package portal

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
	"gatehouse/internal/account"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
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

// Every event has words, an icon, and a filter that finds it.
func TestEveryEventHasWords(t *testing.T) {
	p := suite.Parsed(t).Page(ui.Frame{Now: fixture.Noon}, ActivityLog{})
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
			a := activityOf(p, gatehouse.Event{Kind: gatehouse.EventKind(kind), Result: gatehouse.EventResult(result), ActorKind: gatehouse.Visitor, At: fixture.Noon})
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
	places := func(f *ui.Frame) { f.Path = "/account/activity?kind=changes" }
	events := []gatehouse.Event{
		{ID: "evt_4", UserID: "usr_1", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: fixture.Noon.Add(-time.Minute), IPAddress: "192.0.2.44", UserAgent: fixture.Firefox},
		{ID: "evt_3", UserID: "usr_1", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, ActorKind: gatehouse.Visitor, At: fixture.Noon, IPAddress: "203.0.113.7"},
		{ID: "evt_2", UserID: "usr_1", Kind: gatehouse.EventUserChanged, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_2", ActorName: "Ines <b>", At: fixture.Noon},
		{ID: "evt_1", UserID: "usr_1", Kind: gatehouse.EventPasswordReset, Result: gatehouse.ResultOK, ActorKind: gatehouse.Operator, ActorName: "root", At: fixture.Noon, IPAddress: "10.0.0.1"},
	}
	doc := show(t, "uk", ActivityLog{Activity: account.Activity{Events: events, Own: "evt_4", Next: "evt_1"}, ActivityFilter: account.ActivityFilter{Topic: "changes", Before: "evt_5"}}, pages.SignedIn, places)
	var rows []string
	doc.Find("tbody tr").Each(func(_ int, row *goquery.Selection) { rows = append(rows, pages.Squeeze(row.Text())) })
	want := []string{
		"You signed in Today, 14:31 Succeeded 192.0.2.44Firefox on Windows This sign-in This wasn’t me",
		"Sign-in failed: wrong password Today, 14:32 Incorrect 203.0.113.7",
		"Your profile was changed Today, 14:32 Succeeded Ines <b>Administrator at your company",
		"Your password was reset Today, 14:32 Succeeded SupportOn behalf of Meridian UK",
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	if got := pages.Attr(doc, "tbody td a", "href"); got != "/account/activity/evt_4/not-me" || doc.Find("tbody td a").Length() != 1 || doc.Find("tbody form").Length() != 0 {
		t.Errorf("what can be disowned: %s", got)
	}
	if got := pages.Attr(doc, ".pager li:last-child a", "href"); got != "/account/activity?before=evt_1&kind=changes" {
		t.Errorf("the next page: %s", got)
	}
	if got := pages.Attr(doc, ".pager li:first-child a", "href"); got != "/account/activity?kind=changes" {
		t.Errorf("the first page: %s", got)
	}
	if pages.Attr(doc, "#kind [selected]", "value") != "changes" || pages.Attr(doc, "#result [selected]", "value") != "" {
		t.Error("the filters do not show what was chosen")
	}
	if !strings.Contains(doc.Find("main").Text(), "Times are shown for London (GMT)") {
		t.Error("the zone is not said")
	}
}

func TestPlacesAreShownWhereKnown(t *testing.T) {
	all := *suite.Parsed(t)
	all.Place = func(_, address string) string {
		if address == "192.0.2.44" {
			return "Leeds, United Kingdom"
		}
		return ""
	}
	v := ActivityLog{Activity: account.Activity{Events: []gatehouse.Event{
		{ID: "evt_2", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: fixture.Noon, IPAddress: "192.0.2.44"},
		{ID: "evt_1", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: fixture.Noon, IPAddress: "203.0.113.7"},
		{ID: "evt_0", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, At: fixture.Noon}}}}
	f := pages.FrameFor(fixture.Sites()["uk"], pages.Sample{SignedIn: true})
	html, err := all.Render(f, v)
	if err != nil {
		t.Fatal(err)
	}
	var from []string
	pages.Parse(t, html).Find("tbody td:nth-child(4)").Each(func(_ int, s *goquery.Selection) { from = append(from, pages.Squeeze(s.Text())) })
	if strings.Join(from, "|") != "Leeds, United Kingdom|203.0.113.7|Unknown" {
		t.Error(from)
	}
}
