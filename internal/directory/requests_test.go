package directory_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
)

// While something waits, administrators are told once a day, in the morning at the site; what is
// answered is no longer told, and another company's administrators learn nothing.
func TestWaitingRequestsAreToldOnceADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ours, theirs := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "2", "Harbour")
		admin, other := h.leads(ours.ID, "AOkafor"), h.leads(theirs.ID, "BLind")
		u := h.user(h.uk, ours.ID, "MSantos", gatehouse.RoleUser)
		told := func(to gatehouse.User) (n int) {
			kinds, _ := h.mails(to)
			return len(slices.DeleteFunc(kinds, func(k string) bool { return k != "requests-waiting" }))
		}
		tell := func(day, hour, want int) {
			t.Helper()
			h.now = time.Date(2026, 11, day, hour, 30, 0, 0, h.uk.Zone)
			for range 2 {
				if err := h.TellWaiting(t.Context(), h.uk); err != nil {
					t.Fatal(err)
				}
			}
			if got := told(admin); got != want || told(other) != 0 {
				t.Errorf("day %d, %d:30: told %d times, want %d; the other company %d times", day, hour, got, want, told(other))
			}
		}
		tell(22, 9, 0) // nothing waits
		h.tell(u, h.now, gatehouse.EventUsernameAsked, gatehouse.ResultOK, "")
		tell(22, 10, 1)
		tell(22, 11, 1)
		tell(23, 7, 1) // it is night
		tell(23, 8, 2)
		tell(23, 20, 2)
		if err := h.AnswerRequest(t.Context(), h.uk, as(other), u.ID, gatehouse.RequestUsername, true); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("another company's administrator answers: %v", err)
		}
		for range 2 {
			if err := h.AnswerRequest(t.Context(), h.uk, as(admin), u.ID, gatehouse.RequestUsername, true); err != nil {
				t.Fatal(err)
			}
		}
		if events := h.events(u); slices.Index(events, gatehouse.EventRequestAnswered) != len(events)-1 {
			t.Errorf("events: %v", events)
		}
		tell(24, 9, 2)
	})
}
