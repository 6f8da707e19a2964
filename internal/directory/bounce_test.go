package directory_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// A mark is removed by an operator, and by entering the same address again; other changes leave
// it.
func TestMarksAreTakenBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		admin := h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin)
		u := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser)
		h.write(func(q store.Queries) error {
			u.Email = "mira@northgate.example"
			return q.UpdateProfile(t.Context(), u, time.Time{})
		})
		bounces := func() {
			t.Helper()
			h.write(func(q store.Queries) error {
				_, err := q.MarkBounced(t.Context(), u.SiteID, u.ID, u.Email, gatehouse.Bounce{At: h.now, Reason: "550 5.1.1 unknown", Reported: true})
				return err
			})
		}
		cleared := func() int {
			return len(slices.DeleteFunc(h.events(u), func(k gatehouse.EventKind) bool { return k != gatehouse.EventBounceCleared }))
		}
		bounces()
		if _, err := h.UpdateUser(t.Context(), h.uk, as(admin), u.ID, directory.UserChange{FirstName: ptr("Mia")}); err != nil || !h.stored(h.uk, "msantos").Bouncing() {
			t.Errorf("another name takes the mark back, or %v", err)
		}
		for i, act := range []func() error{
			func() error { was, err := h.ClearBounce(t.Context(), h.uk, operator, u.ID); return trueOr(was, err) },
			func() error {
				_, err := h.UpdateUser(t.Context(), h.uk, as(admin), u.ID, directory.UserChange{Email: ptr(" mira@northgate.example")})
				return err
			},
		} {
			bounces()
			if err := act(); err != nil || h.stored(h.uk, "msantos").Bounce != (gatehouse.Bounce{}) || cleared() != i+1 {
				t.Errorf("way %d: %v, %+v, %d events", i, err, h.stored(h.uk, "msantos").Bounce, cleared())
			}
		}
		if was, err := h.ClearBounce(t.Context(), h.uk, operator, u.ID); was || err != nil || cleared() != 2 {
			t.Errorf("where there is none: %v, %v", was, err)
		}
	})
}

func trueOr(ok bool, err error) error {
	if err == nil && !ok {
		err = gatehouse.ErrNotFound
	}
	return err
}
