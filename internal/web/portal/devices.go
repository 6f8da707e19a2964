package portal

import (
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// Devices lists where the user is signed in, and which browsers know the account.
func (p *Portal) Devices(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	devices, err := p.Account.Devices(r.Context(), v.Site, v.Caller(r), *v.Session)
	if err != nil {
		return err
	}
	view := Devices{Devices: devices}
	for _, done := range []string{"signed_out", "forgotten", "everywhere", "untrusted"} {
		if r.URL.Query().Has(done) {
			view.Done = done
		}
	}
	return p.page(w, r, http.StatusOK, view)
}

// RemoveDevice ends a session, or forgets a browser. It does not ask first: the user can sign
// in again.
func (p *Portal) RemoveDevice(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.VisitOf(r), r.PathValue("id")
	if err := p.Account.RemoveDevice(r.Context(), v.Site, v.Caller(r), *v.Session, id); err != nil {
		return err
	}
	done := "signed_out"
	if strings.HasPrefix(id, "dev_") {
		done = "forgotten"
	}
	http.Redirect(w, r, "/account/devices?"+done, http.StatusSeeOther)
	return nil
}

// EndTrust makes a browser require a code again (B08).
func (p *Portal) EndTrust(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.EndTrust(r.Context(), v.Site, v.Caller(r), *v.Session, r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/devices?untrusted", http.StatusSeeOther)
	return nil
}

// AskSignOutEverywhere asks before SignOutEverywhere, if no script has asked.
func (p *Portal) AskSignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, SignOutEverywhere{})
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

// Devices is where a user is signed in, and which other browsers know the account.
type Devices struct {
	account.Devices
	// Done says what has just been done: signed_out, forgotten, everywhere, untrusted or
	// nothing.
	Done string
}

func (Devices) Template() string        { return "devices" }
func (Devices) Title(p *ui.Page) string { return p.T("devices.title") }

// shownDevices is how many rows a list shows before the rest is folded.
const shownDevices = 20

// Here is this browser's session. Others are all the others, Shown the first of them and
// Folded the rest.
func (v Devices) Here() gatehouse.Session     { return v.Sessions[0] }
func (v Devices) Others() []gatehouse.Session { return v.Sessions[1:] }
func (v Devices) Shown() []gatehouse.Session {
	return v.Others()[:min(shownDevices, len(v.Others()))]
}
func (v Devices) Folded() []gatehouse.Session { return v.Others()[len(v.Shown()):] }

// SignOutEverywhere asks before all other sessions end. A browser with scripts asks in a
// dialog of the page Devices.
type SignOutEverywhere struct{}

func (SignOutEverywhere) Template() string        { return "devices_sign_out" }
func (SignOutEverywhere) Title(p *ui.Page) string { return p.T("devices.everywhere_title") }

// trust is the data for the templates "trusted" and "end-trust": until when a browser
// needs no code.
type trust struct {
	Page          *ui.Page
	ID, UserAgent string
	Until         time.Time
}

// Trust is what to say about the trust in a browser.
func (v Devices) Trust(p *ui.Page, deviceID, userAgent string) trust {
	return trust{p, deviceID, userAgent, v.Trusted[deviceID]}
}
