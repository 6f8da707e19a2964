package portal

import (
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/phone"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// phoneSamples are the pages about codes by text message.
func phoneSamples() []pages.Sample {
	factor := gatehouse.Factor{ID: "fac_1", Kind: gatehouse.FactorText, Name: "•• 56", CreatedAt: fixture.Noon, ConfirmedAt: fixture.Noon, UsedAt: fixture.Noon}
	number := phone.Number{E164: "+447400123456", Country: "GB"}
	setUp := PhoneSetUp{PhoneSetUp: account.PhoneSetUp{Factor: factor, Number: number}}
	wrong := setUp
	wrong.Typed, wrong.Errors = `12"<`, fixture.Wrong("code", "required", "code-form", "code-wrong-phone", "code-expired-phone")
	late := setUp
	late.TooSoon = true
	own := func(f account.Factors, did string) OwnTwoFactor {
		return OwnTwoFactor{Texts: true, Security: account.Security{User: *fixture.User()}, Factors: f, Did: did, Own: "off", Automatic: "on"}
	}
	at := func(change func(*FactorCode)) FactorCode {
		v := FactorCode{Code: Code{InSteps: atStep(gatehouse.StepCode), CodeState: signin.CodeState{Phone: "•• 56", CodesLeft: 9,
			Ways: []gatehouse.Way{gatehouse.WayText, gatehouse.WayRecoveryCode}}}, Way: gatehouse.WayText}
		change(&v)
		return v
	}
	sent := func(v *FactorCode) {
		v.SentAt, v.ExpiresAt, v.NextAt = fixture.Noon, fixture.Noon.Add(5*time.Minute), fixture.Noon.Add(30*time.Second)
	}
	return []pages.Sample{
		{Name: "phone-new", View: NewPhone{}, SignedIn: true},
		{Name: "phone-new-wrong", View: NewPhone{Number: `+44 "7400`, TooMany: true,
			Errors: fixture.Wrong("phone", "required", "phone-form", "phone-no-country", "phone-not-mobile", "phone-country")}, SignedIn: true},
		{Name: "phone-setup", View: setUp, SignedIn: true},
		{Name: "phone-setup-wrong", View: wrong, SignedIn: true},
		{Name: "phone-setup-soon", View: late, SignedIn: true},
		{Name: "phone-one", View: OnePhone{Phone: account.Phone{Factor: factor, Number: number}}, SignedIn: true},
		{Name: "phone-one-last", View: OnePhone{Phone: account.Phone{Factor: factor, Number: number}, Last: true}, SignedIn: true},
		{Name: "own-phone", View: own(account.Factors{Phone: &account.Phone{Factor: factor, Number: number}}, "texts.added"), SignedIn: true},
		{Name: "own-phone-none", View: own(account.Factors{}, "texts.removed"), SignedIn: true},
		{Name: "code-text", View: at(func(*FactorCode) {})},
		{Name: "code-text-sent", View: at(sent)},
		{Name: "code-text-lost", View: at(func(v *FactorCode) { sent(v); v.Lost = true })},
		{Name: "code-text-over", View: at(func(v *FactorCode) { v.TooSoon = SoonOver })},
		{Name: "code-text-soon", View: at(func(v *FactorCode) { sent(v); v.TooSoon = SoonSend })},
		{Name: "code-text-wrong", View: at(func(v *FactorCode) {
			sent(v)
			v.Typed, v.Trust, v.Errors = "418 207", true, fixture.Wrong("code", "required", "code-form", "text-code-wrong", "text-code-used", "text-code-expired")
		})},
	}
}
