package sso_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// listening makes an application that is notified of ended sessions.
func (s *stage) listening(r *receiver, change func(*gatehouse.ApplicationSettings)) {
	s.t.Helper()
	s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) {
		a.BackchannelLogoutURI = r.at()
		if change != nil {
			change(a)
		}
	})
}

func (s *stage) signOut() {
	s.t.Helper()
	if _, err := s.SignIn.SignOut(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn}, s.session, ""); err != nil {
		s.t.Fatal(err)
	}
}

// again signs in the user once more, in a different session.
func (s *stage) again() { s.session = s.signIn(s.st, s.user) }

func (s *stage) reached() []store.ReachedPlatform {
	s.t.Helper()
	return s.reachedBy(s.open().ID)
}

func (s *stage) reachedBy(sessionID string) []store.ReachedPlatform {
	s.t.Helper()
	all, err := s.Store.Read().Reached(s.t.Context(), s.st.ID, sessionID)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// A session remembers which platforms it has reached, by each platform's name for it.
func TestASessionRemembersItsPlatforms(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		if all := s.reached(); len(all) != 0 {
			t.Fatalf("before any: %+v", all)
		}
		first := s.app
		_, claims := s.read(s.tokens().ID)
		begun := s.Clock.Now()
		s.Clock.Add(time.Minute)
		s.tokens()
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Sector = "elsewhere" })
		_, others := s.read(s.tokens().ID)
		s.code() // nobody redeems it: the platform has not been reached
		all := s.reached()
		if len(all) != 2 {
			t.Fatalf("%d platforms: %+v", len(all), all)
		}
		a, b := all[0], all[1]
		if a.ApplicationID != first.ID || a.SID != claims["sid"] || a.Subject != s.user.ID || !a.FirstAt.Equal(begun) || !a.LastAt.Equal(begun.Add(time.Minute)) || !a.EndedAt.IsZero() {
			t.Errorf("the first: %+v", a.PlatformLogin)
		}
		if b.SID != others["sid"] || b.Subject != others["sub"] || b.SID == a.SID || b.Subject == a.Subject {
			t.Errorf("the other one: %+v", b.PlatformLogin)
		}
	})
}

// Anything that ends a session ends what it has reached, in the same transaction, and each
// platform is notified; anything else notifies nobody.
func TestWhateverEndsASessionIsTold(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		r := newReceiver(t)
		s.listening(r, nil)
		ends := map[string]func(q store.Queries, ses gatehouse.Session) error{
			"by its token": func(q store.Queries, _ gatehouse.Session) error {
				n, err := q.DeleteSession(t.Context(), s.st.ID, secret.HashToken(s.session), s.Clock.Now())
				if n != 1 {
					t.Errorf("%d platforms to tell", n)
				}
				return err
			},
			"by its ID": func(q store.Queries, ses gatehouse.Session) error {
				_, err := q.EndSession(t.Context(), s.st.ID, s.user.ID, ses.ID, s.Clock.Now())
				return err
			},
			"with its device": func(q store.Queries, ses gatehouse.Session) error {
				_, err := q.EndSessionsOfDevice(t.Context(), s.st.ID, s.user.ID, ses.DeviceID, s.Clock.Now())
				return err
			},
			"by its age": func(q store.Queries, _ gatehouse.Session) error {
				s.Clock.Add(s.st.Policy.Session.Absolute + time.Minute)
				return q.DeleteEndedSessions(t.Context(), s.Clock.Now())
			},
		}
		for _, change := range gatehouse.Changes() {
			ends[string(change)] = func(q store.Queries, _ gatehouse.Session) error {
				_, err := q.End(t.Context(), store.Ending{User: s.user, Change: change, At: s.Clock.Now()})
				return err
			}
		}
		told := 0
		for name, end := range ends {
			s.again()
			_, claims := s.read(s.tokens().ID)
			ses := *s.open()
			s.write(func(q store.Queries) error { return end(q, ses) })
			if slices.Contains(gatehouse.Changes(), gatehouse.Change(name)) && gatehouse.Ends(gatehouse.Change(name)).Sessions == gatehouse.None {
				if l := s.reachedBy(ses.ID)[0]; !l.EndedAt.IsZero() {
					t.Errorf("%s: a session that goes on is told to have ended", name)
				}
				s.signOut()
			}
			told++
			_, logout := s.read(r.told(t, told))
			if logout["sid"] != claims["sid"] {
				t.Errorf("%s: told of %v, not of %v", name, logout["sid"], claims["sid"])
			}
			testkit.Eventually(t, "the answer to be written down", func() bool { return s.reachedBy(ses.ID)[0].Told == gatehouse.LogoutConfirmed })
		}
		s.again()
		s.tokens()
		s.setState(gatehouse.ApplicationDisabled)
		told++
		r.told(t, told)
	})
}

// The rows of the Back-Channel Logout profile.
func TestBackChannelLogout(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		t.Run("oidcc-backchannel-logout-discovery-endpoint-verification", func(t *testing.T) {
			doc, err := sso.Discovery(s.st)
			if err != nil {
				t.Fatal(err)
			}
			var says map[string]any
			if err := json.Unmarshal(doc.Body, &says); err != nil {
				t.Fatal(err)
			}
			end, _ := says["end_session_endpoint"].(string)
			if says["backchannel_logout_supported"] != true || says["backchannel_logout_session_supported"] != true || !strings.HasPrefix(end, s.st.Origin+"/") {
				t.Errorf("%v %v %v", says["backchannel_logout_supported"], says["backchannel_logout_session_supported"], end)
			}
		})
		t.Run("oidcc-backchannel-rp-initiated-logout", func(t *testing.T) {
			r := newReceiver(t)
			s.listening(r, nil)
			got := s.tokens()
			_, claims := s.read(got.ID)
			out, err := s.SSO.ReadLogout(t.Context(), s.st, s.open(), params(url.Values{"id_token_hint": {got.ID},
				"post_logout_redirect_uri": {"https://shop.example/bye"}, "state": {"s"}}))
			if err != nil || !out.Sure || out.Location != "https://shop.example/bye?state=s" {
				t.Fatalf("%+v %v", out, err)
			}
			s.signOut()
			token := r.told(t, 1)
			_, logout := s.read(token)
			if form := r.heard()[0]; len(form) != 1 || len(form["logout_token"]) != 1 {
				t.Errorf("the form has %v", form)
			}
			if logout["sid"] != claims["sid"] || logout["sub"] != claims["sub"] {
				t.Errorf("it tells of %v %v, not of %v %v", logout["sid"], logout["sub"], claims["sid"], claims["sub"])
			}
			if out := s.authorize(s.session, "prompt", "none"); out.Do != gatehouse.AuthorizationRefused || out.Answer.Values.Get("error") != "login_required" {
				t.Errorf("prompt=none afterwards: %+v", out)
			}
		})
		t.Run("OIDC Back-Channel Logout 2.4", func(t *testing.T) { s.logoutTokens(t) })
		t.Run("OIDC Back-Channel Logout 2.5-2.8", func(t *testing.T) {
			r := newReceiver(t)
			s.listening(r, nil)
			for n, status := range []int{http.StatusOK, http.StatusNoContent} {
				r.answer(status)
				s.again()
				s.tokens()
				ses := s.open()
				s.signOut()
				r.told(t, n+1)
				testkit.Eventually(t, "confirmation", func() bool { return s.reachedBy(ses.ID)[0].Told == gatehouse.LogoutConfirmed })
			}
			if r.kinds[0] != "POST application/x-www-form-urlencoded" {
				t.Errorf("it came as %s", r.kinds[0])
			}
		})
	})
}

func (s *stage) open() *gatehouse.Session {
	s.t.Helper()
	ses, _, _, err := s.Store.Read().Session(s.t.Context(), s.st.ID, secret.HashToken(s.session))
	if err != nil {
		s.t.Fatal(err)
	}
	return &ses
}

// logoutTokens checks every claim of a logout token, for each algorithm and for subjects that only
// the platform's own sector knows.
func (s *stage) logoutTokens(t *testing.T) {
	seen := map[any]bool{}
	for _, alg := range gatehouse.SigningAlgs {
		for _, sector := range []string{"", "shops"} {
			r := newReceiver(t)
			s.listening(r, func(a *gatehouse.ApplicationSettings) { a.IDTokenAlg, a.Sector = alg, sector })
			s.again()
			_, id := s.read(s.tokens().ID)
			s.signOut()
			head, claims := s.read(r.told(t, 1))
			now := s.Clock.Now()
			for name, want := range map[string]any{"iss": s.st.Origin, "aud": s.app.ID, "sub": id["sub"], "sid": id["sid"],
				"iat": float64(now.Unix()), "exp": float64(now.Add(2 * time.Minute).Unix())} {
				if claims[name] != want {
					t.Errorf("%s: %s is %v, want %v", alg, name, claims[name], want)
				}
			}
			events, _ := claims["events"].(map[string]any)
			event, ok := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
			if len(events) != 1 || !ok || len(event) != 0 {
				t.Errorf("%s: events are %v", alg, claims["events"])
			}
			if head.Algorithm != string(alg) || head.ExtraHeaders["typ"] != "logout+jwt" || len(claims) != 8 || seen[claims["jti"]] || claims["jti"] == "" {
				t.Errorf("%+v %v", head, claims)
			}
			seen[claims["jti"]] = true
		}
	}
}

// A logout token is never accepted as another kind of token, and no other kind as the hint of a
// logout.
func TestALogoutTokenIsGoodForNothingElse(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		r := newReceiver(t)
		s.listening(r, nil)
		s.tokens()
		s.signOut()
		token := r.told(t, 1)
		if s.works(token) {
			t.Error("it opens userinfo")
		}
		s.again()
		out, err := s.SSO.ReadLogout(t.Context(), s.st, s.open(), params(url.Values{"id_token_hint": {token}, "post_logout_redirect_uri": {"https://shop.example/bye"}}))
		if err != nil || out.Sure || out.Location != "" {
			t.Errorf("as a hint: %+v %v", out, err)
		}
	})
}
