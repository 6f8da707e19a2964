package ui

import (
	"fmt"

	"gatehouse"
)

// field is one input of a form, as the template "field" draws it: label, hint,
// error, control, in this order.
type field struct {
	Name  string
	Label string
	Hint  string
	// Value is what was typed; never set for a secret.
	Value        string
	Type         string // "text" where empty
	Autocomplete string
	InputMode    string
	// Secret adds the Show button and the Caps Lock hint.
	Secret bool
	// Prose leaves capitals and spelling to the browser; without it the field
	// takes a name or an address.
	Prose bool
	// Missing is the part of the text's key for "required":
	// error.required_username.
	Missing string
	Errors  []string
}

// Describedby lists the ids of the hint and the errors.
func (f field) Describedby() string {
	ids := ""
	if f.Hint != "" {
		ids = f.Name + "-hint"
	}
	if len(f.Errors) > 0 {
		if ids != "" {
			ids += " "
		}
		ids += f.Name + "-error"
	}
	return ids
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
