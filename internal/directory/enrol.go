package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// enrolBatch is how many users one transaction processes: while it is written, nobody else
	// writes to SQLite.
	enrolBatch = 100
	// enrolLease is how long an enrolment waits for a process that died. A batch that takes longer
	// is at worst done twice, and written once.
	enrolLease = time.Second
)

// Enrol does one batch of a waiting enrolment. It reports whether there may be more to do at once.
// Any number of processes may call it, and be killed at any moment: a user's outcome, the notice
// and the progress of the enrolment are written in one transaction, which fails if the enrolment
// is not where it was.
func (s *Service) Enrol(ctx context.Context, sites func(id string) *site.Site) (more bool, err error) {
	return s.EnrolWhile(ctx, sites, func() bool { return false })
}

// EnrolWhile is Enrol, but keeps the enrolment for several batches while goOn says so: claiming it
// for each would double the transactions.
func (s *Service) EnrolWhile(ctx context.Context, sites func(id string) *site.Site, goOn func() bool) (more bool, err error) {
	now := s.Now()
	if due, err := s.Store.Read().EnrolmentDue(ctx, now); err != nil || !due {
		return false, err
	}
	var e gatehouse.Enrolment
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		e, err = q.ClaimEnrolment(ctx, store.Claim{Lease: rand.Text(), Now: now, Until: now.Add(enrolLease)})
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	st := sites(e.SiteID)
	if st == nil { // another process may have it
		return false, fmt.Errorf("run %s: the site %q is not configured here", e.ID, e.SiteID)
	}
	r := &enrolling{s: s, st: st, Enrolment: e, notices: s.Outbox.Series()}
	for on := true; on; {
		on = goOn()
		over, err := r.batch(ctx, on)
		if over || errors.Is(err, errOvertaken) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("run %s: %w", e.ID, err)
		}
	}
	return true, nil
}

// errOvertaken: another process has done the batch, or the enrolment was ended meanwhile.
var errOvertaken = errors.New("the run has gone on without this process")

// enrolling is an enrolment that this process is working on.
type enrolling struct {
	gatehouse.Enrolment
	s       *Service
	st      *site.Site
	notices *mail.Series
}

// batch is what to write for some users of an enrolment.
type batch struct {
	*enrolling
	firm gatehouse.Company
	by   gatehouse.User
	// keep is how long to keep the enrolment from others afterwards.
	keep time.Duration
	// users are the accounts as they were when their notices were written.
	users map[string]gatehouse.User
	done  []enrolled
}

// enrolled is the outcome of a user, with the notice if there is one.
type enrolled struct {
	store.EnrolmentUser
	notice *store.Message
}

// batch does the next batch, or ends the enrolment if there is none. on: this process continues
// with it afterwards.
func (r *enrolling) batch(ctx context.Context, on bool) (over bool, err error) {
	q := r.s.Store.Read()
	next, err := q.NextOfEnrolment(ctx, r.Enrolment, enrolBatch)
	if err != nil {
		return false, err
	}
	b := &batch{enrolling: r}
	if on {
		b.keep = enrolLease
	}
	if b.firm, err = q.Company(ctx, r.st.ID, r.CompanyID); err != nil {
		return false, err
	}
	if len(next) == 0 {
		return true, r.s.endEnrolment(ctx, b)
	}
	if b.by, err = r.s.starter(ctx, q, r.Enrolment); err != nil {
		return false, err
	}
	if b.users, err = q.UsersOfBatch(ctx, r.Enrolment, enrolBatch); err != nil {
		return false, err
	}
	// Notices are written before the transaction, because others wait for it.
	b.done = make([]enrolled, len(next))
	b.each(func(i int) { b.done[i] = b.enrol(ctx, next[i], b.users) })
	if err := r.s.Do(ctx, r.st, itself(r.st), func(tx *act.Unit) error { return b.write(tx) }); err != nil {
		return false, err
	}
	r.After = next[len(next)-1].Key
	return false, nil
}

// each does something for every user of the batch, on all processors: writing a notice takes
// longer than everything else in an enrolment.
func (b *batch) each(do func(i int)) {
	var all sync.WaitGroup
	share := (len(b.done) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for from := 0; from < len(b.done); from += share {
		all.Go(func() {
			for i := from; i < min(from+share, len(b.done)); i++ {
				do(i)
			}
		})
	}
	all.Wait()
}

// itself is the server, which continues an enrolment.
func itself(st *site.Site) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID}
}

// starter returns the account of the user who began an enrolment, with what the company may be
// told about it; zero if it no longer exists or there was none.
func (s *Service) starter(ctx context.Context, q store.Queries, e gatehouse.Enrolment) (gatehouse.User, error) {
	if e.StartedBy == "" {
		return gatehouse.User{}, nil
	}
	u, err := q.User(ctx, e.SiteID, e.StartedBy)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && u.CompanyID != e.CompanyID {
		return gatehouse.User{}, nil
	}
	return u, err
}

// enrol decides the outcome of a user.
func (b *batch) enrol(ctx context.Context, of store.EnrolmentUser, users map[string]gatehouse.User) enrolled {
	of.At, of.MessageID = b.s.Now(), ""
	u, there := users[of.UserID]
	switch {
	case !there:
		of.Outcome, of.Reason = gatehouse.OutcomeSkipped, gatehouse.ReasonGone
		return enrolled{of, nil}
	case u.CompanyID != b.CompanyID:
		of.Outcome, of.Reason = gatehouse.OutcomeSkipped, gatehouse.ReasonMoved
		return enrolled{of, nil}
	}
	can := reachable(u)
	of.Outcome, of.Reason = gatehouse.Enrol(b.Rule().Require, u, can)
	if !gatehouse.Notified(u, can) {
		return enrolled{of, nil}
	}
	m, err := b.notices.Write(b.st, mail.To(b.st, u), u.Username, func(username string) mail.Message {
		return b.s.enrolmentNotice(b.st, b.Enrolment, b.firm, b.by, username, keeps(b.Enrolment, u))
	})
	if err != nil {
		b.s.log().ErrorContext(ctx, "enrolment: a notice cannot be written", "run", b.ID, "user", u.ID, "error", err)
		of.Outcome, of.Reason = gatehouse.OutcomeFailed, gatehouse.ReasonError
		return enrolled{of, nil}
	}
	of.MessageID = m.ID
	return enrolled{of, &m}
}

// keeps reports whether nothing changes for a user: their own choice stays, or they already have
// what is required.
func keeps(e gatehouse.Enrolment, u gatehouse.User) bool {
	if e.Factor != "" {
		return e.Factor.MetBy(u)
	}
	return u.WantsTwoFactor()
}

// enrolmentNotice is the notice to a user about an enrolment (B03).
func (s *Service) enrolmentNotice(st *site.Site, e gatehouse.Enrolment, firm gatehouse.Company, by gatehouse.User, username string, own bool) mail.Message {
	facts := mail.TwoFactorNotice{Username: username, Company: firm.Name, By: e.StartedName, At: e.StartedAt, Own: own,
		Factor: e.Factor, FactorBy: e.FactorBy, CodeMinutes: int(st.Policy.Code.Minutes()), TrustDays: int(st.Policy.TrustedDevice.Hours() / 24)}
	if reachable(by) && by.State == gatehouse.Active {
		facts.ByEmail = by.Email
	}
	if e.StartedBy == "" { // support did it
		facts.By = ""
	}
	switch {
	case e.Factor != "":
		return mail.FactorRequired{TwoFactorNotice: facts}
	case e.Enable:
		return mail.TwoFactorEnabled{TwoFactorNotice: facts}
	}
	return mail.TwoFactorDisabled{TwoFactorNotice: facts}
}

// write writes a batch, unless the enrolment has moved meanwhile. Users who have changed since the
// notice was written are decided again.
func (b *batch) write(tx *act.Unit) error {
	var n gatehouse.EnrolmentCounts
	users, err := tx.UsersOfBatch(tx, b.Enrolment, enrolBatch)
	if err != nil {
		return err
	}
	outcomes, notices := make([]store.EnrolmentUser, len(b.done)), make([]store.Message, 0, len(b.done))
	for i, e := range b.done {
		if users[e.UserID] != b.users[e.UserID] {
			e = b.enrol(tx, e.EnrolmentUser, users)
			b.done[i] = e
		}
		n.Add(e.Outcome, e.notice != nil)
		if outcomes[i] = e.EnrolmentUser; e.notice != nil {
			notices = append(notices, *e.notice)
		}
	}
	b.users = users
	last := b.done[len(b.done)-1].Key
	still, err := tx.AdvanceEnrolment(tx, b.Enrolment, last, n, b.s.Now().Add(b.keep))
	if err == nil && !still {
		err = errOvertaken
	}
	if err == nil {
		err = tx.Post(notices...)
	}
	if err == nil {
		err = tx.FinishEnrolmentUsers(tx, b.Enrolment, outcomes)
	}
	return err
}

// endEnrolment ends an enrolment that has reached all users, with its summary.
func (s *Service) endEnrolment(ctx context.Context, b *batch) error {
	return s.Do(ctx, b.st, itself(b.st), func(tx *act.Unit) error {
		now := tx.Now()
		ended, err := tx.EndEnrolment(tx, b.Enrolment, now)
		if err == nil && !ended {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
		e, err := tx.Enrolment(tx, b.SiteID, b.CompanyID, b.ID) // with the counts of all batches
		if err != nil {
			return err
		}
		return s.summarise(tx, b.firm, e)
	})
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}
