package portal

import (
	"net/url"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// stepUpSamples are the page that asks again who somebody is.
func stepUpSamples() []pages.Sample {
	with := func(way gatehouse.Way, change func(*StepUp)) pages.Sample {
		v := StepUp{ReturnTo: "/account/security/apps", FactorCode: FactorCode{Way: way, Code: Code{CodeState: signin.CodeState{
			User: *fixture.User(), Phone: "•• 56", Passkey: `{"challenge":"a"}`, CodesLeft: 9, Ways: []gatehouse.Way{way, gatehouse.WayApp, gatehouse.WayRecoveryCode}}}}}
		change(&v)
		return pages.Sample{View: v, SignedIn: true}
	}
	plain := func(*StepUp) {}
	sent := func(v *StepUp) {
		v.SentAt, v.ExpiresAt, v.NextAt = fixture.Noon, fixture.Noon.Add(5*time.Minute), fixture.Noon.Add(30*time.Second)
	}
	list := map[string]pages.Sample{
		"password": with(gatehouse.WayPassword, func(v *StepUp) { v.Ways = []gatehouse.Way{gatehouse.WayPassword} }),
		"password-wrong": with(gatehouse.WayPassword, func(v *StepUp) {
			v.Ways, v.Errors = []gatehouse.Way{gatehouse.WayPassword}, fixture.Wrong("current_password", "required", "password-wrong")
		}),
		"passkey": with(gatehouse.WayPasskey, plain),
		"passkey-wrong": with(gatehouse.WayPasskey, func(v *StepUp) {
			v.Errors = fixture.Wrong("code", "required", "passkey-wrong", "passkey-late")
		}),
		"app": with(gatehouse.WayApp, func(v *StepUp) { v.Ways = v.Ways[1:] }),
		"app-kept": with(gatehouse.WayApp, func(v *StepUp) {
			v.Typed, v.Errors = "418 207", fixture.Wrong("code", "required", "code-form", "app-code-wrong", "app-code-used")
			v.Kept = ui.Kept{Action: "/account/profile", Values: url.Values{"first_name": {`"><b>`, "ü"}}}
		}),
		"app-soon": with(gatehouse.WayApp, func(v *StepUp) { v.TooSoon, v.Until = SoonEnter, fixture.Noon.Add(29*time.Minute) }),
		"recovery-code": with(gatehouse.WayRecoveryCode, func(v *StepUp) {
			v.Errors = fixture.Wrong("code", "required", "recovery-code-form", "recovery-code-wrong", "recovery-code-used")
		}),
		"text":      with(gatehouse.WayText, plain),
		"text-sent": with(gatehouse.WayText, sent),
		"text-lost": with(gatehouse.WayText, func(v *StepUp) { sent(v); v.Lost = true }),
		"text-over": with(gatehouse.WayText, func(v *StepUp) { v.TooSoon = SoonOver }),
		"text-soon": with(gatehouse.WayText, func(v *StepUp) { sent(v); v.TooSoon = SoonSend }),
		"over":      {View: StepUpOver{}},
	}
	reset := account.ResetLink{Username: "msantos", Reset: gatehouse.FactorReset{ByKind: gatehouse.SignedIn, ByName: fixture.LongName, AskedAt: fixture.Noon, DueAt: fixture.Noon.Add(24 * time.Hour)}}
	support := reset
	support.Username, support.Reset.ByKind = "", gatehouse.Operator
	all := []pages.Sample{
		{Name: "stop-reset", View: StopReset{reset}}, {Name: "stop-reset-support", View: StopReset{support}}, {Name: "stop-reset-done", View: ResetStopped{}},
		{Name: "stop-reset-over", View: StopResetFailed{}}, {Name: "stop-reset-missing", View: StopResetFailed{Missing: true}},
	}
	for name, sample := range list {
		sample.Name = "step-up-" + name
		all = append(all, sample)
	}
	return all
}
