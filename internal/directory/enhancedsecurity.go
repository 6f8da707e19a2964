package directory

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// Preview is what switching Enhanced Security would do now (B01).
type Preview struct {
	Company gatehouse.Company
	Enable  bool
	// Total and Counts are those that the run would end with.
	Total  int
	Counts gatehouse.EnrolmentCounts
	// Reasons are how many there would be of each outcome and reason.
	Reasons []gatehouse.OutcomeCount
	// Groups are how many users are in each group; one may be in several.
	Groups map[gatehouse.UserGroup]int
	// Stranded is how many could no longer sign in until they get an address that mail reaches,
	// and StrandedNames the first of their names.
	Stranded      int
	StrandedNames []string
	// Fingerprint changes with everything that the preview says about any user.
	Fingerprint string
}

// mostStranded is how many are named: the list of the users has all of them.
const mostStranded = 10

// The store's types for the outcome of one user in a run, and for the notice.
type (
	EnrolmentLine = store.EnrolmentLine
	MessageState  = store.MessageState
)

// PreviewTwoFactor computes what switching a company's Enhanced Security would do, for the users
// as they are now.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) PreviewTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, enable bool) (Preview, error) {
	firm, err := company(ctx, s.Store.Read(), st, c, companyID)
	if err != nil {
		return Preview{}, err
	}
	return preview(ctx, s.Store.Read(), firm, enable)
}

func preview(ctx context.Context, q store.Queries, firm gatehouse.Company, enable bool) (Preview, error) {
	p := Preview{Company: firm, Enable: enable, Groups: map[gatehouse.UserGroup]int{}}
	reasons, sum := map[gatehouse.OutcomeCount]int{}, sha256.New()
	fmt.Fprintln(sum, firm.TwoFactor, enable)
	err := q.AllUsers(ctx, firm.SiteID, firm.ID, func(u gatehouse.User) error {
		can := reachable(u)
		outcome, reason := gatehouse.Enrol(enable, u, can)
		groups := gatehouse.GroupsOf(u, can)
		p.Total++
		p.Counts.Add(outcome, gatehouse.Notified(u, can))
		reasons[gatehouse.OutcomeCount{Outcome: outcome, Reason: reason}]++
		p.strand(u, outcome, reason)
		for _, g := range groups {
			p.Groups[g]++
		}
		fmt.Fprintln(sum, u.ID, outcome, reason, groups)
		return nil
	})
	p.Reasons, p.Fingerprint = counted(reasons), hex.EncodeToString(sum.Sum(nil))
	return p, err
}

// strand counts a user whom no code could reach.
func (p *Preview) strand(u gatehouse.User, o gatehouse.Outcome, why gatehouse.OutcomeReason) {
	if o != gatehouse.OutcomeFailed && (o != gatehouse.OutcomeSkipped || why != gatehouse.ReasonNoEmail) {
		return
	}
	if p.Stranded++; p.Stranded <= mostStranded {
		p.StrandedNames = append(p.StrandedNames, u.DisplayName())
	}
}

// counted lists counts in display order.
func counted(n map[gatehouse.OutcomeCount]int) []gatehouse.OutcomeCount {
	all := make([]gatehouse.OutcomeCount, 0, len(n))
	for of, count := range n {
		of.Count = count
		all = append(all, of)
	}
	slices.SortFunc(all, inOrder)
	return all
}

func inOrder(a, b gatehouse.OutcomeCount) int {
	byOutcome := slices.Index(gatehouse.Outcomes, a.Outcome) - slices.Index(gatehouse.Outcomes, b.Outcome)
	if byOutcome != 0 {
		return byOutcome
	}
	return strings.Compare(string(a.Reason), string(b.Reason))
}

// SetTwoFactor switches a company's Enhanced Security with immediate effect, and begins the run
// that notifies everybody (B02, B03). agreed is the fingerprint of the preview that the caller has
// seen; empty: none was required. It ends a run that is still going: its switch is flipped back.
//
// Errors: Conflict with ReasonUsersChanged or ReasonAlreadySet; TooMany with ReasonChangedOften;
// Forbidden, NotFound, Unavailable.
func (s *Service) SetTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, enable bool, agreed string) (gatehouse.Enrolment, error) {
	e, err := s.setTwoFactor(ctx, st, c, companyID, enable, agreed)
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

func (s *Service) setTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, enable bool, agreed string) (e gatehouse.Enrolment, err error) {
	limit := store.Limit{Key: "switch:" + st.ID + ":" + companyID, Every: twoFactorEvery, Burst: twoFactorBurst}
	if err := s.mayTell(ctx, st, c, companyID, enable, limit); err != nil {
		return e, err
	}
	defer func() {
		if err != nil && c.Kind == gatehouse.SignedIn { // nobody was told
			err = errors.Join(err, s.Store.GiveBack(ctx, limit))
		}
	}()
	seen, err := s.look(ctx, st, c, companyID, enable, agreed)
	if err != nil {
		return e, err
	}
	now := s.Now()
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		firm, err := company(tx, tx.Queries, st, c, companyID)
		if err != nil {
			return err
		}
		e = gatehouse.Enrolment{ID: store.NewID("enr", now), SiteID: st.ID, CompanyID: firm.ID, Enable: enable,
			State: gatehouse.EnrolmentRunning, StartedBy: c.UserID, StartedName: c.Name, StartedAt: now}
		if err := s.signed(tx, &e); err != nil {
			return err
		}
		if err := agree(tx, tx.Queries, firm, enable, agreed, seen); err != nil {
			return err
		}
		switched, err := tx.SetTwoFactor(tx, st.ID, firm.ID, enable, e.StartedAt)
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
		if !enable {
			kind = gatehouse.EventTwoFactorDisabled
		}
		return tx.Record(gatehouse.User{CompanyID: firm.ID}, kind, gatehouse.ResultOK, map[string]string{"enrolment": e.ID})
	})
	return e, err
}

// An administrator may switch six times at once, then every half hour: each time everybody in the
// company gets a mail.
const (
	twoFactorEvery = 30 * time.Minute
	twoFactorBurst = 6
)

// mayTell takes a switch from the limit, unless it would change nothing.
func (s *Service) mayTell(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, enable bool, limit store.Limit) error {
	firm, err := company(ctx, s.Store.Read(), st, c, companyID)
	if err == nil && firm.TwoFactor == enable {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonAlreadySet}
	}
	if err == nil {
		err = s.spare(ctx, c, ReasonChangedOften, limit)
	}
	return err
}

// signed writes into a run who switches, with the account as it is now: somebody who has just lost
// the role can no longer switch.
func (s *Service) signed(tx *act.Unit, e *gatehouse.Enrolment) error {
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
func (s *Service) look(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, enable bool, agreed string) (store.UsersMark, error) {
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
	return mark, compare(ctx, q, firm, enable, agreed)
}

// agree is look in the transaction. Users with the mark that look saw need no second look; if
// somebody has changed since, only a second one is right.
func agree(ctx context.Context, q store.Queries, firm gatehouse.Company, enable bool, agreed string, seen store.UsersMark) error {
	if agreed == "" {
		return nil
	}
	mark, err := q.UsersMark(ctx, firm.SiteID, firm.ID)
	if err != nil || mark == seen {
		return err
	}
	return compare(ctx, q, firm, enable, agreed)
}

// compare looks at all users, and compares what would happen to them with what was agreed.
func compare(ctx context.Context, q store.Queries, firm gatehouse.Company, enable bool, agreed string) error {
	if firm.TwoFactor == enable { // that it is already set is the better error
		return nil
	}
	p, err := preview(ctx, q, firm, enable)
	if err == nil && subtle.ConstantTimeCompare([]byte(p.Fingerprint), []byte(agreed)) == 0 {
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
	reasons, err := tx.EnrolmentOutcomes(tx, e)
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
	m, err := s.Outbox.Write(tx.Site, to, msg)
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
}

// Results returns the results of a company's run.
func (s *Service) Results(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) (r Results, err error) {
	if r.Enrolment, err = s.Enrolment(ctx, st, c, companyID, id); err != nil {
		return r, err
	}
	if r.Reasons, err = s.Store.Read().EnrolmentOutcomes(ctx, r.Enrolment); err != nil {
		return r, err
	}
	slices.SortFunc(r.Reasons, inOrder)
	r.Notices, err = s.Store.Read().EnrolmentNotices(ctx, r.Enrolment)
	return r, err
}

// EnrolmentLines calls fn for the users of a run in the order of their usernames: those after the
// given key, with the given outcome (empty: all), limit at most (0: all).
func (s *Service) EnrolmentLines(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string,
	outcome gatehouse.Outcome, after string, limit int, fn func(EnrolmentLine) error) error {
	e, err := s.Enrolment(ctx, st, c, companyID, id)
	if err != nil {
		return err
	}
	return s.Store.Read().EnrolmentLines(ctx, e, outcome, after, limit, fn)
}
