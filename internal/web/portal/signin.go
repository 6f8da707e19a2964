package portal

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// SignInPage shows the form; whoever is signed in already goes where they wanted.
func (p *Portal) SignInPage(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	back := r.URL.Query().Get("return_to")
	if v.Session != nil {
		http.Redirect(w, r, signin.SafeReturn(back), http.StatusSeeOther)
		return nil
	}
	if v.SessionEnded { // said once, not at every visit from now on
		ui.DropCookie(w, v, ui.SessionCookie)
	}
	return p.page(w, r, http.StatusOK, ui.SignIn{
		ReturnTo:  keepReturn(back),
		SignedOut: r.URL.Query().Has("signed_out") && !v.SessionEnded,
		Expired:   v.SessionEnded,
		Ended:     r.URL.Query().Has("ended"), PasswordChanged: r.URL.Query().Has("password_changed"),
		PasswordMailed: r.URL.Query().Has("password_mailed"),
	})
}

// SignInSubmit takes username and password.
func (p *Portal) SignInSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	req := signin.PasswordRequest{
		Username: r.PostFormValue("username"), Password: r.PostFormValue("password"),
		ReturnTo: r.FormValue("return_to"), Browser: v.BrowserToken, SignIn: v.SignInToken, Caller: v.Caller(r),
	}
	out, err := p.SignIn.Password(r.Context(), v.Site, req)
	if err != nil {
		return p.notSignedIn(w, r, req, err)
	}
	// A session that was open in this browser ends with the sign-in that takes its
	// place (ASVS 7.2.4).
	if v.SessionToken != "" && v.SessionToken != out.Session {
		if err := p.SignIn.SignOut(r.Context(), v.Site, v.SessionToken, "", v.Caller(r)); err != nil {
			return err
		}
	}
	GoOn(w, r, out)
	return nil
}

// browserCookieAge is how long a browser is known by its cookie, in seconds.
const browserCookieAge = int(gatehouse.BrowserKnownFor / time.Second)

// notSignedIn shows the form again, or the page that a special case has. What was
// typed stays, but for the password.
func (p *Portal) notSignedIn(w http.ResponseWriter, r *http.Request, req signin.PasswordRequest, err error) error {
	var locked *signin.LockedError
	if errors.As(err, &locked) {
		view := ui.LockedHere{Reason: locked.Reason}
		if !locked.Until.IsZero() {
			view.Until = &locked.Until
		}
		return p.page(w, r, http.StatusUnauthorized, view)
	}
	var over *signin.TemporaryOverError
	if errors.As(err, &over) {
		return p.temporaryOver(w, r, over)
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return err
	}
	view := ui.SignIn{Username: clip(req.Username), ReturnTo: keepReturn(req.ReturnTo)}
	switch {
	case e.Kind == gatehouse.Invalid:
		view.Fields = e.Fields
		return p.page(w, r, http.StatusUnprocessableEntity, view)
	case e.Kind == gatehouse.Unauthenticated:
		view.LastFailed = true
		return p.page(w, r, http.StatusUnauthorized, view)
	}
	return err
}

// temporaryOver says that a right temporary password is over, and offers a new one.
func (p *Portal) temporaryOver(w http.ResponseWriter, r *http.Request, over *signin.TemporaryOverError) error {
	return p.page(w, r, http.StatusUnauthorized, ui.TemporaryExpired{Used: over.Code == signin.CodeTemporaryUsed, Ticket: over.Ticket})
}

// MailTemporary mails a new temporary password to somebody who has entered the old one.
func (p *Portal) MailTemporary(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.SignIn.MailTemporary(r.Context(), v.Site, r.PostFormValue("ticket"), v.SignInToken, v.Caller(r))
	to := "/sign-in?password_mailed"
	if gatehouse.KindOf(err) == gatehouse.Gone {
		to, err = "/sign-in?ended", nil
	}
	if err == nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
	return err
}

// SignOut ends the session, and a half-finished sign-in, here and in the database,
// and has the browser forget what it kept of the pages (C05; ASVS 14.3.1). The
// cookie that this browser is known by stays: it opens nothing.
func (p *Portal) SignOut(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.SignIn.SignOut(r.Context(), v.Site, v.SessionToken, v.SignInToken, v.Caller(r)); err != nil {
		return err
	}
	ui.DropCookie(w, v, ui.SessionCookie)
	ui.DropCookie(w, v, ui.SignInCookie)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, r, "/sign-in?signed_out", http.StatusSeeOther)
	return nil
}

// keepReturn is the return address for the form; none where it would lead home.
func keepReturn(to string) string {
	if to = signin.SafeReturn(to); to == "/" {
		return ""
	}
	return to
}

// clip shortens what is shown again to something that a page can hold.
func clip(s string) string { return clipTo(s, 300) }

func clipTo(s string, most int) string {
	runes := []rune(strings.ToValidUTF8(s, ""))
	return string(runes[:min(len(runes), most)])
}
