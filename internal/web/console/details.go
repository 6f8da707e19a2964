package console

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Details shows what the site knows about the company, and what its administrators say about it.
func (c *Console) Details(w http.ResponseWriter, r *http.Request) error {
	view, err := c.storedDetails(r)
	if err != nil {
		return err
	}
	view.Saved = r.URL.Query().Has("saved")
	return c.page(w, r, http.StatusOK, view)
}

func (c *Console) storedDetails(r *http.Request) (view Details, err error) {
	v, caller, company := on(r)
	if view.Stored, err = c.Directory.CompanyDetails(r.Context(), v.Site, caller, company); err != nil {
		return view, err
	}
	view.Typed, view.Version = view.Stored, view.Stored.Version()
	last, err := c.Directory.Enrolments(r.Context(), v.Site, caller, company, "", 1)
	if len(last) > 0 {
		view.Last = &last[0]
	}
	return view, err
}

// SaveDetails saves what the administrators say.
func (c *Console) SaveDetails(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	typed := gatehouse.CompanyDetails{Zone: clip(r.PostFormValue("zone")), NoReport: r.PostFormValue("report") != "yes"}
	for i := range gatehouse.MostContacts {
		value := func(name string) string { return clip(r.PostFormValue(contactField(i, name))) }
		typed.Contacts = append(typed.Contacts, gatehouse.Contact{Name: value("name"), About: value("about"), Email: value("email"), Phone: value("phone")})
	}
	err := c.Directory.SetCompanyDetails(r.Context(), v.Site, caller, company, typed, r.PostFormValue("version"))
	if err == nil {
		http.Redirect(w, r, ui.CompanyDetailsPath+"?saved=1", http.StatusSeeOther)
		return nil
	}
	var e *gatehouse.Error
	changed := errors.As(err, &e) && e.Reason == directory.ReasonDetailsChanged
	if !changed && (e == nil || len(e.Fields) == 0) {
		return err
	}
	view, failed := c.storedDetails(r)
	if failed != nil {
		return failed
	}
	if !changed { // else the form is made from what is stored now, so that Save works
		view.Version = clip(r.PostFormValue("version"))
	}
	view.Typed, view.Fields, view.Changed = typed, e.Fields, changed
	return c.page(w, r, ui.StatusOf(e), view)
}

func contactField(i int, name string) string { return fmt.Sprintf("contact_%d_%s", i+1, name) }

// Details is the page about the company itself.
type Details struct {
	Stored gatehouse.CompanyDetails
	// Typed is the content of the fields: what was typed, else what is stored, and Version that of
	// what is stored.
	Typed   gatehouse.CompanyDetails
	Version string
	Fields  []gatehouse.FieldError
	// Changed: somebody else has changed the details since the form was made.
	Changed, Saved bool
	// Last is the last change of Enhanced Security; nil: there was none.
	Last *gatehouse.Enrolment
	enrolmentWords
}

func (Details) Template() string        { return "details" }
func (Details) Title(p *ui.Page) string { return p.T("details.title") }
func (v Details) Failed() bool          { return v.Changed }

// LastWord is what Enhanced Security was changed to, as a part of text keys.
func (v Details) LastWord() string { return ruleWord(v.Last.Rule()) }

// contactRow is a contact's number, and the names of its fields: who it is, and how to get there.
type contactRow struct {
	N     int
	Pairs [2][2]string
}

// ContactRows are the contacts of the form.
func (Details) ContactRows() (rows []contactRow) {
	for i := range gatehouse.MostContacts {
		rows = append(rows, contactRow{N: i + 1, Pairs: [2][2]string{
			{contactField(i, "name"), contactField(i, "about")}, {contactField(i, "email"), contactField(i, "phone")}}})
	}
	return rows
}

func (v Details) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	options := []ui.Option{{Text: p.T("details.zone_site", "zone", placeOf(p.Site.Zone.String()))}}
	for _, name := range gatehouse.Zones {
		options = append(options, ui.Option{Value: name, Text: placeOf(name)})
	}
	list := []ui.Field{{Name: "zone", Label: p.T("details.zone"), Hint: p.T("details.zone_hint"), Control: ui.Choose, Optional: true, Autocomplete: "off",
		Options: ui.OptionsOf("zone", v.Typed.Zone, options...)}}
	for i := range gatehouse.MostContacts {
		var c gatehouse.Contact
		if i < len(v.Typed.Contacts) {
			c = v.Typed.Contacts[i]
		}
		list = append(list,
			ui.Field{Name: contactField(i, "name"), Label: p.T("details.contact_name"), Value: c.Name, Prose: true, Optional: true, Autocomplete: "off", Missing: "contact_name"},
			ui.Field{Name: contactField(i, "about"), Label: p.T("details.contact_about"), Value: c.About, Prose: true, Optional: true, Autocomplete: "off"},
			ui.Field{Name: contactField(i, "email"), Label: p.T("field.email"), Value: c.Email, InputMode: "email", Optional: true, Autocomplete: "off"},
			ui.Field{Name: contactField(i, "phone"), Label: p.T("details.contact_phone"), Value: c.Phone, InputMode: "tel", Optional: true, Autocomplete: "off"})
	}
	return list, v.Fields
}

// placeOf is a time zone in words: "Paris (Europe)".
func placeOf(zone string) string {
	region, _, found := strings.Cut(zone, "/")
	if !found {
		return zone
	}
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ") + " (" + region + ")"
}
