package portal

import (
	"net/http"
	"strings"

	"gatehouse/internal/web/ui"
)

// Devices lists where the person is signed in, and which browsers know the account.
func (p *Portal) Devices(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	devices, err := p.Account.Devices(r.Context(), v.Site, v.Caller(r), *v.Session)
	if err != nil {
		return err
	}
	view := ui.Devices{Sessions: devices.Sessions, Browsers: devices.Browsers, Trusted: devices.Trusted}
	for _, done := range []string{"signed_out", "forgotten", "everywhere", "untrusted"} {
		if r.URL.Query().Has(done) {
			view.Done = done
		}
	}
	return p.page(w, r, http.StatusOK, view)
}

// RemoveDevice ends a session, or forgets a browser. It asks nothing: whoever it was can
// sign in again.
func (p *Portal) RemoveDevice(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.VisitOf(r), r.PathValue("id")
	if err := p.Account.RemoveDevice(r.Context(), v.Site, v.Caller(r), *v.Session, id); err != nil {
		return err
	}
	done := "signed_out"
	if strings.HasPrefix(id, "brw_") {
		done = "forgotten"
	}
	http.Redirect(w, r, "/account/devices?"+done, http.StatusSeeOther)
	return nil
}

// EndTrust has a code asked for again in a browser (B08).
func (p *Portal) EndTrust(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.EndTrust(r.Context(), v.Site, v.Caller(r), *v.Session, r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/devices?untrusted", http.StatusSeeOther)
	return nil
}

// AskSignOutEverywhere asks before SignOutEverywhere, where no script has asked.
func (p *Portal) AskSignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ui.SignOutEverywhere{})
}

// SignOutEverywhere ends everything but this session.
func (p *Portal) SignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.SignOutElsewhere(r.Context(), v.Site, v.Caller(r), *v.Session); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/devices?everywhere", http.StatusSeeOther)
	return nil
}
