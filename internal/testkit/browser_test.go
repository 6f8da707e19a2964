package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestBrowserSignsIn(t *testing.T) {
	site := at(tinySite(t), "uk.localhost")
	b := Browser(t)
	b.Open(site)
	if got := b.Text("h1"); got != "Sign in" {
		t.Errorf("h1: %q", got)
	}
	if got := b.Text("#script"); got != "scripts run" {
		t.Errorf("script: %q", got)
	}
	b.See("here at last")
	b.Fill("Username", "ann")
	b.Fill("Password", "pa55 & <word>")
	b.Fill("password2", "")
	b.Fill("Country", "United Kingdom")
	b.Fill("Note", "two\nlines")
	b.Check("Remember me")
	b.Check("Remember me")
	b.Check("Second kind")
	if b.Value("Username") != "ann" || b.Value("Remember me") != "true" || b.Value("Country") != "uk" {
		t.Errorf("fields: %q %q %q", b.Value("Username"), b.Value("Remember me"), b.Value("Country"))
	}
	b.Press("Sign in")
	if got := b.Text("h1"); got != "My account" {
		t.Errorf("after signing in: %q", got)
	}
	if got, want := b.Text("#who"), "country=uk/csrf=tok+en/do=in/kind=b/note=two%0D%0Alines/password=pa55+%26+%3Cword%3E/password2=/remember=yes/username=ann"; got != want {
		t.Errorf("sent:\n%s\nwant\n%s", got, want)
	}
	if b.URL() != site+"/me" || !b.Has("my account") || b.Has("secret") {
		t.Errorf("at %s", b.URL())
	}
	if got := b.NewTab(); true {
		got.Open(site + "/me")
		if got.Text("#who") == "nobody" {
			t.Error("a new tab of the same browser knows nothing")
		}
	}
	if cookies := b.Cookies(); len(cookies) != 1 || cookies[0].Name != "__Host-who" {
		t.Errorf("cookies: %v", cookies)
	}
	b.Follow("Home")
	if b.URL() != site+"/" {
		t.Errorf("home is %s", b.URL())
	}
	b.Back()
	if b.Text("h1") != "My account" {
		t.Errorf("back led to %s", b.URL())
	}
	b.Reload()
	b.Follow("Home")
	b.Follow("My account")
	b.Back()
	b.Fill("Username", "bob")
	b.Fill("Password", "wrong")
	b.Type(kb.Enter)
	if got := b.Text("h1"); got != "That did not work" {
		t.Errorf("Enter led to %q", got)
	}
	if got := b.Console(); len(got) != 0 {
		t.Errorf("a status of 422 is no error of the page: %q", got)
	}
}

func TestBrowsersShareNothing(t *testing.T) {
	site := at(tinySite(t), "uk.localhost")
	for range 2 {
		b := Browser(t)
		b.Open(site + "/me")
		if got := b.Text("#who"); got != "nobody" {
			t.Fatalf("a new browser is %s", got)
		}
		b.Open(site)
		b.Press("Get help")
		if got := b.Text("#who"); !strings.Contains(got, "do=help") {
			t.Errorf("the other button sends %q", got)
		}
	}
}

func TestBrowsersRunAtTheSameTime(t *testing.T) {
	site := tinySite(t)
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			b := Browser(t)
			b.Open(at(site, "uk.localhost"))
			b.See("here at last")
			b.Fill("Username", fmt.Sprint("person", i))
			b.Press("Sign in")
			if got := b.Text("#who"); !strings.Contains(got, fmt.Sprint("person", i)) {
				t.Error(got)
			}
		})
	}
}

func TestBrowserWithoutScript(t *testing.T) {
	b := Browser(t)
	b.NoJavaScript()
	b.Open(at(tinySite(t), "uk.localhost"))
	if got := b.Text("#script"); got != "no scripts" {
		t.Errorf("script: %q", got)
	}
	if got := b.Axe(); len(got) != 0 {
		t.Errorf("axe: %v", got)
	}
	b.Fill("Username", "ann")
	b.Check("Remember me")
	b.Press("Sign in")
	if got := b.Text("#who"); !strings.Contains(got, "remember=yes/username=ann") {
		t.Error(got)
	}
	b.Follow("Home")
	if got := b.Text("#script"); got != "no scripts" {
		t.Errorf("script after axe: %q", got)
	}
}

func TestBrowserLooks(t *testing.T) {
	t.Setenv(ScreenshotsVariable, t.TempDir())
	b := Browser(t)
	b.Size(360, 640)
	b.Dark()
	b.Language("de, en;q=0.5")
	b.Open(at(tinySite(t), "uk.localhost") + "/me")
	if got := Eval[string](b, "getComputedStyle(document.body).backgroundColor + innerWidth"); got != "rgb(0, 0, 0)360" {
		t.Errorf("dark and narrow: %s", got)
	}
	if got := b.Text("#lang"); !strings.HasPrefix(got, "de") {
		t.Errorf("language: %q", got)
	}
	b.Screenshot("my account / dark")
	pictures, _ := filepath.Glob(filepath.Join(os.Getenv(ScreenshotsVariable), "*"))
	if len(pictures) != 1 || filepath.Base(pictures[0]) != "TestBrowserLooks-my-account-dark.png" {
		t.Errorf("pictures: %q", pictures)
	}
}

func TestBrowserUploads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(file, []byte("a,b"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := Browser(t)
	b.Open(at(tinySite(t), "uk.localhost") + "/upload")
	b.Attach("People", file)
	b.Press("Send")
	b.See("users.csv of tok en: a,b")
}

func TestAxeFindsWhatCannotBeRead(t *testing.T) {
	b := Browser(t)
	b.Open(at(tinySite(t), "uk.localhost") + "/pale")
	start := time.Now()
	got := b.Axe()
	t.Logf("axe takes %v", time.Since(start))
	if len(got) != 1 || got[0].ID != "color-contrast" || !strings.Contains(got[0].String(), "#eeeeee") {
		t.Errorf("axe: %v", got)
	}
	if got := b.AxeColours("[...document.querySelectorAll('p')]"); len(got) != 1 || !strings.Contains(got[0].String(), "#eeeeee") {
		t.Errorf("axe, of the paragraph alone: %v", got)
	}
	if got := b.AxeColours("[...document.querySelectorAll('h1')]"); len(got) != 0 {
		t.Errorf("axe, of the heading alone: %v", got)
	}
}

// What was examined on another page is left out, and the rest is not; on the tab's next page too.
func TestAxeBetweenLeavesOutWhatIsThere(t *testing.T) {
	b := Browser(t)
	for range 2 {
		b.Open(at(tinySite(t), "uk.localhost") + "/pale")
		Eval[bool](b, `[...document.querySelectorAll("h1, p")].forEach(e => e.append(document.createElement("button"))), true`)
		for without, want := range map[string]int{"[]": 2, "[...document.querySelectorAll('p')]": 1, "[...document.querySelectorAll('h1, p')]": 0} {
			got := b.AxeBetween(without)
			if n := len(got); n != min(want, 1) || n > 0 && (got[0].ID != "button-name" || len(got[0].Nodes) != want) {
				t.Errorf("without %s: %v", without, got)
			}
		}
	}
}

func TestConsoleTellsErrors(t *testing.T) {
	site := at(tinySite(t), "uk.localhost")
	for path, want := range map[string]string{
		"/throws": "the script is broken",
		"/inline": "Content Security Policy",
		"/image":  "/none.png",
		"/none":   "",
	} {
		b := Browser(t)
		b.AllowErrors("nothing like this")
		b.Open(site + path)
		got := strings.Join(b.Console(), "\n")
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %q", path, got)
		}
		b.AllowErrors("the script is broken", "Content Security Policy", "/none.png")
	}
}

// failing runs a step that must fail, and soon, and returns what the test would have said.
func failing(t *testing.T, b *Tab, step func(*Tab)) string {
	t.Helper()
	before := patience
	patience = 600 * time.Millisecond
	defer func() { patience = before }()
	said := &recorder{TB: t}
	copied := *b
	copied.t = said
	done := make(chan struct{})
	go func() {
		defer close(done)
		step(&copied)
	}()
	<-done
	if said.text == "" {
		t.Error("the step did not fail")
	}
	return said.text
}

// recorder is a test that records why it failed.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestFailuresSayWhatThereIs(t *testing.T) {
	t.Setenv(ScreenshotsVariable, t.TempDir())
	site := at(tinySite(t), "uk.localhost")
	b := Browser(t)
	b.Open(site)
	for _, c := range []struct {
		step func(*Tab)
		want []string
	}{
		{func(b *Tab) { b.Fill("Nickname", "x") }, []string{`cannot fill "Nickname"`, `"Username"`, "scripts run", site, "failed.png"}},
		{func(b *Tab) { b.Press("Sign out") }, []string{`no button "Sign out"`, `"Get help"`}},
		{func(b *Tab) { b.Follow("Nowhere") }, []string{`"My ACCOUNT"`}},
		{func(b *Tab) { b.Text("#nothing") }, []string{"nothing visible is #nothing"}},
		{func(b *Tab) { b.See("elephants") }, []string{"does not show it"}},
		{func(b *Tab) { b.Open(site + "/slow") }, []string{"cannot open"}},
		{func(b *Tab) { b.Open("http://127.0.0.1:1/") }, []string{"net::ERR"}},
	} {
		said := failing(t, b, c.step)
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("the failure does not say %q:\n%s", want, said)
			}
		}
	}
	b.Open(site + "/covered")
	if said := failing(t, b, func(b *Tab) { b.Press("Under") }); !strings.Contains(said, `covered by <div class="cover">`) {
		t.Error(said)
	}
}

func TestBrowserComesBackAfterACrash(t *testing.T) {
	site := at(tinySite(t), "uk.localhost")
	b := Browser(t)
	b.Open(site)
	died := ordinary.ctx.Done()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	// The process that was started may be a script that started the browser: killing it does nothing.
	chromedp.CallBrowser(ctx, browser.Crash, cdp.Empty{}) //nolint:errcheck // a browser that has died does not answer
	<-died
	if said := failing(t, b, func(b *Tab) { b.Text("#nothing") }); said == "" {
		t.Error("a dead browser finds nothing without saying so")
	}
	b = Browser(t)
	b.Open(site)
	b.See("Sign in")
}
