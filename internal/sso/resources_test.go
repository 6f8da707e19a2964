package sso_test

import (
	"net/url"
	"reflect"
	"slices"
	"testing"

	"gatehouse"
	"gatehouse/internal/sso"
)

// Tokens are only for the servers that they were requested for (RFC 8707, RFC 9068).
func TestTokensAreForOneServer(t *testing.T) {
	const orders, stock, payroll = "https://orders.example/api", "https://stock.example/", "https://payroll.example/"
	onRows(t, "RFC 8707, RFC 9700 2.3: resources", func(t *testing.T, s *stage) {
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) {
			a.JWTAccessTokens, a.Resources = true, []string{orders, stock, s.st.Origin}
		})
		with := func(form url.Values, resources ...string) url.Values { form["resource"] = resources; return form }
		code := func(resources ...string) string {
			t.Helper()
			out, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Params: sso.ReadParams(with(s.request(), resources...)), Session: s.session})
			if err != nil || out.Do != gatehouse.AuthorizationCode {
				t.Fatalf("%v: %+v, %v", resources, out, err)
			}
			return out.Answer.Values.Get("code")
		}
		get := func(form url.Values) (sso.Tokens, any) {
			t.Helper()
			got, err := s.proved(form, s.basic())
			if err != nil {
				t.Fatal(err)
			}
			_, claims := s.read(got.Access)
			return got, claims["aud"]
		}
		renew := func(token string, resources ...string) url.Values {
			return with(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, resources...)
		}
		got, aud := get(s.exchange(code(orders, stock)))
		if !reflect.DeepEqual(aud, []any{orders, stock}) || s.works(got.Access) {
			t.Errorf("for two servers: %v", aud)
		}
		got, aud = get(renew(got.Refresh, stock))
		if aud != stock {
			t.Errorf("narrowed: %v", aud)
		}
		seen, err := s.SSO.Introspect(t.Context(), s.st, gatehouse.Caller{}, s.basic(), params(url.Values{}, "token", got.Access))
		if err != nil || !seen.Active || seen.Audience != stock {
			t.Errorf("introspected: %+v, %v", seen, err)
		}
		got, aud = get(renew(got.Refresh))
		if !reflect.DeepEqual(aud, []any{orders, stock}) {
			t.Errorf("and all of them again: %v", aud)
		}
		for _, more := range []string{s.st.Origin, payroll} {
			_, err := s.proved(renew(got.Refresh, more), s.basic())
			s.want("more than was granted: "+more, err, gatehouse.InvalidTarget)
		}
		if got, aud := get(s.exchange(code())); aud != s.app.ID || !s.works(got.Access) {
			t.Errorf("for none: %v", aud)
		}
		if _, aud := get(with(s.exchange(code()), orders)); aud != orders {
			t.Errorf("named at the token endpoint: %v", aud)
		}
		if got, _ := get(s.exchange(code(orders, s.st.Origin))); !s.works(got.Access) {
			t.Error("a token that is for userinfo too does not open it")
		}
		for _, bad := range [][]string{{payroll}, {orders, payroll}, {orders + "/"}, {orders + "#a"}, {"x"}, {"https://ORDERS.example/api"}} {
			out, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Params: sso.ReadParams(with(s.request(), bad...)), Session: s.session})
			if err != nil || out.Answer.Values.Get("error") != "invalid_target" {
				t.Errorf("%v: %+v, %v", bad, out, err)
			}
			_, err = s.proved(with(s.exchange(code(orders)), bad...), s.basic())
			s.want("at the token endpoint", err, gatehouse.InvalidTarget)
		}
		once := code(orders)
		if _, err := s.SSO.Change(t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) {
			a.Settings.Resources = slices.DeleteFunc(a.Settings.Resources, func(one string) bool { return one == orders })
		}); err != nil {
			t.Fatal(err)
		}
		_, err = s.proved(s.exchange(once), s.basic())
		s.want("what the application may no longer have", err, gatehouse.InvalidTarget)
	})
}

// Random tokens keep their servers too.
func TestRandomTokensAreForOneServer(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Resources = []string{"https://orders.example/"} })
		form := s.exchange(s.code())
		form.Set("resource", "https://orders.example/")
		got, err := s.proved(form, s.basic())
		if err != nil || s.works(got.Access) {
			t.Errorf("%+v, %v", got, err)
		}
		seen, err := s.SSO.Introspect(t.Context(), s.st, gatehouse.Caller{}, s.basic(), params(url.Values{}, "token", got.Access))
		if err != nil || !seen.Active || seen.Audience != "https://orders.example/" {
			t.Errorf("%+v, %v", seen, err)
		}
	})
}
