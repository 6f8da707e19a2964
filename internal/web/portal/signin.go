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

// SignInPage shows the form; users who are signed in already go where they wanted, unless an
// application requires a new sign-in.
func (p *Portal) SignInPage(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	query := r.URL.Query()
	back := query.Get("return_to")
	if v.Session != nil && !query.Has("again") {
		http.Redirect(w, r, signin.SafeReturn(back), http.StatusSeeOther)
		return nil
	}
	if v.SessionEnded { // say it once, not at every visit from now on
		ui.DropCookie(w, v, ui.SessionCookie)
	}
	return p.page(w, r, http.StatusOK, SignIn{
		Username:  clip(query.Get("username")),
		ReturnTo:  keepReturn(back),
		SignedOut: r.URL.Query().Has("signed_out") && !v.SessionEnded,
		Expired:   v.SessionEnded || v.StrayToken != "",
		Ended:     r.URL.Query().Has("ended"), PasswordChanged: r.URL.Query().Has("password_changed"),
		PasswordMailed: r.URL.Query().Has("password_mailed"),
	})
}

// SignInSubmit accepts username and password.
func (p *Portal) SignInSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	req := signin.PasswordRequest{
		Username: r.PostFormValue("username"), Password: r.PostFormValue("password"),
		ReturnTo: r.FormValue("return_to"), Device: v.DeviceToken, SignIn: v.SignInToken, Caller: v.Caller(r),
	}
	out, err := p.SignIn.Password(r.Context(), v.Site, req)
	if err != nil {
		return p.notSignedIn(w, r, req, err)
	}
	return p.signedIn(w, r, out)
}

// signedIn goes on after a sign-in has begun. A session that was open in this browser ends when
// the new sign-in replaces it (ASVS 7.2.4).
func (p *Portal) signedIn(w http.ResponseWriter, r *http.Request, out signin.Outcome) error {
	v := ui.VisitOf(r)
	if was := v.EndableToken(); was != "" && was != out.Session {
		if _, err := p.SignIn.SignOut(r.Context(), v.Site, v.Caller(r), was, ""); err != nil {
			return err
		}
	}
	return p.GoOn(w, r, out)
}

// deviceCookieAge is how long a browser is recognized by its cookie, in seconds.
const deviceCookieAge = int(gatehouse.DeviceKnownFor / time.Second)

// notSignedIn shows the form again, or the page for a special case. What was typed
// stays, except for the password.
func (p *Portal) notSignedIn(w http.ResponseWriter, r *http.Request, req signin.PasswordRequest, err error) error {
	if view := keptOut(err); view != nil {
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
	view := SignIn{Username: clip(req.Username), ReturnTo: keepReturn(req.ReturnTo)}
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

// temporaryOver says that a correct temporary password has expired, and offers a new
// one.
func (p *Portal) temporaryOver(w http.ResponseWriter, r *http.Request, over *signin.TemporaryOverError) error {
	return p.page(w, r, http.StatusUnauthorized, TemporaryExpired{*over})
}

// MailTemporary mails a new temporary password to somebody who has entered the old one.
func (p *Portal) MailTemporary(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.SignIn.MailTemporary(r.Context(), v.Site, v.Caller(r), r.PostFormValue("ticket"), v.SignInToken)
	to := "/sign-in?password_mailed"
	if gatehouse.KindOf(err) == gatehouse.Gone {
		to, err = "/sign-in?ended", nil
	}
	if err == nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
	return err
}

// SignOut ends the session, and a half-finished sign-in, here and in the database, and
// makes the browser clear what it cached of the pages (C05; ASVS 14.3.1). The cookie
// that identifies this browser stays: it opens nothing.
func (p *Portal) SignOut(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	mark, err := p.SignIn.SignOut(r.Context(), v.Site, v.Caller(r), v.EndableToken(), v.SignInToken)
	if err != nil {
		return err
	}
	ui.DropCookie(w, v, ui.SignInCookie)
	ui.SignedOut(w, v, mark)
	to := "/sign-in?signed_out"
	if mark != "" {
		to = ui.SignedOutPath
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// keepReturn is the return address for the form; none if it would lead home.
func keepReturn(to string) string {
	if to = signin.SafeReturn(to); to == "/" {
		return ""
	}
	return to
}

// clip shortens what is shown again to what fits on a page.
func clip(s string) string { return clipTo(s, 300) }

func clipTo(s string, most int) string {
	runes := []rune(strings.ToValidUTF8(s, ""))
	return string(runes[:min(len(runes), most)])
}

// SignIn is the sign-in page.
type SignIn struct {
	// Username is what was typed.
	Username string
	// ReturnTo is the path of this site to go to afterwards; empty: home.
	ReturnTo string
	// LastFailed: the last attempt failed. There is one text for a wrong password, an
	// unknown name, a locked and a deactivated account.
	LastFailed bool
	// Passkey is why a passkey was not accepted; empty: none was tried. UnknownPasskey is the
	// ID of one that the site does not have, to tell the browser.
	Passkey, UnknownPasskey string
	// Fields are the faults of a form that was not submitted for checking at all.
	Fields []gatehouse.FieldError
	// Expired: the session ended because of inactivity.
	Expired bool
	// SignedOut: the user has just signed out.
	SignedOut bool
	// Ended: a sign-in in progress has to start again.
	Ended bool
	// PasswordChanged: a reset link has just been used.
	PasswordChanged bool
	// PasswordMailed: a new temporary password is on its way.
	PasswordMailed bool
}

func (SignIn) Template() string        { return "signin" }
func (SignIn) Title(p *ui.Page) string { return p.T("signin.title_short") }

// Alike: the empty form is the same for everybody. A page that says anything is for one
// visitor.
func (v SignIn) Alike() string {
	if !ui.Nothing(v) {
		return ""
	}
	return "/sign-in"
}

// Form: the first field is named "username" even if it takes an address; a password has no
// maxlength, because truncated passwords do not work. After a failed attempt it has to be
// typed again; the page never says which of the two was wrong.
func (v SignIn) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	inputMode := ""
	if p.Site.SignInWith == gatehouse.WithEmail {
		inputMode = "email"
	}
	faults := v.Fields
	if v.LastFailed {
		faults = []gatehouse.FieldError{{Field: "password", Reason: "password_again"}}
	}
	return []ui.Field{
		{Name: "username", Label: p.T(ui.IdentifierText(p.Site)), Value: v.Username, Autocomplete: "username webauthn", InputMode: inputMode, Missing: ui.IdentifierOf(p.Site)},
		{Name: "password", Label: p.T("field.password"), Secret: true, Autocomplete: "current-password", Missing: "password"},
	}, faults
}

// State is what the page has to say first; one thing only.
func (v SignIn) State() string {
	switch {
	case v.LastFailed:
		return "failed"
	case v.Passkey != "":
		return "passkey"
	case len(v.Fields) > 0:
		return "fields"
	case v.Expired:
		return "expired"
	case v.PasswordChanged:
		return "password_changed"
	case v.PasswordMailed:
		return "password_mailed"
	case v.Ended:
		return "ended"
	case v.SignedOut:
		return "signed_out"
	}
	return ""
}

// FailedText is the advice after a failed attempt, in the words of the site's form.
func (SignIn) FailedText(p *ui.Page) string { return p.T("signin.failed_" + ui.IdentifierOf(p.Site)) }

// TemporaryExpired answers a correct temporary password that came too late, or once too
// often.
type TemporaryExpired struct{ signin.TemporaryOverError }

func (TemporaryExpired) Template() string          { return "signin_temporary" }
func (v TemporaryExpired) Title(p *ui.Page) string { return p.T("temporary." + v.Which() + "_title") }
func (TemporaryExpired) Failed() bool              { return true }

// Which names the words of the page: whether it has already opened a sign-in in another
// browser.
func (v TemporaryExpired) Which() string {
	if v.Reason == signin.ReasonTemporaryUsed {
		return "used"
	}
	return "expired"
}

// LockedHere says that the account is locked, to a browser that its owner has
// used before and to nobody else.
type LockedHere struct{ signin.LockedError }

func (LockedHere) Template() string        { return "signin_locked" }
func (LockedHere) Title(p *ui.Page) string { return p.T("locked.title") }
func (LockedHere) Failed() bool            { return true }

// ByTries reports whether wrong attempts locked the account. Only such a lock ends with
// a recovery.
func (v LockedHere) ByTries() bool { return v.Reason.EndsByRecovery() }

// keptOut is the page for an account that nobody can sign in to now; nil: the error says something else.
func keptOut(err error) ui.View {
	if locked, is := errors.AsType[*signin.LockedError](err); is {
		return LockedHere{*locked}
	}
	if _, is := errors.AsType[*signin.SuspendedError](err); is {
		return Suspended{}
	}
	return nil
}

// Suspended says that the company is suspended, to users who have entered the right password, or used
// their passkey, and to nobody else.
type Suspended struct{}

func (Suspended) Template() string        { return "signin_suspended" }
func (Suspended) Title(p *ui.Page) string { return p.T("suspended.title") }
func (Suspended) Failed() bool            { return true }
