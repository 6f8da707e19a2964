package gatehouse

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var authorizeNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

var authorizeLimits = SessionLimits{Idle: 30 * time.Minute, Absolute: 12 * time.Hour}

func authorizeApp() Application {
	s := DefaultApplication()
	s.RedirectURIs = []string{"https://shop.example/cb"}
	return Application{ID: "app_1", SiteID: "uk", Name: "Shop", State: ApplicationActive, Settings: s}
}

func authorizeRequest() AuthorizationRequest {
	return AuthorizationRequest{ResponseType: "code", RedirectURI: "https://shop.example/cb", Scopes: []string{"openid", "email"},
		Challenge: strings.Repeat("a", 43), ChallengeMethod: "S256", MaxAge: -1, At: authorizeNow}
}

func authorizeFacts() AuthorizationFacts {
	begun := authorizeNow.Add(-10 * time.Minute)
	return AuthorizationFacts{Subject: "usr_1",
		Session: Session{ID: "ses_1", SiteID: "uk", UserID: "usr_1", CompanyID: "com_1", CreatedAt: begun, SeenAt: authorizeNow, Assurance: Assurance{Level: 1}},
		User:    User{ID: "usr_1", SiteID: "uk", CompanyID: "com_1", Role: RoleUser, State: Active}}
}

func consentedTo(scopes ...string) Grant { return Grant{Scopes: scopes, ConsentedAt: authorizeNow} }

func TestAuthorize(t *testing.T) {
	type change = func(*Application, *AuthorizationRequest, *AuthorizationFacts)
	code, signIn := Decision{Do: AuthorizationCode}, Decision{Do: AuthorizationSignIn}
	refused := func(err OAuthError) Decision { return Decision{AuthorizationRefused, err} }
	page := func(err OAuthError) Decision { return Decision{AuthorizationPage, err} }
	nobody := func(f *AuthorizationFacts) { *f = AuthorizationFacts{} }
	for name, test := range map[string]struct {
		change change
		want   Decision
	}{
		"all is well":         {func(*Application, *AuthorizationRequest, *AuthorizationFacts) {}, code},
		"nobody is signed in": {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) { nobody(f) }, signIn},
		"nobody, and no prompt": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			nobody(f)
			r.Prompts = []string{"none"}
		}, refused(LoginRequired)},
		"somebody, no prompt": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Prompts = []string{"none"} }, code},
		"prompt=login":        {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Prompts = []string{"login"} }, signIn},
		"prompt=select_account": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Prompts = []string{"select_account"}
		}, signIn},
		"prompt=consent": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Prompts = []string{"consent"} }, code},
		"prompt=create":  {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Prompts = []string{"create"} }, refused(InvalidRequest)},
		"prompt=none login": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Prompts = []string{"none", "login"}
		}, refused(InvalidRequest)},
		"a sign-in after prompt": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.Prompts = []string{"login"}
			r.At = f.Session.CreatedAt.Add(-time.Microsecond)
		}, code},
		"at the same instant": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.Prompts = []string{"login"}
			r.At = f.Session.CreatedAt
		}, signIn},
		"max_age reached": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.MaxAge = 10 * time.Minute }, code},
		"max_age over":    {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.MaxAge = 10*time.Minute - 1 }, signIn},
		"max_age=0":       {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.MaxAge = 0 }, signIn},
		"the site's max_age": {func(a *Application, _ *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.Access.MaxAge = time.Minute
		}, signIn},
		"somebody else is meant": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Hinted = "usr_2" }, signIn},
		"that, without a prompt": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Hinted = "usr_2"
			r.Prompts = []string{"none"}
		}, refused(LoginRequired)},
		"else signed in for it": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Hinted = "usr_2"
			r.At = r.At.Add(-time.Hour)
		}, refused(LoginRequired)},
		"this one is meant": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Hinted = "usr_1"
			r.Prompts = []string{"none"}
		}, code},
		"no response type": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ResponseType = "" }, refused(InvalidRequest)},
		"token":            {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ResponseType = "token" }, refused(UnsupportedResponseType)},
		"code id_token":    {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ResponseType = "code id_token" }, refused(UnsupportedResponseType)},
		"fragment":         {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ResponseMode = "fragment" }, refused(InvalidRequest)},
		"no challenge": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Challenge, r.ChallengeMethod = "", ""
		}, refused(InvalidRequest)},
		"no challenge, excused": {func(a *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Challenge, r.ChallengeMethod = "", ""
			a.Settings.WithoutPKCE = true
		}, code},
		"excused, and public": {func(a *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Challenge, r.ChallengeMethod = "", ""
			a.Settings.WithoutPKCE = true
			a.Settings.Auth = AuthNone
		}, refused(InvalidRequest)},
		"excused, but plain": {func(a *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.WithoutPKCE = true
			r.ChallengeMethod = "plain"
		}, refused(InvalidRequest)},
		"plain":             {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ChallengeMethod = "plain" }, refused(InvalidRequest)},
		"no method":         {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ChallengeMethod = "" }, refused(InvalidRequest)},
		"a short challenge": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Challenge = r.Challenge[1:] }, refused(InvalidRequest)},
		"a long challenge":  {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Challenge += "a" }, refused(InvalidRequest)},
		"a challenge of dots": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Challenge = strings.Repeat(".", 43)
		}, refused(InvalidRequest)},
		"no openid": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.Scopes = []string{"email"} }, refused(InvalidScope)},
		"unknown scopes": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.Scopes = append(r.Scopes, "phone")
		}, code},
		"wrong, and nobody": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			nobody(f)
			r.ResponseType = "token"
		}, page(UnsupportedResponseType)},
		"wrong, nobody, quiet": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			nobody(f)
			r.ResponseType, r.Prompts = "token", []string{"none"}
		}, refused(UnsupportedResponseType)},
		"may not use codes": {func(a *Application, _ *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.Grants = []GrantType{GrantClientCredentials}
		}, refused(UnauthorizedClient)},
		"administrators only": {func(a *Application, _ *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.Access.Roles = []Role{RoleAdmin}
		}, Decision{Do: AuthorizationNoAccess}},
		"roles, without a prompt": {func(a *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.Access.Roles = []Role{RoleAdmin}
			r.Prompts = []string{"none"}
		}, refused(AccessDenied)},
		"a level too low": {func(a *Application, _ *AuthorizationRequest, _ *AuthorizationFacts) { a.Settings.Access.Level = 2 }, refused(UnmetAuthentication)},
		"an acr too high": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ACRs = []string{ACRLevel2} }, refused(UnmetAuthentication)},
		"a level too low, and a factor": {func(a *Application, _ *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.Access.Level, f.User.Factors, f.MostLevel = 2, 1, 2
		}, signIn},
		"an acr too high, and a factor": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRs, f.User.Factors, f.MostLevel = []string{ACRLevel2}, 1, 2
		}, signIn},
		"a wish, and a factor": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRWishes, f.User.Factors, f.MostLevel = []string{"phr", ACRLevel2}, 1, 2
		}, signIn},
		"a wish, and no factor": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.ACRWishes = []string{ACRLevel2}
		}, code},
		"a wish of others": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRWishes, f.User.Factors, f.MostLevel = []string{"phr"}, 1, 2
		}, code},
		"a wish, without a prompt": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRWishes, r.Prompts, f.User.Factors, f.MostLevel = []string{ACRLevel2}, []string{"none"}, 1, 2
		}, code},
		"a factor, without a prompt": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRs, r.Prompts, f.User.Factors, f.MostLevel = []string{ACRLevel2}, []string{"none"}, 1, 2
		}, refused(LoginRequired)},
		"a factor that did not help": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRs, f.User.Factors, f.MostLevel = []string{ACRLevel2}, 1, 2
			f.Session.CreatedAt, f.Session.SeenAt = r.At.Add(time.Second), r.At.Add(time.Second)
		}, refused(UnmetAuthentication)},
		"a factor that cannot help here": {func(_ *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			r.ACRs, f.User.Factors, f.MostLevel = []string{ACRLevel2}, 1, 1
		}, refused(UnmetAuthentication)},
		"one of two acrs": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			r.ACRs = []string{ACRLevel2, ACRLevel1}
		}, code},
		"an acr of others": {func(_ *Application, r *AuthorizationRequest, _ *AuthorizationFacts) { r.ACRs = []string{"phr"} }, refused(UnmetAuthentication)},
		"a third party, never asked": {func(a *Application, _ *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.ThirdParty = true
		}, Decision{Do: AuthorizationConsent}},
		"consented": {func(a *Application, _ *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			f.Grant = consentedTo("openid", "email", "profile")
		}, code},
		"consented to less": {func(a *Application, _ *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			f.Grant = consentedTo("openid")
		}, Decision{Do: AuthorizationConsent}},
		"a claim by name": {func(a *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			f.Grant = consentedTo("openid", "email")
			r.Claims.Userinfo = []string{"account_number"}
		}, Decision{Do: AuthorizationConsent}},
		"a claim that it may not have": {func(a *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty, a.Settings.Scopes = true, []string{"openid", "email"}
			f.Grant = consentedTo("openid", "email")
			r.Claims.Userinfo = []string{"account_number"}
		}, code},
		"consent without a prompt": {func(a *Application, r *AuthorizationRequest, _ *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			r.Prompts = []string{"none"}
		}, refused(ConsentRequired)},
		"consent again": {func(a *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			f.Grant = consentedTo("openid", "email")
			r.Prompts = []string{"consent"}
		}, Decision{Do: AuthorizationConsent}},
		"consented again": {func(a *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			f.Grant, f.Allowed = consentedTo("openid", "email"), true
			r.Prompts = []string{"consent"}
		}, code},
		"refused": {func(a *Application, _ *AuthorizationRequest, f *AuthorizationFacts) {
			a.Settings.ThirdParty = true
			f.Grant, f.Refused = consentedTo("openid", "email"), true
		}, refused(AccessDenied)},
		"idle for too long": {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) {
			f.Session.SeenAt = authorizeNow.Add(-30 * time.Minute)
		}, signIn},
		"locked":                 {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) { f.User.LockedAt = authorizeNow }, signIn},
		"deactivated":            {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) { f.User.State = Deactivated }, signIn},
		"another's session":      {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) { f.Session.UserID = "usr_2" }, signIn},
		"another site's session": {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) { f.Session.SiteID = "au" }, signIn},
		"another company":        {func(_ *Application, _ *AuthorizationRequest, f *AuthorizationFacts) { f.User.CompanyID = "com_2" }, signIn},
	} {
		a, r, f := authorizeApp(), authorizeRequest(), authorizeFacts()
		test.change(&a, &r, &f)
		if got := Authorize(a, r, f, authorizeLimits, authorizeNow); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// No code without a session that satisfies the application's policy at that moment. No prompt if
// the application wants none. Whenever there is a code, tokens may be issued. Facts and requests
// are drawn freely.
func TestNoCodeWithoutASessionThatFulfilsThePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
		minutes := func(name string, min, max int) time.Duration {
			return time.Duration(rapid.IntRange(min, max).Draw(t, name)) * time.Minute
		}
		a, r, f := authorizeApp(), authorizeRequest(), authorizeFacts()
		a.State = ApplicationState(pick("application", "active", "active", "disabled", "deleted", ""))
		a.Settings.Access = ApplicationAccess{Level: rapid.IntRange(0, 2).Draw(t, "least level"), MaxAge: minutes("most age", 0, 20)}
		if rapid.Bool().Draw(t, "administrators only") {
			a.Settings.Access.Roles = []Role{RoleAdmin}
		}
		drawConsent(t, &a, &r, &f)
		r.Prompts = rapid.SliceOfN(rapid.SampledFrom([]string{"none", "login", "consent", "select_account", "create"}), 0, 2).Draw(t, "prompts")
		r.MaxAge = minutes("max_age", -1, 20)
		r.ResponseType = pick("response type", "code", "code", "code", "token", "")
		r.ChallengeMethod = pick("method", "S256", "S256", "S256", "plain", "")
		r.Hinted = pick("hinted", "", "", "usr_1", "usr_2")
		r.At = authorizeNow.Add(-minutes("asked ago", 0, 15))
		f.User.State = UserState(pick("user", "active", "active", "invited", "deactivated", ""))
		f.User.Role = Role(pick("role", "user", "admin"))
		f.Session.ID = pick("session", "ses_1", "ses_1", "ses_1", "")
		f.Session.SiteID = pick("session's site", "uk", "uk", "uk", "au")
		f.Session.UserID = pick("session's user", "usr_1", "usr_1", "usr_1", "usr_2")
		f.Session.CreatedAt = authorizeNow.Add(-minutes("signed in ago", 0, 800))
		f.Session.SeenAt = authorizeNow.Add(-minutes("seen ago", 0, 40))
		f.Session.Assurance.Level = rapid.IntRange(0, 2).Draw(t, "level")
		d := Authorize(a, r, f, authorizeLimits, authorizeNow)
		if slices.Contains(r.Prompts, "none") && d.Do != AuthorizationCode && d.Do != AuthorizationRefused {
			t.Fatalf("prompt=none, and %+v", d)
		}
		if (d.Error != "") != (d.Do == AuthorizationRefused || d.Do == AuthorizationPage) {
			t.Fatalf("an error that nobody is told, or none: %+v", d)
		}
		if d.Do != AuthorizationCode {
			return
		}
		f.Wanted = r.Wanted(a)
		age := authorizeNow.Sub(f.Session.CreatedAt)
		again := slices.Contains(r.Prompts, "login") || slices.Contains(r.Prompts, "select_account")
		switch {
		case a.State != "active", f.Session.ID == "", f.Session.UserID != "usr_1", f.Session.SiteID != "uk":
			t.Fatal("a code for nobody, or at a place where there is none")
		case f.User.State != Active && f.User.State != Invited:
			t.Fatal("a code for somebody who may not sign in")
		case age >= authorizeLimits.Absolute, authorizeNow.Sub(f.Session.SeenAt) >= authorizeLimits.Idle:
			t.Fatal("a code by a session that is over")
		case a.Settings.Access.MaxAge > 0 && age > a.Settings.Access.MaxAge, a.Settings.Access.Level > f.Session.Assurance.Level,
			len(a.Settings.Access.Roles) > 0 && f.User.Role != RoleAdmin:
			t.Fatal("the application's policy is not fulfilled")
		case again && !f.Session.CreatedAt.After(r.At), r.MaxAge >= 0 && age > r.MaxAge && !f.Session.CreatedAt.After(r.At):
			t.Fatal("the sign-in is older than asked for")
		case r.Hinted == "usr_2":
			t.Fatal("a code for somebody else than was meant")
		case r.ResponseType != "code", r.ChallengeMethod != "S256", slices.Contains(r.Prompts, "create"):
			t.Fatal("a code for a request that is none")
		case a.Settings.ThirdParty && !only(r.Wanted(a), f.Grant.Scopes...):
			t.Fatal("the user has not consented to all of it")
		case a.Settings.ThirdParty && slices.Contains(r.Prompts, "consent") && !f.Allowed:
			t.Fatal("the user was not asked again")
		case !MayIssue(a, f, authorizeLimits, authorizeNow):
			t.Fatal("a code that no tokens may come of")
		}
	})
}

// drawConsent draws what is requested and what was consented to.
func drawConsent(t *rapid.T, a *Application, r *AuthorizationRequest, f *AuthorizationFacts) {
	some := func(name string, of ...string) []string {
		return slices.DeleteFunc(of, func(string) bool { return !rapid.Bool().Draw(t, name) })
	}
	a.Settings.ThirdParty = rapid.Bool().Draw(t, "third party")
	a.Settings.Scopes = append(some("may ask", "profile", "email", "company"), "openid")
	r.Scopes = append(some("asks", "profile", "email", "company"), "openid")
	r.Claims.Userinfo = some("claims", "name", "role")
	f.Grant.Scopes = some("consented", "openid", "profile", "email", "company")
	if rapid.Bool().Draw(t, "asked before") {
		f.Grant.ConsentedAt = authorizeNow
	}
	f.Allowed = rapid.Bool().Draw(t, "just allowed")
}

// A third party's token only opens what the user consented to, even if the application may ask for
// more since then, and no matter which consent it came from.
func TestNoThirdPartyReadsWithoutConsent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, r, f := authorizeApp(), authorizeRequest(), authorizeFacts()
		drawConsent(t, &a, &r, &f)
		terms := FamilyTerms{Scopes: r.Granted(a), Claims: r.Claims}
		drawConsent(t, &a, &AuthorizationRequest{}, &f) // settings have changed since
		f.Wanted = terms.Wanted(a)
		if !MayIssue(a, f, authorizeLimits, authorizeNow) || !a.Settings.ThirdParty {
			return
		}
		facts := ClaimFacts{User: User{Username: "u", Email: "u@x.example", Role: RoleUser}, Company: Company{ID: "com_1"}}
		for name := range ClaimsFor(a, terms.Scopes, terms.Claims.Userinfo, facts) {
			i := slices.IndexFunc(UserClaims, func(c UserClaim) bool { return c.Name == name })
			if !slices.Contains(f.Grant.Scopes, UserClaims[i].Scope) {
				t.Fatalf("%s without consent", name)
			}
		}
	})
}

func TestARequestIsAnsweredForAMoment(t *testing.T) {
	for ago, want := range map[time.Duration]bool{0: true, AnswerGrace - 1: true, AnswerGrace: false, time.Hour: false} {
		if MayAnswer(authorizeNow.Add(-ago), authorizeNow) != want {
			t.Errorf("%s after the first answer", ago)
		}
	}
	if !MayAnswer(time.Time{}, authorizeNow) {
		t.Error("before any answer")
	}
}

// acr never claims more than was reached: a code by email is no second factor (SP 800-63B-4
// 3.1.3.1), and trust in a device is no proof.
func TestTheContextClassNeverClaimsWhatWasNotDone(t *testing.T) {
	for _, p := range []Policy{ClassicPolicy(), ModernPolicy()} {
		for _, methods := range [][]Method{{MethodPassword}, {MethodPassword, MethodEmailCode}, {MethodPassword, MethodTrustedDevice}} {
			got := Assure(p, methods, 20)
			if got.ACR() == ACRLevel2 || slices.Contains(got.AMR(), "mfa") || slices.Contains(got.AMR(), "otp") || got.Fulfils(ACRLevel2) {
				t.Errorf("%s %v: %s %v", p.Profile, methods, got.ACR(), got.AMR())
			}
		}
	}
	both := Assure(ModernPolicy(), []Method{MethodPassword, MethodTOTP}, 20)
	if both.ACR() != ACRLevel2 || !reflect.DeepEqual(both.AMR(), []string{"pwd", "otp", "mfa"}) {
		t.Errorf("two factors: %s %v", both.ACR(), both.AMR())
	}
	for level, acr := range ACRs {
		for reached := range 3 {
			if (Assurance{Level: reached}).Fulfils(acr) != (reached >= level) {
				t.Errorf("level %d and %s", reached, acr)
			}
		}
	}
	if (Assurance{Level: 2}).Fulfils("") || (Assurance{Level: -1}).ACR() != ACRPassword {
		t.Error("values that are none")
	}
}
