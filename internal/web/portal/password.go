package portal

import (
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Password is My account > Password (A10).
func (p *Portal) Password(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	return p.page(w, r, http.StatusOK, ChangePassword{Username: v.User.Username,
		Saved: r.URL.Query().Has("saved"), NotMe: r.URL.Query().Has("not_me")})
}

// ChangePassword accepts the new password. The session continues with a new token (ASVS
// 7.2.4); all others end.
func (p *Portal) ChangePassword(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.ChangePassword(r.Context(), v.Site, in(r, v), signin.NewPassword{
		Old: r.PostFormValue("current_password"), New: r.PostFormValue("new_password"), Repeat: r.PostFormValue("repeat_password")})
	if bad := faults(err); bad != nil {
		return p.page(w, r, http.StatusUnprocessableEntity, ChangePassword{Username: v.User.Username, Errors: bad})
	}
	if err != nil {
		return err
	}
	ui.SetCookie(w, v, ui.SessionCookie, out.Session, 0)
	if out.Device != "" {
		ui.SetCookie(w, v, ui.DeviceCookie, out.Device, deviceCookieAge)
	}
	http.Redirect(w, r, "/account/password?saved", http.StatusSeeOther)
	return nil
}

// in is the session in which a change is made.
func in(r *http.Request, v *ui.Visit) signin.In {
	return signin.In{Session: v.SessionToken, Device: v.DeviceToken, Caller: v.Caller(r)}
}

// ChangePasswordAddress is where password managers look for the page
// (/.well-known/change-password).
func (p *Portal) ChangePasswordAddress(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/account/password", http.StatusSeeOther)
	return nil
}

// ChangePassword is My account > Password (A10).
type ChangePassword struct {
	Username string
	// Saved: it was just changed.
	Saved bool
	// NotMe: the user comes from an event that somebody else caused (C09).
	NotMe  bool
	Errors []gatehouse.FieldError
}

func (ChangePassword) Template() string        { return "password" }
func (ChangePassword) Title(p *ui.Page) string { return p.T("password.title") }

func (v ChangePassword) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return append([]ui.Field{ui.PresentPassword(p, "current_password", "field.current_password")}, newPassword(p)...), v.Errors
}

func (v ChangePassword) Reqs(p *ui.Page) Reqs {
	return reqsOf(p, p.Policy().Password, v.Username, "current_password")
}

// newPassword are the two fields for a new one. There is no maxlength: truncated
// passwords do not work.
func newPassword(p *ui.Page) []ui.Field {
	return []ui.Field{
		{Name: "new_password", Label: p.T("field.new_password"), Secret: true, Autocomplete: "new-password", Missing: "new_password", About: "reqs-title"},
		{Name: "repeat_password", Label: p.T("field.repeat_password"), Secret: true, Autocomplete: "new-password", Missing: "repeat_password"},
	}
}

// Reqs are what a new password needs, according to the policy for its user.
type Reqs struct {
	// Old is the field with the current password; may be empty.
	Old string
	Min int
	// Banned are the parts of the username, one per line.
	Banned string
	Live   []Req
	// Later is what only the server can check.
	Later []string
}

// Req is a rule that the page can check during typing.
type Req struct{ Rule, Text string }

// reqsOf reads the policy: what it does not require is not on the page (A11). old is the
// field with the current password; empty if there is none.
func reqsOf(p *ui.Page, policy gatehouse.PasswordPolicy, username, old string) Reqs {
	r := Reqs{Old: old, Min: policy.MinLength}
	live := func(is bool, rule, text string) {
		if is {
			r.Live = append(r.Live, Req{rule, text})
		}
	}
	later := func(is bool, text string) {
		if is {
			r.Later = append(r.Later, text)
		}
	}
	if policy.NoUsernameParts {
		r.Banned = strings.Join(gatehouse.UsernameParts(username), "\n")
	}
	live(true, "length", p.T("reqs.length", "n", policy.MinLength))
	live(policy.Upper, "upper", p.T("reqs.upper"))
	live(policy.Lower, "lower", p.T("reqs.lower"))
	live(policy.Digit, "digit", p.T("reqs.digit"))
	live(r.Banned != "", "username", p.T("reqs.username"))
	live(old != "", "same", p.T("reqs.same"))
	live(true, "match", p.T("reqs.match"))
	later(policy.History > 1, p.T("reqs.history", "n", policy.History))
	later(policy.History <= 1 && old == "", p.T("reqs.same_later"))
	later(policy.Blocklist, p.T("reqs.common"))
	later(policy.NoContextWords, p.T("reqs.context"))
	return r
}
