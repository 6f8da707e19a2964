package store_test

import (
	"reflect"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// A session is bound once, its binding is what was stored, and it goes with the session, however
// that ends.
func TestABindingBelongsToItsSession(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, u := t.Context(), testUser(t, s, "one")
		open := func(token string) gatehouse.DeviceBinding {
			ses := gatehouse.Session{ID: "ses_" + token, SiteID: "one", UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: noon, SeenAt: noon, DeviceID: "dev_" + token}
			b := gatehouse.DeviceBinding{ID: "bnd_" + token, SiteID: "one", SessionID: ses.ID, UserID: u.ID, Key: []byte(`{"kty":"EC"}`), Algorithm: "ES256",
				Thumbprint: "thumb", UserAgent: "Firefox"}.Bind(noon)
			write(t, s, func(q store.Queries) error { return q.InsertSession(ctx, token, ses, noon.Add(time.Hour)) })
			write(t, s, func(q store.Queries) error {
				done, err := q.InsertBinding(ctx, b, noon.Add(time.Hour))
				if err == nil && !done {
					t.Error("not bound")
				}
				return err
			})
			return b
		}
		b := open("first")
		write(t, s, func(q store.Queries) error {
			other := b
			other.ID = "bnd_other"
			done, err := q.InsertBinding(ctx, other, noon.Add(time.Hour))
			if done {
				t.Error("a bound session was bound to another key")
			}
			return err
		})
		if ses, err := s.Session(ctx, "one", "first"); err != nil || ses.BindingID != b.ID {
			t.Errorf("%v %+v", err, ses)
		}
		b, ok := b.Challenged(noon.Add(9*time.Minute)).Proved(2, gatehouse.SessionLimits{Bound: 10 * time.Minute}, noon.Add(9*time.Minute))
		if b.WrongProofs = 3; !ok {
			t.Fatal("not proved")
		}
		write(t, s, func(q store.Queries) error { return q.SaveBinding(ctx, b) })
		if got, token, err := s.Read().Binding(ctx, "one", b.ID); err != nil || token != "first" || !reflect.DeepEqual(got, b) {
			t.Errorf("%v %q\n got %+v\nwant %+v", err, token, got, b)
		}
		if got, err := s.BoundCookie(ctx, "one", b.ID); err != nil || got.Cookie != 2 || !got.CookieAt.Equal(noon.Add(9*time.Minute)) {
			t.Errorf("%v %+v", err, got)
		}
		if _, _, err := s.Read().Binding(ctx, "two", b.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("at another site: %v", err)
		}
		ends := map[string]func(q store.Queries, token string) error{
			"signed out": func(q store.Queries, token string) error {
				_, err := q.DeleteSession(ctx, "one", token, noon)
				return err
			},
			"ended by its ID": func(q store.Queries, token string) error {
				_, err := q.EndSession(ctx, "one", u.ID, "ses_"+token, noon)
				return err
			},
			"ended with its device": func(q store.Queries, token string) error {
				_, err := q.EndSessionsOfDevice(ctx, "one", u.ID, "dev_"+token, noon)
				return err
			},
			"ended by a lock": func(q store.Queries, _ string) error {
				_, err := q.End(ctx, store.Ending{User: u, Change: gatehouse.Locked, At: noon})
				return err
			},
			"too old": func(q store.Queries, _ string) error { return q.DeleteEndedSessions(ctx, noon.Add(time.Hour)) },
		}
		for how, end := range ends {
			b := open(how)
			write(t, s, func(q store.Queries) error { return end(q, how) })
			if _, err := s.BoundCookie(ctx, "one", b.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s: the binding is still there: %v", how, err)
			}
		}
	})
}
