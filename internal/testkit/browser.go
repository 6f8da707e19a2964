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
}

// Browser opens a tab in a separate browser: no cookies, no storage, no cache. At its
// end the test fails if the page reported errors: see Console.
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

// sharedBrowser starts the Chromium of this process, or restarts it after a crash.
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

// findChromium looks for the browser under its usual names. The headless shell is the same
// engine without a browser's windows and profiles, which take most of a page's processor
// time.
func findChromium() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}
