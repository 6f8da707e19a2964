package portal

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"gatehouse"
	"gatehouse/internal/support"
	"gatehouse/internal/web/ui"
)

// ContactPath is where people write to support.
const ContactPath = "/contact"

// Contact says how to reach the site's support, and takes a message to it (C07).
func (p *Portal) Contact(w http.ResponseWriter, r *http.Request) error {
	reference, _ := support.ReadReference(clip(r.URL.Query().Get("reference")))
	return p.contact(w, r, http.StatusOK, ContactForm{Form: support.Form{Reference: reference}})
}

func (p *Portal) contact(w http.ResponseWriter, r *http.Request, status int, form ContactForm) error {
	v := ui.VisitOf(r)
	contacts, err := p.Account.Contacts(r.Context(), v.Site, v.Caller(r))
	switch {
	case err != nil:
		return err
	case len(contacts) > 0:
		return p.page(w, r, status, CompanyContact{form, contacts})
	}
	return p.page(w, r, status, Contact{form})
}

// ContactSubmit begins a case.
func (p *Portal) ContactSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	form := support.Form{Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), What: r.PostFormValue("what"), Since: r.PostFormValue("since"),
		Reference: r.PostFormValue("reference"), Tried: r.PostFormValue("tried"), Lang: v.Lang}
	files, done, faults := p.files(w, r)
	defer done()
	var number string
	err := faults.Err()
	if err == nil {
		number, err = p.Support.Open(r.Context(), v.Site, v.Caller(r), form, files)
	}
	if bad, status := caseFaults(err, "what"); bad != nil {
		form.Email, form.Name, form.Since, form.Reference = clip(form.Email), clip(form.Name), clip(form.Since), clip(form.Reference)
		form.What, form.Tried = clipTo(form.What, mostMessage), clipTo(form.Tried, mostMessage)
		return p.contact(w, r, status, ContactForm{Form: form, Again: len(files) > 0, Errors: bad})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, ContactPath+"/sent?number="+url.QueryEscape(number), http.StatusSeeOther)
	return nil
}

// caseFaults are what a form about a case shows at its fields: also that it was one too many. nil: it
// is another error.
func caseFaults(err error, text string) ([]gatehouse.FieldError, int) {
	if bad := faults(err); bad != nil {
		return bad, http.StatusUnprocessableEntity
	}
	e, ok := errors.AsType[*gatehouse.Error](err)
	switch {
	case ok && e.Reason == support.ReasonCaseWait:
		return []gatehouse.FieldError{{Field: text, Reason: support.ReasonCaseWait, Args: map[string]string{"n": strconv.Itoa(int(e.RetryAfter.Minutes()) + 1)}}}, http.StatusTooManyRequests
	case ok && e.Reason == support.ReasonCaseFull:
		return []gatehouse.FieldError{{Field: text, Reason: support.ReasonCaseFull}}, http.StatusConflict
	}
	return nil, 0
}

// ContactForm is the form with which people write to support.
type ContactForm struct {
	reading
	support.Form
	// Again: files were chosen, and have to be chosen again.
	Again  bool
	Errors []gatehouse.FieldError
}

// Form describes the fields. Those who have signed in are known.
func (v ContactForm) Fields(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	var fields []ui.Field
	if p.User == nil {
		fields = append(fields, emailField(p, v.Email),
			ui.Field{Name: "name", Label: p.T("field.name"), Value: v.Name, Autocomplete: "name", Missing: "case_name", Prose: true})
	}
	return append(fields,
		ui.Field{Name: "what", Label: p.T("case.what"), Hint: p.T("case.what_hint"), Value: v.What, Control: ui.Area, Autocomplete: "off", Prose: true, Missing: "case_what"},
		ui.Field{Name: "since", Label: p.T("case.since"), Hint: p.T("case.since_hint"), Value: v.Since, Autocomplete: "off", Prose: true, Optional: true},
		ui.Field{Name: "reference", Label: p.T("case.reference"), Hint: p.T("case.reference_hint", "reference", "GH-7F3K-29QX"), Value: v.Reference, Autocomplete: "off", Optional: true},
		ui.Field{Name: "tried", Label: p.T("case.tried"), Hint: p.T("case.tried_hint"), Value: v.Tried, Control: ui.Area, Autocomplete: "off", Prose: true, Optional: true},
		filesField(p, v.Again),
	), v.Errors
}

// filesField is the field for pictures of what is wrong.
func filesField(p *ui.Page, again bool) ui.Field {
	hint := p.T("case.files_hint", "most", gatehouse.MostCaseFiles, "megabytes", gatehouse.MostCaseFile>>20)
	if again {
		hint += " " + p.T("case.files_again")
	}
	return ui.Field{Name: "files", Label: p.T("case.files"), Hint: hint, Control: ui.Attach, Optional: true, Accept: ".png,.jpg,.jpeg,.webp,.pdf"}
}

// Contact says how to reach the site's support, and takes a message.
type Contact struct{ ContactForm }

func (Contact) Template() string        { return "contact" }
func (Contact) Title(p *ui.Page) string { return p.T("contact.title") }

// Form are its fields.
func (v Contact) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) { return v.Fields(p) }

// Contacts: none are known.
func (Contact) Contacts() []gatehouse.Contact { return nil }

// CompanyContact is Contact for users of a company that has named contacts of its own (A09).
type CompanyContact struct {
	ContactForm
	Contacts []gatehouse.Contact
}

func (CompanyContact) Template() string        { return "contact" }
func (CompanyContact) Title(p *ui.Page) string { return p.T("contact.title") }

// Form are its fields.
func (v CompanyContact) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) { return v.Fields(p) }

// Alike: before anything is typed, it says the same to everybody.
func (v Contact) Alike() string {
	if !ui.Nothing(v) {
		return ""
	}
	return ContactPath
}

// ContactSent says the number. It says the same no matter whose address was typed.
func (p *Portal) ContactSent(w http.ResponseWriter, r *http.Request) error {
	number, ok := support.ReadNumber(clip(r.URL.Query().Get("number")))
	if !ok {
		http.Redirect(w, r, ContactPath, http.StatusSeeOther)
		return nil
	}
	return p.page(w, r, http.StatusOK, ContactSent{Number: number})
}

// ContactSent is the page with the number.
type ContactSent struct {
	reading
	Number string
}

func (ContactSent) Template() string        { return "contact_sent" }
func (ContactSent) Title(p *ui.Page) string { return p.T("case.sent_title") }
