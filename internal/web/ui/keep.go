package ui

import (
	"net/http"
	"net/url"
)

// Kept is a form that waits until its user has proved who they are: the page that asks holds it in
// hidden fields. Only its own page can have posted it, because its token was checked, and it does
// nothing but fill in that page again.
type Kept struct {
	// Action is the path that it was sent to.
	Action string
	Values url.Values
}

// Typed are the values as one hidden field.
func (k Kept) Typed() string { return k.Values.Encode() }

// ReadKept reads the hidden fields.
func ReadKept(r *http.Request) Kept {
	values, err := url.ParseQuery(r.PostFormValue("typed"))
	if err != nil {
		return Kept{}
	}
	return Kept{Action: r.PostFormValue("action"), Values: values}
}
