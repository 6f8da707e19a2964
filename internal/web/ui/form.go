package ui

import (
	"fmt"
	"strings"

	"gatehouse"
)

// control is what a field is entered with. The zero value is a line of text.
type control string

const (
	area    control = "area"    // several lines
	choose  control = "choose"  // one option of a list that folds out
	choices control = "choices" // one option, all of them shown with a sentence each
	box     control = "box"     // a box to tick
)

// field is one input of a form, as the template "field" draws it: label, hint,
// error, control, in this order.
type field struct {
	Name    string
	Label   string
	Hint    string
	Control control
	// Options are what "choose" and "choices" offer.
	Options []option
	// Value is what was typed; never set for a secret.
	Value        string
	Type         string // "text" where empty
	Autocomplete string
	InputMode    string
	// Secret adds the Show button and the Caps Lock hint.
	Secret bool
	// Digits: it takes a code, and shows it large.
	Digits bool
	// Ticked: of a box.
	Ticked bool
	// Prose leaves capitals and spelling to the browser; without it the field
	// takes a name or an address.
	Prose bool
	// Optional: it may stay empty. Sometimes: it may, unless another field asks for it.
	Optional, Sometimes bool
	// About are the ids of what else describes the field.
	About string
	// Missing is the part of the text's key for "required":
	// error.required_username.
	Missing string
	Errors  []string
}

// option is one of the answers that a field offers.
type option struct {
	Value, Text, Hint string
	// ID is the element's id where each option is one.
	ID     string
	Chosen bool
}

// optionsOf marks the chosen one of a field's options. The first has the field's name
// as its id, because the summary leads there.
func optionsOf(name, chosen string, options ...option) []option {
	for i := range options {
		options[i].Chosen = options[i].Value == chosen
		options[i].ID = name
		if i > 0 {
			options[i].ID = name + "-" + options[i].Value
		}
	}
	return options
}

// Describedby lists the ids of the hint, the errors and what else describes it.
func (f field) Describedby() string {
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
func (f field) ControlType() string {
	switch {
	case f.Secret:
		return "password"
	case f.Type != "":
		return f.Type
	}
	return "text"
}

// formView is a view with a form in it.
type formView interface {
	View
	fields(p *page) []field
	fieldErrors() []gatehouse.FieldError
}

// fieldPart is what the template "field" works on.
type fieldPart struct {
	Page  *page
	Field field
}

// Part returns a field of the page's form, with the errors that belong to it, for
// the template "field".
func (p *page) Part(name string) (fieldPart, error) {
	view, ok := p.View.(formView)
	if !ok {
		return fieldPart{}, fmt.Errorf("view %T has no form", p.View)
	}
	for _, f := range view.fields(p) {
		if f.Name == name {
			return fieldPart{p, p.withErrors(f, view.fieldErrors())}, nil
		}
	}
	return fieldPart{}, fmt.Errorf("form of %T has no field %q", p.View, name)
}

func (p *page) withErrors(f field, all []gatehouse.FieldError) field {
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

// errorText finds the words for a fault of a field: error.CODE, and for a field
// left empty error.required_WHICH, because "enter your password" helps and "enter
// this" does not.
func (p *page) errorText(f field, e gatehouse.FieldError) string {
	key := "error." + e.Code
	if e.Code == "required" && f.Missing != "" {
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
// the field to mend.
type Problem struct{ Text, Field string }

// Summary lists the faults of the form in the order of its fields.
func (p *page) Summary() []Problem {
	view, ok := p.View.(formView)
	if !ok {
		return nil
	}
	var problems []Problem
	for _, f := range view.fields(p) {
		for _, text := range p.withErrors(f, view.fieldErrors()).Errors {
			problems = append(problems, Problem{text, f.Name})
		}
	}
	return problems
}
