package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// mostSame is how many shared addresses the preview of a merge lists.
const mostSame = 20

// Merging is what operators see before a company is merged into another one, because both are one.
type Merging struct {
	From, To gatehouse.Company
	// Follows and Open are what the first one has, and what of it ends.
	Follows store.FollowsMerge
	Open    store.OpenOfCompany
	// There is how many users the other one has.
	There int
	// Administrators are the first of those of the first one.
	Administrators []gatehouse.User
	// Same are the first addresses that accounts of both have, SameCount how many there are. Usernames
	// are never the same: a site has each once.
	Same      []store.SameAddress
	SameCount int
	// Rule and Policy are what is required afterwards: of each setting, the stricter one.
	Rule   gatehouse.TwoFactorRule
	Policy gatehouse.CompanyPolicy
	// Loses and Gains are the names of platforms that the users of the first one lose and gain.
	Loses, Gains []string
	// Before are companies that were merged into the first one earlier, and follow.
	Before []gatehouse.Company
	// Told are the administrators of both companies who get a mail.
	Told []gatehouse.User
	// Seen identifies all that was shown.
	Seen string
}

// Tightens reports whether the merge requires a stricter second factor of the other company's users,
// and Tightened which settings of its policy become stricter.
func (v Merging) Tightens() bool                       { return v.Rule != v.To.Rule() }
func (v Merging) Tightened() []gatehouse.PolicySetting { return v.To.Policy.Changes(v.Policy) }

// Merging returns it. Without a company to merge into, it has the first one and nothing else.
//
// Errors: Forbidden, NotFound, Conflict with ReasonMerged, ReasonSuspended or ReasonSameCompany,
// Unavailable.
func (s *Service) Merging(ctx context.Context, st *site.Site, c gatehouse.Caller, from, to string) (Merging, error) {
	if err := mayMove(st, c); err != nil {
		return Merging{}, err
	}
	return s.merging(ctx, s.Store.Read(), st, from, to)
}

func (s *Service) merging(ctx context.Context, q store.Queries, st *site.Site, from, to string) (v Merging, err error) {
	if v.From, v.To, err = bothCompanies(ctx, q, st, from, to); err != nil || to == "" {
		return v, err
	}
	v.Rule, v.Policy = v.To.Rule().Stricter(v.From.Rule()), v.To.Policy.Stricter(v.From.Policy)
	if v.Follows, err = q.FollowsMerge(ctx, st.ID, from, s.Now()); err != nil {
		return v, err
	}
	if v.Open, err = q.OpenOfCompany(ctx, st.ID, from, s.Now()); err != nil {
		return v, err
	}
	if v.Administrators, err = q.Administrators(ctx, st.ID, from, "", mostInMail); err != nil {
		return v, err
	}
	if v.Same, v.SameCount, err = q.SameAddresses(ctx, st.ID, from, to, mostSame); err != nil {
		return v, err
	}
	if v.Before, err = q.MergedInto(ctx, st.ID, from, mostInMail); err != nil {
		return v, err
	}
	here, there, err := platformsOfBoth(ctx, q, st, v.From, v.To)
	if err != nil {
		return v, err
	}
	v.Loses, v.Gains = reachChanges(here, there, gatehouse.RoleUser)
	if v.Told, err = administratorsOf(ctx, q, st, v.From, v.To); err != nil {
		return v, err
	}
	was, err := q.UsersMark(ctx, st.ID, from)
	if err != nil {
		return v, err
	}
	then, err := q.UsersMark(ctx, st.ID, to)
	v.There, v.Seen = int(then.Users), v.version(was, then)
	return v, err
}

// version identifies what the preview shows, except what ends and what goes on meanwhile.
func (v Merging) version(was, then store.UsersMark) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %v %v %d %d %q %q", standOf(v.From), standOf(v.To), was, then, v.Follows.Administrators, v.SameCount, v.Loses, v.Gains)
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15])
}

// Merge is how a company is merged into another one.
type Merge struct {
	To string
	// Keep: its administrators stay administrators.
	Keep bool
	// Seen is the Merging.Seen that the form showed; empty: any.
	Seen string
}

// MergeCompany makes all users of a company users of another one, which requires what the stricter one
// of the two does. The first one stays as the place of what happened there, and its account number
// stands for the other one. It returns how many users there were.
//
// It is one transaction, in batches of users, so that what it keeps in memory does not grow with them.
//
// Errors: Conflict with ReasonMoveChanged, ReasonMerged, ReasonSuspended or ReasonSameCompany;
// Forbidden, NotFound, Unavailable.
func (s *Service) MergeCompany(ctx context.Context, st *site.Site, c gatehouse.Caller, from string, m Merge) (n int, err error) {
	if err := mayMove(st, c); err != nil {
		return 0, err
	}
	err = s.Do(ctx, st, c.For(gatehouse.OperatorCompanies), func(tx *act.Unit) error {
		if err := holdBoth(tx, from, m.To); err != nil {
			return err
		}
		if err := tx.CloseCompany(tx, st.ID, from); err != nil {
			return err
		}
		if err := tx.HoldUsersOf(tx, st.ID, from); err != nil {
			return err
		}
		v, err := s.merging(tx, tx.Queries, st, from, m.To)
		switch {
		case err != nil:
			return err
		case m.Seen != "" && m.Seen != v.Seen:
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonMoveChanged}
		}
		n = v.Follows.Users
		return s.merge(tx, v, m)
	})
	return n, err
}

// merge does it, with both companies held.
func (s *Service) merge(tx *act.Unit, v Merging, m Merge) error {
	if err := s.replace(tx, v.From); err != nil {
		return err
	}
	ended, err := tx.EndCompany(tx, v.From, gatehouse.Moved, tx.Now())
	if err != nil {
		return err
	}
	if err := s.recordMerged(tx, v, m); err != nil {
		return err
	}
	if err := tx.MoveUsers(tx, store.Move{SiteID: tx.Site.ID, From: v.From.ID, To: v.To.ID, KeepAll: m.Keep}); err != nil {
		return err
	}
	if err := tx.SetMerged(tx, tx.Site.ID, v.From.ID, v.To.ID, tx.Now()); err != nil {
		return err
	}
	detail := map[string]string{"users": strconv.Itoa(v.Follows.Users), "administrators": strconv.Itoa(v.Follows.Administrators), "kept": strconv.FormatBool(m.Keep),
		"sessions": strconv.Itoa(ended), "name": v.To.Name, "account_number": v.To.AccountNumber, "other": v.To.ID}
	if err := tx.Record(gatehouse.User{CompanyID: v.From.ID}, gatehouse.EventCompanyMerged, gatehouse.ResultOK, detail); err != nil {
		return err
	}
	detail["name"], detail["account_number"], detail["other"] = v.From.Name, v.From.AccountNumber, v.From.ID
	if err := tx.Record(gatehouse.User{CompanyID: v.To.ID}, gatehouse.EventCompanyJoined, gatehouse.ResultOK, detail); err != nil {
		return err
	}
	if err := s.tighten(tx, v); err != nil {
		return err
	}
	return tellAll(tx, v.Told, mail.CompaniesMerged{From: v.From.Name, FromNumber: v.From.AccountNumber, To: v.To.Name, ToNumber: v.To.AccountNumber,
		Users: v.Follows.Users, Kept: m.Keep, At: tx.Now()})
}

// recordMerged writes the event of each user, and tells those who can sign in, while they are still the
// first company's.
func (s *Service) recordMerged(tx *act.Unit, v Merging, m Merge) error {
	for after := ""; ; {
		users, last, err := tx.BatchOfUsers(tx, tx.Site.ID, v.From.ID, after, store.ImportBatch)
		if err != nil || len(users) == 0 {
			return err
		}
		after = last
		events := make([]gatehouse.Event, len(users))
		var told []gatehouse.User
		for i, was := range users {
			now := was
			if now.CompanyID = v.To.ID; !m.Keep {
				now.Role = gatehouse.RoleUser
			}
			events[i] = tx.Event(now, gatehouse.EventUserMovedIn, gatehouse.ResultOK, movedIn(v.From, was, now))
			if !now.Off() {
				told = append(told, now)
			}
		}
		if err := tx.RecordMany(events); err != nil {
			return err
		}
		err = tx.TellMany(told, func(u gatehouse.User) mail.Message {
			return mail.UserMoved{Username: u.Username, From: v.From.Name, To: v.To.Name, Merged: true, Administrator: u.Leads(), At: tx.Now()}
		})
		if err != nil {
			return err
		}
	}
}

// tighten makes the other company require what the stricter one did: with the run and the mails that
// its own administrators would cause.
func (s *Service) tighten(tx *act.Unit, v Merging) error {
	if len(v.Tightened()) > 0 {
		if err := setPolicy(tx, v.To, v.Policy); err != nil {
			return err
		}
	}
	if !v.Tightens() {
		return nil
	}
	now := tx.Now()
	e := gatehouse.Enrolment{Enable: v.Rule.On(), Factor: v.Rule.Factor(), FactorBy: v.Rule.By, Run: gatehouse.Run{Kind: gatehouse.RunEnrolment,
		ID: store.NewID("enr", now), SiteID: tx.Site.ID, CompanyID: v.To.ID, State: gatehouse.RunRunning, StartedName: tx.Caller.Name, StartedAt: now}}
	if _, err := tx.SetTwoFactor(tx, tx.Site.ID, v.To.ID, v.Rule, now); err != nil {
		return err
	}
	if err := s.replace(tx, v.To); err != nil {
		return err
	}
	if _, err := tx.BeginEnrolment(tx, e); err != nil {
		return err
	}
	return tx.Record(gatehouse.User{CompanyID: v.To.ID}, gatehouse.EventTwoFactorEnabled, gatehouse.ResultOK, ruleDetail(e, v.To.Rule()))
}
