package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/directory"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
)

// An enrolment in Enhanced Security over thousands of users, with its process killed again and
// again at random moments: the next one finishes what was begun, the totals are correct, nobody
// is told twice and nobody is forgotten.
func TestAKilledEnrolmentIsFinished(t *testing.T) {
	for engine, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return sqliteURL(t) },
		"postgres": func(t *testing.T) string { return testkit.PostgresURL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel() // they wait for their processes most of the time
			users, kills := budget.Of(1500, 5000), budget.Of(5, 20)
			database := url(t)
			s := prepare(t, database)
			r := beginEnrolment(t, s, database, users)
			for kill := range kills {
				s.start()
				r.awaitProgress(kill)
				time.Sleep(rand.N(20 * time.Millisecond))
				must(t, s.cmd.Process.Kill())
				s.cmd.Wait() //nolint:errcheck // killed
			}
			if e := r.now(); e.State != gatehouse.RunRunning {
				t.Fatalf("the run is %s before the last kill: nothing was tried", e.State)
			}
			s.start()
			r.check(r.awaitEnd(), users)
		})
	}
}

// killedEnrolment is an enrolment in Enhanced Security, seen in the database.
type killedEnrolment struct {
	t     *testing.T
	store *store.Store
	of    gatehouse.Enrolment
	seen  string
}

// beginEnrolment fills a company and switches its two-factor on, while no server runs.
func beginEnrolment(t *testing.T, s *served, database string, users int) *killedEnrolment {
	ctx := t.Context()
	st, err := openStore(ctx, database)
	must(t, err)
	t.Cleanup(func() { st.Close() })
	sites, err := site.Open(s.dir+"/sites", site.LoadEnv{Scheme: "https"})
	must(t, err)
	keys, err := secret.LoadKeys(s.dir + "/keys")
	must(t, err)
	now := utc()
	firm := gatehouse.Company{SiteID: "meridian-uk", ID: store.NewID("com", now), Name: "Northgate", AccountNumber: "1", CreatedAt: now}
	must(t, st.Write(ctx, func(q store.Queries) error {
		if err := q.InsertCompany(ctx, firm); err != nil {
			return err
		}
		for i := range users {
			u := gatehouse.User{SiteID: firm.SiteID, ID: store.NewID("usr", now), CompanyID: firm.ID, Username: fmt.Sprintf("user%04d", i),
				FirstName: "Mira", Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: now}
			u.Email = u.Username + "@northgate.example"
			switch i % 50 {
			case 0:
				u.Role = gatehouse.RoleAdmin
			case 7:
				u.Email = ""
			case 9:
				u.State = gatehouse.Deactivated
			}
			if err := q.InsertUser(ctx, u); err != nil {
				return err
			}
		}
		return nil
	}))
	desk := directory.Service{Desk: &act.Desk{Store: st, Outbox: &mail.Outbox{Keys: keys, Now: utc}, Now: utc}}
	e, err := desk.SetTwoFactor(ctx, sites.ByID(firm.SiteID), gatehouse.Caller{Kind: gatehouse.Operator}, firm.ID, gatehouse.EmailCodes(true), "")
	must(t, err)
	return &killedEnrolment{t: t, store: st, of: e}
}

func (r *killedEnrolment) now() gatehouse.Enrolment {
	r.t.Helper()
	e, err := r.store.Read().Enrolment(context.Background(), r.of.SiteID, r.of.CompanyID, r.of.ID)
	must(r.t, err)
	return e
}

// awaitProgress waits until the process that was just started has done something.
func (r *killedEnrolment) awaitProgress(kill int) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if e := r.now(); e.After != r.seen {
			r.seen = e.After
			return
		}
	}
	r.t.Fatalf("no progress before kill %d: %+v", kill, r.now())
}

func (r *killedEnrolment) awaitEnd() gatehouse.Enrolment {
	r.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if e := r.now(); e.State != gatehouse.RunRunning {
			return e
		}
	}
	r.t.Fatalf("it does not end: %+v", r.now())
	return gatehouse.Enrolment{}
}

func (r *killedEnrolment) check(e gatehouse.Enrolment, users int) {
	r.t.Helper()
	want := gatehouse.RunCounts{Changed: users - 2*users/50, Skipped: 2 * users / 50, Told: users - 2*users/50}
	if e.State != gatehouse.RunDone || e.Total != users || e.Counts != want {
		r.t.Errorf("the run is %s with %+v of %d, want %+v", e.State, e.Counts, e.Total, want)
	}
	ctx, q, summaries := context.Background(), r.store.Read(), 0
	must(r.t, q.RunLines(ctx, e.Run, "", "", 0, func(l store.RunLine) error {
		all, err := r.store.Read().MessagesOfUser(ctx, e.SiteID, l.UserID, "", 10)
		notices := 0
		for _, m := range all {
			switch {
			case strings.HasPrefix(m.Kind, "two-factor"):
				notices++
			case m.Kind == "enrolment-summary":
				summaries++
			}
		}
		if want := map[bool]int{true: 1}[l.Outcome == gatehouse.OutcomeChanged]; notices != want || l.Outcome == "" {
			r.t.Errorf("%s is %q (%s) and has %d notices", l.Username, l.Outcome, l.Reason, notices)
		}
		return err
	}))
	if summaries != 1 {
		r.t.Errorf("%d summaries", summaries)
	}
}
