package testkit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watcher follows the events of a tab: whether its page is navigating to another one,
// and what its console says.
type watcher struct {
	mu      sync.Mutex
	main    cdp.FrameID
	loading bool // the main frame loads
	asked   bool // a navigation was requested since begin, and has not begun
	began   bool // loading began since begin
	changed chan struct{}

	documents map[network.RequestID]bool // requests for pages, not for their parts
	errors    []string
}

func newWatcher() *watcher {
	return &watcher{changed: make(chan struct{}), documents: map[network.RequestID]bool{}}
}

func (w *watcher) setMain(frame cdp.FrameID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.main = frame
}

// event is called for each event of the tab, in order.
func (w *watcher) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *page.EventFrameRequestedNavigation:
		w.navigation(e.FrameID, func() { w.asked = e.Disposition == page.ClientNavigationDispositionCurrentTab })
	case *page.EventFrameStartedLoading:
		w.navigation(e.FrameID, func() { w.loading, w.began, w.asked = true, true, false })
	case *page.EventFrameStoppedLoading:
		w.navigation(e.FrameID, func() { w.loading = false })
	case *page.EventFrameNavigated: // a page from the back/forward cache does not load
		w.navigation(e.Frame.ID, func() { w.began, w.asked = true, false })
	case *page.EventNavigatedWithinDocument:
		w.navigation(e.FrameID, func() { w.began, w.asked = true, false })
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			w.documents[e.RequestID] = true
		}
	case *runtime.EventConsoleAPICalled:
		w.called(e)
	case *runtime.EventExceptionThrown:
		w.thrown(e.ExceptionDetails)
	case *log.EventEntryAdded:
		w.logged(e.Entry)
	}
}

func (w *watcher) navigation(frame cdp.FrameID, change func()) {
	if frame != w.main {
		return
	}
	change()
	close(w.changed)
	w.changed = make(chan struct{})
}

// begin is called before something is done that may lead to another page.
func (w *watcher) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.began = false, false
}

// expect says that a navigation follows for certain.
func (w *watcher) expect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = true
}

// settle waits until the requested page has loaded; if none is requested it returns at
// once. turn lets the page do what it was about to do.
func (w *watcher) settle(ctx context.Context, turn func()) error {
	turn() // a submitted form requests its page in a separate task
	turn()
	var given <-chan time.Time // a requested navigation may be cancelled
	for {
		w.mu.Lock()
		loading, asked, changed := w.loading, w.asked, w.changed
		w.mu.Unlock()
		if !loading && !asked {
			return nil
		}
		if asked && !loading && given == nil {
			given = time.After(2 * time.Second)
		}
		select {
		case <-changed:
		case <-given:
			w.begin()
		case <-ctx.Done():
			return errors.New("the page does not finish loading")
		}
	}
}

func (w *watcher) called(e *runtime.EventConsoleAPICalled) {
	if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeAssert {
		return
	}
	var parts []string
	for _, arg := range e.Args {
		switch {
		case arg.Description != "":
			parts = append(parts, arg.Description)
		default:
			parts = append(parts, strings.Trim(string(arg.Value), `"`))
		}
	}
	w.errors = append(w.errors, "console.error: "+strings.Join(parts, " "))
}

func (w *watcher) thrown(d *runtime.ExceptionDetails) {
	text := d.Text
	if d.Exception != nil && d.Exception.Description != "" {
		text += " " + d.Exception.Description
	}
	w.errors = append(w.errors, fmt.Sprintf("%s (%s:%d)", text, d.URL, d.LineNumber+1))
}

func (w *watcher) logged(e *log.Entry) {
	if e.Level != log.EntryLevelError {
		return
	}
	if e.Source == log.EntrySourceNetwork && w.documents[e.NetworkRequestID] {
		return // a page may come with a status like 404
	}
	w.errors = append(w.errors, strings.TrimSpace(fmt.Sprintf("%s: %s %s", e.Source, e.Text, e.URL)))
}

// problems are the errors that are not allowed.
func (w *watcher) problems(allowed []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var left []string
next:
	for _, e := range w.errors {
		for _, a := range allowed {
			if strings.Contains(e, a) {
				continue next
			}
		}
		left = append(left, e)
	}
	return left
}
