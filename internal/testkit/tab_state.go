package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/headlessexperimental"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Size sets the size of the window, in CSS pixels.
func (b *Tab) Size(width, height int) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(int64(width), int64(height)))
}

// Dark makes the browser prefer dark pages.
func (b *Tab) Dark() {
	b.t.Helper()
	b.prefer("dark")
}

// Light undoes Dark.
func (b *Tab) Light() {
	b.t.Helper()
	b.prefer("light")
}

func (b *Tab) prefer(scheme string) {
	b.t.Helper()
	b.read("go "+scheme, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
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
	b.read("switch scripts", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	})
}

// Language sets the browser's languages: "de, en;q=0.8".
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

// Console are the errors that the pages of this tab have reported so far: scripts that
// failed, violations of the content security policy, files that did not load. A status
// like 404 or 422 of a page itself is not among them.
func (b *Tab) Console() []string {
	b.roundTripQuietly()
	return b.watch.problems(b.allowed)
}

// AllowErrors ignores errors that contain one of these texts.
func (b *Tab) AllowErrors(texts ...string) { b.allowed = append(b.allowed, texts...) }

func (b *Tab) checkConsole() {
	b.t.Helper()
	for _, problem := range b.Console() {
		b.t.Errorf("the browser's console: %s", problem)
	}
}

// roundTripQuietly lets pending events arrive.
func (b *Tab) roundTripQuietly() {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.roundTrip(ctx)
}

// Screenshot writes a picture of the whole page into the folder that
// TESTKIT_SCREENSHOTS names, under the names of the test and the picture;
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

// Picture is what the window of a PaintedBrowser shows now, as WebP: small enough for a document.
func (b *Tab) Picture() []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	taken, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		quality := int64(85)
		r, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		if err != nil {
			return nil, err
		}
		return r.Data, nil
	})
	if err != nil {
		b.fail("take a picture", err)
	}
	return taken
}

var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9.]+`)

func (b *Tab) screenshot(folder, name string) (path string, err error) {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	take := chromedp.FullScreenshot(100)
	if b.unpainted {
		take = paintWindow
	}
	picture, err := chromedp.Run(ctx, take)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, strings.Trim(unsafeInName.ReplaceAllString(b.t.Name()+"-"+name, "-"), "-")+".png")
	return path, os.WriteFile(path, picture, 0o644)
}

// paintWindow paints an unpainted page, and takes a picture of what its window shows.
func paintWindow(ctx context.Context, t *chromedp.Target) ([]byte, error) {
	for {
		r, err := cdp.Call(ctx, t, headlessexperimental.BeginFrame, headlessexperimental.BeginFrameParams{
			Screenshot: &headlessexperimental.ScreenshotParams{Format: headlessexperimental.ScreenshotParamsFormatPng}})
		if err != nil || len(r.ScreenshotData) > 0 {
			return r.ScreenshotData, err
		}
		if err := pause(ctx); err != nil { // the first frames of a page have none
			return nil, err
		}
	}
}

// fail ends the test with everything that helps to see why.
func (b *Tab) fail(what string, cause error) {
	b.t.Helper()
	var more strings.Builder
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	// A page that does not load would not let its screenshot be taken.
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
