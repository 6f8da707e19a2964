package ui

import (
	"strings"
	"time"

	"gatehouse"
)

// Devices is where a person is signed in, and which other browsers know the account.
type Devices struct {
	// Sessions has the one of this browser first.
	Sessions []gatehouse.Session
	Browsers []gatehouse.Browser
	// Trusted are until when browsers are not asked for a code, by their IDs (B08).
	Trusted map[string]time.Time
	// Done says what has just been done: signed_out, forgotten, everywhere, untrusted or
	// nothing.
	Done string
}

func (Devices) template() string     { return "devices" }
func (Devices) title(p *page) string { return p.T("devices.title") }
func (Devices) failed() bool         { return false }

// shownDevices is how many rows a list shows before one asks for the rest.
const shownDevices = 20

// Here is this browser's session. Others are all other ones, Shown the first of them and
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

func (SignOutEverywhere) template() string     { return "sign_out_everywhere" }
func (SignOutEverywhere) title(p *page) string { return p.T("devices.everywhere_title") }
func (SignOutEverywhere) failed() bool         { return false }

// trust is what the templates "trusted" and "end-trust" work on: until when a browser is
// not asked for a code.
type trust struct {
	Page          *page
	ID, UserAgent string
	Until         time.Time
}

// Trust is what there is to say about the trust in a browser.
func (p *page) Trust(browserID, userAgent string) trust {
	return trust{p, browserID, userAgent, p.View.(Devices).Trusted[browserID]}
}

// device is what a row about a session or a browser works on.
type device struct {
	Page    *page
	Session *gatehouse.Session
	Browser *gatehouse.Browser
}

// SessionRow is a session for the template "session-row", BrowserRow a browser for
// "browser-row".
func (p *page) SessionRow(s gatehouse.Session) device { return device{Page: p, Session: &s} }
func (p *page) BrowserRow(b gatehouse.Browser) device { return device{Page: p, Browser: &b} }

// Whence is where an address is, as far as anything is known.
func (p *page) Whence(address string) string {
	if place := p.PlaceOf(address); place != "" {
		return place
	}
	return p.T("devices.nowhere")
}

// DeviceIcon is the icon of what a User-Agent header claims to be.
func (p *page) DeviceIcon(userAgent string) string {
	switch {
	case strings.Contains(userAgent, "iPhone"), strings.Contains(userAgent, "Android"), strings.Contains(userAgent, "Mobile"):
		return "smartphone"
	case strings.Contains(userAgent, "Windows"), strings.Contains(userAgent, "Macintosh"), strings.Contains(userAgent, "Linux"):
		return "laptop"
	}
	return "monitor"
}
