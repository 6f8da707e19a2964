package portal

import (
	"net/http"

	"gatehouse/internal/web/ui"
)

// Forward shows the session to an application behind a proxy, and goes back there.
func (p *Portal) Forward(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token, to, err := p.SignIn.Forward(r.Context(), v.Site, v.Caller(r), v.SessionToken, r.URL.Query().Get("return_to"))
	if err != nil {
		return err
	}
	ui.SetForwardCookie(w, v, token, 0)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
