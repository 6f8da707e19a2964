package mail

import (
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"
)

//go:embed text
var sourceFiles embed.FS

// sources are the messages of one language.
type sources struct {
	lang string
	t    *template.Template
	// colon ends a label: French has a space before it.
	colon string
}

// languages holds the sources of every language, by its tag. They are read for the first
// message: a process that has just started has none to write.
var languages = sync.OnceValue(func() map[string]*sources { return mustLoad(sourceFiles) })

// ownLanguage is the fallback language of messages.
const ownLanguage = "en-GB"

func mustLoad(files fs.FS) map[string]*sources {
	all, err := loadSources(files)
	if err != nil {
		panic("mail: " + err.Error()) // the program was built with a broken source
	}
	return all
}

// loadSources reads text/LANGUAGE/*.txt.
func loadSources(files fs.FS) (map[string]*sources, error) {
	dirs, err := fs.ReadDir(files, "text")
	if err != nil {
		return nil, err
	}
	all := map[string]*sources{}
	for _, dir := range dirs {
		if all[dir.Name()], err = loadLanguage(files, dir.Name()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// loadLanguage reads one folder.
func loadLanguage(files fs.FS, lang string) (*sources, error) {
	s := &sources{lang, template.New("").Option("missingkey=error").Funcs(template.FuncMap{"_data": markData}), ":"}
	names, err := fs.Glob(files, path.Join("text", lang, "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if _, err := s.t.New(strings.TrimSuffix(path.Base(name), ".txt")).Parse(string(text)); err != nil {
			return nil, err
		}
	}
	for _, t := range s.t.Templates() {
		if t.Tree != nil {
			markActions(t.Tree.Root)
		}
	}
	if own := s.t.Lookup("colon"); own != nil {
		s.colon = own.Root.String()
	}
	return s, nil
}

// markActions makes every {{…}} that prints something pass it through markData, as
// html/template does with its escapers. So no value, from anyone, can become structure:
// a line break, a heading, a button (ASVS 1.3.11, E07).
func markActions(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			if len(n.Pipe.Decl) == 0 {
				mark := parse.NewIdentifier("_data").SetPos(n.Pos)
				n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{mark}})
			}
		case *parse.IfNode:
			markActions(n.List)
			markActions(n.ElseList)
		case *parse.RangeNode:
			markActions(n.List)
			markActions(n.ElseList)
		case *parse.WithNode:
			markActions(n.List)
			markActions(n.ElseList)
		}
	}
}

// markData writes a value as hexadecimal digits between two control characters, until
// expand puts it in its place. An empty value stays empty.
func markData(v any) string {
	text, isClean := v.(quotation)
	if !isClean {
		text = quotation(clean(fmt.Sprint(v)))
	}
	if text == "" {
		return ""
	}
	return "\x02" + hex.EncodeToString([]byte(text)) + "\x03"
}

// expand puts the values back, each through escape.
func expand(text string, escape func(string) string) string {
	before, rest, found := strings.Cut(text, "\x02")
	if !found {
		return text
	}
	var b strings.Builder
	for found {
		var mark string
		b.WriteString(before)
		mark, rest, _ = strings.Cut(rest, "\x03")
		value, _ := hex.DecodeString(mark) // markData wrote it
		b.WriteString(escape(string(value)))
		before, rest, found = strings.Cut(rest, "\x02")
	}
	b.WriteString(before)
	return b.String()
}

func plainly(s string) string { return s }

// document is a message before rendering. Waiting messages are kept in this form: renaming
// a field would lose it for messages that an earlier version has sealed.
type document struct {
	Subject   string  `json:"subject"`
	Preheader string  `json:"preheader"`
	Heading   string  `json:"heading"`
	Foot      string  `json:"foot"`
	Blocks    []block `json:"blocks"`
	// Colon ends a label of the plain text, as the language sets it.
	Colon string `json:"colon"`
}

// block is one piece of a message; Kind says which fields it has.
type block struct {
	Kind  blockKind `json:"kind"`
	Text  []span    `json:"text,omitempty"`  // heading, paragraph, quote
	Items [][]span  `json:"items,omitempty"` // list
	Facts []fact    `json:"facts,omitempty"`
	Value string    `json:"value,omitempty"` // code: what it is; button: what it says
	URL   string    `json:"url,omitempty"`   // button
}

type blockKind string

const (
	headingBlock   blockKind = "heading"
	paragraphBlock blockKind = "paragraph"
	listBlock      blockKind = "list"
	factsBlock     blockKind = "facts"
	codeBlock      blockKind = "code"
	buttonBlock    blockKind = "button"
	quoteBlock     blockKind = "quote"
)

// span is a run of text.
type span struct {
	Text string `json:"text"`
	Bold bool   `json:"bold,omitempty"`
}

type fact struct {
	Name  string `json:"name"`
	Value []span `json:"value"`
}

// read executes the source of a message and parses the result.
//
// The source begins with lines "subject:", "preheader:", "heading:" and "foot:" up to
// the first empty line. After it, blocks are separated by empty lines:
//
//	## A heading
//	- an item of a list; the next one begins with a hyphen too
//	| Name of a fact | value        (a row without a value is left out)
//	code: a code or a temporary password
//	button: What it says -> /path of the site
//	quote: what somebody typed
//	and everything else is a paragraph, in which **this** is bold.
func (s *sources) read(v view) (document, error) {
	var out strings.Builder
	if err := s.t.ExecuteTemplate(&out, v.M.Kind(), v); err != nil {
		return document{}, err
	}
	head, body, _ := strings.Cut(out.String(), "\n\n")
	d := document{Colon: s.colon}
	for line := range strings.Lines(head) {
		if err := d.setHead(line); err != nil {
			return d, err
		}
	}
	for text := range strings.SplitSeq(body, "\n\n") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		b, err := readBlock(text, v.Site.Origin)
		if err != nil {
			return d, err
		}
		d.Blocks = append(d.Blocks, b)
	}
	return d, d.check()
}

func (d *document) setHead(line string) error {
	name, value, _ := strings.Cut(line, ":")
	value = strings.Join(split(expand(value, plainly)), " ")
	switch name {
	case "subject":
		d.Subject = shorten(value, subjectLength)
	case "preheader":
		d.Preheader = value
	case "heading":
		d.Heading = value
	case "foot":
		d.Foot = value
	default:
		return fmt.Errorf("the head of the source has a line %q", strings.TrimSpace(line))
	}
	return nil
}

// check: what every message must have; at most one button (section 9 of the guide).
func (d *document) check() error {
	if d.Subject == "" || d.Preheader == "" || d.Heading == "" || d.Foot == "" {
		return fmt.Errorf("the source lacks subject, preheader, heading or foot")
	}
	buttons := 0
	for _, b := range d.Blocks {
		if b.Kind == buttonBlock {
			buttons++
		}
	}
	if buttons > 1 {
		return fmt.Errorf("the source has %d buttons, more than one", buttons)
	}
	return nil
}

func readBlock(text, origin string) (block, error) {
	switch {
	case strings.HasPrefix(text, "## "):
		return block{Kind: headingBlock, Text: spans(text[3:])}, nil
	case strings.HasPrefix(text, "- "):
		b := block{Kind: listBlock}
		for item := range strings.SplitSeq("\n"+text, "\n- ") {
			if item != "" {
				b.Items = append(b.Items, spans(item))
			}
		}
		return b, nil
	case strings.HasPrefix(text, "| "):
		return readFacts(text)
	case strings.HasPrefix(text, "code: "):
		return block{Kind: codeBlock, Value: expand(text[len("code: "):], plainly)}, nil
	case strings.HasPrefix(text, "button: "):
		return readButton(text[len("button: "):], origin)
	case strings.HasPrefix(text, "quote: "):
		return block{Kind: quoteBlock, Text: spans(text[len("quote: "):])}, nil
	}
	return block{Kind: paragraphBlock, Text: spans(text)}, nil
}

func readFacts(text string) (block, error) {
	b := block{Kind: factsBlock}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "| "), "|")
		if !ok {
			return b, fmt.Errorf("a fact without a value: %q", line)
		}
		if value = strings.TrimSpace(value); value != "" {
			b.Facts = append(b.Facts, fact{expand(strings.TrimSpace(name), plainly), spans(value)})
		}
	}
	return b, nil
}

// ownPath is what a button may lead to: a path of the site, and nothing that a
// browser could read as another host (C04, E41).
var ownPath = regexp.MustCompile(`^/([A-Za-z0-9][A-Za-z0-9._~/?=&%+-]*)?$`)

func readButton(text, origin string) (block, error) {
	label, target, ok := strings.Cut(text, " -> ")
	target = expand(target, escapeQuery)
	if !ok || !ownPath.MatchString(target) {
		return block{}, fmt.Errorf("a button that leads to no path of the site: %q", text)
	}
	return block{Kind: buttonBlock, Value: expand(label, plainly), URL: origin + target}, nil
}

// spans separates bold text and joins lines.
func spans(text string) []span {
	text = strings.Join(split(text), " ")
	var all []span
	for i, part := range strings.Split(text, "**") {
		if part != "" {
			all = append(all, span{expand(part, plainly), i%2 == 1})
		}
	}
	return all
}

// split splits text at spaces and line ends, but not at non-breaking spaces.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
}
