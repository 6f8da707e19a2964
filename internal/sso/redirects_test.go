package sso_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/sso"
)

// Forty addresses that are nearly the right one, but lead somewhere else or could: each shows an
// error page to the user, and none is redirected to, signed in or not.
func TestNearlyTheRightAddress(t *testing.T) {
	onRows(t, "RFC 9700 2.1 / 4.1.3, OAuth 2.1 2.3.5, OAuth 2.1 8.4.2: redirect addresses", func(t *testing.T, s *stage) {
		for _, near := range []string{
			"http://shop.example/cb", "HTTPS://shop.example/cb", "https://SHOP.example/cb", "https://shop.example/CB", "https://shop.example/cb/", "https://shop.example/cb/x",
			"https://shop.example//cb", "https://shop.example/./cb", "https://shop.example/x/../cb", "https://shop.example/%63b", "https://shop.example/cb%2f", "https://shop.example/cb%00",
			"https://shop.example/cb?", "https://shop.example/cb?a=1", "https://shop.example/cb#", "https://shop.example/cb#a", "https://shop.example:443/cb", "https://shop.example:8443/cb",
			"https://shop.example./cb", "https://www.shop.example/cb", "https://shop.example.evil.example/cb", "https://evil.example/https://shop.example/cb", "https://shop.example@evil.example/cb",
			"https://evil.example#@shop.example/cb", "https://evil.example?shop.example/cb", "https://evil.example\\@shop.example/cb", "https://shop.example\\.evil.example/cb", "https:/shop.example/cb",
			"https:shop.example/cb", "//shop.example/cb", "/cb", "cb", " https://shop.example/cb", "https://shop.example/cb ", "https://shop.example/cb\t", "https://shop.example/cb\r\nX: y",
			"https://shop.example/cb;a", "https://shоp.example/cb", "https://*.example/cb", "javascript://shop.example/cb", "data:text/html,x", "shop.example/cb", "https://xn--shp-tdd.example/cb",
		} {
			for _, session := range []string{s.session, ""} {
				if out := s.authorize(session, "redirect_uri", near); out.Page != sso.PageRedirect || len(out.Answer.Values) > 0 {
					t.Errorf("%q: %+v", near, out)
				}
			}
			_, err := s.token(s.basic(), s.exchange(s.code()), "redirect_uri", near)
			s.want(near+" at the token endpoint", err, gatehouse.InvalidGrant)
		}
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) {
			a.Native, a.Auth, a.RedirectURIs = true, gatehouse.AuthNone, []string{"http://127.0.0.1/cb", "http://[::1]/cb"}
		})
		for address, fine := range map[string]bool{"http://127.0.0.1:51234/cb": true, "http://[::1]:1/cb": true, "http://127.0.0.1/cb": true, "http://localhost:51234/cb": false, "http://127.0.0.2:1/cb": false,
			"http://127.0.0.1:1/cb2": false, "https://127.0.0.1:1/cb": false, "http://127.1:1/cb": false, "http://127.0.0.1:1@evil.example/cb": false, "http://0x7f000001:1/cb": false} {
			if out := s.authorize(s.session, "redirect_uri", address); (out.Do == gatehouse.AuthorizationCode) != fine {
				t.Errorf("%s: %+v", address, out)
			}
		}
	})
}

// The same refresh token from two places at once gives one new one, which both get, because a lost
// response cannot be distinguished from a thief; any later use by either ends both.
func TestARefreshTokenInTwoPlacesAtOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		first := s.tokens()
		var all sync.WaitGroup
		got := make(chan sso.Tokens, 6)
		for range cap(got) {
			all.Go(func() {
				if next, err := s.refresh(first.Refresh); err == nil {
					got <- next
				} else {
					t.Error(err)
				}
			})
		}
		all.Wait()
		close(got)
		next := map[string]bool{}
		last := sso.Tokens{}
		for one := range got {
			next[one.Refresh], last = true, one
		}
		if len(next) != 1 || next[first.Refresh] {
			t.Fatalf("%d refresh tokens", len(next))
		}
		s.Clock.Add(2 * gatehouse.RefreshGrace)
		if _, err := s.refresh(last.Refresh); err != nil {
			t.Fatal("one of the two goes on: ", err)
		}
		s.Clock.Add(2 * gatehouse.RefreshGrace)
		_, err := s.refresh(last.Refresh)
		s.want("and so does the other", err, gatehouse.InvalidGrant)
		if s.works(last.Access) {
			t.Error("the family lives on")
		}
	})
}

// Wrong input: each parameter missing, empty, doubled, long, and in other encodings. The result is
// always a page or an error, and never an internal error.
func TestWrongInput(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for name := range s.request() {
			for what, value := range map[string]string{"empty": "", "10 kB": strings.Repeat("x", 10<<10), "no UTF-8": "\xff\xfe", "zero": "a\x00b", "UTF-16": "h\x00t\x00", "percent": "%25%00", "emoji": "\U0001F600", "a list": "[\"x\"]"} {
				values := s.request()
				values.Set(name, value)
				out := s.browse(sso.AuthorizePath, values)
				if out.StatusCode >= 500 || out.StatusCode == 200 && strings.Contains(out.body, "evil") {
					t.Errorf("%s is %s: %d", name, what, out.StatusCode)
				}
				form := s.exchange("none")
				form.Set(name, value)
				if got := s.http("POST", sso.TokenPath, form, "Authorization", s.basic()); got.StatusCode >= 500 || got.json["error"] == nil {
					t.Errorf("%s is %s at the token endpoint: %d", name, what, got.StatusCode)
				}
			}
		}
		for what, kind := range map[string]string{"none": "", "JSON": "application/json", "multipart": "multipart/form-data; boundary=x", "text": "text/plain", "capitals": "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8"} {
			got := s.http("POST", sso.TokenPath, s.exchange("none"), "Authorization", s.basic(), "Content-Type", kind)
			want := "invalid_request"
			if what == "capitals" {
				want = "invalid_grant"
			}
			if got.json["error"] != want {
				t.Errorf("content type %s: %d %s", what, got.StatusCode, got.body)
			}
		}
		if got := s.http("POST", sso.TokenPath, url.Values{"grant_type": {strings.Repeat("x", 70<<10)}}, "Authorization", s.basic()); got.StatusCode >= 500 {
			t.Errorf("a form of 70 kB: %d", got.StatusCode)
		}
	})
}
