package testkit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// ScreenshotsVariable names the folder for screenshots; without it only a failing test
// writes one, to the temporary folder.
const ScreenshotsVariable = "TESTKIT_SCREENSHOTS"

// patience is how long a tab waits for what it is told to do, or to see.
var patience = time.Minute // the kit's own tests have less

// Tab is a tab of a headless Chromium, with methods that read like what a person does.
// Every method waits until it can do its work, at most a minute, then ends the test
// with the text of the page and a screenshot; after a click it waits for the next page.
// A tab is for the test's own goroutine.
//
// Elements are found as a person finds them, by what is visible: a field by its label,
// a button or link by its text; exactly that text if there is one, else the only one
// that contains it.
type Tab struct {
	t       testing.TB
	ctx     context.Context
	watch   *watcher
	allowed []string
	// scriptless: the test wants no scripts in its pages.
	scriptless bool
	// bringsAxe: its later pages begin with axe, see bringAxe.
	bringsAxe bool
	// unpainted: its pages are painted only for a picture of a failure.
	unpainted bool
	// profile is what it shares with the tabs of the same browser: cookies, storage, cache.
	profile cdp.BrowserContextID
}

// Browser opens a tab in a separate browser: no cookies, no storage, no cache. At its
// end the test fails if the page reported errors: see Console.
func Browser(t testing.TB) *Tab {
	t.Helper()
	return ordinary.tab(t)
}

// PaintedBrowser is Browser for a test of what takes frames: pictures, that Escape closes a dialog, or
// that something moves and stands still again.
func PaintedBrowser(t testing.TB) *Tab {
	t.Helper()
	return painting.tab(t)
}

// BrowserWithKeys is Browser in a Chromium that ties sessions to its device, as Chrome does on
// computers with a chip for keys: here, the key is in its memory. It trusts servers OverHTTPS.
func BrowserWithKeys(t testing.TB) *Tab {
	t.Helper()
	return withKeys.tab(t)
}

// NewTab opens another tab of the same browser: the same cookies.
func (b *Tab) NewTab() *Tab {
	b.t.Helper()
	return openTab(b.t, b.ctx, b.unpainted, b.profile)
}

// openTab opens a tab of the browser with this profile, or of a new one.
func openTab(t testing.TB, parent context.Context, unpainted bool, profile cdp.BrowserContextID) *Tab {
	t.Helper()
	profile = inProfile(t, parent, profile)
	watch := newWatcher()
	soon, stop := context.WithTimeout(parent, 3*patience)
	defer stop()
	created, err := chromedp.CallBrowser(soon, target.CreateTarget, target.CreateTargetParams{
		URL: "about:blank", BrowserContextID: profile, NewWindow: new(true), EnableBeginFrameControl: &unpainted})
	if err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithTargetID(created.TargetID), chromedp.WithListener(watch.event))
	b := &Tab{t: t, ctx: ctx, watch: watch, unpainted: unpainted, profile: profile}
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
	watch.setMain(cdp.FrameID(created.TargetID))
	b.Size(1280, 800)
	return b
}

// inProfile returns the profile, or a new one that goes with the test.
func inProfile(t testing.TB, parent context.Context, profile cdp.BrowserContextID) cdp.BrowserContextID {
	t.Helper()
	if profile != "" {
		return profile
	}
	soon, stop := context.WithTimeout(parent, 3*patience)
	defer stop()
	fresh, err := chromedp.CallBrowser(soon, target.CreateBrowserContext, target.CreateBrowserContextParams{})
	if err != nil {
		t.Fatalf("opening a browser: %v", err)
	}
	profile = fresh.BrowserContextID
	t.Cleanup(func() {
		params := target.DisposeBrowserContextParams{BrowserContextID: profile}
		chromedp.CallBrowser(parent, target.DisposeBrowserContext, params) //nolint:errcheck // it may have crashed
	})
	return profile
}

// chromium is a browser of this process, which ends with it.
type chromium struct {
	programs []string
	options  func() ([]chromedp.ExecAllocatorOption, error)
	paints   bool // whatever is shown, at once

	mu  sync.Mutex
	ctx context.Context
	err error
	// unpainted: it paints its pages only when asked, which no other browser can.
	unpainted bool
}

// The headless shell is the same engine without a browser's windows and profiles, which take most of
// a page's processor time. It has no keys for sessions, either.
var (
	ordinary = &chromium{programs: append([]string{headlessShell}, wholeBrowsers...)}
	painting = &chromium{programs: ordinary.programs, paints: true}
	withKeys = &chromium{programs: wholeBrowsers, options: func() ([]chromedp.ExecAllocatorOption, error) {
		key, err := siteKeyHash()
		return []chromedp.ExecAllocatorOption{
			chromedp.Flag("ignore-certificate-errors-spki-list", key),
			chromedp.Flag("enable-features", "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"),
		}, err
	}}
	headlessShell = "chromium-headless-shell"
	wholeBrowsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
)

func (c *chromium) tab(t testing.TB) *Tab {
	t.Helper()
	ctx, unpainted := c.shared(t)
	return openTab(t, ctx, unpainted, "")
}

// shared starts the browser, or restarts it after a crash.
func (c *chromium) shared(t testing.TB) (ctx context.Context, unpainted bool) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil && c.err == nil || c.ctx != nil && c.ctx.Err() != nil {
		c.ctx, c.err = c.start()
	}
	if errors.Is(c.err, exec.ErrNotFound) {
		missing(t, "Chromium", "apt-get install chromium")
	}
	if c.err != nil {
		t.Fatalf("starting Chromium: %v", c.err)
	}
	return c.ctx, c.unpainted
}

func (c *chromium) start() (context.Context, error) {
	program, err := c.find()
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
		chromedp.Flag("no-pings", true), chromedp.Flag("lang", "en-GB"),
		// No page lives long enough to make up for the time in which its scripts are optimised.
		chromedp.Flag("js-flags", "--no-opt --no-maglev"),
		// Otherwise a click on a page that has loaded and is not painted yet is dropped, and on a
		// busy machine that is long enough for a test to click in it.
		chromedp.Flag("allow-pre-commit-input", true))
	// To paint what nobody looks at takes a quarter of the processor time of most tests. What a page
	// does, where it is and how it is styled are the same.
	if c.unpainted = !c.paints && os.Getenv(ScreenshotsVariable) == "" && filepath.Base(program) == headlessShell; c.unpainted {
		options = append(options, chromedp.Flag("enable-begin-frame-control", true), chromedp.Flag("run-all-compositor-stages-before-draw", true))
	}
	if os.Geteuid() == 0 || os.Getenv("CI") == "true" {
		// The sandbox does not run as root, nor in most containers; the only
		// pages here are our own.
		options = append(options, chromedp.NoSandbox)
	}
	if c.options != nil {
		more, err := c.options()
		if err != nil {
			return nil, err
		}
		options = append(options, more...)
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

// find looks for the browser under its usual names.
func (c *chromium) find() (string, error) {
	for _, name := range c.programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}
