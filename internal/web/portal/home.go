package portal

import (
	"net/http"

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
	view := ui.Home{
		LastFrom: home.LastAddress, Incomplete: ui.Incomplete(v.Site.Site, *v.User),
		Sessions: home.Sessions, Activity: home.Events,
	}
	if !home.LastSignIn.IsZero() {
		view.LastSignIn = &home.LastSignIn
	}
	return p.page(w, r, http.StatusOK, view)
}
