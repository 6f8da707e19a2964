package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// recentEvents is how many lines the card "Recent activity" has.
const recentEvents = 5

// Home is the dashboard for whoever is signed in (C11), else the way to sign in.
func (p *Portal) Home(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if v.Session == nil {
		return p.SignInPage(w, r)
	}
	home, err := p.SignIn.Home(r.Context(), *v.Session, recentEvents)
	if err != nil {
		return err
	}
	own, err := p.Account.Home(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	view := ui.Home{
		LastFrom: home.LastAddress, Sessions: home.Sessions, Activity: home.Events,
		Layout: own.Layout, There: account.HomeCards(v.Site, *v.User),
	}
	if !home.LastSignIn.IsZero() {
		view.LastSignIn = &home.LastSignIn
	}
	if !own.PasswordExpiresAt.IsZero() {
		view.PasswordExpires = &own.PasswordExpiresAt
	}
	return p.page(w, r, http.StatusOK, view)
}

// ArrangeHome moves, hides or shows a card of the home page, and leads back to it.
func (p *Portal) ArrangeHome(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	card, action := gatehouse.HomeCard(r.PostFormValue("card")), gatehouse.CardAction(r.PostFormValue("action"))
	err := p.Account.ArrangeHome(r.Context(), v.Site, v.Caller(r), card, action)
	var e *gatehouse.Error
	to := "/#card-" + string(card)
	switch {
	case errors.As(err, &e) && e.Code == account.CodeProfileIncomplete:
		to = "/#card-" + string(gatehouse.CardProfile) // which says what is missing
	case err != nil:
		return err
	case action == gatehouse.CardHide:
		to = "/#card-hidden"
	case action == gatehouse.CardReset:
		to = "/#main"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
