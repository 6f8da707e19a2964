package demo_test

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/demo"
	"gatehouse/internal/testkit"
)

// The operators' pages of the demo have a day of charts, and an alert that is over; another start adds
// nothing.
func TestADayOfTheDemo(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url)
		now := s.Clock.Now()
		s.AddOperator("skeller", "copper-meadow-whistle", gatehouse.RoleSecurity)
		for range 2 {
			if err := demo.Day(t.Context(), s.Store, now); err != nil {
				t.Fatal(err)
			}
		}
		samples, err := s.Store.Read().SamplesSince(t.Context(), now.Add(-gatehouse.SampleKept))
		if err != nil {
			t.Fatal(err)
		}
		busy := 0
		for _, h := range gatehouse.HealthHours(samples, now, 24) {
			var counted int64
			for _, n := range h.Times {
				counted += n
			}
			if h.Known && h.Requests > 0 && counted == h.Requests && h.Sessions > 0 {
				busy++
			}
		}
		if busy < 23 {
			t.Errorf("%d hours have charts", busy)
		}
		past, err := s.Store.Read().ClosedAlerts(t.Context(), now, 10)
		if err != nil || len(past) != 1 || past[0].AckedBy == "" || !past[0].ClosedAt.Before(now) || !past[0].ClosedAt.After(past[0].OpenedAt.Add(time.Minute)) {
			t.Errorf("%+v, %v", past, err)
		}
	})
}
