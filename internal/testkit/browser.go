package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	_ "embed"
)

// ScreenshotsVariable names the folder that screenshots are written to; without
// it only a failing test writes one, to the temporary folder.
const ScreenshotsVariable = "GATEHOUSE_SCREENSHOTS"

// patience is how long a tab waits for what it is told to do, or to see.
var patience = 10 * time.Second // the kit's own tests have less

// Tab is a tab of a headless Chromium, with methods that read like what a person
// does. Every method waits until it can do its work, at most ten seconds, then
// ends the test with the text of the page and a screenshot; after a click it
// waits for the page that follows. A tab is for the test's own goroutine.
//
// Elements are found as a person finds them, by what is visible: a field by its
// label, a button or link by its text; exactly that text if there is one, else
// the only one that contains it.
type Tab struct {
	t       testing.TB
	ctx     context.Context
	watch   *watcher
	allowed []string
	// scriptless: the test wants no scripts in its pages.
	scriptless bool
}

// Browser opens a tab in a browser of its own: no cookies, no storage, no cache.
// At its end the test fails if the page reported errors: see Console.
func Browser(t testing.TB) *Tab {
	t.Helper()
	browser, err := sharedBrowser()
	if errors.Is(err, exec.ErrNotFound) {
		missing(t, "Chromium", "apt-get install chromium")
	}
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return openTab(t, browser, chromedp.WithNewBrowserContext())
}

// NewTab opens another tab of the same browser: the same cookies.
func (b *Tab) NewTab() *Tab {
	b.t.Helper()
	return openTab(b.t, b.ctx)
}

func openTab(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	watch := newWatcher()
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(watch.event))...)
	b := &Tab{t: t, ctx: ctx, watch: watch}
	t.Cleanup(func() {
		b.checkConsole()
		cancel()
	})
	// The first run's context is the life of the tab, so it has no deadline.
	opened := make(chan error, 1)
	go func() { opened <- chromedp.Do(ctx) }()
	select {
	case err := <-opened:
		if err != nil {
			t.Fatalf("opening a tab: %v", err)
		}
	case <-time.After(3 * patience):
		cancel()
		t.Fatal("opening a tab: Chromium does not answer")
	}
	watch.setMain(cdp.FrameID(chromedp.FromContext(ctx).Target.TargetID))
	b.Size(1280, 800)
	return b
}

// chromium is the browser of this process, which ends with it.
var chromium struct {
	sync.Mutex
	ctx context.Context
	err error
}

// sharedBrowser starts the Chromium of this process, again if it has crashed.
func sharedBrowser() (context.Context, error) {
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx == nil && chromium.err == nil || chromium.ctx != nil && chromium.ctx.Err() != nil {
		chromium.ctx, chromium.err = startBrowser()
	}
	return chromium.ctx, chromium.err
}

func startBrowser() (context.Context, error) {
	program, err := findChromium()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "gatehouse-chromium-")
	if err != nil {
		return nil, err
	}
	if err := removeAfterwards(profile); err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("no-pings", true), chromedp.Flag("lang", "en-GB"))
	if os.Geteuid() == 0 || os.Getenv("CI") == "true" {
		// The sandbox does not run as root, nor in most containers; the only
		// pages here are our own.
		options = append(options, chromedp.NoSandbox)
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...) //nolint:govet // the browser ends with the process
	ctx, _ = chromedp.NewContext(ctx)                                     //nolint:govet // as above
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err := <-started:
		if err != nil {
			return nil, err
		}
		return ctx, nil
	case <-time.After(time.Minute):
		return nil, errors.New("it does not answer")
	}
}

// findChromium looks for the browser under the names that it is installed as.
func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// removeAfterwards removes a folder when this process has ended, however it
// ends: a shell waits at a pipe that nobody else holds.
func removeAfterwards(folder string) error {
	cmd := exec.Command("/bin/sh", "-c", `read -r _ || true
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && sleep 0.3 && [ ! -e "$1" ] && exit; sleep 0.3; done`,
		"gatehouse-test-janitor", folder)
	cmd.Dir = "/"
	detach(cmd)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	openPipes = append(openPipes, pipe)
	return cmd.Start()
}

// openPipes keeps the janitors' pipes open until the process ends.
var openPipes []interface{ Close() error }

// ---- doing ----

// Open goes to an address, as typed into the address bar.
func (b *Tab) Open(url string) {
	b.t.Helper()
	b.act("open "+url, func(ctx context.Context) error {
		res, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: url})
		if err == nil && res.ErrorText != "" && res.ErrorText != "net::ERR_HTTP_RESPONSE_CODE_FAILURE" {
			err = permanent{errors.New(res.ErrorText)}
		}
		return err
	})
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.t.Helper()
	b.act("reload", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, page.Reload, page.ReloadParams{})
		return err
	})
}

// Back goes one page back in the history, as the browser's button does.
func (b *Tab) Back() {
	b.t.Helper()
	b.act("back", func(ctx context.Context) error {
		history, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		if history.CurrentIndex <= 0 {
			return permanent{errors.New("there is no page before this one")}
		}
		b.watch.expect()
		_, err = chromedp.Call(ctx, page.NavigateToHistoryEntry,
			page.NavigateToHistoryEntryParams{EntryID: history.Entries[history.CurrentIndex-1].ID})
		return err
	})
}

// Fill puts a value into the field with this label (or name): text is typed over
// what is there, of a selection the option with that text is chosen.
func (b *Tab) Fill(field, value string) {
	b.t.Helper()
	b.act(fmt.Sprintf("fill %q", field), func(ctx context.Context) error {
		var done bool
		if err := b.find(ctx, &done, "fill", field, value); err != nil || done {
			return err
		}
		if value == "" {
			return chromedp.Do(ctx, chromedp.KeyEvent(kb.Delete))
		}
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: value})
		return err
	})
}

// Type types text into what has the focus, key by key; it knows kb.Enter,
// kb.Tab and the like.
func (b *Tab) Type(keys string) {
	b.t.Helper()
	b.act(fmt.Sprintf("type %q", keys), func(ctx context.Context) error {
		return chromedp.Do(ctx, chromedp.KeyEvent(keys))
	})
}

// Check ticks the box, or picks the choice, with this label; if it is ticked
// already nothing happens.
func (b *Tab) Check(label string) {
	b.t.Helper()
	b.click("check", label)
}

// Uncheck takes the tick out of the box with this label.
func (b *Tab) Uncheck(label string) {
	b.t.Helper()
	b.click("uncheck", label)
}

// Press presses the button with this text.
func (b *Tab) Press(button string) {
	b.t.Helper()
	b.click("press", button)
}

// Follow clicks the link with this text.
func (b *Tab) Follow(link string) {
	b.t.Helper()
	b.click("follow", link)
}

// Click clicks the first visible element of a CSS selector; for what has no text.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.click("click", selector)
}

// Attach chooses a file of this machine in the file field with this label.
func (b *Tab) Attach(field, path string) {
	b.t.Helper()
	b.act(fmt.Sprintf("attach to %q", field), func(ctx context.Context) error {
		object, err := chromedp.Run(ctx, chromedp.Evaluate[*runtime.RemoteObject](finder("attach", field, "")))
		if err != nil {
			return err
		}
		if object.ObjectID == "" {
			return errors.New("no such file field")
		}
		_, err = chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, ObjectID: object.ObjectID})
		return err
	})
}

// click finds an element that can be clicked now, and clicks its middle.
func (b *Tab) click(verb, what string) {
	b.t.Helper()
	b.act(fmt.Sprintf("%s %q", verb, what), func(ctx context.Context) error {
		var at struct {
			X, Y float64
			Done bool
		}
		if err := b.find(ctx, &at, verb, what, ""); err != nil || at.Done {
			return err
		}
		return chromedp.Do(ctx, chromedp.MouseClickXY(at.X, at.Y))
	})
}

// act does one thing, again and again until it succeeds, and then waits for the
// page that it may have led to.
func (b *Tab) act(what string, do func(context.Context) error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var last error
	for {
		b.watch.begin()
		err := do(ctx)
		if err == nil {
			break
		}
		if last == nil || ctx.Err() == nil { // that the time is over says less
			last = err
		}
		if stop := (permanent{}); errors.As(err, &stop) || pause(ctx) != nil {
			b.fail(what, last)
		}
	}
	if err := b.watch.settle(ctx, func() { b.roundTrip(ctx) }); err != nil {
		b.fail(what, err)
	}
}

// roundTrip returns when the page has done what it was about to do.
func (b *Tab) roundTrip(ctx context.Context) {
	chromedp.Run(ctx, chromedp.Evaluate[int]("1")) //nolint:errcheck // a page that goes away answers with an error
}

// permanent is an error that waiting does not mend.
type permanent struct{ error }

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(25 * time.Millisecond):
		return nil
	}
}

// ---- seeing ----

// Text is the visible text of the first visible element of a CSS selector, with
// its white space made single spaces.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	return waitFor[string](b, fmt.Sprintf("read %q", selector), "text", selector)
}

// Texts are the texts of all visible elements of a CSS selector, which may be none.
func (b *Tab) Texts(selector string) []string {
	b.t.Helper()
	return waitFor[[]string](b, fmt.Sprintf("read all %q", selector), "texts", selector)
}

// Value is what is in the field with this label (or name): its text, or "true"
// or "false" for a box.
func (b *Tab) Value(field string) string {
	b.t.Helper()
	return waitFor[string](b, fmt.Sprintf("read the field %q", field), "value", field)
}

// Has says whether the page shows this text now, in whatever case.
func (b *Tab) Has(text string) bool {
	b.t.Helper()
	return waitFor[bool](b, fmt.Sprintf("look for %q", text), "has", text)
}

// See waits until the page shows this text.
func (b *Tab) See(text string) {
	b.t.Helper()
	b.act(fmt.Sprintf("see %q", text), func(ctx context.Context) error {
		var has bool
		if err := b.find(ctx, &has, "has", text, ""); err != nil || has {
			return err
		}
		return errors.New("the page does not show it")
	})
}

// URL is the address of the page.
func (b *Tab) URL() string {
	b.t.Helper()
	return Eval[string](b, "location.href")
}

// Eval runs JavaScript in the page and returns its value; a promise is awaited.
func Eval[T any](b *Tab, script string) T {
	b.t.Helper()
	var value T
	b.act("run "+script, func(ctx context.Context) (err error) {
		value, err = chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
		if thrown := (*chromedp.ExceptionError)(nil); errors.As(err, &thrown) {
			return permanent{err}
		}
		return err
	})
	return value
}

// Do runs steps of chromedp in the tab, for what has no method here: a virtual
// authenticator, say.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.fail("do", err)
	}
}

// Context is the tab's chromedp context: derive a deadline before using it.
func (b *Tab) Context() context.Context { return b.ctx }

// Cookies are all cookies of the browser.
func (b *Tab) Cookies() []*network.Cookie {
	b.t.Helper()
	var cookies []*network.Cookie
	b.act("read the cookies", func(ctx context.Context) error {
		res, err := chromedp.CallBrowser(ctx, storage.GetCookies,
			storage.GetCookiesParams{BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
		cookies = res.Cookies
		return err
	})
	return cookies
}

func waitFor[T any](b *Tab, what, verb, arg string) T {
	b.t.Helper()
	var value T
	b.act(what, func(ctx context.Context) error { return b.find(ctx, &value, verb, arg, "") })
	return value
}

//go:embed browser.js
var browserScript string

// finder is the script that does one verb of browser.js.
func finder(verb, what, value string) string {
	args, _ := json.Marshal([]string{verb, what, value})
	return "(" + browserScript + ")(..." + string(args) + ")"
}

// find runs a verb of browser.js; its answer goes into dest.
func (b *Tab) find(ctx context.Context, dest any, verb, what, value string) error {
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](finder(verb, what, value), chromedp.EvalAsValue))
	if err != nil {
		return err
	}
	var answer struct {
		Problem string
		Value   json.RawMessage
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("%w in %q", err, raw)
	}
	if answer.Problem != "" {
		return errors.New(answer.Problem)
	}
	return json.Unmarshal(answer.Value, dest)
}

// ---- how the browser is ----

// Size makes the window this large, in CSS pixels.
func (b *Tab) Size(width, height int) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(int64(width), int64(height)))
}

// Dark makes it a browser of somebody who likes dark pages.
func (b *Tab) Dark() {
	b.t.Helper()
	b.act("go dark", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		return err
	})
}

// NoJavaScript turns scripts off, from the next page on.
func (b *Tab) NoJavaScript() {
	b.t.Helper()
	b.scriptless = true
	b.scripts(false)
}

func (b *Tab) scripts(on bool) {
	b.t.Helper()
	b.act("switch scripts", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	})
}

// Language makes it a browser of somebody who reads these languages: "de, en;q=0.8".
func (b *Tab) Language(accept string) {
	b.t.Helper()
	b.act("set the language", func(ctx context.Context) error {
		agent, err := chromedp.Run(ctx, chromedp.Evaluate[string]("navigator.userAgent"))
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride,
			emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: accept})
		return err
	})
}

// ---- what went wrong ----

// Console are the errors that the pages of this tab reported until now: scripts
// that failed, breaches of the content security policy, files that did not load.
// That a page itself came with a status like 404 or 422 is not among them.
func (b *Tab) Console() []string {
	b.roundTripQuietly()
	return b.watch.problems(b.allowed)
}

// AllowErrors lets errors pass that contain one of these texts.
func (b *Tab) AllowErrors(texts ...string) { b.allowed = append(b.allowed, texts...) }

func (b *Tab) checkConsole() {
	b.t.Helper()
	for _, problem := range b.Console() {
		b.t.Errorf("the browser's console: %s", problem)
	}
}

// roundTripQuietly lets events that are on their way arrive.
func (b *Tab) roundTripQuietly() {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.roundTrip(ctx)
}

// Screenshot writes a picture of the whole page into the folder that
// GATEHOUSE_SCREENSHOTS names, under the names of the test and the picture;
// without that folder it does nothing.
func (b *Tab) Screenshot(name string) {
	b.t.Helper()
	folder := os.Getenv(ScreenshotsVariable)
	if folder == "" {
		return
	}
	if _, err := b.screenshot(folder, name); err != nil {
		b.fail("take a screenshot", err)
	}
}

var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9.]+`)

func (b *Tab) screenshot(folder, name string) (path string, err error) {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, strings.Trim(unsafeInName.ReplaceAllString(b.t.Name()+"-"+name, "-"), "-")+".png")
	return path, os.WriteFile(path, picture, 0o644)
}

// fail ends the test with all that helps to see why.
func (b *Tab) fail(what string, cause error) {
	b.t.Helper()
	var more strings.Builder
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	// A page that does not come would not let its picture be taken.
	chromedp.Call(ctx, page.StopLoading, cdp.Empty{}) //nolint:errcheck // only to help
	var seen struct{ URL, Title, Text string }
	if err := b.find(ctx, &seen, "page", "", ""); err != nil {
		fmt.Fprintf(&more, "\nthe page cannot be read: %v", err)
	} else {
		fmt.Fprintf(&more, "\nat %s (%s)\n\n%s\n", seen.URL, seen.Title, seen.Text)
	}
	if problems := b.watch.problems(b.allowed); len(problems) > 0 {
		fmt.Fprintf(&more, "\nconsole:\n%s\n", strings.Join(problems, "\n"))
	}
	folder := os.Getenv(ScreenshotsVariable)
	if folder == "" {
		folder = filepath.Join(os.TempDir(), "gatehouse-screenshots")
	}
	if path, err := b.screenshot(folder, "failed"); err == nil {
		fmt.Fprintf(&more, "\nscreenshot: %s", path)
	}
	b.t.Fatalf("cannot %s: %v%s", what, cause, more.String())
}
