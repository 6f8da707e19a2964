package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// The forms on the pages of apps, passkeys and phones.

// showAgain shows the page of a factor, with what was wrong.
type showAgain func(w http.ResponseWriter, r *http.Request, failed error) error

// mistake is what was wrong with the form of a factor's page, and the status of the page that says so.
type mistake struct {
	status  int
	fields  []gatehouse.FieldError
	tooSoon bool
}

// mistakeOf reads an error, and says when to try again; nil: nothing was wrong.
func mistakeOf(w http.ResponseWriter, failed error) mistake {
	if failed == nil {
		return mistake{status: http.StatusOK}
	}
	var e *gatehouse.Error
	if !errors.As(failed, &e) { // never as if it had worked
		return mistake{status: ui.StatusOf(failed)}
	}
	retryAfter(w, e.RetryAfter)
	return mistake{ui.StatusOf(failed), e.Fields, e.Kind == gatehouse.TooMany}
}

// typedName is the name that was typed for a factor, else the one that it has.
func typedName(r *http.Request, has string) string {
	if r.PostForm.Has("name") {
		return clip(r.PostFormValue("name"))
	}
	return has
}

// typedCode is the code that was typed.
func typedCode(r *http.Request) string { return clipTo(r.PostFormValue("code"), 40) }

// factorName is the field for the name of a factor.
func factorName(p *ui.Page, label, typed string) ui.Field {
	return ui.Field{Name: "name", Label: p.T(label), Value: typed, Autocomplete: "off", Prose: true, Missing: "app_name"}
}

// toRemove is the button that removes a factor, and the place of what is wrong with that.
func toRemove(p *ui.Page, label string) ui.Field {
	return ui.Field{Name: "remove", Label: p.T(label), Optional: true}
}

// factorFailed shows the page of a factor again if its form is the problem.
func factorFailed(w http.ResponseWriter, r *http.Request, err error, show showAgain) error {
	var e *gatehouse.Error
	if errors.As(err, &e) && (len(e.Fields) > 0 || e.Kind == gatehouse.TooMany) {
		return show(w, r, err)
	}
	return err
}

// factorAdded is the answer to the first code of a factor: recovery codes, if it is the user's first.
func (p *Portal) factorAdded(w http.ResponseWriter, r *http.Request, kind gatehouse.FactorKind, codes []string, err error, show showAgain) error {
	switch {
	case gatehouse.KindOf(err) == gatehouse.NotFound: // another tab was faster, or its time is up
		http.Redirect(w, r, SecurityPath, http.StatusSeeOther)
	case err != nil:
		return factorFailed(w, r, err, show)
	case len(codes) > 0:
		return p.page(w, r, http.StatusOK, RecoveryCodes{FreshCodes: FreshCodes{codes, ui.VisitOf(r).User.Username}, Added: kind})
	default:
		http.Redirect(w, r, SecurityPath+"?"+string(kind)+"=added", http.StatusSeeOther)
	}
	return nil
}

// renameFactor gives the factor of the address another name and leads back to the list.
func (p *Portal) renameFactor(w http.ResponseWriter, r *http.Request, did string, show showAgain) error {
	v := ui.VisitOf(r)
	err := p.Account.RenameFactor(r.Context(), v.Site, in(r, v), *v.Session, r.PathValue("id"), r.PostFormValue("name"))
	if err != nil {
		return factorFailed(w, r, err, show)
	}
	http.Redirect(w, r, SecurityPath+did, http.StatusSeeOther)
	return nil
}

// removeFactor removes the factor of the address and leads back to the list.
func (p *Portal) removeFactor(w http.ResponseWriter, r *http.Request, did string, show showAgain) error {
	v := ui.VisitOf(r)
	err := p.Account.RemoveFactor(r.Context(), v.Site, in(r, v), *v.Session, r.PathValue("id"))
	if err != nil && gatehouse.KindOf(err) != gatehouse.NotFound { // removed before, in another tab
		return factorFailed(w, r, err, show)
	}
	http.Redirect(w, r, SecurityPath+did, http.StatusSeeOther)
	return nil
}
