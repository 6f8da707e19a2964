package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/jobs"
	"gatehouse/internal/store"
)

// ASVS 14.2.7: what has been kept long enough goes, of sites that are no longer configured as well.
// What is younger stays, and so does mail that still waits, however old it is.
func TestWhatIsOldGoes(t *testing.T) {
	keep := gatehouse.Retention{Events: 100 * day, Messages: 30 * day, Runs: 40 * day}
	each(t, func(h *house) {
		u := h.user(h.uk, "mira", 20*day)
		const gone = "a-former-site"
		for _, age := range []time.Duration{99 * day, 101 * day, 102 * day, 700 * day} {
			at := noon.Add(-age)
			h.write(func(q store.Queries) error {
				for _, id := range []string{h.uk.ID, gone} {
					e := gatehouse.Event{SiteID: id, ID: store.NewID("evt", at), CompanyID: "com_1", UserID: u.ID, At: at, Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK}
					if err := q.InsertEvent(t.Context(), e); err != nil {
						return err
					}
				}
				return nil
			})
		}
		sent, waits := h.message(u, noon.Add(-31*day)), h.message(u, noon.Add(-31*day))
		young := h.message(u, noon.Add(-29*day))
		h.write(func(q store.Queries) error {
			for _, m := range []store.Message{sent, young} {
				if dropped, err := q.DropMessage(t.Context(), m, noon); err != nil || !dropped {
					return fmt.Errorf("%v %w", dropped, err)
				}
			}
			return nil
		})
		h.must(jobs.Retention(h.store, keep, h.clock).Run(t.Context()))

		events, err := h.store.Read().EventsOfUser(t.Context(), h.uk.ID, u.ID, 10)
		if h.must(err); len(events) != 1 || !events[0].At.Equal(noon.Add(-99*day)) {
			t.Errorf("%d events are left: %v", len(events), events)
		}
		former, err := h.store.Read().EventsOfUser(t.Context(), gone, u.ID, 10)
		if h.must(err); len(former) != 1 {
			t.Errorf("%d events of a former site are left", len(former))
		}
		counts, err := h.store.Read().SignInCounts(t.Context(), h.uk.ID, "com_1", noon.Add(-800*day), noon)
		if h.must(err); len(counts) != 1 || counts[0].N != 1 {
			t.Errorf("counts of sign-ins: %v", counts)
		}
		left, err := h.store.Read().MessagesOfUser(t.Context(), h.uk.ID, u.ID, "", 10)
		h.must(err)
		ids := map[string]bool{}
		for _, m := range left {
			ids[m.ID] = true
		}
		if len(left) != 2 || !ids[waits.ID] || !ids[young.ID] {
			t.Errorf("%v are left; want %s and %s", ids, waits.ID, young.ID)
		}
	})
}

// The runs of a company go with all their lines, however many there are; its last enrolment stays,
// because it says who has switched Enhanced Security.
func TestOldRunsGo(t *testing.T) {
	each(t, func(h *house) {
		for i := range 3 {
			h.user(h.uk, fmt.Sprintf("user-%d", i), 20*day)
		}
		var first, last gatehouse.Enrolment
		h.write(func(q store.Queries) error {
			for i, e := range []*gatehouse.Enrolment{&first, &last} {
				at := noon.Add(-time.Duration(60-i) * day)
				e.Run = gatehouse.Run{Kind: gatehouse.RunEnrolment, SiteID: h.uk.ID, CompanyID: "com_1", ID: store.NewID("enr", at), State: gatehouse.RunRunning, StartedAt: at}
				if _, err := q.BeginEnrolment(t.Context(), *e); err != nil {
					return err
				}
				if _, err := q.EndRun(t.Context(), e.Run, at); err != nil {
					return err
				}
			}
			return nil
		})
		job := jobs.Retention(h.store, gatehouse.Retention{Runs: 61 * day}, h.clock)
		h.must(job.Run(t.Context()))
		if n := h.lines(first.Run); n != 3 {
			t.Errorf("%d lines of a run that is kept", n)
		}
		h.must(jobs.Retention(h.store, gatehouse.Retention{Runs: 40 * day}, h.clock).Run(t.Context()))
		if n := h.lines(first.Run); n != 0 {
			t.Errorf("%d lines of an old run are left", n)
		}
		if _, err := h.store.Read().Enrolment(t.Context(), h.uk.ID, "com_1", first.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("the old run is there: %v", err)
		}
		if _, err := h.store.Read().Enrolment(t.Context(), h.uk.ID, "com_1", last.ID); err != nil || h.lines(last.Run) != 3 {
			t.Errorf("the last enrolment: %v, %d lines", err, h.lines(last.Run))
		}
	})
}

// lines are how many users of a run are kept.
func (h *house) lines(r gatehouse.Run) (n int) {
	h.t.Helper()
	h.must(h.store.Read().RunLines(h.t.Context(), r, "", "", 100, func(store.RunLine) error { n++; return nil }))
	return n
}

// message puts a mail to a user into the outbox.
func (h *house) message(u gatehouse.User, at time.Time) store.Message {
	h.t.Helper()
	m := store.Message{SiteID: u.SiteID, ID: store.NewID("msg", at), CompanyID: u.CompanyID, UserID: u.ID, Kind: "notice", Recipient: u.Email, Subject: "Notice",
		MessageID: store.NewID("msg", at), State: store.MessageWaiting, CreatedAt: at, DueAt: at, ExpiresAt: at.Add(3 * day)}
	h.write(func(q store.Queries) error { return q.InsertMessage(h.t.Context(), m) })
	return m
}
