package portal

import (
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// MyPlatforms lists the platforms that the user may reach, what each may read, and when it was
// used (B17).
func (p *Portal) MyPlatforms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	open, closed, err := p.Account.Platforms(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, MyPlatforms{Open: open, Closed: closed, Removed: r.URL.Query().Has("removed")})
}

// RemoveAccess removes a platform's access to the user's data. It does not ask first:
// opening the platform restores it.
func (p *Portal) RemoveAccess(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.RemoveAccess(r.Context(), v.Site, v.Caller(r), r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/platforms?removed", http.StatusSeeOther)
	return nil
}

// NoAccess says why the user may not reach a platform, and whom to ask.
func (p *Portal) NoAccess(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	n, err := p.Account.NoAccess(r.Context(), v.Site, v.Caller(r), r.PathValue("id"))
	return p.showNoAccess(w, r, n, "", err)
}

// AskAccess asks the company's administrators.
func (p *Portal) AskAccess(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	n, err := p.Account.AskAccess(r.Context(), v.Site, v.Caller(r), r.PathValue("id"))
	if gatehouse.ReasonOf(err) == account.ReasonAskedOften {
		return p.showNoAccess(w, r, n, "often", nil)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/account/platforms/"+n.Platform.ID+"/ask", http.StatusSeeOther)
	return nil
}

func (p *Portal) showNoAccess(w http.ResponseWriter, r *http.Request, n account.NoAccess, refused string, err error) error {
	switch {
	case err != nil:
		return err
	case n.Closed == "":
		http.Redirect(w, r, "/account/platforms", http.StatusSeeOther)
		return nil
	case refused != "":
		return p.page(w, r, http.StatusTooManyRequests, NoAccess{n, refused})
	}
	return p.page(w, r, http.StatusForbidden, NoAccess{n, ""})
}

// MyPlatforms are the site's platforms, with the user's access to each.
type MyPlatforms struct {
	Open, Closed []account.Platform
	// Removed: access has just been removed.
	Removed bool
}

func (MyPlatforms) Template() string        { return "my_platforms" }
func (MyPlatforms) Title(p *ui.Page) string { return p.T("my_platforms.title") }

// Reads is what a platform may read, in words: what the user has consented to or, for one
// of the site's own, what the operator allows it.
func (MyPlatforms) Reads(p *ui.Page, of account.Platform) string {
	scopes := of.Settings.Scopes
	if of.ForwardOnly() { // what its proxy passes on
		scopes = []string{gatehouse.ScopeProfile, gatehouse.ScopeEmail, gatehouse.ScopeCompany}
	}
	if of.Settings.ThirdParty {
		scopes = of.Grant.Scopes
	}
	var words []string
	for _, scope := range gatehouse.Scopes() {
		for _, has := range scopes {
			if has == scope && scope != gatehouse.ScopeOpenID {
				words = append(words, p.T("my_platforms.reads_"+scope))
			}
		}
	}
	if len(words) == 0 {
		return p.T("my_platforms.reads_openid")
	}
	return p.T("my_platforms.reads", "what", strings.Join(words, p.T("list.comma")))
}

// NoAccess says which platform the user may not reach, why, and whom to ask.
type NoAccess struct {
	account.NoAccess
	// Refused is why a request was not sent; empty: none was.
	Refused string
}

func (NoAccess) Template() string { return "no_access" }
func (v NoAccess) Title(p *ui.Page) string {
	return p.T("no_access.title", "platform", v.Platform.Name)
}

// Why is the reason in words.
func (v NoAccess) Why(p *ui.Page) string {
	return p.T("no_access.why_"+string(v.Closed), "company", p.Company.Name, "site", p.SiteName())
}
