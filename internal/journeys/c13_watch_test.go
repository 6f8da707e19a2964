package journeys

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/mail"
	"gatehouse/internal/testkit"
	"gatehouse/internal/watch"
)

// twoProcesses are two servers on one database, with one clock and one key file.
func twoProcesses(t *testing.T, at string, more func(*assembly.Options)) (one, other *testkit.Server) {
	t.Helper()
	with := func(host string, and func(*assembly.Options)) testkit.ServerOption {
		return testkit.With(func(o *assembly.Options) {
			o.Self = watch.Process{Host: host, PID: 4711, Version: "1.2.3"}
			if and(o); more != nil {
				more(o)
			}
		})
	}
	var relay mail.SMTP // each may send what the other has written
	one = testkit.NewServer(t, at, with("web-one", func(o *assembly.Options) { relay = o.SMTP }))
	other = testkit.NewServer(t, at, with("web-two", func(o *assembly.Options) { o.Keys, o.Now, o.SMTP = one.Keys, one.Clock.Now, relay }))
	return one, other
}

// jobRow is the row of a job on the page of jobs, in words.
func jobRow(t *testing.T, c *testkit.Client, title string) string {
	t.Helper()
	for _, row := range c.Get("/operator/jobs").Want(200).Texts("section[aria-labelledby=jobs] tbody tr") {
		if strings.HasPrefix(row, title) {
			return row
		}
	}
	t.Fatalf("no job %s", title)
	return ""
}

// Support sees what every process does in the background: that it ran, where, what it changed, its last
// error, also that of another process, and that a job which works again is no longer failing.
func TestC13_JobsAndTheirLastResults(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, at string) {
		one, other := twoProcesses(t, at, nil)
		_, c, _ := operatorWithApp(t, one, "tbello", gatehouse.RoleSupport)
		row := ""
		for range 50 { // it runs every half second
			if row = jobRow(t, c, "Imports"); strings.Contains(row, "web-one") {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if !contains(row, "Well", "Carries out the imports", "Today, 12:00", "web-one:4711", "Interval") {
			t.Errorf("a job that ran: %s", row)
		}
		if row := jobRow(t, c, "Expiry"); !contains(row, "Not yet", "12:05") {
			t.Errorf("a job that has not run: %s", row)
		}
		if p := c.Get("/operator/jobs"); p.Has("web-two") {
			t.Error("the other process has written nothing yet")
		}
		other.Watch.Book.Begun("reports")
		other.Watch.Book.Ended("reports", 214, nil)
		note(t, other)
		if row := jobRow(t, c, "Monthly reports"); !contains(row, "214 records changed", "web-two:4711", "Well") {
			t.Errorf("on another process: %s", row)
		}
		one.Clock.Add(time.Second)
		other.Watch.Book.Begun("reports")
		other.Watch.Book.Ended("reports", 0, errors.New("the disk is full\nand a stack"))
		note(t, other) // at once, although it has just written
		p := c.Get("/operator/jobs").Want(200)
		if rows := p.Texts("section[aria-labelledby=jobs] tbody tr"); !contains(rows[0], "Monthly reports", "Failing", "the disk is full", "214 records changed") || strings.Contains(rows[0], "a stack") {
			t.Errorf("failing: %s", rows[0])
		}
		other.Watch.Book.Begun("reports")
		other.Watch.Book.Ended("reports", 0, nil)
		note(t, other)
		if row := jobRow(t, c, "Monthly reports"); !contains(row, "Well", "the disk is full") {
			t.Errorf("works again: %s", row)
		}
		one.Clock.Add(12 * time.Minute) // longer than a process may be silent, as this one is now
		if p := c.Get("/operator/jobs"); p.Has("web-two") {
			t.Error("a process that is gone is still there")
		}
	})
}

// Health is one page: the processes, how the database is, and charts of the day, each with its numbers in
// a table: sign-ins as they happened, and what the processes wrote down.
func TestC13_HealthOfTheLastDay(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, at string) {
		one, other := twoProcesses(t, at, nil)
		one.AddUser("meridian-uk", "msantos", password, nil)
		signIn(visitor(t, one, "meridian-uk"), "msantos", password)
		signIn(visitor(t, one, "meridian-uk"), "msantos", "wrong")
		_, c, _ := operatorWithApp(t, one, "tbello", gatehouse.RoleSupport)
		note(t, one)
		note(t, other)
		p := c.Get("/operator/health").Want(200)
		if rows := p.Texts("section[aria-labelledby=processes] tbody tr"); len(rows) != 2 || !contains(rows[0], "web-one:4711", "1.2.3", "Today, 12:00") || !contains(rows[1], "web-two:4711") {
			t.Errorf("processes: %q", rows)
		}
		chart := func(id string) []string {
			rows := p.Texts("#box-" + id + " tbody tr")
			if len(rows) != 24 || p.Find("#box-"+id+" svg[role=img][aria-label]").Length() != 1 {
				t.Fatalf("%s: %q", id, rows)
			}
			return p.Texts("#box-" + id + " tbody tr:last-child > *")
		}
		if last := chart("chart-sign_ins"); strings.Join(last, " ") != "12:00 1 0 1" {
			t.Errorf("sign-ins: %q", last)
		}
		if answers := chart("chart-answers"); answers[0] != "12:00" || len(answers[1]) < 2 || answers[2] != "0" {
			t.Errorf("answers: %q", answers)
		}
		if memory := chart("chart-memory"); memory[1] == "–" || memory[1] == "0" {
			t.Errorf("memory: %q", memory)
		}
		if !contains(p.Text("main"), "Ready to serve", "Yes", "on disk") {
			t.Errorf("now: %s", p.Text("main"))
		}
		one.Clock.Add(6 * time.Minute)
		note(t, one)
		one.Clock.Add(6 * time.Minute)
		if rows := c.Get("/operator/health").Texts("section[aria-labelledby=processes] tbody tr"); len(rows) != 2 || !contains(rows[1], "Silent", "Today, 12:00") {
			t.Errorf("a silent process: %q", rows)
		}
	})
}

func note(t *testing.T, s *testkit.Server) {
	t.Helper()
	if err := s.Watch.Note(t.Context()); err != nil {
		t.Fatal(err)
	}
}
