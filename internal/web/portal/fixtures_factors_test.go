package portal

import (
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// factorSamples are the pages about authenticator apps and recovery codes.
func factorSamples() []pages.Sample {
	phone := gatehouse.Factor{ID: "fac_1", Kind: gatehouse.FactorApp, Name: "Work phone", CreatedAt: fixture.Noon, ConfirmedAt: fixture.Noon, UsedAt: fixture.Noon}
	long := phone
	long.Name = fixture.LongName
	key := gatehouse.Passkey{Factor: phone, CredentialID: "c29tZXRoaW5n", Model: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", Transports: []string{"internal", "hybrid"}, Syncable: true, BackedUp: true, Verified: true}
	key.Kind, key.Name = gatehouse.FactorPasskey, "iCloud Keychain"
	plain := gatehouse.Passkey{Factor: long, Transports: []string{"usb"}}
	kept := []gatehouse.Passkey{key, plain, {Factor: phone, Syncable: true}, {Factor: phone, Transports: []string{"internal"}}, {Factor: phone}}
	const options = `{"challenge":"c29tZXRoaW5n","rp":{"id":"uk.localhost"}}`
	var codes []gatehouse.RecoveryCode
	for i := range gatehouse.RecoveryCodes {
		codes = append(codes, gatehouse.RecoveryCode{Number: i + 1, CreatedAt: fixture.Noon})
	}
	codes[1].UsedAt = fixture.Noon
	few := append([]gatehouse.RecoveryCode{}, codes...)
	for i := range 9 {
		few[i].UsedAt = fixture.Noon
	}
	fresh := FreshCodes{[]string{"K7MP2QXA9D4T", "01Z01ZRJGA98"}, "msantos"}
	setUp := AppSetUp{App: AppKey{signin.AppSetUp{Factor: phone, Key: []byte("twenty bytes of key!")}, fixture.LongName}}
	wrongSetUp := setUp
	wrongSetUp.Typed, wrongSetUp.Errors = `12"<`, fixture.Wrong("code", "required", "code-form", "app-code-first")
	late := setUp
	late.TooSoon = true
	own := func(f account.Factors, did string) OwnTwoFactor {
		return OwnTwoFactor{Security: account.Security{User: *fixture.User()}, Factors: f, Did: "apps." + did, Own: "off", Automatic: "on"}
	}
	at := func(way gatehouse.Way, change func(*FactorCode)) FactorCode {
		v := FactorCode{Code: Code{InSteps: atStep(gatehouse.StepCode), CodeState: signin.CodeState{Ways: []gatehouse.Way{gatehouse.WayApp, gatehouse.WayRecoveryCode}, CodesLeft: 9}}, Way: way}
		if change != nil {
			change(&v)
		}
		return v
	}
	return []pages.Sample{
		{Name: "app-new", View: NewApp{}, SignedIn: true},
		{Name: "app-new-wrong", View: NewApp{Name: fixture.LongName, TooMany: true,
			Errors: fixture.Wrong("name", "required", "too-long")}, SignedIn: true},
		{Name: "app-setup", View: setUp, SignedIn: true},
		{Name: "app-setup-wrong", View: wrongSetUp, SignedIn: true},
		{Name: "app-setup-soon", View: late, SignedIn: true},
		{Name: "app-one", View: OneApp{Factor: phone, Typed: "Work phone"}, SignedIn: true},
		{Name: "app-one-last", View: OneApp{Factor: long, Typed: "", Last: true,
			Errors: append(fixture.Wrong("name", "required", "too-long"), fixture.Wrong("remove", "factor-required")...)}, SignedIn: true},
		{Name: "passkey-new", View: NewPasskey{Options: options}, SignedIn: true},
		{Name: "passkey-new-wrong", View: NewPasskey{Options: options, Errors: fixture.Wrong("answer", signin.ReasonPasskeyThere, signin.ReasonPasskeyBad, signin.ReasonPasskeyTooOld)}, SignedIn: true},
		{Name: "passkey-new-many", View: NewPasskey{TooMany: true}, SignedIn: true},
		{Name: "passkey-one", View: OnePasskey{Passkey: key, Typed: key.Name}, SignedIn: true},
		{Name: "passkey-one-last", View: OnePasskey{Passkey: plain, Last: true,
			Errors: append(fixture.Wrong("name", "required", "too-long"), fixture.Wrong("remove", "passkey-required")...)}, SignedIn: true},
		{Name: "recovery-codes-passkey", View: RecoveryCodes{FreshCodes: fresh, Added: gatehouse.FactorPasskey}, SignedIn: true},
		{Name: "own-passkeys", View: OwnTwoFactor{Security: account.Security{User: *fixture.User()}, Factors: account.Factors{Apps: []gatehouse.Factor{phone}, Passkeys: kept, Codes: codes}, Known: options, Did: "passkeys.renamed", Own: "off", Automatic: "on"}, SignedIn: true},
		{Name: "recovery-codes-fresh", View: RecoveryCodes{FreshCodes: fresh, Added: gatehouse.FactorApp}, SignedIn: true},
		{Name: "recovery-codes", View: RecoveryCodes{Kept: codes}, SignedIn: true},
		{Name: "recovery-codes-few", View: RecoveryCodes{Kept: few}, SignedIn: true},
		{Name: "own-app", View: own(account.Factors{Apps: []gatehouse.Factor{phone, long}, Codes: codes}, "added"), SignedIn: true},
		{Name: "own-app-few", View: own(account.Factors{Apps: []gatehouse.Factor{phone}, Codes: few}, "renamed"), SignedIn: true},
		{Name: "own-app-removed", View: own(account.Factors{}, "removed"), SignedIn: true},
		{Name: "code-app", View: at(gatehouse.WayApp, nil)},
		{Name: "code-app-wrong", View: at(gatehouse.WayApp, func(v *FactorCode) {
			v.Typed, v.Trust, v.Errors = "418 207", true, fixture.Wrong("code", "required", "code-form", "app-code-wrong", "app-code-used")
		})},
		{Name: "code-app-soon", View: at(gatehouse.WayApp, func(v *FactorCode) { v.TooSoon, v.Until = SoonEnter, fixture.Noon.Add(29*time.Minute) })},
		{Name: "code-passkey", View: at(gatehouse.WayPasskey, func(v *FactorCode) {
			v.Passkey, v.Errors = options, fixture.Wrong("code", "required", "passkey-wrong", "passkey-late")
			v.Ways = []gatehouse.Way{gatehouse.WayPasskey, gatehouse.WayApp, gatehouse.WayRecoveryCode}
		})},
		{Name: "sign-in-passkey-failed", View: SignIn{Passkey: signin.ReasonPasskeyFailed, UnknownPasskey: "c29tZXRoaW5n"}},
		{Name: "sign-in-passkey-late", View: SignIn{Passkey: signin.ReasonPasskeyLate}},
		{Name: "sign-in-passkey-alone", View: SignIn{Passkey: signin.ReasonPasskeyAlone, ReturnTo: "/help"}},
		{Name: "factor-step", View: factorStep(gatehouse.FactorAsked{Require: gatehouse.RequireFactor})},
		{Name: "factor-step-by", View: factorStep(gatehouse.FactorAsked{Require: gatehouse.RequireFactor, By: fixture.Noon.AddDate(0, 2, 0), Later: true})},
		{Name: "factor-step-offered", View: factorStep(gatehouse.FactorAsked{Require: gatehouse.RequireFactor, Later: true})},
		{Name: "factor-step-passkey", View: factorStep(gatehouse.FactorAsked{Require: gatehouse.RequirePasskey})},
		{Name: "factor-step-passkey-by", View: factorStep(gatehouse.FactorAsked{Require: gatehouse.RequirePasskey, By: fixture.Noon.AddDate(0, 2, 0), Later: true})},
		{Name: "factor-step-app", View: factorStepWith(func(v *FactorStep) {
			v.App, v.Typed, v.TooSoon, v.Errors = &setUp.App, `12"<`, true, fixture.Wrong("code", "required", "code-form", "app-code-first")
		})},
		{Name: "factor-step-many", View: factorStepWith(func(v *FactorStep) { v.TooMany, v.Passkey = true, "" })},
		{Name: "factor-step-wrong", View: factorStepWith(func(v *FactorStep) {
			v.Errors = fixture.Wrong("answer", signin.ReasonPasskeyThere, signin.ReasonPasskeyBad, signin.ReasonPasskeyTooOld)
		})},
		{Name: "factor-codes", View: FactorCodes{fresh, "/sign-in/terms"}},
		{Name: "code-recovery", View: at(gatehouse.WayRecoveryCode, func(v *FactorCode) {
			v.Errors = fixture.Wrong("code", "required", "recovery-code-form", "recovery-code-wrong", "recovery-code-used")
		})},
	}
}

func factorStep(asked gatehouse.FactorAsked) FactorStep {
	return FactorStep{InSteps: atStep(gatehouse.StepFactor), FactorAsked: asked, Passkey: `{"challenge":"AA"}`}
}

func factorStepWith(change func(*FactorStep)) FactorStep {
	v := factorStep(gatehouse.FactorAsked{Require: gatehouse.RequireFactor})
	change(&v)
	return v
}
