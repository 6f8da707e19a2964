package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
)

func hrefs(s *goquery.Selection) []string {
	return s.Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") })
}

// atCompany is a page of the company's, as an administrator sees it.
func atCompany(t *testing.T, path string, view View) *goquery.Document {
	t.Helper()
	return show(t, "uk", view, func(f *Frame) { f.User, f.Company, f.Path = testUser(), testCompany(), path })
}

// B01: nobody but administrators is shown a way to the company's pages.
func TestCompanyPagesAreForAdministrators(t *testing.T) {
	for role, want := range map[gatehouse.Role]int{gatehouse.RoleAdmin: 2, gatehouse.RoleUser: 0} {
		doc := show(t, "uk", Profile{}, func(f *Frame) { f.Path, f.User.Role = "/account/profile", role })
		if got := hrefs(doc.Find("a[href^='/company']")); len(got) != want { // the tab, and My account's
			t.Errorf("%s: %q", role, got)
		}
	}
}

func TestCompanyPagesSayWhereOneIs(t *testing.T) {
	for path, want := range map[string][]string{
		"/company/enhanced-security":                    {"/", "/company/users"},
		"/company/enhanced-security?before=enr_1":       {"/", "/company/users"},
		"/company/enrolments/enr_1":                     {"/", "/company/users", "/company/enhanced-security"},
		"/company/enrolments/enr_1?outcome=failed#rest": {"/", "/company/users", "/company/enhanced-security"},
	} {
		view := View(switchPage(func(*EnhancedSecurity) {}))
		if strings.Contains(path, "enrolments") {
			view = testResult(func(*EnrolmentResult) {})
		}
		doc := atCompany(t, path, view)
		if got := hrefs(doc.Find(".crumbs a")); !slices.Equal(got, want) {
			t.Errorf("%s: %q", path, got)
		}
		if got := hrefs(doc.Find(".subnav [aria-current]")); !slices.Equal(got, []string{EnhancedSecurityPath}) {
			t.Errorf("%s: at %q", path, got)
		}
	}
	ask := atCompany(t, "/company/enhanced-security?two_factor=enabled", SwitchConfirmation{Preview: testPreview(true)})
	if got := hrefs(ask.Find(".crumbs a")); len(got) != 3 {
		t.Errorf("the page that asks is at %q", got)
	}
}

// The choice that changes something is the one that is asked about.
func TestTheSwitchAsksAboutTheOtherChoice(t *testing.T) {
	for on, want := range map[bool]string{false: "enabled", true: "disabled"} {
		doc := atCompany(t, EnhancedSecurityPath, switchPage(func(v *EnhancedSecurity) { v.On = on }))
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

// Whoever switches too often learns from when on it goes, and has the question before them.
func TestTheSwitchSaysFromWhenOn(t *testing.T) {
	doc := atCompany(t, EnhancedSecurityPath, SwitchConfirmation{Preview: testPreview(true), Until: noon.Add(12 * time.Minute)})
	if got := squeeze(doc.Find("[role=alert]").Text()); !strings.Contains(got, "Too many recent changes") || !strings.Contains(got, "from 14:44 GMT") {
		t.Errorf("%q", got)
	}
	if doc.Find("main form [name=two_factor][value=enabled]").Length() != 1 || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Error("the question is lost")
	}
}

// What became of the notices adds up to how many were written, also when some are not
// kept any more.
func TestNoticesAddUp(t *testing.T) {
	v := testResult(func(*EnrolmentResult) {})
	p := &page{View: v, Words: wordsFor(Frame{Now: noon})}
	sum := 0
	for _, n := range p.NoticeTotals() {
		sum += n.Count
	}
	if last := p.NoticeTotals()[len(p.NoticeTotals())-1]; sum != v.Run.Counts.Told || last.Text != "Not kept any more" || last.Count != 2 {
		t.Errorf("%d of %d: %+v", sum, v.Run.Counts.Told, p.NoticeTotals())
	}
}

// Whom one sees in the list is led to where that is possible.
func TestLinesLeadToWhoIsThere(t *testing.T) {
	doc := atCompany(t, EnrolmentPath("enr_1"), testResult(func(*EnrolmentResult) {}))
	links := hrefs(doc.Find("#users tbody a"))
	if len(links) != 10 || slices.Contains(links, CompanyUsersPath+"/acc_5") || links[0] != CompanyUsersPath+"/acc_ada.bruce" {
		t.Errorf("%q", links)
	}
	if row := doc.Find("#users tbody tr").First().Text(); strings.Contains(row, "250") {
		t.Errorf("what went well has a mail server's answer: %q", row)
	}
}

func TestProgressSpeaksTheLanguage(t *testing.T) {
	sites := testSites()
	for lang, want := range map[string]string{"en-GB": "116 of 152 users done", "de": "116 von 152 Benutzern fertig", "fr": "116 sur 152 utilisateurs traités"} {
		got := ProgressOf(&Visit{Site: sites["uk"], Lang: lang}, noon, testRun(gatehouse.EnrolmentRunning))
		if got.Words["done"] != want || got.Done != 116 || got.Over {
			t.Errorf("%s: %+v", lang, got)
		}
	}
}
