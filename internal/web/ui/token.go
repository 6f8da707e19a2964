package ui

import (
	"bytes"
	"html"
	"strings"
)

// The template "token" writes a field that sign fills in when the page is complete: only
// then are all of its forms known, and a page has one token for all of them. No text can
// look like the field, because quotes are escaped.
const (
	unsigned      = `name="form_token" value="` + unsignedValue + `"`
	unsignedValue = "of-this-page"
	actionBegin   = `action="` // also of formaction
)

// sign puts the token into the forms of a page.
func (f Frame) sign(page []byte) []byte {
	if f.Token == nil || !bytes.Contains(page, []byte(unsigned)) {
		return page
	}
	signed := strings.Replace(unsigned, unsignedValue, f.Token(actions(page)), 1)
	return bytes.ReplaceAll(page, []byte(unsigned), []byte(signed))
}

// actions are the paths that the forms of a page post to.
func actions(page []byte) []string {
	var paths []string
	for rest := page; ; {
		_, after, found := bytes.Cut(rest, []byte(actionBegin))
		if !found {
			return paths
		}
		action, next, _ := bytes.Cut(after, []byte(`"`))
		path, _, _ := strings.Cut(html.UnescapeString(string(action)), "?")
		paths, rest = append(paths, path), next
	}
}
