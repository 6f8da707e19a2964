package testkit

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

type upload struct {
	field, filename string
	content         []byte
}

func submitters(page *Page, form *goquery.Selection) *goquery.Selection {
	return page.fields(form).FilterFunction(func(_ int, f *goquery.Selection) bool { return isSubmitter(f) })
}

func isSubmitter(f *goquery.Selection) bool {
	kind := strings.ToLower(f.AttrOr("type", ""))
	return goquery.NodeName(f) == "button" && (kind == "" || kind == "submit") || goquery.NodeName(f) == "input" && kind == "submit"
}

// send submits a form as the HTML specification says.
func (c *Client) send(page *Page, form, button *goquery.Selection, values Values, file *upload) *Page {
	c.t.Helper()
	attr := func(name, otherwise string) string {
		return button.AttrOr("form"+name, form.AttrOr(name, otherwise))
	}
	to := c.address(page.URL, attr("action", page.URL.String()))
	fields := page.fill(form, button, values, file)
	if !strings.EqualFold(attr("method", "get"), "post") {
		query := url.Values{}
		for _, f := range fields {
			query.Add(f.name, f.value)
		}
		to.RawQuery = query.Encode()
		return c.visit(http.MethodGet, to, nil, "", page.URL)
	}
	body, kind := encode(fields, attr("enctype", ""), file)
	return c.visit(http.MethodPost, to, body, kind, page.URL)
}

type entry struct{ name, value string }

// fill lists what the form sends, and ends the test if values names a field, or
// a choice, that the form does not have.
func (p *Page) fill(form, button *goquery.Selection, values Values, file *upload) []entry {
	p.t.Helper()
	var entries []entry
	known, used := []string{}, map[string]bool{}
	p.fields(form).Each(func(_ int, f *goquery.Selection) {
		name := f.AttrOr("name", "")
		if name == "" {
			return
		}
		known = append(known, name)
		value, filled := values[name]
		sent, ok := fieldValue(f, button, value, filled)
		used[name] = used[name] || filled && (ok || value == "" || !isChoice(f)) || file != nil && file.field == name
		if ok {
			entries = append(entries, entry{name, sent})
		}
	})
	for name, value := range values {
		if !used[name] {
			p.fail("the form takes no %s=%q; its fields are %q", name, value, known)
		}
	}
	if file != nil && !used[file.field] {
		p.fail("the form takes no file %s; its fields are %q", file.field, known)
	}
	return entries
}

func isChoice(f *goquery.Selection) bool {
	kind := strings.ToLower(f.AttrOr("type", ""))
	return kind == "checkbox" || kind == "radio" || goquery.NodeName(f) == "select"
}

// fieldValue is what a field sends, if it sends anything.
func fieldValue(f, button *goquery.Selection, value string, filled bool) (string, bool) {
	kind := strings.ToLower(f.AttrOr("type", ""))
	switch name := goquery.NodeName(f); {
	case name == "button" || kind == "submit" || kind == "button" || kind == "reset" || kind == "image":
		return f.AttrOr("value", ""), button.Length() > 0 && f.Get(0) == button.Get(0)
	case kind == "file":
		return "", false
	case kind == "checkbox" || kind == "radio":
		own := f.AttrOr("value", "on")
		_, checked := f.Attr("checked")
		if filled {
			checked = value == own || kind == "checkbox" && value == "on"
		}
		return own, checked
	case name == "select":
		return selectValue(f, value, filled)
	case name == "textarea" && !filled:
		value = f.Text()
	case !filled:
		value = f.AttrOr("value", "")
	}
	if goquery.NodeName(f) == "textarea" {
		value = strings.ReplaceAll(strings.ReplaceAll(value, "\r\n", "\n"), "\n", "\r\n")
	}
	return value, true
}

func selectValue(f *goquery.Selection, value string, filled bool) (string, bool) {
	options := f.Find("option").Not("[disabled]")
	optionValue := func(o *goquery.Selection) string { return o.AttrOr("value", clean(o.Text())) }
	if filled {
		found := options.FilterFunction(func(_ int, o *goquery.Selection) bool { return optionValue(o) == value })
		return value, found.Length() > 0
	}
	if chosen := options.Filter("[selected]"); chosen.Length() > 0 {
		return optionValue(chosen.Last()), true
	}
	if _, multiple := f.Attr("multiple"); multiple || options.Length() == 0 {
		return "", false
	}
	return optionValue(options.First()), true
}

func encode(fields []entry, enctype string, file *upload) (body []byte, kind string) {
	if !strings.EqualFold(enctype, "multipart/form-data") {
		var b strings.Builder
		for i, f := range fields {
			if i > 0 {
				b.WriteByte('&')
			}
			b.WriteString(url.QueryEscape(f.name) + "=" + url.QueryEscape(f.value))
		}
		return []byte(b.String()), "application/x-www-form-urlencoded"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b) // writes to memory, which does not fail
	for _, f := range fields {
		w.WriteField(f.name, f.value) //nolint:errcheck
	}
	if file != nil {
		part, _ := w.CreateFormFile(file.field, file.filename)
		part.Write(file.content) //nolint:errcheck
	}
	w.Close() //nolint:errcheck
	return b.Bytes(), w.FormDataContentType()
}

// form finds a form of the page.
func (p *Page) form(selector string) *goquery.Selection {
	p.t.Helper()
	if selector == "" {
		forms := p.Doc.Find("form")
		if forms.Length() != 1 {
			p.fail("the page has %d forms; say which", forms.Length())
		}
		return forms
	}
	form := p.Doc.Find(selector).First()
	if goquery.NodeName(form) != "form" {
		form = form.Closest("form")
	}
	if form.Length() == 0 {
		p.fail("no form is %q", selector)
	}
	return form
}

// fields are the enabled controls of a form, including those outside it that name it.
func (p *Page) fields(form *goquery.Selection) *goquery.Selection {
	id := form.AttrOr("id", "")
	return p.Doc.Find("input, select, textarea, button").FilterFunction(func(_ int, f *goquery.Selection) bool {
		if _, off := f.Attr("disabled"); off || f.Closest("fieldset[disabled]").Length() > 0 {
			return false
		}
		if owner, ok := f.Attr("form"); ok {
			return id != "" && owner == id
		}
		around := f.Closest("form") // a button that only scripts use is in none
		return around.Length() > 0 && around.Get(0) == form.Get(0)
	})
}
