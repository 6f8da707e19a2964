package portal

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Forward passes the session to an application behind a proxy, and goes back there; or it
// says why the user is not let through.
func (p *Portal) Forward(w http.ResponseWriter, r *http.Request) error {
	v, asked := ui.VisitOf(r), r.URL.Query()
	if u, err := url.Parse(asked.Get("return_to")); err == nil && v.Site.Protects(u) {
		answer, a, err := p.SSO.ForwardTo(r.Context(), v.Site, *v.User, *v.Session, u)
		switch {
		case err != nil:
			return err
		case answer == gatehouse.ForwardOff:
			return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: signin.ReasonNotProtected}
		case answer == gatehouse.ForwardClosed:
			http.Redirect(w, r, "/account/platforms/"+a.ID+"/ask", http.StatusSeeOther)
			return nil
		case answer == gatehouse.ForwardAgain && !(asked.Has("again") && gatehouse.IsFresh(v.Session.CreatedAt, p.Now())): // once: a trusted device may make the factor unnecessary again
			back := "/forward-auth?" + url.Values{"return_to": {u.String()}, "again": {""}}.Encode()
			http.Redirect(w, r, "/sign-in?"+url.Values{"return_to": {back}, "again": {""}}.Encode(), http.StatusSeeOther)
			return nil
		case answer != gatehouse.ForwardOpen:
			return p.page(w, r, http.StatusForbidden, TooWeak{Platform: a.NameIn(v.Lang), Factors: v.User.Factors})
		}
	}
	token, to, err := p.SignIn.Forward(r.Context(), v.Site, v.Caller(r), v.SessionToken, r.URL.Query().Get("return_to"))
	if err != nil {
		return err
	}
	ui.SetForwardCookie(w, v, token, 0)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// TooWeak says that a platform requires a sign-in with a second factor.
type TooWeak struct {
	Platform string
	// Factors is how many the user has.
	Factors int
}

func (TooWeak) Template() string          { return "too_weak" }
func (v TooWeak) Title(p *ui.Page) string { return p.T("too_weak.title", "platform", v.Platform) }
