package portal

import (
	"errors"
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// PhonePath is where the phone for codes is added; below it, the phone has its page.
const PhonePath = SecurityPath + "/phone"

// NewPhone asks for the number.
func (p *Portal) NewPhone(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if !p.SignIn.Texts(v.Site) {
		return gatehouse.ErrNotFound
	}
	return p.page(w, r, http.StatusOK, NewPhone{})
}

// BeginPhone sends a code to the number, and leads to the page for entering it.
func (p *Portal) BeginPhone(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	made, err := p.Account.BeginPhone(r.Context(), v.Site, in(r, v), *v.Session, r.PostFormValue("phone"))
	if err == nil {
		http.Redirect(w, r, phonePath(made.ID), http.StatusSeeOther)
		return nil
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 && e.Reason != signin.ReasonTextsOver {
		return err
	}
	retryAfter(w, e.RetryAfter)
	return p.page(w, r, ui.StatusOf(err), NewPhone{Number: clipTo(r.PostFormValue("phone"), 40), TooMany: e.Reason == signin.ReasonTextsOver, Errors: e.Fields})
}

func phonePath(id string) string { return PhonePath + "/" + url.PathEscape(id) }

// Phone shows the page for entering the code of a phone, or what can be done with an active
// one.
func (p *Portal) Phone(w http.ResponseWriter, r *http.Request) error { return p.showPhone(w, r, nil) }

func (p *Portal) showPhone(w http.ResponseWriter, r *http.Request, failed error) error {
	v, id := ui.VisitOf(r), r.PathValue("id")
	wrong := mistakeOf(w, failed)
	waiting, err := p.Account.PhoneSetUp(r.Context(), v.Site, v.Caller(r), id)
	if err == nil {
		return p.page(w, r, wrong.status, PhoneSetUp{PhoneSetUp: waiting, Typed: typedCode(r), Errors: wrong.fields, TooSoon: wrong.tooSoon})
	}
	if gatehouse.KindOf(err) != gatehouse.NotFound {
		return err
	}
	all, err := p.Account.Factors(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	if all.Phone == nil || all.Phone.ID != id {
		return gatehouse.ErrNotFound
	}
	return p.page(w, r, wrong.status, OnePhone{Phone: *all.Phone, Last: all.Last(), Errors: wrong.fields})
}

// ConfirmPhone accepts the code that was sent to a phone.
func (p *Portal) ConfirmPhone(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	codes, err := p.Account.ConfirmPhone(r.Context(), v.Site, in(r, v), *v.Session, r.PathValue("id"), r.PostFormValue("code"))
	return p.factorAdded(w, r, gatehouse.FactorText, codes, err, p.showPhone)
}

// RemovePhone removes the phone.
func (p *Portal) RemovePhone(w http.ResponseWriter, r *http.Request) error {
	return p.removeFactor(w, r, "?text=removed", p.showPhone)
}

// NewPhone is the first page of adding a phone.
type NewPhone struct {
	Number string
	// TooMany: the limit of text messages for today has been reached.
	TooMany bool
	Errors  []gatehouse.FieldError
}

func (NewPhone) Template() string        { return "phone_new" }
func (NewPhone) Title(p *ui.Page) string { return p.T("phone.new_title") }
func (v NewPhone) Failed() bool          { return v.TooMany }

func (v NewPhone) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "phone", Label: p.T("phone.number"), Hint: p.T("phone.number_hint"), Value: v.Number,
		Type: "tel", Autocomplete: "tel", Missing: "phone"}}, v.Errors
}

// PhoneSetUp accepts the code that was sent to a phone.
type PhoneSetUp struct {
	account.PhoneSetUp
	Typed   string
	Errors  []gatehouse.FieldError
	TooSoon bool
}

func (PhoneSetUp) Template() string        { return "phone_setup" }
func (PhoneSetUp) Title(p *ui.Page) string { return p.T("phone.code_title") }
func (v PhoneSetUp) Failed() bool          { return v.TooSoon }

// Grouped is the number as it is read out.
func (v PhoneSetUp) Grouped() string { return v.Number.Group() }

func (v PhoneSetUp) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "code", Label: p.T("phone.code"), Value: v.Typed, InputMode: "numeric", Autocomplete: "one-time-code", Digits: true, Missing: "text_code"}}, v.Errors
}

// OnePhone is an active phone, which can be removed.
type OnePhone struct {
	account.Phone
	// Last: without it, the user has no factor left.
	Last   bool
	Errors []gatehouse.FieldError
}

func (OnePhone) Template() string        { return "phone_one" }
func (OnePhone) Title(p *ui.Page) string { return p.T("phone.title") }
func (v OnePhone) Path() string          { return phonePath(v.ID) }

// Grouped is the number as it is read out.
func (v OnePhone) Grouped() string { return v.Number.Group() }

func (v OnePhone) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{toRemove(p, "phone.remove")}, v.Errors
}
