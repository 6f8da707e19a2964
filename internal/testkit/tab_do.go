package testkit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

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

// Hold holds a key down until it has repeated this often, and releases it.
func (b *Tab) Hold(key string, times int) {
	b.t.Helper()
	events := kb.Encode([]rune(key)[0])
	b.act(fmt.Sprintf("hold %q", key), func(ctx context.Context) error {
		for range times {
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *events[0]); err != nil {
				return err
			}
		}
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, *events[len(events)-1])
		return err
	})
}

// Check ticks the box, or picks the choice, with this label; if it is ticked
// already nothing happens.
func (b *Tab) Check(label string) {
	b.t.Helper()
	b.click("check", label)
}

// Uncheck unticks the box with this label.
func (b *Tab) Uncheck(label string) {
	b.t.Helper()
	b.click("uncheck", label)
}

// Press presses the button with this text.
func (b *Tab) Press(button string) {
	b.t.Helper()
	b.click("press", button)
}

// PressTwice presses the button with this text twice, as people do who double-click
// everything: the second time in the same place, even if the page has changed by then. What
// happens between the clicks and after them takes as long as it takes, not a fixed time: on
// a busy machine a click may take longer than a page.
func (b *Tab) PressTwice(button string, between, after func()) {
	b.t.Helper()
	b.act(fmt.Sprintf("press %q twice", button), func(ctx context.Context) error {
		var at struct {
			X, Y float64
			Done bool
		}
		if err := b.find(ctx, &at, "press", button, ""); err != nil || at.Done {
			return err
		}
		if err := chromedp.Do(ctx, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
			return err
		}
		between()
		err := chromedp.Do(ctx, chromedp.MouseClickXY(at.X, at.Y))
		after()
		return err
	})
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

// act waits for a page that has come by itself and still loads, because a click there would be
// lost; it does one thing, retrying until it succeeds, and then waits for the page that it may
// have led to.
func (b *Tab) act(what string, do func(context.Context) error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := b.watch.settle(ctx, func() {}); err != nil {
		b.fail(what, err)
	}
	b.insist(ctx, what, func(ctx context.Context) error {
		b.watch.begin()
		return do(ctx)
	})
	if err := b.watch.settle(ctx, func() { b.roundTrip(ctx) }); err != nil {
		b.fail(what, err)
	}
}

// read is act for what leads to no other page: there is nothing to wait for then, and each
// question to Chromium goes through three processes.
func (b *Tab) read(what string, do func(context.Context) error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.insist(ctx, what, do)
}

// insist does one thing, retrying until it succeeds.
func (b *Tab) insist(ctx context.Context, what string, do func(context.Context) error) {
	b.t.Helper()
	var last error
	for {
		err := do(ctx)
		if err == nil {
			return
		}
		if last == nil || ctx.Err() == nil { // that the time is up says less
			last = err
		}
		if stop := (permanent{}); errors.As(err, &stop) || pause(ctx) != nil {
			b.fail(what, last)
		}
	}
}

// roundTrip returns when the page has done what it was about to do.
func (b *Tab) roundTrip(ctx context.Context) {
	chromedp.Run(ctx, chromedp.Evaluate[int]("1")) //nolint:errcheck // a page that goes away answers with an error
}

// permanent is an error that waiting does not fix.
type permanent struct{ error }

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(25 * time.Millisecond):
		return nil
	}
}
