package testkit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
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
}

// Browser opens a tab in a separate browser: no cookies, no storage, no cache. At its
// end the test fails if the page reported errors: see Console.
func Browser(t testing.TB) *Tab {
	t.Helper()
	return openTab(t, ordinary.shared(t), chromedp.WithNewBrowserContext())
}

// BrowserWithKeys is Browser in a Chromium that ties sessions to its device, as Chrome does on
// computers with a chip for keys: here, the key is in its memory. It trusts servers OverHTTPS.
func BrowserWithKeys(t testing.TB) *Tab {
	t.Helper()
	return openTab(t, withKeys.shared(t), chromedp.WithNewBrowserContext())
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

// chromium is a browser of this process, which ends with it.
type chromium struct {
	programs []string
	options  func() ([]chromedp.ExecAllocatorOption, error)

	mu  sync.Mutex
	ctx context.Context
	err error
}

// The headless shell is the same engine without a browser's windows and profiles, which take most of
// a page's processor time. It has no keys for sessions, either.
var (
	ordinary = &chromium{programs: append([]string{"chromium-headless-shell"}, wholeBrowsers...)}
	withKeys = &chromium{programs: wholeBrowsers, options: func() ([]chromedp.ExecAllocatorOption, error) {
		key, err := siteKeyHash()
		return []chromedp.ExecAllocatorOption{
			chromedp.Flag("ignore-certificate-errors-spki-list", key),
			chromedp.Flag("enable-features", "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"),
		}, err
	}}
	wholeBrowsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
)

// shared starts the browser, or restarts it after a crash.
func (c *chromium) shared(t testing.TB) context.Context {
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
	return c.ctx
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
