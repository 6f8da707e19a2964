package journeys

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"gatehouse/internal/testkit"
)

// examined is what the tests of this process have examined: the same page, frame or kind of
// text is as readable on the other database, and in the next test.
var examined = struct {
	sync.Mutex
	what map[string]bool
}{what: map[string]bool{}}

// fresh are those that no test has examined before; from now on they are examined.
func fresh(what []string) []string {
	examined.Lock()
	defer examined.Unlock()
	what = slices.DeleteFunc(what, func(one string) bool { return examined.what[one] })
	for _, one := range what {
		examined.what[one] = true
	}
	return what
}

func firstTime(what string) bool { return len(fresh([]string{what})) > 0 }

// wantAccessible examines the page of a tab in its current size and colours: its structure, if
// no test has seen the same page in this size, and those texts whose kind no test has seen.
func wantAccessible(t *testing.T, b *testkit.Tab) {
	t.Helper()
	if firstTime("the structure of " + testkit.Read[string](b, lookOf("page"))) {
		wantNone(t, b.URL(), b.AxeWithoutColours())
	}
	wantColours(t, b, b.URL(), "")
}

func wantNone(t *testing.T, name string, found []testkit.Violation) {
	t.Helper()
	for _, v := range found {
		t.Errorf("%s: %s", name, v)
	}
}

// lookOf is the script for a page as it is in this size of window, or for its frame alone,
// without what is different each time: tokens, identifiers, numbers and what is in the fields.
func lookOf(part string) string {
	return fmt.Sprintf(`(part => {
  const page = document.documentElement.cloneNode(true);
  if (part === "frame") {
    page.querySelectorAll("head, main").forEach(e => e.remove());
    page.querySelectorAll("[aria-current]").forEach(e => e.removeAttribute("aria-current"));
  }
  page.querySelectorAll("input[type=hidden], script, style").forEach(e => e.remove());
  return [innerWidth, matchMedia("(scripting: enabled)").matches, location.hostname,
    page.outerHTML.replace(/[A-Za-z0-9_-]{40,}|[0-9a-f]{12,}|[0-9]+/g, "0")].join(" ");
})(%q)`, part)
}

// wantColours examines the colours of those texts of a page that differ from all texts
// examined before, on any page of any site: in the colours of every site, which are a few
// properties of the style sheet, or in its own if there are no looks. If all kinds of text have
// been seen in placeholder colours, they have been seen in those of every site. It says whether
// there was a new one.
func wantColours(t *testing.T, b *testkit.Tab, name, looks string) bool {
	t.Helper()
	kinds := testkit.Read[[]string](b, textKinds)
	if looks == "" {
		looks = `{"its own": {}}`
	} else if len(fresh(kinds)) == 0 {
		return false
	}
	for id, kinds := range testkit.Read[map[string][]string](b, fmt.Sprintf("kindsOf(%s)", looks)) {
		if kinds := fresh(kinds); len(kinds) > 0 {
			list, err := json.Marshal(kinds)
			if err != nil {
				t.Fatal(err)
			}
			wantNone(t, name+" in the colours of "+id, b.AxeColours(fmt.Sprintf("ofKinds(%q, %s)", id, list)))
		}
	}
	return testkit.Read[bool](b, "wear({})")
}

// textKinds are the kinds of text on a page, each with everything that decides whether it is
// readable: its own colour, whether it counts as large, what is behind it down to the first
// opaque layer, and, for a link, the text around it. It replaces the site's colours by
// unique placeholders. The page keeps kindsOf, which is the same in the colours of given
// sites, and ofKinds, which is the texts of these kinds.
const textKinds = `(() => {
  const names = ["brand", "on-brand", "brand-night", "on-brand-night", "side"];
  window.wear = colours => {
    for (const name of names) {
      document.documentElement.style.removeProperty("--site-" + name);
      if (colours[name]) document.documentElement.style.setProperty("--site-" + name, colours[name]);
    }
    document.body.offsetTop; // what changes slowly begins to
    document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity).forEach(a => a.finish());
    return true;
  };
  const found = {};
  let worn;
  window.ofKinds = (site, wanted) => { wear(worn[site]); return wanted.flatMap(kind => found[site].get(kind)); };
  window.kindsOf = looks => {
    worn = looks;
    const answer = {};
    for (const site of Object.keys(looks)) {
      wear(looks[site]);
      found[site] = kindsNow();
      answer[site] = [...found[site].keys()];
    }
    return answer;
  };
  wear(Object.fromEntries(names.map((name, i) => [name, "rgb(" + [11 + i, 201 + 7 * i, 77 - 5 * i] + ")"])));
  const kinds = [...kindsNow().keys()];
  wear({});
  return kinds;
  function kindsNow() {
    const known = new Map();
    const behindOf = e => {
      if (!e) return { colours: "", over: "" };
      if (!known.has(e)) {
        const s = getComputedStyle(e), below = behindOf(e.parentElement);
        const clear = s.backgroundColor === "rgba(0, 0, 0, 0)" && s.backgroundImage === "none";
        const opaque = s.backgroundColor.startsWith("rgb(");
        known.set(e, {
          colours: (opaque ? "" : below.colours) + (clear ? "" : "/" + s.backgroundColor + s.backgroundImage),
          over: below.over + (s.opacity === "1" && s.filter === "none" ? "" : "/" + [s.opacity, s.filter, below.colours]),
        });
      }
      return known.get(e);
    };
    const kinds = new Map();
    for (const e of document.querySelectorAll("body, body *")) {
      const typed = e.matches("input, textarea, select");
      if (!typed && ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility({ visibilityProperty: true })) continue;
      const s = getComputedStyle(e), link = e.closest("a[href]");
      const around = link && getComputedStyle(link.parentElement), behind = behindOf(e);
      const large = parseFloat(s.fontSize) * 0.75 >= (s.fontWeight >= 700 ? 14 : 18); // WCAG 1.4.3, in points
      const kind = [s.color, large, s.textShadow, behind.colours, behind.over, typed && getComputedStyle(e, "::placeholder").color,
        link && [getComputedStyle(link).textDecorationLine, getComputedStyle(link).borderBottom, getComputedStyle(link).fontWeight, getComputedStyle(link).display, around.color, around.fontWeight]].join("|");
      kinds.set(kind, [...kinds.get(kind) || [], link || e]);
    }
    return kinds;
  }
})()`
