package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

// factorScene is everything that can matter to two-factor in a sign-in whose password is right.
type factorScene struct {
	site, company      string // "off", "code", "factor", "factor later", "passkey", "passkey later"
	app, passkey, text bool   // what the user has
	proof              gatehouse.Method
	trusted, later     bool
	first              bool // the first sign-in ever, with the password that came with the account
	modern             bool
}

var rulesInWords = map[string]gatehouse.TwoFactorRule{
	"off": {}, "code": gatehouse.EmailCodes(true),
	"factor": {Require: gatehouse.RequireFactor}, "factor later": {Require: gatehouse.RequireFactor, By: noon.Add(time.Hour)},
	"passkey": {Require: gatehouse.RequirePasskey}, "passkey later": {Require: gatehouse.RequirePasskey, By: noon.Add(time.Hour)},
}

// needs is what one rule asks for now, as a number: nothing, a code, an app or a passkey, a
// passkey. comes is what it asks for in the end.
var (
	needs = map[string]int{"off": 0, "code": 1, "factor": 2, "factor later": 1, "passkey": 3, "passkey later": 1}
	comes = map[string]int{"off": 0, "code": 1, "factor": 2, "factor later": 2, "passkey": 3, "passkey later": 3}
)

func (c factorScene) meets(need int) bool {
	return need < 2 || c.passkey || need == 2 && c.app
}

// due is the specification: docs/second-factors.md in a table.
func (c factorScene) due() gatehouse.Step {
	need, end := max(needs[c.site], needs[c.company]), max(comes[c.site], comes[c.company])
	has := c.app || c.passkey || c.text
	own := need >= 2 // a factor of the user's own is mandatory
	proved := map[gatehouse.Method]bool{
		"":                            c.first || c.trusted && (!own || need == 2 && c.meets(need)),
		gatehouse.MethodEmailCode:     !own || !c.meets(need),
		gatehouse.MethodTextMessage:   !own || !c.meets(need),
		gatehouse.MethodTOTP:          need < 3 || !c.meets(need),
		gatehouse.MethodPasskey:       true,
		gatehouse.MethodRecoveryCode:  true,
		gatehouse.MethodTrustedDevice: !own || need == 2 && c.meets(need),
	}[c.proof]
	offered := end > need && !c.meets(end) || c.modern && c.first && !has
	switch {
	case (need > 0 || end > 0 || has) && !proved:
		return gatehouse.StepCode
	case own && !c.meets(need), offered && !c.later:
		return gatehouse.StepFactor
	}
	return gatehouse.StepDone
}

func (c factorScene) arguments() (gatehouse.Site, gatehouse.SignInFacts) {
	s := gatehouse.Site{ID: "uk", Policy: gatehouse.ClassicPolicy()}
	if c.modern {
		s.Policy = gatehouse.ModernPolicy()
	}
	s.Policy.TwoFactor = rulesInWords[c.site]
	u := gatehouse.User{ID: "usr_1", SiteID: "uk", State: gatehouse.Active, FirstSignInAt: noon.AddDate(0, -1, 0), Password: gatehouse.Password{Origin: gatehouse.PasswordChosen}}
	in := gatehouse.SignIn{ID: "sin_1", SiteID: "uk", UserID: "usr_1", CredentialsAt: noon, Origin: gatehouse.PasswordChosen, ExpiresAt: noon.Add(time.Hour), FactorLater: c.later}
	if c.first {
		u.FirstSignInAt, in.Origin = time.Time{}, gatehouse.PasswordInitial
	}
	for _, of := range []struct {
		has   bool
		count *int
	}{{c.app, &u.Apps}, {c.passkey, &u.Passkeys}, {c.text, new(int)}} {
		if of.has {
			*of.count++
			u.Factors++
		}
	}
	if c.proof != "" {
		in.TwoFactorAt, in.TwoFactorMethod = noon, c.proof
	}
	return s, gatehouse.SignInFacts{SignIn: in, User: u, Company: rulesInWords[c.company], DeviceTrusted: c.trusted}
}

func eachFactorScene(f func(factorScene)) {
	rules := []string{"off", "code", "factor", "factor later", "passkey", "passkey later"}
	methods := []gatehouse.Method{"", gatehouse.MethodEmailCode, gatehouse.MethodTextMessage, gatehouse.MethodTOTP, gatehouse.MethodPasskey,
		gatehouse.MethodRecoveryCode, gatehouse.MethodTrustedDevice}
	for n := range 6 * 6 * 8 * 7 * 16 {
		p := &picker{n}
		f(factorScene{site: pick(p, rules...), company: pick(p, rules...), app: yesNo(p), passkey: yesNo(p), text: yesNo(p),
			proof: pick(p, methods...), trusted: yesNo(p), later: yesNo(p), first: yesNo(p), modern: yesNo(p)})
	}
}

// Of all combinations of what is required, had and proved, each is at the step that the documents
// say.
func TestEveryCombinationOfFactors(t *testing.T) {
	eachFactorScene(func(c factorScene) {
		s, f := c.arguments()
		if got, want := gatehouse.NextStep(s, f, noon), c.due(); got != want {
			t.Fatalf("NextStep = %s, want %s\n%+v", got, want, c)
		}
	})
}

// Nobody is locked out in the middle: a user who proves what there is gets to the set-up, and from
// there to a session, with what was set up proved.
func TestTheSetUpLeadsToASession(t *testing.T) {
	eachFactorScene(func(c factorScene) {
		s, f := c.arguments()
		need := gatehouse.RulesFor(s, f.Company).At(noon)
		for range 3 {
			switch gatehouse.NextStep(s, f, noon) {
			case gatehouse.StepCode:
				f.SignIn.TwoFactorAt, f.SignIn.TwoFactorMethod = noon, gatehouse.MethodEmailCode
				if f.User.Factors > 0 {
					f.SignIn.TwoFactorMethod = gatehouse.MethodTextMessage
				}
				if f.User.Apps > 0 {
					f.SignIn.TwoFactorMethod = gatehouse.MethodTOTP
				}
				if f.User.Passkeys > 0 {
					f.SignIn.TwoFactorMethod = gatehouse.MethodPasskey
				}
			case gatehouse.StepFactor:
				asked, _ := gatehouse.FactorDue(s, f, noon)
				f.User.Factors++
				f.SignIn.TwoFactorAt, f.SignIn.TwoFactorMethod = noon, gatehouse.MethodPasskey
				if asked.Require == gatehouse.RequireFactor {
					f.User.Apps++
					f.SignIn.TwoFactorMethod = gatehouse.MethodTOTP
				} else {
					f.User.Passkeys++
				}
			}
		}
		if got := gatehouse.NextStep(s, f, noon); got != gatehouse.StepDone || !need.MetBy(f.User) {
			t.Fatalf("it ends at %s, and %s is met: %v\n%+v", got, need, need.MetBy(f.User), c)
		}
	})
}
