package journeys

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
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
	wantColours(t, b, b.URL(), "", newTexts(b, `[location.hostname, innerWidth, matchMedia("(prefers-color-scheme: dark)").matches].join()`))
}

func wantNone(t *testing.T, name string, found []testkit.Violation) {
	t.Helper()
	for _, v := range found {
		t.Errorf("%s: %s", name, v)
	}
}

// lookOf is the script for a page as it is in this size of window, or for its frame alone,
// without what is different each time: tokens, identifiers, numbers, what is in the fields, and
// which icons the page has; and in the frame, where its links lead to, and the user's own name.
func lookOf(part string) string {
	return fmt.Sprintf(`(part => {
  const page = document.documentElement.cloneNode(true);
  page.querySelectorAll("symbol").forEach(e => e.remove());
  if (part === "frame") {
    page.querySelectorAll("head, main").forEach(e => e.remove());
    page.querySelectorAll("[aria-current]").forEach(e => e.removeAttribute("aria-current"));
    page.querySelectorAll("[href^='/']").forEach(e => e.setAttribute("href", "/"));
    page.querySelectorAll("bdi").forEach(e => e.textContent = "0");
  }
  page.querySelectorAll("input[type=hidden], script, style").forEach(e => e.remove());
  return [innerWidth, matchMedia("(scripting: enabled)").matches, location.hostname,
    page.outerHTML.replace(/[A-Za-z0-9_-]{40,}|[0-9a-f]{12,}|[0-9]+/g, "0").replace(/\s+/g, " ")].join(" ");
})(%q)`, part)
}

// newTexts are the places of those texts of the page that are not in the same elements as one that a
// test has seen in pages shown like this, an expression of JavaScript. To find them takes a tenth of
// the time that it takes to read how the texts of a page are styled. In the long form, every place
// is new.
func newTexts(b *testkit.Tab, like string) []string {
	found := testkit.Read[[]string](b, textPlaces+"("+like+")")
	if budget.Long() {
		return found
	}
	return fresh(found)
}

// seenAttributes are those by whose values the style sheet distinguishes elements, and
// seenIfThere those of which it, or the browser's own, sees whether they are there.
const (
	seenAttributes = "class type role dir aria-current aria-sort aria-invalid aria-disabled data-met data-for"
	seenIfThere    = "href open hidden disabled readonly style data-open data-label"
)

// textPlaces is where the visible texts of a page are: for each, its element with all around it,
// as far as the style sheet can see it, as one number: TestPages_WhatTheStyleSheetSees says when
// it sees more. What is in the same place is styled the same. The page keeps textsAt, the elements
// at each place.
const textPlaces = `(like => {
  const seen = new Set("` + seenAttributes + `".split(" ")), there = new Set("` + seenIfThere + `".split(" "));
  const chosen = new Set(); // all that contains something ticked
  for (let e of document.querySelectorAll(":checked, :indeterminate")) for (; e && !chosen.has(e); e = e.parentElement) chosen.add(e);
  const tag = e => e ? e.localName + "." + e.getAttribute("class") : "";
  const places = new Map();
  const placeOf = e => {
    if (!e) return "";
    if (!places.has(e)) {
      const own = [...e.attributes].filter(a => seen.has(a.name) || there.has(a.name)).map(a => seen.has(a.name) ? a.name + "=" + a.value : a.name).sort();
      places.set(e, [placeOf(e.parentElement), e.localName, own, chosen.has(e), tag(e.previousElementSibling), !e.nextElementSibling].join("|"));
    }
    return places.get(e);
  };
  const found = new Map();
  for (const e of document.querySelectorAll("body, body *")) {
    const typed = e.matches("input, textarea, select");
    if ((typed || [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) && e.checkVisibility({ visibilityProperty: true })) found.set(placeOf(e), [...found.get(placeOf(e)) || [], e]);
  }
  const number = text => { // cyrb53
    let a = 0xdeadbeef, b = 0x41c6ce57;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 2654435761); b = Math.imul(b ^ c, 1597334677);
    }
    a = Math.imul(a ^ a >>> 16, 2246822507) ^ Math.imul(b ^ b >>> 13, 3266489909);
    b = Math.imul(b ^ b >>> 16, 2246822507) ^ Math.imul(a ^ a >>> 13, 3266489909);
    return (b >>> 0).toString(36) + (a >>> 0).toString(36);
  };
  window.textsAt = new Map([...found].map(([place, texts]) => [like + " " + number(place), texts]));
  return [...textsAt.keys()];
})`

// wantColours examines the colours of those texts at these places of a page that differ from all
// texts examined before, on any page of any site: in the colours of every site, which are a few
// properties of the style sheet, or in its own if there are no looks. If all kinds of text have
// been seen in placeholder colours, they have been seen in those of every site. It says whether
// there was a new one.
func wantColours(t *testing.T, b *testkit.Tab, name, looks string, places []string) bool {
	t.Helper()
	if len(places) == 0 {
		return false
	}
	kinds := testkit.Read[[]string](b, fmt.Sprintf("%s(%s)", textKinds, inJSON(t, places)))
	if looks == "" {
		looks = `{"its own": {}}`
	} else if len(fresh(inPlaceholders(kinds))) == 0 {
		return false
	}
	for id, kinds := range testkit.Read[map[string][]string](b, fmt.Sprintf("kindsOf(%s)", looks)) {
		if kinds := fresh(kinds); len(kinds) > 0 {
			wantNone(t, name+" in the colours of "+id, b.AxeColours(fmt.Sprintf("ofKinds(%q, %s)", id, inJSON(t, kinds))))
		}
	}
	return testkit.Read[bool](b, "wear({})")
}

func inJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inPlaceholders tells kinds in placeholder colours from those in colours of sites: a kind that has
// none of either is the same there, and only seen in the one and examined in the other.
func inPlaceholders(kinds []string) []string {
	of := make([]string, len(kinds))
	for i, kind := range kinds {
		of[i] = "in placeholders " + kind
	}
	return of
}

// textKinds are the kinds of text at some places of a page, each with everything that decides whether
// it is readable: its own colour, whether it counts as large, what is behind it down to the first
// opaque layer, and, for a link, the text around it. It replaces the site's colours by
// unique placeholders. The page keeps kindsOf, which is the same in the colours of given
// sites, and ofKinds, which is the texts of these kinds.
const textKinds = `(places => {
  const names = ["brand", "on-brand", "brand-night", "on-brand-night", "side"];
  window.wear = colours => {
    for (const name of names) {
      document.documentElement.style.removeProperty("--site-" + name);
      if (colours[name]) document.documentElement.style.setProperty("--site-" + name, colours[name]);
    }
    if (!document.documentElement.style.length) document.documentElement.removeAttribute("style");
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
    for (const e of places.flatMap(place => textsAt.get(place))) {
      const typed = e.matches("input, textarea, select"), s = getComputedStyle(e), link = e.closest("a[href]");
      const around = link && getComputedStyle(link.parentElement), behind = behindOf(e);
      const large = parseFloat(s.fontSize) * 0.75 >= (s.fontWeight >= 700 ? 14 : 18); // WCAG 1.4.3, in points
      const kind = [s.color, large, s.textShadow, behind.colours, behind.over, typed && getComputedStyle(e, "::placeholder").color,
        link && [getComputedStyle(link).textDecorationLine, getComputedStyle(link).borderBottom, getComputedStyle(link).fontWeight, getComputedStyle(link).display, around.color, around.fontWeight]].join("|");
      kinds.set(kind, [...kinds.get(kind) || [], link || e]);
    }
    return kinds;
  }
})`

// What two texts in the same place have in common has to be all that the style sheet sees in them:
// tags, attributes, what is ticked, and which element is just before, or first or last.
func TestPages_WhatTheStyleSheetSees(t *testing.T) {
	t.Parallel()
	sheets, err := filepath.Glob("../web/ui/static/css/gatehouse/*.css")
	if err != nil || len(sheets) == 0 {
		t.Fatal(sheets, err)
	}
	styled := regexp.MustCompile(`([^{};]*)\{([^{}]*)\}`)
	colours := regexp.MustCompile(`(^|[;\s])(color|background|background-color|opacity|filter|text-shadow|font|font-size|font-weight|text-decoration[a-z-]*|--[a-z-]+)\s*:`)
	values := regexp.MustCompile(`\[([a-z-]+)[~|^$*]?=`)
	presence := regexp.MustCompile(`\[([a-z-]+)\]|:(disabled)`)
	further := regexp.MustCompile(` ~ |[\])] \+ |:(nth|only|empty|target|user|placeholder-shown|lang)|:has\(([^:)]*:(checked|focus-visible)\))?`)
	for _, sheet := range sheets {
		text, err := os.ReadFile(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range styled.FindAllStringSubmatch(string(text), -1) {
			if !colours.MatchString(rule[2]) {
				continue
			}
			for _, m := range values.FindAllStringSubmatch(rule[1], -1) {
				if !slices.Contains(strings.Fields(seenAttributes), m[1]) {
					t.Errorf("%s: the value of %s in %q is not part of a place, see textPlaces", sheet, m[1], rule[1])
				}
			}
			for _, m := range presence.FindAllStringSubmatch(rule[1], -1) {
				if !slices.Contains(strings.Fields(seenAttributes+" "+seenIfThere), m[1]+m[2]) {
					t.Errorf("%s: whether %s is there, in %q, is not part of a place, see textPlaces", sheet, m[1]+m[2], rule[1])
				}
			}
			for _, m := range further.FindAllStringSubmatch(rule[1], -1) {
				if m[2] == "" {
					t.Errorf("%s: %q looks at what is not part of a place, see textPlaces", sheet, rule[1])
				}
			}
		}
	}
}
