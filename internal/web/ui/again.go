package ui

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Why a form comes back: the words are again.WHY_title and again.WHY_text.
const (
	// AgainStale: its token belongs to a cookie that has been replaced.
	AgainStale = "stale"
	// AgainMissing: it has no token at all.
	AgainMissing = "missing"
	// AgainCookies: it came without any cookie.
	AgainCookies = "cookies"
	// AgainProved: its user had to prove first who they are, and has.
	AgainProved = "proved"
)

// Again is a form that was sent and not acted on. It comes back on its page with what was
// typed, except for secrets; what the page itself put into hidden fields is new.
type Again struct {
	Why string
	// Action is the path that it was sent to.
	Action string
	Values url.Values
}

// Good reports whether nothing was wrong with the form.
func (a *Again) Good() bool { return a.Why == AgainProved }

// fill puts what was typed into the forms of a page that lead to the same place.
func (a *Again) fill(page []byte) ([]byte, error) {
	if a == nil {
		return page, nil
	}
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, fmt.Errorf("ui: a page to fill in: %w", err)
	}
	for form := range doc.Descendants() {
		if form.DataAtom == atom.Form && a.leadsThere(form) {
			for control := range form.Descendants() {
				a.enter(control)
			}
		}
	}
	var out bytes.Buffer
	if err := html.Render(&out, doc); err != nil {
		return nil, fmt.Errorf("ui: a page to fill in: %w", err)
	}
	_, rest, _ := bytes.Cut(out.Bytes(), []byte("<html"))
	return fmt.Appendf(nil, "<!doctype html>\n<html%s\n", bytes.TrimRight(rest, "\n")), nil
}

// leadsThere reports whether a form, or one of its buttons, posts to the form's
// original target.
func (a *Again) leadsThere(form *html.Node) bool {
	here := func(address string) bool {
		path, _, _ := strings.Cut(address, "?")
		return path == a.Action
	}
	if here(attribute(form, "action")) {
		return true
	}
	for n := range form.Descendants() {
		if here(attribute(n, "formaction")) {
			return true
		}
	}
	return false
}

// enter puts what was typed into one control.
func (a *Again) enter(n *html.Node) {
	name := attribute(n, "name")
	typed, sent := a.Values[name]
	switch {
	case n.DataAtom == atom.Input && (attribute(n, "type") == "checkbox" || attribute(n, "type") == "radio"):
		value := attribute(n, "value")
		if value == "" {
			value = "on"
		}
		if sent || attribute(n, "type") == "checkbox" { // an unticked box sends nothing
			set(n, "checked", slices.Contains(typed, value))
		}
	case !sent || isSecret(n):
	case n.DataAtom == atom.Input && attribute(n, "type") != "hidden":
		set(n, "value", false)
		n.Attr = append(n.Attr, html.Attribute{Key: "value", Val: strings.ToValidUTF8(typed[0], "")})
	case n.DataAtom == atom.Textarea:
		for n.FirstChild != nil {
			n.RemoveChild(n.FirstChild)
		}
		n.AppendChild(&html.Node{Type: html.TextNode, Data: strings.ToValidUTF8(typed[0], "")})
	case n.DataAtom == atom.Select:
		for option := range n.Descendants() {
			if option.DataAtom == atom.Option {
				set(option, "selected", slices.Contains(typed, attribute(option, "value")))
			}
		}
	}
}

// isSecret reports whether a control holds what is never shown again: passwords, codes,
// answers to challenge questions.
func isSecret(n *html.Node) bool {
	return attribute(n, "type") == "password" || attribute(n, "autocomplete") == "one-time-code" || attribute(n, "name") == "answer"
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// set adds an attribute without value to a control, or removes it.
func set(n *html.Node, name string, there bool) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if there {
		n.Attr = append(n.Attr, html.Attribute{Key: name})
	}
}
