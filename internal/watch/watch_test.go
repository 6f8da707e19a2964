package watch_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/jobs"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/watch"
)

var boss = gatehouse.Caller{Kind: gatehouse.Operator, Name: "root"}

// watching is a process on a database.
func watching(t *testing.T, url string, clock *testkit.Clock) *watch.Service {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := &watch.Service{Store: s, Book: watch.NewBook(clock.Now), Now: clock.Now, Self: watch.Process{Host: "web", PID: 1, Version: "1"}}
	w.Begin()
	return w
}

// What jobs do is in the book: how many records they changed, that they failed or panicked; a sign of
// life is no work.
func TestTheBookHasWhatJobsDid(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		w := watching(t, url, testkit.NewClock(testkit.Start))
		ctx, stop := context.WithCancel(t.Context())
		runs := 0
		work := jobs.Job{Name: "work", Every: time.Millisecond, Run: func(ctx context.Context) error {
			runs++
			return w.Store.Write(ctx, func(q store.Queries) error {
				for _, id := range []string{"prc_a", "prc_b", "prc_c"} {
					if err := q.NoteProcess(ctx, gatehouse.ProcessState{ID: id, SeenAt: testkit.Start}); err != nil {
						return err
					}
				}
				return nil
			})
		}}
		fails := jobs.Job{Name: "fails", Every: time.Millisecond, Run: func(ctx context.Context) error {
			return w.Store.Write(ctx, func(q store.Queries) error {
				if err := q.NoteProcess(ctx, gatehouse.ProcessState{ID: "prc_d"}); err != nil {
					return err
				}
				return errors.New("no disk " + strings.Repeat("x", 1000))
			})
		}}
		panics := jobs.Job{Name: "panics", Every: time.Millisecond, Run: func(context.Context) error { panic("out of order") }}
		alive := jobs.Job{Name: "alive", Every: time.Millisecond, Run: func(ctx context.Context) error { return w.Store.Alive(ctx, time.Minute) }}
		idle := jobs.Job{Name: "idle", Every: time.Hour, Run: func(context.Context) error { return nil }}
		time.AfterFunc(200*time.Millisecond, stop)
		jobs.Run(ctx, slog.New(slog.NewTextHandler(io.Discard, nil)), w.Book, work, fails, panics, alive, idle)
		is := map[string]gatehouse.JobState{}
		for _, j := range w.Book.Jobs() {
			is[j.Name] = j
		}
		if j := is["work"]; j.Did != 3 || j.Failing() || j.Running() || runs == 0 {
			t.Errorf("work: %+v", j)
		}
		if j := is["fails"]; !j.Failing() || !strings.HasPrefix(j.Error, "no disk") || len(j.Error) > 310 || j.Did != 0 {
			t.Errorf("fails: %+v", j)
		}
		if j := is["panics"]; j.Error != "panic: out of order" {
			t.Errorf("panics: %+v", j)
		}
		if j := is["alive"]; j.EndedAt.IsZero() || j.Did != 0 {
			t.Errorf("alive: %+v", j)
		}
		if j := is["idle"]; !j.BegunAt.IsZero() || j.Every != time.Hour {
			t.Errorf("idle: %+v", j)
		}
	})
}

// An idle process writes every five minutes and nothing between; what has been gone for an hour is
// forgotten.
func TestAnIdleProcessWritesRarely(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		clock := testkit.NewClock(testkit.Start)
		w, other := watching(t, url, clock), watching(t, url, clock)
		w.Book.Listed("reports", time.Minute)
		note := func(w *watch.Service) (wrote int) {
			t.Helper()
			ctx, tally := store.Counting(t.Context())
			if err := w.Note(ctx); err != nil {
				t.Fatal(err)
			}
			return tally.Records()
		}
		if note(other) == 0 || note(w) != 3 {
			t.Error("a process that begins says so")
		}
		for range 59 {
			clock.Add(5 * time.Second)
			w.Book.Begun("reports")
			w.Book.Ended("reports", 0, nil)
			if n := note(w); n != 0 {
				t.Fatalf("an idle process wrote %d records", n)
			}
		}
		clock.Add(5 * time.Second)
		if note(w) != 3 {
			t.Error("after five minutes it says that it is there")
		}
		clock.Add(time.Second)
		w.Book.Begun("reports")
		w.Book.Ended("reports", 7, nil)
		if note(w) != 0 {
			t.Error("what a job did is written after a minute at the earliest")
		}
		clock.Add(time.Minute)
		if note(w) != 1 {
			t.Error("what a job did is not written")
		}
		clock.Add(time.Hour)
		note(w)
		left, err := w.Store.Read().ProcessesSince(t.Context(), time.Time{})
		if err != nil || len(left) != 1 || left[0].ID != w.Store.ProcessID() {
			t.Errorf("%+v, %v", left, err)
		}
	})
}

// The charts have what the processes have written down: each what it did since it last wrote, also more
// than once in an hour, and nothing twice. What is older than a day is gone.
func TestHealthOfADay(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		clock := testkit.NewClock(testkit.Start)
		w, other := watching(t, url, clock), watching(t, url, clock)
		requests, waiting := int64(100), 0
		w.Measure = func() gatehouse.Sample {
			return gatehouse.Sample{Requests: requests, Errors: 1, MemoryBytes: 7, Goroutines: 40}
		}
		w.Waiting = func() int { return waiting }
		other.Measure = func() gatehouse.Sample { return gatehouse.Sample{Requests: 5, MemoryBytes: 3} }
		both := func() {
			t.Helper()
			for _, p := range []*watch.Service{w, other} {
				if err := p.Note(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		both()
		waiting = 9 // a rush between two samples
		both()
		waiting, requests = 0, 130
		w.MailCounted(store.MessageSent)
		w.MailCounted(store.MessageRefused)
		w.MailCounted(store.MessageBounced)
		w.MailCounted(store.MessageDeferred)
		clock.Add(5 * time.Minute)
		both()
		h, err := w.Health(t.Context(), boss)
		if err != nil {
			t.Fatal(err)
		}
		last := h.Hours[23]
		if last.Requests != 135 || last.Errors != 1 || last.MemoryBytes != 10 || last.HashesWaited != 9 || last.MailSent != 1 || last.MailFailed != 2 || last.DatabaseBytes <= 0 || last.ConnectionsMost == 0 {
			t.Errorf("%+v", last)
		}
		if h.Trouble != "" || len(h.Processes) != 2 || h.Processes[0].ID != w.Store.ProcessID() || h.Now.DatabaseBytes <= 0 || h.Hours[22].Known {
			t.Errorf("%+v", h)
		}
		clock.Add(26 * time.Hour)
		both()
		if left, err := w.Store.Read().SamplesSince(t.Context(), time.Time{}); err != nil || len(left) != 2 {
			t.Errorf("%d samples, %v", len(left), err)
		}
	})
}

// Only operators read it.
func TestOnlyOperatorsSeeJobs(t *testing.T) {
	w := watching(t, testkit.SQLiteURL(t), testkit.NewClock(testkit.Start))
	if _, err := w.Jobs(t.Context(), gatehouse.Caller{Kind: gatehouse.SignedIn, Role: gatehouse.RoleAdmin}); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Error(err)
	}
	if _, err := w.Health(t.Context(), gatehouse.Caller{Kind: gatehouse.Visitor}); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Error(err)
	}
	if all, err := w.Jobs(t.Context(), boss); err != nil || len(all.Processes) != 1 || all.Processes[0].Host != "web" {
		t.Errorf("%+v, %v", all, err)
	}
}
