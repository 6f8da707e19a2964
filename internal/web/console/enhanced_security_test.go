package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func hrefs(s *goquery.Selection) []string {
	return s.Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") })
}

// atCompany is a page of the company's, as an administrator sees it.
func atCompany(t *testing.T, path string, view ui.View) *goquery.Document {
	t.Helper()
	return show(t, "uk", view, func(f *ui.Frame) { f.User, f.Company, f.Path = fixture.User(), fixture.Company(), path })
}

func TestCompanyPagesSayWhereOneIs(t *testing.T) {
	for path, want := range map[string][]string{
		"/company/enhanced-security":                    {"/", "/company/users"},
		"/company/enhanced-security?before=enr_1":       {"/", "/company/users"},
		"/company/enrolments/enr_1":                     {"/", "/company/users", "/company/enhanced-security"},
		"/company/enrolments/enr_1?outcome=failed#rest": {"/", "/company/users", "/company/enhanced-security"},
	} {
		view := ui.View(enhancedSecurityPage(func(*EnhancedSecurity) {}))
		if strings.Contains(path, "enrolments") {
			view = testResult(func(*EnrolmentResult) {})
		}
		doc := atCompany(t, path, view)
		if got := hrefs(doc.Find(".crumbs a")); !slices.Equal(got, want) {
			t.Errorf("%s: %q", path, got)
		}
		if got := hrefs(doc.Find(".subnav [aria-current]")); !slices.Equal(got, []string{ui.EnhancedSecurityPath}) {
			t.Errorf("%s: at %q", path, got)
		}
	}
	ask := atCompany(t, "/company/enhanced-security?two_factor=enabled", EnhancedSecurityConfirm{Preview: testPreview(true)})
	if got := hrefs(ask.Find(".crumbs a")); len(got) != 3 {
		t.Errorf("the page that asks is at %q", got)
	}
}

// The page asks about the choice that changes something.
func TestThePageAsksAboutTheOtherChoice(t *testing.T) {
	for on, want := range map[bool]string{false: "enabled", true: "disabled"} {
		doc := atCompany(t, ui.EnhancedSecurityPath, enhancedSecurityPage(func(v *EnhancedSecurity) { v.Current, v.Proved = gatehouse.EmailCodes(on), true }))
		if got := doc.Find("[data-asks]").AttrOr("value", ""); got != want {
			t.Errorf("on %v: asks about %q", on, got)
		}
		if got := doc.Find("dialog [name=two_factor]").AttrOr("value", ""); got != want {
			t.Errorf("on %v: the dialog is about %q", on, got)
		}
		if got := doc.Find("label:contains('Current setting') input").AttrOr("value", ""); got == want || got == "" {
			t.Errorf("on %v: %q is marked as it is", on, got)
		}
		if n := doc.Find("dialog [name=current_password]").Length(); n > 0 {
			t.Error("a password is asked for after a recent sign-in")
		}
	}
}

// After switching too often, users learn when they can switch again, and still see the
// question.
func TestThePageSaysFromWhenOn(t *testing.T) {
	doc := atCompany(t, ui.EnhancedSecurityPath, EnhancedSecurityConfirm{Preview: testPreview(true), Until: fixture.Noon.Add(12 * time.Minute)})
	if got := pages.Squeeze(doc.Find("[role=alert]").Text()); !strings.Contains(got, "Too many recent changes") || !strings.Contains(got, "from 14:44 GMT") {
		t.Errorf("%q", got)
	}
	if doc.Find("main form [name=two_factor][value=enabled]").Length() != 1 || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Error("the question is lost")
	}
}

// What colleagues will see depends on what the site's policy allows.
func TestThePageKnowsTheTimeOfTrust(t *testing.T) {
	for days, want := range map[int]string{0: "at every sign-in, on every device", 3: "on the same device for 3 days", 15: "on the same device for 15 days"} {
		st := fixture.Sites()["uk"]
		st.Policy.TrustedDevice = time.Duration(days) * 24 * time.Hour
		html, err := suite.Parsed(t).Render(pages.FrameFor(st, pages.Sample{SignedIn: true}), enhancedSecurityPage(func(*EnhancedSecurity) {}))
		if err != nil {
			t.Fatal(err)
		}
		text := pages.Squeeze(pages.Parse(t, html).Find("aside[data-for=enabled]").Text())
		if len(pages.Sentences(text, want)) != 1 {
			t.Errorf("%d days: %s", days, text)
		}
	}
}

// The states of the notices add up to the number that was written, even if some are no
// longer kept.
func TestNoticesAddUp(t *testing.T) {
	v := testResult(func(*EnrolmentResult) {})
	p := &ui.Page{View: v, Words: ui.WordsOf(&ui.Visit{}, fixture.Noon)}
	sum := 0
	for _, n := range v.NoticeTotals(p) {
		sum += n.Count
	}
	if last := v.NoticeTotals(p)[len(v.NoticeTotals(p))-1]; sum != v.Results.Counts.Told || last.Text != "No longer kept" || last.Count != 2 {
		t.Errorf("%d of %d: %+v", sum, v.Results.Counts.Told, v.NoticeTotals(p))
	}
}

// Users in the list have a link if there is a page for them.
func TestLinesLeadToWhoIsThere(t *testing.T) {
	doc := atCompany(t, EnrolmentPath("enr_1"), testResult(func(*EnrolmentResult) {}))
	links := hrefs(doc.Find("#users tbody a"))
	if len(links) != 10 || slices.Contains(links, ui.CompanyUsersPath+"/acc_5") || links[0] != ui.CompanyUsersPath+"/acc_ada.bruce" {
		t.Errorf("%q", links)
	}
	if row := doc.Find("#users tbody tr").First().Text(); strings.Contains(row, "250") {
		t.Errorf("what went well has a mail server's answer: %q", row)
	}
}

func TestProgressSpeaksTheLanguage(t *testing.T) {
	sites := fixture.Sites()
	for lang, want := range map[string]string{"en-GB": "116 of 152 users done", "de": "116 von 152 Benutzern fertig", "fr": "116 sur 152 utilisateurs traités"} {
		got := progressOf(ui.WordsOf(&ui.Visit{Site: sites["uk"], Lang: lang}, fixture.Noon), fixture.Noon, runningView(testEnrolment(gatehouse.RunRunning)).of(ui.WordsOf(&ui.Visit{Site: sites["uk"], Lang: lang}, fixture.Noon)))
		if got.Words["done"] != want || got.Done != 116 || got.Over {
			t.Errorf("%s: %+v", lang, got)
		}
	}
}
