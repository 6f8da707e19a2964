package sso_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
)

// thirdParty makes the application of the stage a third party's, and requests scopes.
func (s *stage) thirdParty() {
	s.t.Helper()
	if _, err := s.SSO.Change(s.t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) { a.Settings.ThirdParty = true }); err != nil {
		s.t.Fatal(err)
	}
}

// say answers the consent page.
func (s *stage) say(out sso.Outcome, allow bool, scopes ...string) sso.Outcome {
	s.t.Helper()
	caller := gatehouse.Caller{Kind: gatehouse.SignedIn, UserID: s.user.ID, CompanyID: s.user.CompanyID, SiteID: s.st.ID}
	got, err := s.SSO.Authorize(s.t.Context(), s.st, caller, sso.Authorization{Waiting: out.Waiting, Browser: out.Browser, Session: s.session, Said: &sso.Said{Allow: allow, Scopes: scopes}})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// A third party gets nothing before its user has consented; the user is not asked again for the
// same scopes, but for new ones.
func TestAThirdPartyAsksFirst(t *testing.T) {
	onRows(t, "OIDC Core 3.1.2.4, OAuth 2.1 7.9: consent comes first", func(t *testing.T, s *stage) {
		s.thirdParty()
		out := s.authorize(s.session, "scope", "openid email")
		if out.Do != gatehouse.AuthorizationConsent || out.Waiting == "" || !slices.Equal(out.Request.Wanted(out.Application), []string{"email", "openid"}) {
			t.Fatalf("%+v", out)
		}
		if got := s.authorize(s.session, "prompt", "none"); got.Answer.Values.Get("error") != "consent_required" {
			t.Errorf("without a prompt: %+v", got)
		}
		if got := s.say(out, true, "openid"); got.Do != gatehouse.AuthorizationConsent {
			t.Errorf("yes to less than is wanted: %+v", got)
		}
		got := s.say(out, true, "openid", "email", "company", "admin")
		if got.Do != gatehouse.AuthorizationCode {
			t.Fatalf("%+v", got)
		}
		tokens, err := s.token(s.basic(), s.exchange(got.Answer.Values.Get("code")))
		if err != nil || !s.works(tokens.Access) {
			t.Fatal(err)
		}
		for _, scope := range []string{"openid", "openid email"} {
			if got := s.authorize(s.session, "scope", scope, "prompt", "none"); got.Do != gatehouse.AuthorizationCode {
				t.Errorf("%s is asked again: %+v", scope, got)
			}
		}
		if got := s.authorize(s.session, "scope", "openid profile"); got.Do != gatehouse.AuthorizationConsent {
			t.Errorf("more is not asked: %+v", got)
		}
		if got := s.authorize(s.session, "scope", "openid", "claims", `{"userinfo":{"given_name":null}}`); got.Do != gatehouse.AuthorizationConsent {
			t.Errorf("a claim by name is not asked: %+v", got)
		}
		s.Clock.Add(time.Minute)
		if got := s.authorize(s.session, "scope", "openid", "prompt", "consent"); got.Do != gatehouse.AuthorizationConsent {
			t.Errorf("prompt=consent: %+v", got)
		}
		g, err := s.Store.Read().Grant(t.Context(), s.st.ID, s.user.ID, s.app.ID)
		if err != nil || slices.Contains(g.Scopes, "admin") || g.UsedAt.Before(g.FirstAt) {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

// A refusal is reported to the application, even for a request that was allowed in another tab.
func TestTheUserSaysNo(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.thirdParty()
		first, second := s.authorize(s.session), s.authorize(s.session)
		for range 2 {
			if got := s.say(first, false); got.Do != gatehouse.AuthorizationRefused || got.Answer.Values.Get("error") != "access_denied" || got.Answer.Values.Get("state") != "state-1" {
				t.Errorf("%+v", got)
			}
		}
		if got := s.say(second, true, "openid", "profile", "email", "company"); got.Do != gatehouse.AuthorizationCode {
			t.Errorf("the other tab: %+v", got)
		}
		third := s.authorize(s.session, "prompt", "consent")
		if got := s.say(third, false); got.Answer.Values.Get("error") != "access_denied" {
			t.Errorf("no, where there is a consent: %+v", got)
		}
		s.Clock.Add(gatehouse.AnswerGrace)
		if got := s.say(third, true, "openid", "profile", "email", "company"); got.Page != sso.PageAnswered {
			t.Errorf("back to it: %+v", got)
		}
	})
}

// A consent page belongs to its browser.
func TestAConsentBelongsToItsBrowser(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.thirdParty()
		out := s.authorize(s.session)
		stolen := out
		stolen.Browser = secret.NewToken()
		if got := s.say(stolen, true, "openid", "profile", "email", "company"); got.Page != sso.PageOver {
			t.Errorf("in another browser: %+v", got)
		}
		session := s.session
		s.session = ""
		if got := s.say(out, true, "openid", "profile", "email", "company"); got.Do != gatehouse.AuthorizationSignIn {
			t.Errorf("nobody says yes: %+v", got)
		}
		s.session = session
		if got := s.authorize(s.session); got.Do != gatehouse.AuthorizationConsent {
			t.Errorf("that counts: %+v", got)
		}
	})
}

// Removing a consent immediately ends what the application could do with it.
func TestNoTokenAfterItsConsent(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		tokens := s.tokens()
		s.thirdParty() // the operator's decision counts for existing users, too
		if s.works(tokens.Access) {
			t.Error("a third party reads what nobody has consented to")
		}
		got := s.say(s.authorize(s.session), true, "openid", "profile", "email", "company")
		code := got.Answer.Values.Get("code")
		s.write(func(q store.Queries) error { return q.DropGrant(t.Context(), s.st.ID, s.user.ID, s.app.ID) })
		_, err := s.token(s.basic(), s.exchange(code))
		s.want("after the consent was taken back", err, gatehouse.InvalidGrant)
		_, err = s.refresh(tokens.Refresh)
		s.want("the refresh token", err, gatehouse.InvalidGrant)
	})
}
