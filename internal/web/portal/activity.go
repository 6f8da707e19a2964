package portal

import (
	"errors"
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// Activity shows what happened with the account (C09).
func (p *Portal) Activity(w http.ResponseWriter, r *http.Request) error {
	v, query := ui.VisitOf(r), r.URL.Query()
	view := ui.ActivityLog{Before: query.Get("before")}
	if kind := query.Get("kind"); slices.Contains(view.Topics(), kind) {
		view.Topic = kind
	}
	if result := query.Get("result"); slices.Contains(view.Results(), result) {
		view.Result = result
	}
	filter := account.ActivityFilter{Topic: account.Topic(view.Topic), Result: view.Result, Before: view.Before}
	activity, err := p.Account.Activity(r.Context(), v.Site, v.Caller(r), *v.Session, filter)
	if err != nil {
		return err
	}
	view.Events, view.Own, view.Next = activity.Events, activity.Own, activity.Next
	return p.page(w, r, http.StatusOK, view)
}

// AskNotMe asks before NotMe, and says what it does.
func (p *Portal) AskNotMe(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	event, err := p.Account.AskNotMe(r.Context(), v.Site, v.Caller(r), *v.Session, r.PathValue("id"))
	if err != nil {
		return p.notDisowned(w, r, err)
	}
	return p.page(w, r, http.StatusOK, ui.AskNotMe{Event: event})
}

// NotMe ends everything else, and leads to a new password.
func (p *Portal) NotMe(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.NotMe(r.Context(), v.Site, v.Caller(r), *v.Session, r.PathValue("id"))
	if err != nil {
		return p.notDisowned(w, r, err)
	}
	http.Redirect(w, r, "/account/password?not_me", http.StatusSeeOther)
	return nil
}

// notDisowned says what to do about the sign-in that is in use.
func (p *Portal) notDisowned(w http.ResponseWriter, r *http.Request, err error) error {
	var e *gatehouse.Error
	if errors.As(err, &e) && e.Code == account.CodeOwnSignIn {
		return p.page(w, r, http.StatusConflict, ui.OwnSignIn{})
	}
	return err
}
