package testkit

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// Text is the visible text of the first visible element of a CSS selector, with white
// space collapsed.
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

// Has reports whether the page shows this text now, ignoring case.
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
	return Read[string](b, "location.href")
}

// Eval runs JavaScript in the page and returns its value; a promise is awaited. Then it
// waits for the page that the script may have led to.
func Eval[T any](b *Tab, script string) (value T) {
	b.t.Helper()
	b.act("run "+script, evaluating(script, &value))
	return value
}

// Read is Eval for a script that changes nothing.
func Read[T any](b *Tab, script string) (value T) {
	b.t.Helper()
	b.read("run "+script, evaluating(script, &value))
	return value
}

func evaluating[T any](script string, value *T) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		*value, err = chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
		if thrown := (*chromedp.ExceptionError)(nil); errors.As(err, &thrown) {
			return permanent{err}
		}
		return err
	}
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
			storage.GetCookiesParams{BrowserContextID: b.profile})
		cookies = res.Cookies
		return err
	})
	return cookies
}

func waitFor[T any](b *Tab, what, verb, arg string) T {
	b.t.Helper()
	var value T
	b.read(what, func(ctx context.Context) error { return b.find(ctx, &value, verb, arg, "") })
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
