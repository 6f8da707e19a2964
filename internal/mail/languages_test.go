package mail

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"gatehouse/internal/site"
)

// A language is a folder, and all of them have the same files. A language without a
// kind would fail the transaction that wants to send it, and a mail without a fact
// tells some people less.
func TestEveryLanguageHasEveryKind(t *testing.T) {
	for lang := range languages() {
		names, err := fs.Glob(sourceFiles, path.Join("text", lang, "*"))
		own, err2 := fs.Glob(sourceFiles, path.Join("text", ownLanguage, "*"))
		if err != nil || err2 != nil || len(own) == 0 {
			t.Fatal(err, err2)
		}
		got, want := strings.ReplaceAll(fmt.Sprint(names), "/"+lang+"/", "/"), strings.ReplaceAll(fmt.Sprint(own), "/"+ownLanguage+"/", "/")
		if got != want {
			t.Errorf("%s has the files\n%s\nand not\n%s", lang, got, want)
		}
	}
	kinds := map[string]bool{"common": true}
	for _, msg := range samples() {
		kinds[msg.Kind()] = true
		for lang, s := range languages() {
			if s.t.Lookup(msg.Kind()) == nil {
				t.Errorf("%s has no %s", lang, msg.Kind())
			}
		}
	}
	files, _ := fs.Glob(sourceFiles, path.Join("text", ownLanguage, "*.txt"))
	for _, name := range files {
		if kind := strings.TrimSuffix(path.Base(name), ".txt"); !kinds[kind] {
			t.Errorf("there is a text of %s, of which there is no sample", kind)
		}
	}
}

// Every language names the same fields of each kind.
func TestEveryLanguageNamesTheSameFields(t *testing.T) {
	for _, msg := range samples() {
		want := named(languages()[ownLanguage], msg.Kind())
		if !slices.ContainsFunc(want, func(f string) bool { return strings.HasPrefix(f, ".M.") }) {
			t.Fatalf("%s names only %v", msg.Kind(), want)
		}
		for lang, s := range languages() {
			if got := named(s, msg.Kind()); !slices.Equal(got, want) {
				t.Errorf("%s in %s names\n%v\nand not\n%v", msg.Kind(), lang, got, want)
			}
		}
	}
}

// Every language has the same blocks in the same order, with as many facts and items,
// and the same links.
func TestEveryLanguageHasTheSameStructure(t *testing.T) {
	for name, msg := range samples() {
		want := structure(t, ownLanguage, msg)
		for lang := range languages() {
			if got := structure(t, lang, msg); got != want {
				t.Errorf("%s in %s is\n%s\nand not\n%s", name, lang, got, want)
			}
		}
	}
}

func structure(t *testing.T, lang string, msg Message) string {
	t.Helper()
	d, err := languages()[lang].read(view{Site: siteIn(lang), To: testRecipient(), M: msg, lang: lang})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, b := range d.Blocks {
		bold := 0
		for _, s := range b.Text {
			if s.Bold {
				bold++
			}
		}
		all = append(all, fmt.Sprint(b.Kind, " ", len(b.Items), len(b.Facts), bold, b.URL))
	}
	return strings.Join(all, "\n")
}

// named returns the fields and methods that a source names, including sources that it
// includes, and how often it names the message's fields. How often it names the site is
// up to the language.
func named(s *sources, source string) []string {
	fields := map[string]int{}
	collect(s, s.t.Lookup(source).Root, fields)
	var all []string
	for name, n := range fields {
		if strings.HasPrefix(name, ".Site.") {
			n = 1
		}
		all = append(all, fmt.Sprintf("%s (%d)", name, n))
	}
	slices.Sort(all)
	return all
}

func collect(s *sources, node parse.Node, fields map[string]int) {
	switch n := node.(type) {
	case *parse.ListNode:
		for _, one := range n.Nodes {
			collect(s, one, fields)
		}
	case *parse.ActionNode:
		collect(s, n.Pipe, fields)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			for _, arg := range c.Args {
				collect(s, arg, fields)
			}
		}
	case *parse.IfNode:
		collectBranch(s, &n.BranchNode, fields)
	case *parse.WithNode:
		collectBranch(s, &n.BranchNode, fields)
	case *parse.RangeNode:
		collectBranch(s, &n.BranchNode, fields)
	case *parse.TemplateNode:
		collect(s, s.t.Lookup(n.Name).Root, fields)
	case *parse.FieldNode:
		fields["."+strings.Join(n.Ident, ".")]++
	case *parse.VariableNode:
		if len(n.Ident) > 1 {
			fields["."+strings.Join(n.Ident[1:], ".")]++
		}
	}
}

func collectBranch(s *sources, n *parse.BranchNode, fields map[string]int) {
	collect(s, n.Pipe, fields)
	collect(s, n.List, fields)
	if n.ElseList != nil {
		collect(s, n.ElseList, fields)
	}
}

// No mail mixes two languages: no English words are left in another one.
func TestTranslated(t *testing.T) {
	eachMail(t, func(t *testing.T, lang, name string, msg Message, r Rendered) {
		if lang == ownLanguage {
			return
		}
		own, err := Render(testSite(), testRecipient(), msg)
		if err != nil {
			t.Fatal(err)
		}
		if r.Lang != lang || r.Subject == own.Subject || r.Heading == own.Heading || r.Preheader == own.Preheader {
			t.Errorf("it is in %s: %s", r.Lang, r.Subject)
		}
		for line := range strings.Lines(r.Text) {
			if left := english.FindString(line); left != "" && !strings.HasPrefix(line, "> ") && !strings.HasPrefix(line, "https://") {
				t.Errorf("%q is English", left)
			}
		}
	})
}

var english = regexp.MustCompile(`\b(the|your|you|and|password|[Uu]sername|When|December|day)\b`)

// French puts a space before some marks, and no line may break there.
func TestFrenchSpaces(t *testing.T) {
	wrong := regexp.MustCompile(`[^\x{a0}\s:/0-9][:;?!»](\s|\*|$)|[ \n][:;?!»]|«[^\x{a0}]`)
	eachMail(t, func(t *testing.T, lang, _ string, _ Message, r Rendered) {
		if lang != "fr" {
			return
		}
		for _, text := range []string{r.Subject, r.Heading, r.Preheader, r.Text} {
			if at := wrong.FindString(text); at != "" {
				t.Errorf("%q in %s", at, text)
			}
		}
	})
}

func TestPluralForms(t *testing.T) {
	for lang, want := range map[string]string{"en-GB": "other one other", "de": "other one other", "fr": "one one other", "pl": "many one few", "ar": "zero one two"} {
		v := view{lang: lang}
		if got := v.Form(0) + " " + v.Form(1) + " " + v.Form(2); got != want {
			t.Errorf("%s: %s, want %s", lang, got, want)
		}
	}
}

// A date is in the language of the sentence around it, no matter what the site offers.
func TestDatesAreInTheLanguageOfTheMail(t *testing.T) {
	for _, c := range []struct {
		offers     []string
		lang, want string
		own        bool
	}{
		{[]string{"en-GB"}, "en-GB", "en-GB", true},
		{[]string{"de", "en-AU"}, "en-GB", "en-AU", true},
		{[]string{"de-AT"}, "de", "de-AT", true},
		{[]string{"de", "fr"}, "fr", "fr", true},
		{[]string{"nl"}, "en-GB", "en-GB", false},
		{[]string{"en-GB"}, "de", "de", false},
	} {
		s := &site.Site{Languages: c.offers, Zone: time.UTC}
		if got, lang := dateWords(s, c.lang); lang != c.want || (got == s) != c.own || got.Zone != s.Zone {
			t.Errorf("a site in %v writes %s in %s", c.offers, c.lang, lang)
		}
	}
}
