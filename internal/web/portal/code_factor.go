package portal

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// showFactor shows the page for codes to a user who has a factor: no code is mailed.
func (p *Portal) showFactor(w http.ResponseWriter, r *http.Request, status int, state signin.CodeState, change func(*Code)) error {
	way := gatehouse.Way(r.FormValue("way"))
	if !slices.Contains(state.Ways, way) {
		way = state.Ways[0]
	}
	view := FactorCode{Code: Code{InSteps: inSteps(ui.VisitOf(r), gatehouse.StepCode), CodeState: state}, Way: way}
	if change != nil {
		change(&view.Code)
	}
	return p.page(w, r, status, view)
}

// FactorCode asks for the code of an authenticator app, a passkey, or a recovery code.
type FactorCode struct {
	Code
	Way gatehouse.Way
}

func (FactorCode) Template() string { return "code_factor" }

// AlikeAmong: the empty page for an app's code is the same for all who are at the same step of
// the same steps and have the same ways. A page for a text message shows its number, one for a
// passkey its challenge, and one that says anything is for one visitor.
func (v FactorCode) AlikeAmong() (address, common string, view ui.View) {
	all := FactorCode{Code: Code{InSteps: InSteps{Step: v.Step}, CodeState: signin.CodeState{Ways: v.Ways}}, Way: v.Way}
	all.SignIn.Steps = v.SignIn.Steps
	said := v.Again || v.Typed != "" || v.Trust || v.Automatic || len(v.Errors) > 0 || v.TooSoon != ""
	if said || v.Way != gatehouse.WayApp {
		return "", "", nil
	}
	return StepPath(gatehouse.StepCode), fmt.Sprint(v.Step, v.SignIn.Steps, v.Ways), all
}
func (v FactorCode) Title(p *ui.Page) string {
	if v.Way == gatehouse.WayText && v.Sent(p.Now) {
		return p.T("code.title_text_sent")
	}
	return p.T("code.title_" + string(v.Way))
}

// Sent: a text message is on its way, or its code still works.
func (v FactorCode) Sent(now time.Time) bool {
	return !v.SentAt.IsZero() && !v.Lost && now.Before(v.ExpiresAt)
}

// Entry: the page has the field for a code. A text message has to be sent first.
func (v FactorCode) Entry(now time.Time) bool {
	return v.Way != gatehouse.WayText || !v.SentAt.IsZero() || v.Typed != "" || len(v.Errors) > 0
}

// Others are the user's other ways.
func (v FactorCode) Others() []gatehouse.Way {
	return slices.DeleteFunc(slices.Clone(v.Ways), func(w gatehouse.Way) bool { return w == v.Way })
}

// Trustable: this device can be trusted. A recovery code replaces a lost phone, and does not
// make a device trusted.
func (v FactorCode) Trustable(p *ui.Page) bool {
	return v.Way != gatehouse.WayRecoveryCode && v.PolicyOf(p).TrustedDevice > 0
}

func (v FactorCode) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	code := ui.Field{Name: "code", Label: p.T("code.way_" + string(v.Way)), Missing: "passkey"}
	switch v.Way {
	case gatehouse.WayApp:
		code = ui.Field{Name: "code", Label: p.T("code.field_app"), Value: v.Typed, InputMode: "numeric", Autocomplete: "one-time-code", Digits: true, Missing: "app_code"}
	case gatehouse.WayText:
		code = ui.Field{Name: "code", Label: p.T("code.field_text"), Value: v.Typed, InputMode: "numeric", Autocomplete: "one-time-code", Digits: true, Missing: "text_code"}
	case gatehouse.WayRecoveryCode:
		code = ui.Field{Name: "code", Label: p.T("code.field_recovery-code"), Value: v.Typed, Autocomplete: "off", Missing: "recovery_code"}
	}
	return []ui.Field{code,
		{Name: "trust_device", Label: p.T("code.trust", "days", v.PolicyOf(p).TrustedDevice), Hint: p.T("code.trust_hint"), Control: ui.Box, Optional: true, Ticked: v.Trust},
	}, v.Errors
}
