package sso_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
)

// A deleted application is off at once and can be restored for 30 days; then it is removed with
// everything. Data of others stays.
func TestDeletedApplications(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		other, _ := s.application(nil)
		got, waiting := s.tokens(), s.code()
		card := gatehouse.PlatformCard{SiteID: s.st.ID, UserID: s.user.ID, ApplicationID: s.app.ID, Card: "c", Body: gatehouse.CardBody{Title: "Orders"}, ExpiresAt: s.Clock.Now().Add(40 * 24 * time.Hour)}
		s.write(func(q store.Queries) error { return q.PutCard(t.Context(), card) })
		conflict := func(what string, err error, reason string) {
			t.Helper()
			var e *gatehouse.Error
			if !errors.As(err, &e) || e.Kind != gatehouse.Conflict || e.Reason != reason {
				t.Errorf("%s: %v", what, err)
			}
		}
		shown := func() sso.Shown {
			t.Helper()
			a, err := s.SSO.Show(t.Context(), s.st, operator, s.app.ID)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		change := func() error {
			_, err := s.SSO.Change(t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) { a.State = gatehouse.ApplicationActive })
			return err
		}
		_, err := s.SSO.Restore(t.Context(), s.st, operator, s.app.ID, "")
		conflict("to restore what is there", err, sso.ReasonNotDeleted)
		if _, err := s.SSO.Delete(t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn, UserID: s.user.ID, SiteID: s.st.ID}, s.app.ID, ""); gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("a user deletes it: %v", err)
		}
		deleted := s.Clock.Now()
		if _, err := s.SSO.Delete(t.Context(), s.st, operator, s.app.ID, ""); err != nil {
			t.Fatal(err)
		}
		if a := shown(); a.Usable() || !a.DeletedAt.Equal(deleted) || a.RemovedFrom().Sub(deleted) != gatehouse.ApplicationGrace {
			t.Errorf("%+v", a)
		}
		if s.works(got.Access) {
			t.Error("its token works")
		}
		_, err = s.token(s.basic(), s.exchange(waiting))
		s.want("its code", err, gatehouse.InvalidClient)
		if cards, _, err := s.Store.Read().CardsOf(t.Context(), s.st.ID, s.user.ID, s.Clock.Now()); err != nil || len(cards) != 0 {
			t.Errorf("its cards: %v %v", cards, err)
		}
		_, err = s.SSO.Delete(t.Context(), s.st, operator, s.app.ID, "")
		conflict("to delete it twice", err, sso.ReasonDeleted)
		conflict("to turn it on", change(), sso.ReasonDeleted)
		_, err = s.SSO.NewSecret(t.Context(), s.st, operator, s.app.ID, "")
		conflict("another secret", err, sso.ReasonDeleted)

		if _, err := s.SSO.Restore(t.Context(), s.st, operator, s.app.ID, ""); err != nil {
			t.Fatal(err)
		}
		if a := shown(); a.State != gatehouse.ApplicationDisabled || !a.RemovedFrom().IsZero() {
			t.Errorf("restored: %+v", a)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		s.Clock.Add(gatehouse.ApplicationGrace)
		remove := func() {
			t.Helper()
			if err := s.SSO.RemoveDeleted(t.Context(), s.st); err != nil {
				t.Fatal(err)
			}
		}
		remove()
		shown()
		if _, err := s.SSO.Delete(t.Context(), s.st, operator, s.app.ID, ""); err != nil {
			t.Fatal(err)
		}
		s.Clock.Add(gatehouse.ApplicationGrace - time.Second)
		remove()
		shown()
		s.Clock.Add(time.Second)
		remove()
		remove()
		if _, err := s.SSO.Show(t.Context(), s.st, operator, s.app.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("it is still there: %v", err)
		}
		if g, err := s.Store.Read().Grant(t.Context(), s.st.ID, s.user.ID, s.app.ID); err != nil || !g.FirstAt.IsZero() {
			t.Errorf("what its user had let it have: %+v %v", g, err)
		}
		if _, err := s.SSO.Show(t.Context(), s.st, operator, other.ID); err != nil {
			t.Errorf("another one: %v", err)
		}
		events, err := s.Store.Read().EventsOfUser(t.Context(), s.st.ID, "", 20) // the newest first
		if err != nil {
			t.Fatal(err)
		}
		var kinds []gatehouse.EventKind
		for _, e := range events {
			if e.Detail["application"] == s.app.ID && e.Kind != gatehouse.EventApplicationCreated && e.Kind != gatehouse.EventApplicationChanged {
				kinds = append(kinds, e.Kind)
			}
		}
		if want := []gatehouse.EventKind{gatehouse.EventApplicationRemoved, gatehouse.EventApplicationDeleted, gatehouse.EventApplicationRestored, gatehouse.EventApplicationDeleted}; !slices.Equal(kinds, want) {
			t.Errorf("events: %v", kinds)
		}
	})
}
