package ui_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.Suite{
	Files:   ui.Files,
	New:     sync.OnceValues(func() (*ui.Pages, error) { return ui.New() }),
	Samples: samples,
	Hostile: func(v ui.View, _ string) ui.View { return v },
}

func TestViews(t *testing.T) { suite.Test(t) }

// Each browser repairs faulty HTML in its own way, and screen readers read the result.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, suite.All(t)) {
		t.Error(fault)
	}
}

func samples() []pages.Sample {
	list := []pages.Sample{
		{Name: "unknown-host", View: ui.ErrorPage{Status: 421}, Siteless: true},
		{Name: "error-foreign", View: ui.ErrorPage{Status: 403, Reason: ui.ReasonForeign}},
		{Name: "error-cookies", View: ui.ErrorPage{Status: 403, Reason: ui.ReasonCookies}},
		{Name: "error-form", View: ui.ErrorPage{Status: 403, Reason: ui.ReasonForm}},
		{Name: "error-busy", View: ui.ErrorPage{Status: 503, RetryAfter: 7500 * time.Millisecond}},
		{Name: "error-often", View: ui.ErrorPage{Status: 429, RetryAfter: 31 * time.Minute}},
		{Name: "error-teapot", View: ui.ErrorPage{Status: 418}},
		{Name: "error-gateway", View: ui.ErrorPage{Status: 502}},
	}
	for status := range ui.ErrorStatuses {
		list = append(list, pages.Sample{Name: "error-" + ui.ErrorPage{Status: status}.Which(), View: ui.ErrorPage{Status: status}})
	}
	return list
}

func TestContactsFollowTheSite(t *testing.T) {
	none := func(f *ui.Frame) { s := *f.Site; s.Support = gatehouse.Support{}; f.Site = &s }
	phone := func(f *ui.Frame) {
		s := *f.Site
		s.Support = gatehouse.Support{Phone: "+44 (131) 496-0182"}
		f.Site = &s
	}
	if doc := suite.Show(t, "uk", ui.ErrorPage{Status: 500}, none); doc.Find("a[href^='tel:'], a[href^='mailto:']").Length() != 0 {
		t.Error("a contact that the site does not have")
	}
	doc := suite.Show(t, "uk", ui.ErrorPage{Status: 500}, phone)
	if doc.Find("a[href='tel:+441314960182']").Length() != 2 || doc.Find("a[href^='mailto:']").Length() != 0 {
		t.Error("the phone number is not there in text and foot")
	}
}

func TestErrorsBecomeStatusesAndPages(t *testing.T) {
	for kind, want := range map[gatehouse.Kind]int{
		gatehouse.Internal: 500, gatehouse.Invalid: 422, gatehouse.Unauthenticated: 401, gatehouse.Forbidden: 403, gatehouse.NotFound: 404,
		gatehouse.Conflict: 409, gatehouse.Gone: 410, gatehouse.TooMany: 429, gatehouse.Unavailable: 503, 99: 500,
	} {
		if got := ui.StatusOf(fmt.Errorf("wrapped: %w", &gatehouse.Error{Kind: kind})); got != want {
			t.Errorf("%d: %d", kind, got)
		}
	}
	if ui.StatusOf(errors.New("disk")) != http.StatusInternalServerError {
		t.Error("an unknown error is ours")
	}
	busy := ui.ErrorPageOf(&gatehouse.Error{Kind: gatehouse.Unavailable, RetryAfter: 3 * time.Second, Err: errors.New("secret cause")})
	if doc := suite.Show(t, "uk", busy); !strings.Contains(doc.Text(), "3 seconds") || strings.Contains(doc.Text(), "secret") {
		t.Error("the page of a busy server")
	}
	form := ui.ErrorPageOf(&gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ui.ReasonForm})
	if doc := suite.Show(t, "uk", form); doc.Find("h1").Text() != "This form has expired" {
		t.Error(doc.Find("h1").Text())
	}
}

func TestEveryErrorPageHasItsReference(t *testing.T) {
	for status := range ui.ErrorStatuses {
		if doc := suite.Show(t, "au", ui.ErrorPage{Status: status}); doc.Find("#reference").Text() != "GH-7F3K-29QX" {
			t.Errorf("%d has no reference", status)
		}
	}
}

func TestRetryStaysOnTheSite(t *testing.T) {
	for path, want := range map[string]string{"": "/", "/a?b=c": "/a?b=c", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/"} {
		doc := suite.Show(t, "uk", ui.ErrorPage{Status: 500}, func(f *ui.Frame) { f.Path = path })
		if got := pages.Attr(doc, ".actions .btn-main", "href"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
