package ui

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"gatehouse"
)

// The cookies. Their values are random tokens of 256 bits; the database has only their
// hashes.
const (
	SessionCookie = "gatehouse-session"
	SignInCookie  = "gatehouse-signin"
	// BoundCookie shows that a session's browser has had the key of its device a few minutes ago.
	BoundCookie  = "gatehouse-bound"
	DeviceCookie = "gatehouse-device"
	// RecoveryCookie has the token of a recovery in progress, or of a reset link that
	// was opened: so it is in no address bar, no history and no log.
	RecoveryCookie = "gatehouse-recovery"
	// EmailCookie has the token of a link that confirms an address, and UndoCookie that
	// of one that undoes a change of address, for the same reason.
	EmailCookie = "gatehouse-address"
	UndoCookie  = "gatehouse-undo"
	// StopResetCookie has the token of a link that stops a reset of factors.
	StopResetCookie = "gatehouse-stop-reset"
	// CaseCookie has the token of a link to a support case.
	CaseCookie = "gatehouse-case"
	// AuthorizeCookie binds an application's request that waits for a sign-in to this
	// browser.
	AuthorizeCookie = "gatehouse-authorize"
	// SignedOutCookie has the mark of the session that was ended in this browser, while the
	// platforms are told about it.
	SignedOutCookie = "gatehouse-signed-out"
	// LangCookie has the language chosen in this browser; it is not a secret.
	LangCookie = "gatehouse-lang"
)

// forwardCookie is sent to applications behind proxies, on hosts below the site's domain;
// it has the token of forward authentication, never that of the session.
const forwardCookie = "gatehouse-forward"

// forwardName is its name on the wire. __Host- is for cookies of one host only.
func forwardName(v *Visit) string {
	if v.Secure {
		return "__Secure-" + forwardCookie
	}
	return forwardCookie
}

// ReadForwardCookie returns the cookie's value; empty if there is none.
func ReadForwardCookie(r *http.Request, v *Visit) string {
	c, err := r.Cookie(forwardName(v))
	if err != nil || len(c.Value) > MaxToken {
		return ""
	}
	return c.Value
}

// SetForwardCookie sets the cookie for all hosts below the site's domain; on a site without
// forward authentication it does nothing. maxAge is as for SetCookie.
func SetForwardCookie(w http.ResponseWriter, v *Visit, value string, maxAge int) {
	if domain := v.Site.ForwardAuth.Domain; domain != "" {
		http.SetCookie(w, &http.Cookie{Name: forwardName(v), Value: value, Path: "/", Domain: domain, MaxAge: maxAge,
			Secure: v.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
}

// LangQuery is the parameter of an address that chooses a language.
const LangQuery = "lang"

// hostPrefix makes browsers refuse a cookie that another host of the same domain,
// or plain http, tries to set (ASVS 3.3.1, 3.3.3).
const hostPrefix = "__Host-"

// cookieName is the name on the wire. Plain http, which only the demo on loopback
// offers, omits the prefix: not every browser keeps such a cookie there.
func cookieName(name string, secure bool) string {
	if secure {
		return hostPrefix + name
	}
	return name
}

// ReadCookie returns a cookie's value; empty if there is none.
func ReadCookie(r *http.Request, name string, secure bool) string {
	named := func(sent string) bool { return strings.Contains(sent, name) }
	if !slices.ContainsFunc(r.Header["Cookie"], named) { // most are asked for and not there: do not read the others each time
		return ""
	}
	c, err := r.Cookie(cookieName(name, secure))
	if err != nil || len(c.Value) > MaxToken {
		return ""
	}
	return c.Value
}

// MaxToken is longer than any of our tokens; a longer one is not ours.
const MaxToken = 100

// SetCookie sets a cookie. maxAge is in seconds; 0: until the browser is closed.
func SetCookie(w http.ResponseWriter, v *Visit, name, value string, maxAge int) {
	http.SetCookie(w, newCookie(v, name, value, maxAge))
}

func newCookie(v *Visit, name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: cookieName(name, v.Secure), Value: value, Path: "/", MaxAge: maxAge,
		Secure: v.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// DescribeCookie returns a cookie's name on the wire and its attributes, just as SetCookie writes
// them.
func DescribeCookie(v *Visit, name string) (wire, attributes string) {
	c := newCookie(v, name, "", 0)
	_, attributes, _ = strings.Cut(c.String(), "; ")
	return c.Name, attributes
}

// SpendCookie keeps the cookie of a used link as long as the same form may be posted again
// (gatehouse.RepeatFor), and no longer.
func SpendCookie(w http.ResponseWriter, v *Visit, name, value string) {
	SetCookie(w, v, name, value, int(gatehouse.RepeatFor/time.Second))
}

// DropCookie removes a cookie.
func DropCookie(w http.ResponseWriter, v *Visit, name string) { SetCookie(w, v, name, "", -1) }

// SignedOutPath is the page that says which platforms have also ended their sessions.
const SignedOutPath = "/signed-out"

// signedOutAge is how long that page shows the platforms' answers, in seconds.
const signedOutAge = 600

// SignedOut makes the browser forget its session, with the device key that it may be tied to
// ("storage"), and clear what it cached of the pages. mark
// identifies the session at SignedOutPath; empty: no platform has to be told.
func SignedOut(w http.ResponseWriter, v *Visit, mark string) {
	DropCookie(w, v, SessionCookie)
	DropCookie(w, v, BoundCookie)
	SetForwardCookie(w, v, "", -1)
	if mark != "" {
		SetCookie(w, v, SignedOutCookie, mark, signedOutAge)
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}

// Where browsers bind a session to their device, and renew the bound cookie.
const (
	BindPath    = "/device-session"
	RefreshPath = BindPath + "/refresh"
)
