package directory

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ReasonNobody: a proposal would be about nobody. Kind Invalid.
const ReasonNobody = "nobody"

// Chosen says which users of a company an act is about: one of its fields is set.
type Chosen struct {
	// IDs are those of users who were ticked. IDs of others are ignored.
	IDs []string
	// All are the users that a search finds.
	All *gatehouse.UserFilter
	// Undo is the ID of an act: the users whom it has changed. The act proposed is its reverse.
	Undo string
}

// What an administrator proposes and begins is limited: a proposal writes a row for each user, and
// most acts send a mail to each.
func proposalLimit(st *site.Site, companyID string) store.Limit {
	return store.Limit{Key: "propose:" + st.ID + ":" + companyID, Every: 20 * time.Second, Burst: 30}
}

func bulkLimit(b gatehouse.BulkAct) store.Limit {
	return store.Limit{Key: "bulk:" + b.SiteID + ":" + b.CompanyID + ":" + string(b.Act), Every: 10 * time.Minute, Burst: 12}
}

// ProposeBulkAct keeps an act with the users it is about, and returns its ID. Nothing is done to
// anybody before the caller agrees: see BulkPreview and BeginBulkAct.
//
// Errors: Invalid with ReasonNobody; TooMany with ReasonActWait; Forbidden, NotFound, Unavailable.
func (s *Service) ProposeBulkAct(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, a gatehouse.UserAct, chosen Chosen) (string, error) {
	q := s.Store.Read()
	firm, err := company(ctx, q, st, c, companyID)
	if err == nil {
		err = s.spare(ctx, c, ReasonActWait, proposalLimit(st, companyID))
	}
	if err != nil {
		return "", err
	}
	now := s.Now()
	b := gatehouse.BulkAct{Act: a, Run: gatehouse.Run{Kind: gatehouse.RunBulkAct, ID: store.NewID("bac", now), SiteID: st.ID, CompanyID: firm.ID,
		StartedBy: c.UserID, StartedName: c.Name, StartedAt: now}}
	users, err := s.chosen(ctx, st, c, &b, chosen)
	if err != nil {
		return "", err
	}
	if len(users) == 0 || !slices.Contains(gatehouse.BulkActs, b.Act) {
		return "", &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonNobody}
	}
	return b.ID, s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, firm.ID); err != nil {
			return err
		}
		if err := tx.ProposeBulkAct(tx, b); err != nil {
			return err
		}
		for some := range slices.Chunk(users, proposedAtOnce) {
			if err := tx.AddToBulkAct(tx, b, some); err != nil {
				return err
			}
		}
		return nil
	})
}

// proposedAtOnce is how many users one statement of a proposal writes, and one step of a preview
// reads.
const proposedAtOnce = 1000

// chosen finds the users of a proposal, with no more of them than their IDs and usernames.
func (s *Service) chosen(ctx context.Context, st *site.Site, c gatehouse.Caller, b *gatehouse.BulkAct, of Chosen) (users []gatehouse.User, err error) {
	q := s.Store.Read()
	switch {
	case of.Undo != "":
		done, err := q.BulkAct(ctx, st.ID, b.CompanyID, of.Undo)
		if err != nil {
			return nil, err
		}
		b.Act, b.Undoes = done.Act.Reverse(), done.ID
		return q.ChangedByBulkAct(ctx, done)
	case of.All != nil:
		b.Query = of.All.Query().Encode()
		return users, s.EachFound(ctx, st, c, b.CompanyID, *of.All, func(u gatehouse.User) error {
			users = append(users, gatehouse.User{ID: u.ID, Username: u.Username})
			return nil
		})
	}
	for _, id := range of.IDs {
		u, err := user(ctx, q, st, c, id)
		if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && u.CompanyID != b.CompanyID {
			continue
		}
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}

// BulkPreview is what a proposed act would do now.
type BulkPreview struct {
	gatehouse.BulkAct
	// Named are the first users whom it would change, and Change how many these are in all.
	Named  []gatehouse.User
	Change int
	// Refused are how many it would not change, by reason.
	Refused []gatehouse.OutcomeCount
	// Fingerprint identifies what would happen to whom.
	Fingerprint string
}

// mostNamed is how many users a preview names.
const mostNamed = 20

// BulkPreview returns what an act that the caller has proposed would do now. Others' proposals are
// not found.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) BulkPreview(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) (BulkPreview, error) {
	b, err := s.BulkAct(ctx, st, c, companyID, id)
	if err != nil {
		return BulkPreview{}, err
	}
	return s.previewBulk(ctx, s.Store.Read(), st, c, b)
}

func (s *Service) previewBulk(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, b gatehouse.BulkAct) (BulkPreview, error) {
	p := BulkPreview{BulkAct: b}
	counts, seen := map[gatehouse.OutcomeReason]int{}, sha256.New()
	for at := b.Run; ; {
		next, err := q.NextOfRun(ctx, at, proposedAtOnce)
		if err != nil || len(next) == 0 {
			p.Refused, p.Fingerprint = countsOf(counts), base64.RawURLEncoding.EncodeToString(seen.Sum(nil))
			return p, err
		}
		users, err := q.UsersOfBatch(ctx, at, proposedAtOnce)
		if err != nil {
			return p, err
		}
		rule, err := s.bulkRule(ctx, q, st, c, b, users)
		if err != nil {
			return p, err
		}
		for _, n := range next {
			u := users[n.UserID]
			outcome, why, err := rule(u)
			if err != nil {
				return p, err
			}
			io.WriteString(seen, n.UserID+" "+string(outcome)+" "+string(why)+"\n") //nolint:errcheck // never fails
			if outcome != gatehouse.OutcomeChanged {
				counts[why]++
				continue
			}
			if p.Change++; len(p.Named) < mostNamed {
				p.Named = append(p.Named, bare(u))
			}
		}
		at.After = next[len(next)-1].Key
	}
}

func countsOf(counts map[gatehouse.OutcomeReason]int) []gatehouse.OutcomeCount {
	var all []gatehouse.OutcomeCount
	for why, n := range counts {
		all = append(all, gatehouse.OutcomeCount{Outcome: gatehouse.OutcomeSkipped, Reason: why, Count: n})
	}
	slices.SortFunc(all, inOrder)
	return all
}

// bulkRule returns the decision about each of some users, which it needs a few facts for. A zero
// user is one who is gone.
func (s *Service) bulkRule(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, b gatehouse.BulkAct,
	users map[string]gatehouse.User) (func(gatehouse.User) (gatehouse.Outcome, gatehouse.OutcomeReason, error), error) {
	var locked map[string]bool
	var asked map[string]time.Time
	var err error
	switch b.Act {
	case gatehouse.ActUnlock:
		var subjects []string
		for id := range users {
			subjects = append(subjects, id, gatehouse.AnswerSubject(id))
		}
		locked, err = q.LockedOf(ctx, st.ID, subjects)
	case gatehouse.ActAskFactor:
		asked, err = q.FactorAsksOf(ctx, st.ID, b.CompanyID)
	}
	return func(u gatehouse.User) (gatehouse.Outcome, gatehouse.OutcomeReason, error) {
		switch {
		case u.ID == "" || u.Deleted():
			return gatehouse.OutcomeSkipped, gatehouse.ReasonGone, nil
		case u.CompanyID != b.CompanyID:
			return gatehouse.OutcomeSkipped, gatehouse.ReasonMoved, nil
		}
		f := gatehouse.ActFacts{Own: notOwn(c, u) != nil, Reachable: reachable(u), Asked: asked[u.ID], OthersLead: true} // the caller leads
		if f.Locked = gatehouse.LockedNow(st.Policy.Lockout, u, s.Now()); !f.Locked && (locked[u.ID] || locked[gatehouse.AnswerSubject(u.ID)]) {
			var err error
			if f.Locked, err = s.devicesOrAnswersLocked(ctx, q, st, u); err != nil {
				return "", "", err
			}
		}
		switch why := gatehouse.ActAllowed(b.Act, u, f, s.Now()); why {
		case "":
			return gatehouse.OutcomeChanged, "", nil
		case gatehouse.RefusedAlready:
			return gatehouse.OutcomeUnchanged, gatehouse.OutcomeReason(why), nil
		default:
			return gatehouse.OutcomeSkipped, gatehouse.OutcomeReason(why), nil
		}
	}, err
}

// BeginBulkAct begins an act that its caller has proposed. agreed is the fingerprint of the preview
// that the caller has seen: what is done is what was shown, to the users who were shown. Beginning
// it twice is no error.
//
// Errors: Conflict with ReasonUsersChanged; TooMany with ReasonActWait; Forbidden, NotFound,
// Unavailable.
func (s *Service) BeginBulkAct(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id, agreed string) error {
	b, err := s.BulkAct(ctx, st, c, companyID, id)
	if err != nil || b.State != gatehouse.RunProposed {
		return err
	}
	if err := s.spare(ctx, c, ReasonActWait, bulkLimit(b)); err != nil {
		return err
	}
	p, err := s.previewBulk(ctx, s.Store.Read(), st, c, b)
	if err == nil && (p.Change == 0 || subtle.ConstantTimeCompare([]byte(p.Fingerprint), []byte(agreed)) == 0) {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonUsersChanged}
	}
	if err == nil {
		err = s.Do(ctx, st, c, func(tx *act.Unit) error { return s.beginBulkAct(tx, b) })
	}
	if err != nil && c.Kind == gatehouse.SignedIn { // nothing was done
		err = errors.Join(err, s.Store.GiveBack(ctx, bulkLimit(b)))
	}
	return err
}

// A user who changes after this moment is decided once more when the act reaches the user, and the
// result says so: no act is done to somebody whom it does not apply to.
func (s *Service) beginBulkAct(tx *act.Unit, b gatehouse.BulkAct) error {
	if err := s.signed(tx, &b.Run); err != nil {
		return err
	}
	b.StartedAt, b.IPAddress, b.Reference = tx.Now(), tx.Caller.IPAddress, tx.Caller.Reference
	begun, err := tx.BeginBulkAct(tx, b)
	if err != nil || !begun {
		return err
	}
	detail := map[string]string{"bulk_act": b.ID, "act": string(b.Act), "users": strconv.Itoa(b.Total)}
	if b.Undoes != "" {
		detail["undoes"] = b.Undoes
	}
	return tx.Record(gatehouse.User{CompanyID: b.CompanyID}, gatehouse.EventBulkActBegun, gatehouse.ResultOK, detail)
}

// BulkAct returns an act on many users of a company. A proposal is found only by who made it.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) BulkAct(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, id string) (gatehouse.BulkAct, error) {
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return gatehouse.BulkAct{}, err
	}
	b, err := s.Store.Read().BulkAct(ctx, st.ID, companyID, id)
	if err == nil && b.State == gatehouse.RunProposed && b.StartedBy != c.UserID {
		return gatehouse.BulkAct{}, gatehouse.ErrNotFound
	}
	return b, err
}

// BulkActs returns the acts on many users of a company that have begun, newest first.
func (s *Service) BulkActs(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, before string, limit int) ([]gatehouse.BulkAct, error) {
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return nil, err
	}
	return s.Store.Read().BulkActs(ctx, st.ID, companyID, before, clamp(limit))
}

// BulkOutcomes returns how many users an act has reached, by outcome and reason.
func (s *Service) BulkOutcomes(ctx context.Context, b gatehouse.BulkAct) ([]gatehouse.OutcomeCount, error) {
	all, err := s.Store.Read().RunOutcomes(ctx, b.Run)
	slices.SortFunc(all, inOrder)
	return all, err
}

// BulkLines calls fn for the users of an act, as EnrolmentLines does.
func (s *Service) BulkLines(ctx context.Context, b gatehouse.BulkAct, outcome gatehouse.Outcome, after string, limit int, fn func(RunLine) error) error {
	return s.Store.Read().RunLines(ctx, b.Run, outcome, after, limit, fn)
}

// proposalKept is how long a proposal waits for its administrator.
const proposalKept = time.Hour

// ForgetProposals removes proposals that nobody has agreed to.
func (s *Service) ForgetProposals(ctx context.Context) error {
	return s.Store.Write(ctx, func(q store.Queries) error {
		_, err := q.ForgetProposals(ctx, s.Now().Add(-proposalKept), MaxList)
		if err != nil {
			err = fmt.Errorf("proposals: %w", err)
		}
		return err
	})
}
