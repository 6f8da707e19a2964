package directory

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about Enhanced Security. Kind Conflict.
const (
	// ReasonUsersChanged: the confirmed preview is not what would happen now.
	ReasonUsersChanged = "people-changed"
	// ReasonAlreadySet: it is already set that way; somebody else may have switched it.
	ReasonAlreadySet = "switched"
	// ReasonChangedOften: everybody would be notified too often. Kind TooMany.
	ReasonChangedOften = "switch-often"
)

// The store's types for the outcome of one user in a run, and for the notice.
type (
	RunLine      = store.RunLine
	MessageState = store.MessageState
)

// SetTwoFactor sets what a company requires of its users, with immediate effect, and begins the run
// that notifies everybody (B02, B03). agreed is the fingerprint of the preview that the caller has
// seen; empty: none was required. It ends a run that is still going: its switch is flipped back.
//
// Errors: Conflict with ReasonUsersChanged or ReasonAlreadySet; TooMany with ReasonChangedOften;
// Forbidden, NotFound, Unavailable.
func (s *Service) SetTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, rule gatehouse.TwoFactorRule, agreed string) (gatehouse.Enrolment, error) {
	e, err := s.setTwoFactor(ctx, st, c, companyID, rule, agreed)
	if gatehouse.KindOf(err) != gatehouse.Conflict {
		return e, err
	}
	// The same form again, by a second click: the run that it began.
	r, none := s.Store.Read().Repeat(ctx, st.ID, c.Post)
	if none != nil || !r.Fresh(s.Now()) || r.UserID != c.UserID {
		return e, err
	}
	return s.Enrolment(ctx, st, c, companyID, r.Made)
}

func (s *Service) setTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, rule gatehouse.TwoFactorRule, agreed string) (e gatehouse.Enrolment, err error) {
	limit := store.Limit{Key: "switch:" + st.ID + ":" + companyID, Every: twoFactorEvery, Burst: twoFactorBurst}
	if err := s.mayTell(ctx, st, c, companyID, rule, limit); err != nil {
		return e, err
	}
	defer func() {
		if err != nil && c.Kind == gatehouse.SignedIn { // nobody was told
			err = errors.Join(err, s.Store.GiveBack(ctx, limit))
		}
	}()
	seen, err := s.look(ctx, st, c, companyID, rule, agreed)
	if err != nil {
		return e, err
	}
	now := s.Now()
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		firm, err := company(tx, tx.Queries, st, c, companyID)
		switch {
		case err != nil:
			return err
		case firm.Suspended(): // everybody would get a mail
			return refused(gatehouse.RefusedSuspended)
		}
		e = gatehouse.Enrolment{Enable: rule.On(), Factor: rule.Factor(), FactorBy: rule.By, Run: gatehouse.Run{Kind: gatehouse.RunEnrolment,
			ID: store.NewID("enr", now), SiteID: st.ID, CompanyID: firm.ID, State: gatehouse.RunRunning, StartedBy: c.UserID, StartedName: c.Name, StartedAt: now}}
		if err := s.signed(tx, &e.Run); err != nil {
			return err
		}
		if err := agree(tx, tx.Queries, firm, rule, agreed, seen); err != nil {
			return err
		}
		switched, err := tx.SetTwoFactor(tx, st.ID, firm.ID, rule, e.StartedAt)
		if err == nil && !switched {
			err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonAlreadySet}
		}
		if err == nil {
			err = s.replace(tx, firm)
		}
		if err == nil {
			e.Total, err = tx.BeginEnrolment(tx, e)
		}
		if err == nil && c.Kind == gatehouse.SignedIn {
			err = tx.InsertRepeat(tx, c.Post, gatehouse.Repeat{SiteID: st.ID, UserID: c.UserID, Made: e.ID, At: e.StartedAt})
		}
		if err != nil {
			return err
		}
		kind := gatehouse.EventTwoFactorEnabled
		if !rule.On() {
			kind = gatehouse.EventTwoFactorDisabled
		}
		return tx.Record(gatehouse.User{CompanyID: firm.ID}, kind, gatehouse.ResultOK, ruleDetail(e, firm.Rule()))
	})
	return e, err
}

// ruleDetail is what the event log keeps of a change: what is required now, and what was before.
func ruleDetail(e gatehouse.Enrolment, was gatehouse.TwoFactorRule) map[string]string {
	d := map[string]string{"enrolment": e.ID, "require": string(e.Rule().Require), "before": string(was.Require)}
	if !e.FactorBy.IsZero() {
		d["by"] = e.FactorBy.UTC().Format(time.RFC3339)
	}
	return d
}

// An administrator may switch six times at once, then every half hour: each time everybody in the
// company gets a mail.
const (
	twoFactorEvery = 30 * time.Minute
	twoFactorBurst = 6
)

// mayTell takes a switch from the limit, unless it would change nothing.
func (s *Service) mayTell(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, rule gatehouse.TwoFactorRule, limit store.Limit) error {
	firm, err := company(ctx, s.Store.Read(), st, c, companyID)
	if err == nil && firm.Rule() == rule {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonAlreadySet}
	}
	if err == nil {
		err = s.spare(ctx, c, ReasonChangedOften, limit)
	}
	return err
}

// signed writes into a run who switches, with the account as it is now: somebody who has just lost
// the role can no longer switch.
func (s *Service) signed(tx *act.Unit, e *gatehouse.Run) error {
	if tx.Caller.Kind != gatehouse.SignedIn {
		return nil
	}
	u, err := tx.HoldUser(tx, tx.Site.ID, tx.Caller.UserID)
	if err != nil {
		return err
	}
	if u.Role != gatehouse.RoleAdmin || u.CompanyID != e.CompanyID || !u.MaySignIn() {
		return errForbidden
	}
	e.StartedName = u.DisplayName()
	return nil
}

// look compares a switch with what its administrator has seen, before the transaction: looking at
// 100,000 users takes seconds, during which nobody else could write to SQLite. It returns the mark
// that the users had before it looked.
func (s *Service) look(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, rule gatehouse.TwoFactorRule, agreed string) (store.UsersMark, error) {
	if agreed == "" {
		return store.UsersMark{}, nil
	}
	q := s.Store.Read()
	firm, err := company(ctx, q, st, c, companyID)
	if err != nil {
		return store.UsersMark{}, err
	}
	mark, err := q.UsersMark(ctx, st.ID, firm.ID)
	if err != nil {
		return mark, err
	}
	return mark, compare(ctx, q, firm, rule, agreed)
}

// agree is look in the transaction. Users with the mark that look saw need no second look; if
// somebody has changed since, only a second one is right.
func agree(ctx context.Context, q store.Queries, firm gatehouse.Company, rule gatehouse.TwoFactorRule, agreed string, seen store.UsersMark) error {
	if agreed == "" {
		return nil
	}
	mark, err := q.UsersMark(ctx, firm.SiteID, firm.ID)
	if err != nil || mark == seen {
		return err
	}
	return compare(ctx, q, firm, rule, agreed)
}

// compare looks at all users, and compares what would happen to them with what was agreed.
func compare(ctx context.Context, q store.Queries, firm gatehouse.Company, rule gatehouse.TwoFactorRule, agreed string) error {
	if firm.Rule() == rule { // that it is already set is the better error
		return nil
	}
	p, err := previews(ctx, q, firm, rule)
	if err == nil && subtle.ConstantTimeCompare([]byte(p[0].Fingerprint), []byte(agreed)) == 0 {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonUsersChanged}
	}
	return err
}

// replace ends the running run, and sends its summary.
func (s *Service) replace(tx *act.Unit, firm gatehouse.Company) error {
	old, err := tx.ReplaceEnrolment(tx, tx.Site.ID, firm.ID, tx.Now())
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.summarise(tx, firm, old)
}

// summarise sends the administrator the results of a run, and the platform's security address the
// failures (B04).
func (s *Service) summarise(tx *act.Unit, firm gatehouse.Company, e gatehouse.Enrolment) error {
	reasons, err := tx.RunOutcomes(tx, e.Run)
	if err != nil {
		return err
	}
	slices.SortFunc(reasons, inOrder)
	facts := mail.Enrolment{Enrolment: e, Company: firm.Name, AccountNumber: firm.AccountNumber, Reasons: reasons, NotAlerted: s.SecurityAddress == ""}
	to, err := s.summaryReader(tx, tx.Queries, tx.Site, e)
	if err != nil {
		return err
	}
	if to.ID != "" {
		err = s.report(tx, mail.To(tx.Site, to), mail.EnrolmentSummary{Enrolment: facts})
	}
	if err == nil && e.Counts.Failed > 0 && s.SecurityAddress != "" {
		err = s.report(tx, mail.Recipient{CompanyID: firm.ID, Email: s.SecurityAddress, Lang: tx.Site.Language("", "")},
			mail.EnrolmentFailures{Enrolment: facts})
	}
	return err
}

// report queues a mail about a run. If it cannot be written, that is logged, and does not keep the
// run from ending.
func (s *Service) report(tx *act.Unit, to mail.Recipient, msg mail.Message) error {
	m, err := s.Outbox.For(tx).Write(tx.Site, to, msg)
	if err != nil {
		s.log().ErrorContext(tx, "enrolment: a mail cannot be written", "kind", msg.Kind(), "error", err)
		return nil
	}
	return tx.Post(m)
}

// summaryReader returns who gets a run's summary: the user who began it, if still an administrator
// of the company, else another one. A zero User: nobody can be reached.
func (s *Service) summaryReader(ctx context.Context, q store.Queries, st *site.Site, e gatehouse.Enrolment) (gatehouse.User, error) {
	var first gatehouse.User
	done := errors.New("found")
	err := q.AllAdministrators(ctx, st.ID, e.CompanyID, func(u gatehouse.User) error {
		if u.State != gatehouse.Active || !reachable(u) {
			return nil
		}
		if u.ID == e.StartedBy {
			first = u
			return done
		}
		if first.ID == "" {
			first = u
		}
		return nil
	})
	if errors.Is(err, done) {
		err = nil
	}
	return first, err
}

// Enrolments returns the runs of a company, newest first.
func (s *Service) Enrolments(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, before string, limit int) ([]gatehouse.Enrolment, error) {
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return nil, err
	}
	return s.Store.Read().Enrolments(ctx, st.ID, companyID, before, clamp(limit))
}

// Enrolment returns a run of a company.
func (s *Service) Enrolment(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) (gatehouse.Enrolment, error) {
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return gatehouse.Enrolment{}, err
	}
	return s.Store.Read().Enrolment(ctx, st.ID, companyID, id)
}

// Results are the detailed results of a run.
type Results struct {
	gatehouse.Enrolment
	Reasons []gatehouse.OutcomeCount
	// Notices are how many notices there are, by their state.
	Notices map[MessageState]int
	// SetUp is how many of the changed users have set up what they must since.
	SetUp int
}

// Results returns the results of a company's run.
func (s *Service) Results(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) (r Results, err error) {
	if r.Enrolment, err = s.Enrolment(ctx, st, c, companyID, id); err != nil {
		return r, err
	}
	if r.Reasons, err = s.Store.Read().RunOutcomes(ctx, r.Run); err != nil {
		return r, err
	}
	slices.SortFunc(r.Reasons, inOrder)
	if r.Notices, err = s.Store.Read().RunNotices(ctx, r.Run); err != nil || r.Factor == "" {
		return r, err
	}
	r.SetUp, err = s.Store.Read().EnrolmentSetUp(ctx, r.Enrolment)
	return r, err
}

// EnrolmentLines calls fn for the users of a run in the order of their usernames: those after the
// given key, with the given outcome (empty: all), limit at most (0: all).
func (s *Service) EnrolmentLines(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string,
	outcome gatehouse.Outcome, after string, limit int, fn func(RunLine) error) error {
	e, err := s.Enrolment(ctx, st, c, companyID, id)
	if err != nil {
		return err
	}
	return s.Store.Read().RunLines(ctx, e.Run, outcome, after, limit, fn)
}
