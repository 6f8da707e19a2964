package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/directory"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// The company that is switched, and the limits. The pace is for orientation: nobody waits
// for the end of an enrolment.
const (
	employees    = 100_000
	leastEnrols  = 3000 // a second
	mostMemory   = 120  // MiB
	mostOfEarly  = 1.3  // memory in the last fifth of an enrolment, as a multiple of that in the first
	enrolPatient = 30 * time.Minute
)

// enrolling is an enrolment in progress.
type enrolling struct {
	*bench
	st     *store.Store
	server *server
	all    *settlement
	run    gatehouse.Enrolment
	memory [5][]float64 // the server's memory in each fifth of the enrolment, in MiB
}

// measureEnrolment switches Enhanced Security on for a large company while the server
// runs, which enrols everybody and sends the notices.
func measureEnrolment(ctx context.Context, b *bench, db *database) error {
	return b.withStore(ctx, db, func(st *store.Store) error {
		all, err := b.settle(ctx, st, "Westgate Ltd", b.count(employees), employee, func(s *settlement) { s.users[0].Role = gatehouse.RoleAdmin })
		if err != nil {
			return err
		}
		return b.during(ctx, db, func(s *server) error {
			e := &enrolling{bench: b, st: st, server: s, all: all}
			return e.measure(ctx, db)
		})
	})
}

func employee(i int) string { return fmt.Sprintf("employee-%06d", i) }

func (e *enrolling) measure(ctx context.Context, db *database) error {
	before := processorTime(e.server)
	if err := e.begin(ctx); err != nil {
		return err
	}
	if err := e.follow(ctx); err != nil {
		return err
	}
	spent := processorTime(e.server).minus(before)
	got, err := e.check(ctx)
	if err != nil {
		return err
	}
	took, sent := e.run.EndedAt.Sub(e.run.StartedAt), got.last.Sub(e.run.StartedAt)
	name := fmt.Sprintf("enrolment of %d users, %s", e.run.Total, db.engine)
	first, last := median(e.memory[0]), median(e.memory[4])
	e.report.add(figure{Name: name, Value: float64(e.run.Total) / took.Seconds(), Unit: "/s", Limit: leastEnrols, Bound: atLeast,
		Disturbed: spent.others() > disturbing, Detail: fmt.Sprintf("%.0f s, and the last of %d mails %.0f s later", took.Seconds(), got.mails, (sent - took).Seconds())})
	e.report.add(figure{Name: name + ", memory", Value: memory(e.server.cmd.Process.Pid, "VmHWM"), Unit: "MiB", Limit: mostMemory, Bound: below})
	e.report.add(figure{Name: name + ", memory in the last fifth / in the first", Value: last / first, Limit: mostOfEarly, Bound: below,
		Detail: fmt.Sprintf("medians %.0f MiB and %.0f MiB", last, first)})
	return nil
}

// begin switches, as the administrator does.
func (e *enrolling) begin(ctx context.Context) (err error) {
	e.sink.empty()
	admin := e.all.users[0]
	desk := &directory.Service{Desk: &act.Desk{Store: e.st, Outbox: &mail.Outbox{Keys: e.keys, Now: time.Now}, Now: time.Now}}
	caller := gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: admin.SiteID, CompanyID: admin.CompanyID, UserID: admin.ID, Role: admin.Role}
	e.run, err = desk.SetTwoFactor(ctx, e.site, caller, admin.CompanyID, gatehouse.EmailCodes(true), "")
	return err
}

// follow waits for the end of the enrolment, and of its mails.
func (e *enrolling) follow(ctx context.Context) (err error) {
	deadline := time.Now().Add(enrolPatient)
	for e.run.EndedAt.IsZero() {
		pause(ctx, 50*time.Millisecond)
		if e.run, err = e.st.Read().Enrolment(ctx, e.run.SiteID, e.run.CompanyID, e.run.ID); err != nil {
			return err
		}
		fifth := min(4, 5*e.run.Counts.Done()/e.run.Total)
		e.memory[fifth] = append(e.memory[fifth], memory(e.server.cmd.Process.Pid, "VmRSS"))
		if time.Now().After(deadline) {
			return fmt.Errorf("the run has come to %d of %d users only", e.run.Counts.Done(), e.run.Total)
		}
	}
	return e.awaitMails(ctx, len(e.all.users)+1) // and the summary
}

// check fails unless everybody is enrolled and has one notice, and all counts add up.
func (e *enrolling) check(ctx context.Context) (taken, error) {
	pause(ctx, time.Second) // for mails that nobody should get
	got, n := e.sink.all(), len(e.all.users)
	if want := (gatehouse.RunCounts{Changed: n, Told: n}); e.run.State != gatehouse.RunDone || e.run.Total != n || e.run.Counts != want {
		return got, fmt.Errorf("the run is %s with %d users, %+v", e.run.State, e.run.Total, e.run.Counts)
	}
	outcomes, err := e.st.Read().RunOutcomes(ctx, e.run.Run)
	if err != nil {
		return got, err
	}
	if len(outcomes) != 1 || outcomes[0].Count != n {
		return got, fmt.Errorf("the users of the run came to %+v", outcomes)
	}
	notices, err := e.st.Read().RunNotices(ctx, e.run.Run)
	if err != nil {
		return got, err
	}
	if notices[store.MessageSent] != n {
		return got, fmt.Errorf("the notices are %v", notices)
	}
	return got, errors.Join(oneEach(got, e.all, e.all.users[0]))
}
