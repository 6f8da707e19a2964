package portal

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// Security is My account > Two-factor authentication.
func (p *Portal) Security(w http.ResponseWriter, r *http.Request) error {
	view, err := p.storedSecurity(r)
	if err != nil {
		return err
	}
	view.Saved = r.URL.Query().Has("saved")
	for _, what := range []string{"app", "passkey", "text"} {
		if did := what + "s." + r.URL.Query().Get(what); slices.Contains(factorNews, did) {
			view.Did = did
		}
	}
	return p.page(w, r, http.StatusOK, view)
}

// factorNews are the texts about what was just done.
var factorNews = []string{"apps.added", "apps.renamed", "apps.removed", "passkeys.added", "passkeys.renamed", "passkeys.removed", "texts.added", "texts.removed"}

// storedSecurity is the page with the stored values.
func (p *Portal) storedSecurity(r *http.Request) (OwnTwoFactor, error) {
	v := ui.VisitOf(r)
	now, err := p.Account.Security(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return OwnTwoFactor{}, err
	}
	u := now.User
	factors, err := p.Account.Factors(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return OwnTwoFactor{}, err
	}
	known, err := p.Account.PasskeySignals(r.Context(), v.Site, u)
	return OwnTwoFactor{
		Texts: p.SignIn.Texts(v.Site), Security: now, Factors: factors, Known: known, Own: onOff(u.OwnTwoFactor), Automatic: onOff(!u.CodesOnRequest),
	}, err
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// SaveSecurity saves the choices. A missing field leaves its setting unchanged.
func (p *Portal) SaveSecurity(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	form := account.SecurityForm{Own: r.PostFormValue("own_two_factor"), Automatic: r.PostFormValue("send_automatically")}
	err := p.Account.SaveSecurity(r.Context(), v.Site, in(r, v), *v.Session, form)
	if err == nil {
		http.Redirect(w, r, SecurityPath+"?saved", http.StatusSeeOther)
		return nil
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 && e.Reason != account.ReasonTwoFactorOften {
		return err
	}
	view, failed := p.storedSecurity(r)
	if failed != nil {
		return failed
	}
	if form.Own != "" {
		view.Own = clip(form.Own)
	}
	if form.Automatic != "" {
		view.Automatic = clip(form.Automatic)
	}
	view.Fields, view.TooSoon = e.Fields, e.RetryAfter
	retryAfter(w, e.RetryAfter)
	return p.page(w, r, ui.StatusOf(err), view)
}

// SecurityPath is the page about a user's own two-factor authentication.
const SecurityPath = "/account/security"

// OwnTwoFactor is My account > Two-factor authentication: the user's own choice. The
// company's choice comes from the frame.
type OwnTwoFactor struct {
	// What is stored.
	account.Security
	Factors account.Factors
	// Texts: codes can be sent to phones.
	Texts bool
	// Known is what the browser is told about the user's passkeys; empty: nothing.
	Known string
	// Did is what was just done, one of factorNews; empty: nothing.
	Did string
	// Own and Automatic are the content of the fields: on, off, or what was sent
	// instead.
	Own, Automatic string
	Fields         []gatehouse.FieldError
	// TooSoon is how long to wait before the next change; 0: it was not too soon.
	TooSoon time.Duration
	// Saved: it was just saved.
	Saved bool
}

func (OwnTwoFactor) Template() string        { return "security" }
func (OwnTwoFactor) Title(p *ui.Page) string { return p.T("two_factor.title") }
func (v OwnTwoFactor) Failed() bool          { return v.TooSoon > 0 }

func (v OwnTwoFactor) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	list := []ui.Field{
		{Name: "own_two_factor", Label: p.T("two_factor.own"), Control: ui.Choices, Options: ui.OptionsOf("own_two_factor", v.Own,
			ui.Option{Value: "on", Text: p.T("two_factor.own_on"), Hint: ownHint(p)},
			ui.Option{Value: "off", Text: p.T("two_factor.own_off"), Hint: p.T("two_factor.own_off_hint")})},
		{Name: "send_automatically", Label: p.T("two_factor.send"), Control: ui.Choices, Options: ui.OptionsOf("send_automatically", v.Automatic,
			ui.Option{Value: "on", Text: p.T("two_factor.send_on"), Hint: p.T("two_factor.send_on_hint")},
			ui.Option{Value: "off", Text: p.T("two_factor.send_off"), Hint: p.T("two_factor.send_off_hint")})},
	}
	return list, v.Fields
}

// ownHint says what the user's own choice means, with and without trusted browsers.
func ownHint(p *ui.Page) string {
	if days := p.Policy().TrustedDevice; days > 0 {
		return p.T("two_factor.own_on_hint", "days", days)
	}
	return p.T("two_factor.own_on_everywhere")
}

// FewCodes: the recovery codes are running out.
func (v OwnTwoFactor) FewCodes() bool { return v.CodesLeft() <= gatehouse.FewRecoveryCodes }

// CodesLeft is how many recovery codes can still be used.
func (v OwnTwoFactor) CodesLeft() int { return gatehouse.Left(v.Factors.Codes) }

// PasskeyPath is where a passkey's page is.
func (OwnTwoFactor) PasskeyPath(k gatehouse.Passkey) string { return passkeyPath(k.ID) }

// AppPath is where an app's page is.
func (OwnTwoFactor) AppPath(f gatehouse.Factor) string { return appPath(f.ID) }

// PhonePath is where the phone's page is.
func (v OwnTwoFactor) PhonePath() string { return phonePath(v.Factors.Phone.ID) }

// Choosable: the choice can be changed at all, or somebody has tried to.
func (v OwnTwoFactor) Choosable() bool {
	return v.Before == "" || v.User.OwnTwoFactor || v.Own == "on"
}

// Required is what the company and its site require in the end; nil: nothing.
func (OwnTwoFactor) Required(p *ui.Page) *gatehouse.TwoFactorRule {
	rule := gatehouse.RulesFor(p.Site.Site, p.Company.Rule()).Strictest()
	if !rule.On() {
		return nil
	}
	return &rule
}

// By is the last day on which a user may do without what is required; empty: it is required now.
func (v OwnTwoFactor) By(p *ui.Page) string {
	rule := v.Required(p)
	if rule == nil || !p.Now.Before(rule.By) {
		return ""
	}
	return p.Day(gatehouse.LastDay(rule.By))
}
