package directory_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// A change of a user after the last look and before the switch prevents the switch, like an
// earlier change: the transaction notices changes without looking at all users.
func TestAnEnrolmentNoticesWhoChangesMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, allKinds)
		update := func(change func(*gatehouse.User)) func(q store.Queries, u gatehouse.User) error {
			return func(q store.Queries, u gatehouse.User) error {
				change(&u)
				return q.UpdateProfile(t.Context(), u, time.Time{})
			}
		}
		changes := map[string]func(q store.Queries, u gatehouse.User) error{
			"deactivated": func(q store.Queries, u gatehouse.User) error {
				return q.SetUserState(t.Context(), u.SiteID, u.ID, gatehouse.Deactivated)
			},
			"own choice": func(q store.Queries, u gatehouse.User) error {
				return q.SetOwnTwoFactor(t.Context(), u.SiteID, u.ID, true)
			},
			"no address":    update(func(u *gatehouse.User) { u.Email = "" }),
			"an odd one":    update(func(u *gatehouse.User) { u.Email = "nowhere at all" }),
			"not confirmed": update(func(u *gatehouse.User) { u.EmailConfirmed = false }),
			"somebody new": func(q store.Queries, u gatehouse.User) error {
				u.ID, u.Username = store.NewID("usr", h.now), "newcomer"
				u.Email = "newcomer@northgate.example"
				return q.InsertUser(t.Context(), u)
			},
		}
		n := 0
		for name, change := range changes {
			u := h.stored(h.uk, []string{"plain-00", "plain-01", "plain-02", "plain-03", "plain-04", "plain-05"}[n])
			n++
			p, err := h.PreviewTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true))
			if err != nil {
				t.Fatal(err)
			}
			clock, asked := h.Now, 0
			h.Now = func() time.Time { // asked for the limit, then between the look and the transaction
				if asked++; asked == 2 {
					h.write(func(q store.Queries) error { return change(q, u) })
				}
				return clock()
			}
			_, err = h.SetTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true), p.Fingerprint)
			h.Now = clock
			var e *gatehouse.Error
			if !errors.As(err, &e) || e.Reason != directory.ReasonUsersChanged {
				t.Errorf("%s: %v", name, err)
			}
			if asked != 2 { // a transaction that began would have asked for more
				t.Errorf("%s: nothing was changed", name)
			}
		}
		// A change that does not matter does not prevent it.
		p, err := h.PreviewTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true))
		if err != nil {
			t.Fatal(err)
		}
		h.write(func(q store.Queries) error {
			u := h.stored(h.uk, "plain-06")
			u.FirstName = "Gracie"
			return q.UpdateProfile(t.Context(), u, time.Time{})
		})
		if _, err := h.SetTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true), p.Fingerprint); err != nil {
			t.Errorf("a new name: %v", err)
		}
	})
}

// Two users who swap places are noticed too, although the counts are the same.
func TestTheMarkOfUsersNoticesChangedPlaces(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, allKinds)
		mark := func() store.UsersMark {
			m, err := h.Store.Read().UsersMark(t.Context(), h.uk.ID, admin.CompanyID)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		before := mark()
		if before != mark() || before.Users != 201 {
			t.Errorf("%+v is not what it was", before)
		}
		plain, own := h.stored(h.uk, "plain-07"), h.stored(h.uk, "own-07")
		h.write(func(q store.Queries) error {
			return errors.Join(q.SetOwnTwoFactor(t.Context(), plain.SiteID, plain.ID, true), q.SetOwnTwoFactor(t.Context(), own.SiteID, own.ID, false))
		})
		if mark() == before {
			t.Error("two have changed places, and nobody notices")
		}
		if empty, err := h.Store.Read().UsersMark(t.Context(), h.uk.ID, "com_none"); err != nil || empty != (store.UsersMark{}) {
			t.Errorf("nobody: %+v, %v", empty, err)
		}
	})
}
