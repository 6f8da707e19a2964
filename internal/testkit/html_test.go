package testkit

import (
	"strings"
	"testing"
)

// The validator finds faults in each of several pages, and accepts what is only newer
// than it.
func TestHTMLErrors(t *testing.T) {
	page := func(body string) []byte {
		return []byte("<!doctype html>\n<html lang=\"en\"><head><title>Page</title></head><body>\n" + body + "\n</body></html>\n")
	}
	bad := map[string]string{
		"<p><div>a block in a paragraph</div></p>":     "implicit <p>",
		"<frame-x>an element of nobody</frame-x>":      "not recognized",
		"<div id=a></div><div id=a></div>":             "already defined",
		"<p class=a class=b>an attribute twice</p>":    "repeated attribute",
		"<b><i>crossed</b></i>":                        "replacing unexpected",
		"<form><form></form></form>":                   "nested",
		"<a href=a><a href=b>a link in a link</a></a>": "missing </a>",
		"<div>never closed":                            "missing </div>",
		"<p>this &unheard; character</p>":              "unknown entity",
		"<table><div>no cell</div></table>":            "isn't allowed in <table>",
		"<img src=a>":                                  "lacks \"alt\"",
		"<input type=frob>":                            "invalid value",
		"<p frob=a>an attribute of nobody</p>":         "proprietary attribute \"frob\"",
	}
	pages := map[string][]byte{"good/page": page(`<dl><div><dt>a</dt><dd>b</dd></div></dl><ul><li aria-current="true"></li></ul>
		<template><li>c</li></template><form action="/x" autocomplete="off"><input autocapitalize="none" inputmode="numeric"></form>`)}
	wanted := map[string]string{}
	for body, want := range bad {
		name := "bad-" + strings.Repeat("x", len(wanted))
		pages[name], wanted[name] = page(body), want
	}
	found := HTMLErrors(t, pages)
	for name, want := range wanted {
		said := ""
		for _, line := range found {
			if strings.HasPrefix(line, name+".html:") {
				said += line + "\n"
			}
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s: %q, want %q", pages[name], said, want)
		}
	}
	for _, line := range found {
		if strings.HasPrefix(line, "good") {
			t.Errorf("newer HTML is no fault: %s", line)
		}
	}
}
