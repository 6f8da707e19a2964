package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// enrolling is an enrolment that this process is working on.
type enrolling struct {
	gatehouse.Enrolment
	s       *Service
	st      *site.Site
	notices *mail.Series
	firm    gatehouse.Company
	by      gatehouse.User
	// users are the accounts of the batch as they were when their notices were written.
	users map[string]gatehouse.User
	done  []enrolled
}

// enrolled is the outcome of a user, with the notice if there is one.
type enrolled struct {
	store.RunUser
	notice *store.Message
}

func (s *Service) beginEnrolment(ctx context.Context, st *site.Site, r gatehouse.Run) (task, error) {
	q := s.Store.Read()
	e := &enrolling{s: s, st: st, notices: s.Outbox.Series()}
	var err error
	if e.Enrolment, err = q.Enrolment(ctx, r.SiteID, r.CompanyID, r.ID); err != nil {
		return nil, err
	}
	if e.firm, err = q.Company(ctx, st.ID, r.CompanyID); err != nil {
		return nil, err
	}
	e.by, err = s.starter(ctx, q, r)
	return e, err
}

func (e *enrolling) caller() gatehouse.Caller { return itself(e.st) }

// starter returns the account of the user who began a run, with what the company may be
// told about it; zero if it no longer exists or there was none.
func (s *Service) starter(ctx context.Context, q store.Queries, r gatehouse.Run) (gatehouse.User, error) {
	if r.StartedBy == "" {
		return gatehouse.User{}, nil
	}
	u, err := q.User(ctx, r.SiteID, r.StartedBy)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && u.CompanyID != r.CompanyID {
		return gatehouse.User{}, nil
	}
	return u, err
}

// prepare decides the outcomes and writes the notices, on all processors: writing a notice takes
// longer than everything else in an enrolment.
func (e *enrolling) prepare(ctx context.Context, next []store.RunUser, users map[string]gatehouse.User) error {
	e.users, e.done = users, make([]enrolled, len(next))
	onAllProcessors(len(next), func(i int) { e.done[i] = e.enrol(ctx, next[i], users) })
	return nil
}

// enrol decides the outcome of a user.
func (e *enrolling) enrol(ctx context.Context, of store.RunUser, users map[string]gatehouse.User) enrolled {
	of.At, of.MessageID = e.s.Now(), ""
	u, there := users[of.UserID]
	switch {
	case !there:
		of.Outcome, of.Reason = gatehouse.OutcomeSkipped, gatehouse.ReasonGone
		return enrolled{of, nil}
	case u.CompanyID != e.CompanyID:
		of.Outcome, of.Reason = gatehouse.OutcomeSkipped, gatehouse.ReasonMoved
		return enrolled{of, nil}
	}
	can := reachable(u)
	of.Outcome, of.Reason = gatehouse.Enrol(e.Rule().Require, u, can)
	if !gatehouse.Notified(u, can) {
		return enrolled{of, nil}
	}
	m, err := e.notices.Write(e.st, mail.To(e.st, u), u.Username, func(username string) mail.Message {
		return e.s.enrolmentNotice(e.st, e.Enrolment, e.firm, e.by, username, keeps(e.Enrolment, u))
	})
	if err != nil {
		e.s.log().ErrorContext(ctx, "enrolment: a notice cannot be written", "run", e.ID, "user", u.ID, "error", err)
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
		Factor: e.Factor, FactorBy: e.FactorBy, CodeMinutes: int(st.Policy.Code.Minutes()), TrustDays: int(st.Policy.For(firm.Policy).TrustedDevice.Hours() / 24)}
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

// write posts the notices of a batch. Users who have changed since theirs was written are decided
// again.
func (e *enrolling) write(tx *act.Unit, users map[string]gatehouse.User) (outcomes []store.RunUser, n gatehouse.RunCounts, err error) {
	outcomes = make([]store.RunUser, len(e.done))
	notices := make([]store.Message, 0, len(e.done))
	for i, of := range e.done {
		if users[of.UserID] != e.users[of.UserID] {
			of = e.enrol(tx, of.RunUser, users)
			e.done[i] = of
		}
		n.Add(of.Outcome, of.notice != nil)
		if outcomes[i] = of.RunUser; of.notice != nil {
			notices = append(notices, *of.notice)
		}
	}
	e.users = users
	return outcomes, n, tx.Post(notices...)
}

// end sends the summary.
func (e *enrolling) end(tx *act.Unit) error {
	all, err := tx.Enrolment(tx, e.SiteID, e.CompanyID, e.ID) // with the counts of all batches
	if err != nil {
		return err
	}
	return e.s.summarise(tx, e.firm, all)
}
