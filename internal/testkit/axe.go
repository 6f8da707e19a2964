package testkit

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axeLock is the version of axe-core and the SHA-256 of its script.
//
//go:embed axe-core.lock
var axeLock string

// axeScript is axe-core, which finds accessibility problems, from where `make prepare` has
// put it: it is not part of the program, and not in this repository.
var axeScript = sync.OnceValues(func() (string, error) {
	var version, sum string
	if _, err := fmt.Sscan(axeLock, &version, &sum); err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	script, err := os.ReadFile(filepath.Join(cache, "gatehouse-tests", "axe-core-"+version+".js"))
	if err == nil && fmt.Sprintf("%x", sha256.Sum256(script)) != sum {
		err = errors.New("axe-core is not the one that was asked for")
	}
	return string(script), err
})

// Violation is a rule of accessibility that a page breaks.
type Violation struct {
	ID     string // axe's name of the rule, "color-contrast"
	Impact string // minor, moderate, serious, critical
	Help   string
	Nodes  []string // where and why
}

func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s\n    %s", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n    "))
}

// axeRun asks for some rules. Colours in transition are not those that people read.
const axeRun = `(async (rules, within) => {
  document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity).forEach(a => a.finish());
  const result = await axe.run(within, {
    preload: false, resultTypes: ["violations"],
    ...rules,
  });
  return JSON.stringify(result.violations.map(v => ({
    id: v.id, impact: v.impact, help: v.help,
    nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ")),
  })));
})`

// What axeRun asks for: WCAG 2.0 to 2.2, levels A and AA, and axe's best practices; or the
// rules that a page in other colours may break; or the others.
const (
	axeTags           = `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]`
	axeAll            = `{ ` + axeTags + ` }`
	axeColours        = `{ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } }`
	axeWithoutColours = `{ ` + axeTags + `, rules: { "color-contrast": { enabled: false }, "link-in-text-block": { enabled: false } } }`
)

// Axe examines the page in its current state and returns what is not accessible. It
// works even if the content security policy forbids scripts, and with NoJavaScript.
func (b *Tab) Axe() []Violation {
	b.t.Helper()
	return b.axe(axeAll, "document")
}

// AxeColours is Axe for what depends on the page's colours alone, which is quicker, within
// these elements: a JavaScript expression for a list of them.
func (b *Tab) AxeColours(elements string) []Violation {
	b.t.Helper()
	return b.axe(axeColours, "{ include: "+elements+" }")
}

// AxeWithoutColours is Axe without what AxeColours finds, for a page with colours that
// were examined before: the colours take most of the time.
func (b *Tab) AxeWithoutColours() []Violation {
	b.t.Helper()
	return b.axe(axeWithoutColours, "document")
}

// AxeBetween is AxeWithoutColours without what is inside these elements, which was examined on
// another page: a JavaScript expression for a list of them. Few are quick; many are not.
func (b *Tab) AxeBetween(elements string) []Violation {
	b.t.Helper()
	return b.axe(axeWithoutColours, "{ exclude: "+elements+" }")
}

// axeHere reports whether the page has axe, and takes it if the tab has brought it.
const axeHere = `(() => {
  if (typeof axe !== "object" && typeof bringAxe === "function") bringAxe();
  return typeof axe === "object";
})()`

// bringAxe gives axe to the page, and to the later ones of the tab, where it costs nothing until it
// is asked for: to hand over half a megabyte again costs more than most pages.
func (b *Tab) bringAxe(ctx context.Context, script string) error {
	bring := "globalThis.bringAxe = function () {" + script + "}"
	if !b.scriptless && !b.bringsAxe { // in later pages without scripts it would not run
		if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: bring}); err != nil {
			return err
		}
		b.bringsAxe = true
	}
	_, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](bring+"; bringAxe()"))
	return err
}

func (b *Tab) axe(rules, within string) []Violation {
	b.t.Helper()
	script, err := axeScript()
	if err != nil {
		missing(b.t, "axe-core ("+err.Error()+")", "make prepare")
	}
	if b.scriptless {
		b.scripts(true)
		defer b.scripts(false)
	}
	var violations []Violation
	b.read("run axe", func(ctx context.Context) error {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axeHere))
		if err == nil && !there {
			err = b.bringAxe(ctx, script)
		}
		if err != nil {
			return err
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("%s(%s, %s)", axeRun, rules, within), chromedp.EvalAwaitPromise))
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		return json.Unmarshal([]byte(found), &violations)
	})
	return violations
}
