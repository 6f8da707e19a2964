package portal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

func TestSignInAsksForWhatTheSiteTakes(t *testing.T) {
	for id, want := range map[string]struct {
		label, mode    string
		forgotUsername int
	}{
		"uk": {"Username", "", 1}, "au": {"Username or email", "", 1}, "inkwell": {"Email address", "email", 0},
	} {
		doc := show(t, id, SignIn{})
		if got := doc.Find("label[for=username]").Text(); got != want.label {
			t.Errorf("%s: label %q", id, got)
		}
		if pages.Attr(doc, "#username", "type") != "text" || pages.Attr(doc, "#username", "inputmode") != want.mode || pages.Attr(doc, "#username", "autocomplete") != "username webauthn" {
			t.Errorf("%s: the first field", id)
		}
		if doc.Find("a[href='/forgot-username']").Length() != want.forgotUsername || doc.Find("a[href='/forgot-password']").Length() != 1 {
			t.Errorf("%s: the ways out", id)
		}
		if pages.Attr(doc, "#password", "autocomplete") != "current-password" || pages.Attr(doc, "#password", "maxlength") != "" {
			t.Errorf("%s: the password", id)
		}
	}
}

func TestSignInFailedKeepsTheNameAndNotThePassword(t *testing.T) {
	doc := show(t, "uk", SignIn{LastFailed: true, Username: "msantos", ReturnTo: "/a?b=c&d=e"})
	if pages.Attr(doc, "#username", "value") != "msantos" {
		t.Error("the name is lost")
	}
	if _, has := doc.Find("#password").Attr("value"); has {
		t.Error("the password stands in the page")
	}
	if pages.Attr(doc, "#password", "aria-invalid") != "true" || pages.Attr(doc, "#password", "aria-describedby") != "password-error" {
		t.Error("the password is not marked")
	}
	if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") || doc.Find(".alert-bad[data-focus][tabindex='-1'][role=alert]").Length() != 1 {
		t.Error("the error is not announced")
	}
	if got := pages.Attr(doc, "form", "action"); got != "/sign-in?return_to=%2fa%3fb%3dc%26d%3de" {
		t.Errorf("action %s", got)
	}
	alert := doc.Find(".alert-bad")
	for _, sel := range []string{"a[href='/forgot-password']", "a[href='tel:03450100482']", "a[href='mailto:help@uk.meridian.example']"} {
		if alert.Find(sel).Length() != 1 {
			t.Errorf("the alert lacks %s", sel)
		}
	}
}

// TestSignInSaysOneThing: the most urgent state wins.
func TestSignInSaysOneThing(t *testing.T) {
	doc := show(t, "uk", SignIn{LastFailed: true, Expired: true, SignedOut: true})
	if n := doc.Find(".alert:not([hidden])").Length(); n != 1 {
		t.Errorf("%d alerts", n)
	}
}

func TestSummaryLinksToTheFields(t *testing.T) {
	doc := show(t, "au", SignIn{Fields: []gatehouse.FieldError{
		{Field: "password", Reason: "required"}, {Field: "username", Reason: "required"}, {Field: "elsewhere", Reason: "required"}}})
	var got []string
	doc.Find(".alert-bad li a").Each(func(_ int, s *goquery.Selection) {
		href, _ := s.Attr("href")
		got = append(got, href+" "+s.Text())
	})
	want := "[#username Enter your username or email address #password Enter your password]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v", got)
	}
	if !strings.Contains(doc.Find(".alert-title").Text(), "2 things") {
		t.Error(doc.Find(".alert-title").Text())
	}
}

func TestLockedHere(t *testing.T) {
	doc := show(t, "uk", LockedHere{signin.LockedError{Until: fixture.Noon.Add(time.Hour)}})
	if doc.Find("h1").Text() != "Your account is locked until 15:32 GMT" || doc.Find("main a[href='/forgot-password']").Length() != 1 {
		t.Error(doc.Find("h1").Text())
	}
	if !strings.Contains(doc.Find(".alert-warn").Text(), "GH-7F3K-29QX") {
		t.Error("no reference")
	}
	doc = show(t, "uk", LockedHere{signin.LockedError{Reason: gatehouse.LockedByAdministrator}})
	if doc.Find("main a[href='/forgot-password']").Length() != 0 {
		t.Error("a recovery does not end an administrator's lock")
	}
}
