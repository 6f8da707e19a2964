package ui

import (
	"fmt"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// Control is the kind of input of a field. The zero value is a line of text.
type Control string

// The controls other than a line of text.
const (
	Area    Control = "area"    // several lines
	Choose  Control = "choose"  // one option of a drop-down list
	Choices Control = "choices" // one option, all of them shown with a sentence each
	Box     Control = "box"     // a box to tick
	Attach  Control = "files"   // files to send; the kinds are in Accept
)

// Field is one input of a form, as the template "field" draws it: label, hint,
// error, control, in this order.
type Field struct {
	Name    string
	Label   string
	Hint    string
	Control Control
	// Options are what "choose" and "choices" offer.
	Options []Option
	// Value is what was typed; never set for a secret.
	Value        string
	Type         string // "text" if empty
	Autocomplete string
	InputMode    string
	// Secret adds the Show button and the Caps Lock hint.
	Secret bool
	// Digits: it takes a code, and shows it large.
	Digits bool
	// Ticked: of a box.
	Ticked bool
	// Prose leaves capitals and spelling to the browser; without it the field is for a
	// name or an address.
	Prose bool
	// Optional: it may be empty. Sometimes: it may, unless another field requires it.
	Optional, Sometimes bool
	// Accept are the kinds of files that may be chosen.
	Accept string
	// About are the ids of other elements that describe the field.
	About string
	// Missing is the part of the text key for "required": error.required_username.
	Missing string
	Errors  []string
}

// Option is one of a field's answers.
type Option struct {
	Value, Text, Hint string
	// ID is the element's id if each option is an element.
	ID     string
	Chosen bool
}

// OptionsOf marks the chosen one of a field's options. The first has the field's name
// as its id, because the summary links to it.
func OptionsOf(name, chosen string, options ...Option) []Option {
	for i := range options {
		options[i].Chosen = options[i].Value == chosen
		options[i].ID = name
		if i > 0 {
			options[i].ID = name + "-" + options[i].Value
		}
	}
	return options
}

// Describedby lists the ids of the hint, the errors and other descriptions.
func (f Field) Describedby() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if len(f.Errors) > 0 {
		ids = append(ids, f.Name+"-error")
	}
	if f.About != "" {
		ids = append(ids, f.About)
	}
	return strings.Join(ids, " ")
}

// ControlType is the type attribute of the control.
func (f Field) ControlType() string {
	switch {
	case f.Secret:
		return "password"
	case f.Type != "":
		return f.Type
	}
	return "text"
}

// form is a view with a form in it.
type form interface {
	// Form returns its fields, and what is wrong with them.
	Form(p *Page) ([]Field, []gatehouse.FieldError)
}

// fieldPart is the data for the template "field".
type fieldPart struct {
	Page  *Page
	Field Field
}

// Part returns a field of the page's form, with its errors, for the template "field".
func (p *Page) Part(name string) (fieldPart, error) {
	for _, f := range p.fields() {
		if f.Name == name {
			return fieldPart{p, f}, nil
		}
	}
	return fieldPart{}, fmt.Errorf("%T has no field %q", p.View, name)
}

// fields are those of the page's form, with their errors.
func (p *Page) fields() []Field {
	view, ok := p.View.(form)
	if !ok {
		return nil
	}
	fields, faults := view.Form(p)
	for i := range fields {
		fields[i] = p.withErrors(fields[i], faults)
	}
	return fields
}

func (p *Page) withErrors(f Field, all []gatehouse.FieldError) Field {
	if f.Secret {
		f.Value = ""
	}
	for _, e := range all {
		if e.Field == f.Name {
			f.Errors = append(f.Errors, p.errorText(f, e))
		}
	}
	return f
}

// errorText finds the words for a fault of a field: error.CODE, and for an empty field
// error.required_WHICH, because "enter your password" helps and "enter this" does not.
func (p *Page) errorText(f Field, e gatehouse.FieldError) string {
	key := "error." + e.Reason
	if e.Reason == "required" && f.Missing != "" {
		key += "_" + f.Missing
	}
	args := make([]any, 0, 2*len(e.Args))
	for name, value := range e.Args {
		args = append(args, name, value)
	}
	if text := p.T(key, args...); text != "["+key+"]" {
		return text
	}
	return p.T("error.other")
}

// Problem is one line of the summary above a form: what is wrong, and the id of
// the field to fix.
type Problem struct{ Text, Field string }

// Summary lists the faults of the form in the order of its fields.
func (p *Page) Summary() []Problem {
	var problems []Problem
	for _, f := range p.fields() {
		for _, text := range f.Errors {
			problems = append(problems, Problem{text, f.Name})
		}
	}
	return problems
}

// PresentPassword is the field for the current password.
func PresentPassword(p *Page, name, label string) Field {
	return Field{Name: name, Label: p.T(label), Secret: true, Autocomplete: "current-password", Missing: "present_password"}
}

// IdentifierOf names what users of a site sign in with, in text keys.
func IdentifierOf(s *site.Site) string {
	switch s.SignInWith {
	case gatehouse.WithEmail:
		return "email"
	case gatehouse.WithUsernameOrEmail:
		return "username_or_email"
	}
	return "username"
}

// IdentifierText is the text for the label of that field.
func IdentifierText(s *site.Site) string { return "field." + IdentifierOf(s) }

// HasUsernames reports whether users of the site can have forgotten a username.
func (p *Page) HasUsernames() bool { return p.Site.SignInWith != gatehouse.WithEmail }

// ByLink reports whether the site replaces forgotten passwords through a link.
func (p *Page) ByLink() bool { return p.Site.Recovery == gatehouse.RecoverByLink }
