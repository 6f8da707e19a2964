package openid

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

const (
	// The parameters of ui.SignedOutPath in addition to those of the request to sign out:
	// how often the page has asked, and that the browser comes from a form.
	askedParam    = "asked"
	fromFormParam = "from_form"

	// patience is how long a page waits for platforms that are being told. Most have
	// answered by then, and one that does not keeps nobody from going on.
	patience = 800 * time.Millisecond
	// mostAsked is how often the page asks again by itself.
	mostAsked = 5
)

// SignedOut says which platforms have also ended their sessions, and leads back to the
// application that asked to sign out, if one did.
func (p *Provider) SignedOut(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	params, _ := asked(r)
	out, err := p.SSO.ReadLogout(r.Context(), v.Site, nil, params)
	if err != nil {
		return err
	}
	session := p.SignIn.SignedOut(v.Site, ui.ReadCookie(r, ui.SignedOutCookie, v.Secure))
	if session == "" && out.Location == "" {
		http.Redirect(w, r, "/sign-in?signed_out", http.StatusSeeOther)
		return nil
	}
	view := SignedOut{Application: out.Application.Name, Location: out.Location}
	if session != "" {
		if view.Platforms, err = p.farewells(r, session); err != nil {
			return err
		}
	}
	n, _ := strconv.Atoi(params.Get(askedParam))
	view.show(r.URL.Query(), n)
	switch {
	case view.Location != "" && view.Done() && params.Get(fromFormParam) != "":
		return p.page(w, r, http.StatusOK, Onward{Application: view.Application, Location: view.Location, Leaving: true})
	case view.Location != "" && view.Done():
		http.Redirect(w, r, view.Location, http.StatusSeeOther)
		return nil
	}
	if len(view.Frames) > 0 {
		w.Header().Set("Content-Security-Policy", ui.Policy+"; frame-src "+strings.Join(view.origins(), " "))
	}
	return p.page(w, r, http.StatusOK, view)
}

// farewells waits a moment for platforms that have not answered.
func (p *Provider) farewells(r *http.Request, session string) ([]sso.Farewell, error) {
	tick := time.NewTicker(patience / 16)
	defer tick.Stop()
	over := time.After(patience)
	for {
		all, err := p.SSO.Farewells(r.Context(), ui.VisitOf(r).Site, session)
		if err != nil || !waiting(all) {
			return all, err
		}
		select {
		case <-tick.C:
		case <-over:
			return all, nil
		case <-r.Context().Done():
			return all, nil
		}
	}
}

func waiting(all []sso.Farewell) bool {
	return slices.ContainsFunc(all, func(f sso.Farewell) bool { return f.State == sso.FarewellWaiting })
}

// SignedOut is the page that says which platforms have also ended their sessions.
type SignedOut struct {
	Platforms []sso.Farewell
	// Frames are opened once, hidden.
	Frames []template.URL
	// Again is the address at which the page asks for news; empty: it no longer asks by
	// itself.
	Again string
	// Look is the same for users who want to ask; empty: there is nothing to learn.
	Look string
	// Location is where the browser goes next, an address that the application named
	// Application has registered; empty: nowhere.
	Location, Application string
}

// show makes a page of what is known when asked for the nth time, at an address with this
// query.
func (v *SignedOut) show(query url.Values, n int) {
	if n <= 0 {
		for _, f := range v.Platforms {
			if f.Frame != "" {
				v.Frames = append(v.Frames, ui.Registered(f.Frame))
			}
		}
	}
	if !waiting(v.Platforms) && len(v.Frames) == 0 {
		return
	}
	query.Set(askedParam, strconv.Itoa(max(n, 0)+1))
	v.Look = ui.SignedOutPath + "?" + query.Encode()
	if n < mostAsked {
		v.Again = v.Look
	}
}

// Done reports whether there is nothing to wait for: every platform has answered, or waiting
// is over.
func (v SignedOut) Done() bool { return v.Again == "" }

// origins are the origins of the frames.
func (v SignedOut) origins() (all []string) {
	for _, frame := range v.Frames {
		if origin := gatehouse.Origin(string(frame)); !slices.Contains(all, origin) {
			all = append(all, origin)
		}
	}
	return all
}

// Link is where the page leads on: an address that the application has registered.
func (v SignedOut) Link() template.URL { return ui.Registered(v.Location) }

// Summary says in one sentence who has answered, and who has not.
func (v SignedOut) Summary(p *ui.Page) string {
	var over, open []string
	for _, f := range v.Platforms {
		if f.State == sso.FarewellWaiting {
			open = append(open, f.Name)
		} else if f.State == sso.FarewellConfirmed {
			over = append(over, f.Name)
		}
	}
	switch {
	case len(open) == 0 && len(over) == len(v.Platforms) && len(over) > 0:
		return p.T("signedout.all", "platforms", listed(p, over))
	case len(open) == 0:
		return p.T("signedout.some")
	case len(over) == 0:
		return p.T("signedout.none_yet", "platforms", listed(p, open), "n", len(open))
	}
	return p.T("signedout.some_yet", "platforms", listed(p, over), "others", listed(p, open), "n", len(open))
}

func listed(p *ui.Page, names []string) string { return strings.Join(names, p.T("list.comma")) }

func (SignedOut) Template() string          { return "openid_signed_out" }
func (v SignedOut) Title(p *ui.Page) string { return p.T("signin.signed_out") }

// Says is a platform's state in words.
func (v SignedOut) Says(p *ui.Page, s sso.FarewellState) string { return p.T("signedout." + string(s)) }

// Icon is how a platform's state looks.
func (v SignedOut) Icon(s sso.FarewellState) string {
	switch s {
	case sso.FarewellConfirmed:
		return "circle-check"
	case sso.FarewellWaiting:
		return "clock"
	}
	return "info"
}
