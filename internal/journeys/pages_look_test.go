package journeys

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// look examines the browser's current page: on the narrowest screen (WCAG 1.4.10), by
// night on a phone, at 200 % zoom (1.4.4), by day at a desk, and with the keyboard.
func (w *walker) look() {
	w.t.Helper()
	w.note("GET")
	w.examine()
}

// examine is look for the answer to a form. The structure of a page is examined on the
// first site where it appears, in the colours of all sites; on the others only the
// narrowest width for their words, and anything with colours that no page had before; by night
// only if there is something by day.
func (w *walker) examine() {
	w.t.Helper()
	name := w.pageName()
	first := firstTime("the page " + name)
	w.pictures(name)
	w.wantFits(name, 320, 640)
	if first {
		if places := newTexts(w.b, `"narrow by night"`); len(places) > 0 {
			w.b.Dark()
			wantColours(w.t, w.b, name+" by night", w.looks(), places)
			w.b.Light()
		}
		w.wantFits(name, 683, 450) // the 1366 at 200 %
	}
	w.b.Size(1366, 900)
	if places := newTexts(w.b, `"wide by day"`); wantColours(w.t, w.b, name+" by day", w.looks(), places) && !first {
		w.b.Dark()
		wantColours(w.t, w.b, name+" by night", w.looks(), places)
		w.b.Light()
	}
	if !first {
		return
	}
	if frame := testkit.Read[string](w.b, lookOf("frame")); firstTime("the structure of " + frame) {
		wantNone(w.t, name, w.b.AxeWithoutColours())
	} else {
		wantNone(w.t, name, w.b.AxeBetween(insideFrame))
	}
	w.wantKeyboard(name)
}

// insideFrame is the script for what is inside the frame around a page's own part: its landmarks
// are not, because those of the page have to differ from them.
const insideFrame = `(() => {
  const inside = [];
  for (let e = document.querySelector("main"); e !== document.body; e = e.parentElement) {
    for (const beside of e.parentElement.children) {
      if (beside.matches("svg")) inside.push(beside);
      else if (beside !== e) inside.push(...beside.querySelectorAll("nav > *, :scope > :not(nav, :has(nav))"));
    }
  }
  return inside;
})()`

// pictures takes pictures of the page, if they are wanted.
func (w *walker) pictures(name string) {
	w.t.Helper()
	if os.Getenv(testkit.ScreenshotsVariable) == "" {
		return
	}
	for _, width := range []int{390, 1366} {
		w.b.Size(width, 844)
		w.b.Screenshot(fmt.Sprintf("%s-%d-day", name, width))
		w.b.Dark()
		w.b.Screenshot(fmt.Sprintf("%s-%d-night", name, width))
		w.b.Light()
	}
}

// looks are the colours of all sites, in the form for the script.
func (w *walker) looks() string {
	w.t.Helper()
	all := map[string]map[string]string{}
	for _, st := range append(slices.Clone(w.s.Sites.All()), w.s.Sites.Operators()) {
		l := st.Look
		all[st.ID] = map[string]string{"brand": l.Brand, "on-brand": l.OnBrand, "brand-night": l.BrandNight, "on-brand-night": l.OnBrandNight, "side": l.Side}
	}
	list, err := json.Marshal(all)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(list)
}

// pageName is the page's address without the site and what changes with each run, and
// whether the form failed.
func (w *walker) pageName() string {
	at := testkit.Read[[2]string](w.b, "[location.href, document.title]")
	path := identifier.ReplaceAllString(strings.TrimPrefix(at[0], w.st.Origin), "")
	if strings.HasPrefix(at[1], "Error:") {
		path += " failed"
	}
	return path
}

var identifier = regexp.MustCompile(`(acc|bac|evt|enr|imp|usr)_[0-9a-f]+/?`)

// wantFits: nothing needs horizontal scrolling, except a separate region.
func (w *walker) wantFits(name string, width, height int) {
	w.t.Helper()
	w.b.Size(width, height)
	got := testkit.Read[[2]int](w.b, "[document.scrollingElement.scrollWidth, innerWidth]")
	if got[0] > width || got[1] != width {
		w.t.Errorf("%s is %d wide in a window of %d, on a screen of %d: %s", name, got[0], got[1], width, testkit.Eval[string](w.b, tooWide))
	}
}

const tooWide = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 150)).join(" / ")`

// watchFocus lists what a keyboard must reach, opens what is folded, and records what
// gets the focus, and whether that is visible. It begins before the first of them and returns
// their number; without the frame around the page's own part, before the first one in there,
// and it counts one more: the focus has to leave that part.
const watchFocus = `(frame => {
  document.querySelectorAll("details").forEach(d => d.open = true);
  const names = new Set();
  const own = e => e.type !== "radio" || e.checked || !document.querySelector("[name='" + e.name + "']:checked") && !names.has(e.name) && names.add(e.name);
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter(e => e.type !== "hidden" && !e.disabled && e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }) && own(e));
  const settle = () => document.getAnimations().forEach(a => a.finish());
  document.activeElement.blur();
  settle();
  const ring = e => [e, e.parentElement, e.parentElement.parentElement].map(e => getComputedStyle(e))
    .map(s => [s.outlineStyle === "none" || parseFloat(s.outlineWidth) === 0 ? "" : s.outline, s.boxShadow].join()).join();
  const main = document.querySelector("main");
  const wanted = frame ? all : all.filter(e => main.contains(e));
  const before = new Map(wanted.map(e => [e, ring(e)]));
  window.left = new Set(wanted);
  window.unseen = [];
  document.addEventListener("focusin", ({ target }) => {
    settle();
    if (before.has(target) && ring(target) === before.get(target)) unseen.push(target.outerHTML.slice(0, 200));
    left.delete(target);
  });
  const skip = document.querySelector(".skip");
  const start = frame ? skip : all.findLast(e => main.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING) || skip;
  start.focus();
  const parts = 3 * wanted.filter(e => e.type === "date").length; // day, month, year, and a calendar
  return parts + (frame ? all.length : wanted.length + 1);
})`

// wantKeyboard: the Tab key reaches every control, with visible focus (WCAG 2.1.1,
// 2.1.2, 2.4.7). The frame of the pages is walked through whenever it differs from all others.
func (w *walker) wantKeyboard(name string) {
	w.t.Helper()
	frame := firstTime("the keyboard in " + testkit.Read[string](w.b, lookOf("frame")))
	n := testkit.Eval[int](w.b, fmt.Sprintf("%s(%t)", watchFocus, frame))
	w.b.Hold(kb.Tab, n)
	if missed := testkit.Read[[]string](w.b, "[...left].map(e => e.outerHTML.slice(0, 200))"); len(missed) > 0 {
		w.t.Errorf("%s: the Tab key does not lead to %q", name, missed)
	}
	if unseen := testkit.Read[[]string](w.b, "unseen"); len(unseen) > 0 {
		w.t.Errorf("%s: one does not see that the focus is on %q", name, unseen)
	}
	if !frame && testkit.Read[bool](w.b, `document.querySelector("main").contains(document.activeElement)`) {
		w.t.Errorf("%s: the Tab key does not lead out of the page's own part", name)
	}
}

// send presses the button of the page's form and wants to end at a path.
func (w *walker) send(path string) {
	w.t.Helper()
	w.b.Click("main form[novalidate] [type=submit]")
	if got := w.pageName(); got != path {
		w.t.Fatalf("sending led to %s, not to %s:\n%s", got, path, w.b.Text("main"))
	}
}

// failing fills in a form, in addition to secrets that are there already, and sends it
// with these fields wrong.
func (w *walker) failing(kept [][2]string, wrong ...string) {
	w.t.Helper()
	w.fill(kept)
	w.b.Click("main form[novalidate] [type=submit]")
	w.lookFailed(kept, wrong...)
}

// lookFailed examines the page of a form that was not accepted: its title says so, the
// focus is on a summary that links to the fields, and what was typed is there, except
// for secrets.
func (w *walker) lookFailed(kept [][2]string, wrong ...string) {
	w.t.Helper()
	w.note("POST")
	title := testkit.Read[string](w.b, "document.title")
	if !strings.HasPrefix(title, "Error: ") {
		w.t.Errorf("the title does not say that something is wrong: %q", title)
	}
	name := w.pageName()
	if focus := testkit.Read[string](w.b, "document.activeElement.getAttribute('role') || document.activeElement.tagName"); focus != "alert" {
		w.t.Errorf("%s: the focus is on %q, not on the summary", name, focus)
	}
	for _, f := range kept {
		if got := strings.ReplaceAll(w.b.Value(f[0]), "\r", ""); got != f[1] {
			w.t.Errorf("%s: %s was %q and is %q", name, f[0], f[1], got)
		}
	}
	if n := testkit.Read[int](w.b, "[...document.querySelectorAll('input[type=password], #answer')].filter(e => e.value).length"); n > 0 {
		w.t.Errorf("%s: %d secrets stand in the page", name, n)
	}
	for _, id := range wrong {
		if to := testkit.Eval[string](w.b, fmt.Sprintf(followSummary, id)); to != id {
			w.t.Errorf("%s: the summary leads to %q, not to %q", name, to, id)
		}
	}
	w.examine()
}

// followSummary clicks the line of the summary about a field and says where the focus is.
const followSummary = `(async () => {
  const link = document.querySelector("[role=alert] a[href='#%s']");
  if (!link) return "no line of it";
  link.click();
  await new Promise(done => setTimeout(done));
  return document.activeElement.id;
})()`

// The header of the pages has the most to fit in: for every kind of user, in each language, on
// screens of all sizes.
func TestPages_TheHeadFitsEveryScreen(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) {
		u.FirstName, u.LastName = "Anastasia-Konstantina", "Konstantinopoulou-Featherstonehaugh"
	})
	st := s.Sites.ByID("meridian-uk")
	w := &walker{census: &census{s: s}, t: t, st: st, b: testkit.Browser(t)}
	w.signIn("msantos", password)
	for _, lang := range st.Languages {
		w.b.Language(lang)
		w.b.Open(s.URL(st.ID, "/account/devices"))
		for _, width := range []int{320, 480, 640, 768, 960, 1024, 1152, 1279, 1280, 1366} {
			w.wantFits(lang, width, 600)
		}
	}
}
