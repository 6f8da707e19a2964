package store_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// testGrant makes an application, a session of a user and a family with a code, "code".
func testGrant(t *testing.T, s *store.Store, siteID string) (gatehouse.Application, gatehouse.TokenFamily) {
	t.Helper()
	u := testUser(t, s, siteID)
	a := gatehouse.Application{ID: "app_1", SiteID: siteID, Name: "Shop", State: gatehouse.ApplicationActive, Settings: gatehouse.DefaultApplication(), CreatedAt: noon}
	a.Settings.RedirectURIs = []string{"https://shop.example/cb"}
	ses := gatehouse.Session{ID: "ses_1", SiteID: siteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: noon, SeenAt: noon,
		Assurance: gatehouse.Assurance{Level: 1, Methods: []gatehouse.Method{gatehouse.MethodPassword}}}
	f := gatehouse.TokenFamily{ID: "fam_1", SiteID: siteID, ApplicationID: a.ID, UserID: u.ID, SessionID: ses.ID, Subject: u.ID, CreatedAt: noon,
		EndsAt: noon.Add(time.Hour), Terms: gatehouse.FamilyTerms{Scopes: []string{"openid"}, RedirectURI: "https://shop.example/cb", Nonce: "n"}}
	write(t, s, func(q store.Queries) error {
		if err := q.InsertApplication(t.Context(), a); err != nil {
			return err
		}
		if err := q.InsertSession(t.Context(), "session", ses, noon.Add(time.Hour)); err != nil {
			return err
		}
		return q.InsertFamily(t.Context(), "code", f)
	})
	return a, f
}

func TestApplicationsComeBackAsTheyWere(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		want, _ := testGrant(t, s, "one")
		got, err := s.Read().Application(t.Context(), "one", want.ID)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		if _, err := s.Read().Application(t.Context(), "two", want.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("at another site: %v", err)
		}
		want.State, want.Settings.Native = gatehouse.ApplicationDisabled, true
		write(t, s, func(q store.Queries) error { return q.UpdateApplication(t.Context(), want) })
		all, err := s.Read().Applications(t.Context(), "one", "", 10)
		if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], want) {
			t.Errorf("listed: %+v, %v", all, err)
		}
		write(t, s, func(q store.Queries) error {
			for i, hash := range []string{"b", "a"} {
				if err := q.InsertApplicationSecret(t.Context(), "one", want.ID, store.ApplicationSecret{Hash: hash, CreatedAt: noon.Add(time.Duration(i))}); err != nil {
					return err
				}
			}
			return q.DeleteApplicationSecret(t.Context(), "one", want.ID, "b")
		})
		if secrets, err := s.Read().ApplicationSecrets(t.Context(), "one", want.ID); err != nil || len(secrets) != 1 || secrets[0].Hash != "a" {
			t.Errorf("secrets: %+v, %v", secrets, err)
		}
	})
}

func TestAGrantIsReadAsItIsNow(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		a, f := testGrant(t, s, "one")
		testUser(t, s, "two")
		var g store.TokenGrant
		hold := func(site string) (err error) {
			write(t, s, func(q store.Queries) error {
				g, err = q.HoldCode(t.Context(), site, a.ID, "code")
				return nil
			})
			return err
		}
		if err := hold("one"); err != nil || !reflect.DeepEqual(g.Family, f) {
			t.Fatalf("%+v, %v; want %+v", g.Family, err, f)
		}
		if g.Session.ID != "ses_1" || g.Session.Assurance.Methods[0] != gatehouse.MethodPassword || g.User.Username != "MSantos" ||
			g.Company.AccountNumber != "1" || !reflect.DeepEqual(g.Application.Settings, a.Settings) {
			t.Errorf("%+v", g)
		}
		if err := hold("two"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("at another site: %v", err)
		}
		write(t, s, func(q store.Queries) error {
			_, err := q.EndSession(t.Context(), "one", f.UserID, "ses_1", noon)
			return err
		})
		if g, err := s.Read().Family(t.Context(), "one", f.ID); err != nil || g.Session.ID != "" {
			t.Errorf("after its session: %+v, %v", g.Session, err)
		}
		write(t, s, func(q store.Queries) error {
			if first, err := q.EndFamily(t.Context(), "one", f.ID, gatehouse.Revoked, noon); err != nil || !first {
				t.Error(first, err)
			}
			again, err := q.EndFamily(t.Context(), "one", f.ID, gatehouse.CodeReplayed, noon)
			if again {
				t.Error("ended twice")
			}
			return err
		})
		if g, _ := s.Read().Family(t.Context(), "one", f.ID); g.Family.Ended != gatehouse.Revoked || g.Family.Alive(noon) {
			t.Errorf("%+v", g.Family)
		}
		write(t, s, func(q store.Queries) error { return q.DropOldTokens(t.Context(), f.EndsAt) })
		if _, err := s.Read().Family(t.Context(), "one", f.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("after its end: %v", err)
		}
	})
}

// Of several that redeem a code, or use a refresh token, at the same time, one finds it unused.
func TestOneOfManyIsTheFirst(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		_, f := testGrant(t, s, "one")
		write(t, s, func(q store.Queries) error {
			return q.InsertRefreshToken(t.Context(), "token", gatehouse.RefreshToken{SiteID: "one", FamilyID: f.ID, CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)})
		})
		code := many(t, s, func(q store.Queries) (bool, error) {
			g, err := q.HoldCode(t.Context(), "one", f.ApplicationID, "code")
			if err != nil || !g.Family.UsedAt.IsZero() {
				return false, err
			}
			return true, q.RedeemCode(t.Context(), "one", f.ID, "", noon, noon.Add(time.Hour))
		})
		token := many(t, s, func(q store.Queries) (bool, error) {
			r, _, err := q.HoldRefreshToken(t.Context(), "one", "token")
			if err != nil || !r.UsedAt.IsZero() {
				return false, err
			}
			return true, q.UseRefreshToken(t.Context(), "one", "token", noon, []byte("next"))
		})
		if code != 1 || token != 1 {
			t.Errorf("%d were first with the code, %d with the token", code, token)
		}
		write(t, s, func(q store.Queries) error {
			r, _, err := q.HoldRefreshToken(t.Context(), "one", "token")
			if string(r.Successor) != "next" || !r.UsedAt.Equal(noon) {
				t.Errorf("%+v", r)
			}
			return err
		})
	})
}

// many runs a transaction eight times at once and returns how many were first.
func many(t *testing.T, s *store.Store, try func(store.Queries) (bool, error)) (firsts int) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		all.Go(func() {
			var first bool
			err := s.Write(t.Context(), func(q store.Queries) (err error) {
				first, err = try(q)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if first {
				firsts++
			}
		})
	}
	all.Wait()
	return firsts
}

func TestKeysAndTokensRunOut(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		a, _ := testGrant(t, s, "one")
		key := gatehouse.SigningKey{SiteID: "one", ID: "k1", Alg: gatehouse.ES256, Public: "{}", CreatedAt: noon, SignFrom: noon, Sealed: []byte("sealed")}
		write(t, s, func(q store.Queries) error { return q.InsertSigningKey(t.Context(), key, 1) })
		second := key
		second.ID = "k2"
		if err := s.Write(t.Context(), func(q store.Queries) error { return q.InsertSigningKey(t.Context(), second, 1) }); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("two keys of one number: %v", err)
		}
		write(t, s, func(q store.Queries) error {
			if err := q.InsertSigningKey(t.Context(), second, 2); err != nil {
				return err
			}
			return q.RetireSigningKeys(t.Context(), "one", gatehouse.ES256, 2, noon.Add(time.Hour))
		})
		keys, numbers, err := s.Read().SigningKeys(t.Context(), "one")
		if err != nil || len(keys) != 2 || !keys[0].RetireAt.Equal(noon.Add(time.Hour)) || !keys[1].RetireAt.IsZero() || numbers[1] != 2 {
			t.Errorf("%+v %v %v", keys, numbers, err)
		}
		token := gatehouse.AccessToken{SiteID: "one", ApplicationID: a.ID, Scopes: []string{"a", "b"}, Audience: []string{"https://orders.example/"}, JKT: "key", CreatedAt: noon, ExpiresAt: noon.Add(time.Minute)}
		waits := store.Authorization{SiteID: "one", ApplicationID: a.ID, BrowserHash: "b", ExpiresAt: noon.Add(time.Minute),
			Request: gatehouse.AuthorizationRequest{State: "s", MaxAge: -1, At: noon}}
		write(t, s, func(q store.Queries) error {
			if first, err := q.UseAssertion(t.Context(), "one", a.ID, "j", noon.Add(time.Minute)); err != nil || !first {
				t.Error(first, err)
			}
			if first, err := q.UseAssertion(t.Context(), "one", a.ID, "j", noon.Add(time.Minute)); err != nil || first {
				t.Error("used twice", err)
			}
			if err := q.InsertAuthorization(t.Context(), "token", waits); err != nil {
				return err
			}
			return q.InsertAccessToken(t.Context(), "token", token)
		})
		if got, _, err := s.Access(t.Context(), "one", "token"); err != nil || !reflect.DeepEqual(got, token) {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := s.Read().Authorization(t.Context(), "one", "token"); err != nil || !reflect.DeepEqual(got, waits) {
			t.Errorf("%+v, %v", got, err)
		}
		write(t, s, func(q store.Queries) error {
			if err := q.DropOldTokens(t.Context(), noon.Add(time.Minute)); err != nil {
				return err
			}
			return q.DropRetiredSigningKeys(t.Context(), noon.Add(time.Hour))
		})
		_, _, tokenErr := s.Access(t.Context(), "one", "token")
		_, waitsErr := s.Read().Authorization(t.Context(), "one", "token")
		keys, _, _ = s.Read().SigningKeys(t.Context(), "one")
		if gatehouse.KindOf(tokenErr) != gatehouse.NotFound || gatehouse.KindOf(waitsErr) != gatehouse.NotFound || len(keys) != 1 {
			t.Error("something outlives its time:", tokenErr, waitsErr, keys)
		}
	})
}
