package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about users who go to another company. Kind Conflict, but for the last.
const (
	// ReasonMerged: the company was merged into another one.
	ReasonMerged = string(gatehouse.RefusedMerged)
	// ReasonMoveChanged: the users, or one of the companies, are no longer as the preview showed.
	ReasonMoveChanged = "move-changed"
	// ReasonSameCompany: they are in that company already.
	ReasonSameCompany = "same-company"
	// FieldLastAdministrator: the company would have no administrator, and nobody has agreed to that.
	FieldLastAdministrator = "last-administrator"
)

// MostMoved is how many users of a company can be moved at once; more are a merge.
const MostMoved = 100

// mostInMail is how many users a mail about many of them names.
const mostInMail = 20

// Moving is what operators see before users become users of another company.
type Moving struct {
	From, To gatehouse.Company
	Users    []MovingUser
	// Gone is how many of the chosen ones are not users of the company, or are deleted.
	Gone int
	// Last: none of the company's administrators who can sign in is left there.
	Last bool
	// Told are the administrators of both companies who get a mail.
	Told []gatehouse.User
	// Seen identifies all that was shown.
	Seen string
}

// MovingUser is a user who becomes one of another company.
type MovingUser struct {
	gatehouse.User
	Open store.OpenOfUser
	// Same are accounts there with the same email address.
	Same []gatehouse.User
	// Loses and Gains are the names of platforms, as a plain user.
	Loses, Gains []string
	// Needs is what the other company requires and the user has not set up, or a code that is asked for
	// nowhere now; empty: nothing.
	Needs gatehouse.Requirement
}

// Administers reports whether the user is an administrator, who arrives as a plain user unless somebody
// says otherwise.
func (u MovingUser) Administers() bool { return u.Role == gatehouse.RoleAdmin }

// Moving returns it. Without a company to go to, it has the users and nothing else.
//
// Errors: Forbidden, NotFound, Conflict with ReasonMerged, ReasonSuspended or ReasonSameCompany,
// Unavailable.
func (s *Service) Moving(ctx context.Context, st *site.Site, c gatehouse.Caller, from, to string, ids []string) (Moving, error) {
	if err := mayMove(st, c); err != nil {
		return Moving{}, err
	}
	return s.moving(ctx, s.Store.Read(), st, from, to, ids)
}

// mayMove refuses everybody but the operators who may, also for the operators' own site.
func mayMove(st *site.Site, c gatehouse.Caller) error {
	if st.ForOperators() {
		return errForbidden
	}
	return operatorOnly(st, c, gatehouse.OperatorCompanies)
}

func (s *Service) moving(ctx context.Context, q store.Queries, st *site.Site, from, to string, ids []string) (v Moving, err error) {
	if v.From, v.To, err = bothCompanies(ctx, q, st, from, to); err != nil {
		return v, err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	ids = ids[:min(len(ids), MostMoved)]
	err = q.UsersWithIDs(ctx, st.ID, from, ids, func(u gatehouse.User) error {
		v.Users = append(v.Users, MovingUser{User: u})
		return nil
	})
	if err != nil {
		return v, err
	}
	slices.SortFunc(v.Users, func(a, b MovingUser) int {
		return strings.Compare(a.Username, b.Username)
	})
	if v.Gone = len(ids) - len(v.Users); to == "" || len(v.Users) == 0 {
		return v, nil
	}
	if err := s.seeMoving(ctx, q, st, &v); err != nil {
		return v, err
	}
	v.Seen = v.version()
	return v, nil
}

// bothCompanies returns two companies of a site between which users can go. to may be empty.
func bothCompanies(ctx context.Context, q store.Queries, st *site.Site, from, to string) (was, then gatehouse.Company, err error) {
	if was, err = q.Company(ctx, st.ID, from); err != nil {
		return was, then, err
	}
	if to != "" {
		if then, err = q.Company(ctx, st.ID, to); err != nil {
			return was, then, err
		}
	}
	switch {
	case was.Merged() || then.Merged():
		err = refused(gatehouse.RefusedMerged)
	case was.Suspended() || then.Suspended(): // the move would let in whom the suspension keeps out
		err = refused(gatehouse.RefusedSuspended)
	case was.ID == then.ID:
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonSameCompany}
	}
	return was, then, err
}

// newTo reports whether what the other company requires is something new for the user.
func (u MovingUser) newTo(was, needs gatehouse.Requirement) bool {
	if needs == gatehouse.RequireCode {
		return needs.Over(was) && u.Factors == 0 && !u.OwnTwoFactor
	}
	return !needs.MetBy(u.User)
}

// seeMoving looks up what changes for each user, and for the companies.
func (s *Service) seeMoving(ctx context.Context, q store.Queries, st *site.Site, v *Moving) error {
	ids := make([]string, len(v.Users))
	for i, u := range v.Users {
		ids[i] = u.ID
	}
	open, err := q.OpenOfUsers(ctx, st.ID, ids, s.Now())
	if err != nil {
		return err
	}
	here, there, err := platformsOfBoth(ctx, q, st, v.From, v.To)
	if err != nil {
		return err
	}
	was, needs := gatehouse.RulesFor(st.Site, v.From.Rule()).Strictest().Require, gatehouse.RulesFor(st.Site, v.To.Rule()).Strictest().Require
	for i := range v.Users {
		u := &v.Users[i]
		u.Open = open[u.ID]
		u.Loses, u.Gains = reachChanges(here, there, u.Role)
		if u.newTo(was, needs) {
			u.Needs = needs
		}
		same, err := q.UsersByEmail(ctx, st.ID, u.Email, mostInMail)
		if err != nil {
			return err
		}
		for _, other := range same {
			if u.Email != "" && other.CompanyID == v.To.ID && !other.Deleted() {
				u.Same = append(u.Same, bare(other))
			}
		}
	}
	leaders, err := q.Administrators(ctx, st.ID, v.From.ID, "", MostMoved+1)
	if err != nil {
		return err
	}
	takes := slices.ContainsFunc(v.Users, func(u MovingUser) bool { return u.Leads() })
	v.Last = takes && !slices.ContainsFunc(leaders, func(u gatehouse.User) bool { return !slices.Contains(ids, u.ID) })
	v.Told, err = administratorsOf(ctx, q, st, v.From, v.To)
	return err
}

// administratorsOf are the administrators of companies who get a mail about them.
func administratorsOf(ctx context.Context, q store.Queries, st *site.Site, firms ...gatehouse.Company) (all []gatehouse.User, err error) {
	for _, firm := range firms {
		some, err := q.Administrators(ctx, st.ID, firm.ID, "", mostAnnounced)
		if err != nil {
			return nil, err
		}
		for _, u := range some {
			all = append(all, bare(u))
		}
	}
	return all, nil
}

// platformsOfBoth returns the platforms of a site as two companies have them, in one order.
func platformsOfBoth(ctx context.Context, q store.Queries, st *site.Site, from, to gatehouse.Company) (here, there []store.Platform, err error) {
	if here, err = q.Platforms(ctx, st.ID, from.ID, ""); err == nil {
		there, err = q.Platforms(ctx, st.ID, to.ID, "")
	}
	return here, there, err
}

// reachChanges are the platforms that somebody in a role loses and gains as a plain user of another
// company.
func reachChanges(here, there []store.Platform, was gatehouse.Role) (loses, gains []string) {
	said := map[string]gatehouse.Reach{}
	for _, p := range there {
		said[p.ID] = p.Said
	}
	for _, p := range here {
		before, after := gatehouse.ClosedTo(p.Application, p.Said, was) == "", gatehouse.ClosedTo(p.Application, said[p.ID], gatehouse.RoleUser) == ""
		switch {
		case before && !after:
			loses = append(loses, p.Name)
		case after && !before:
			gains = append(gains, p.Name)
		}
	}
	return loses, gains
}

// version identifies what the preview shows, except what ends: that changes with each sign-in, and the
// page says that it ends, whatever it is.
func (v Moving) version() string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %t", standOf(v.From), standOf(v.To), v.Last)
	for _, u := range v.Users {
		fmt.Fprintf(sum, " %q %q %q %q %q", u.ID, gatehouse.UserVersion(u.User), u.Loses, u.Gains, u.Needs)
		for _, same := range u.Same {
			fmt.Fprintf(sum, " %q", same.ID)
		}
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15])
}

// standOf identifies what a company is called and requires.
func standOf(c gatehouse.Company) string {
	return fmt.Sprintf("%s %s %v %s", c.ID, c.Version(), c.Rule(), c.Policy.Version())
}

// Move is what to do with users of a company.
type Move struct {
	// To is the company to which Users go.
	To    string
	Users []string
	// Keep are the administrators among them who stay administrators there.
	Keep []string
	// Leave: the company may be left without an administrator.
	Leave bool
	// Seen is the Moving.Seen that the form showed; empty: any.
	Seen string
}

// MoveUsers makes users of a company users of another one of the site: with their password, factors,
// history and cases, and without all that gatehouse.Moved ends.
//
// Errors: Invalid with field leave; Conflict with ReasonMoveChanged, ReasonMerged, ReasonSuspended or
// ReasonSameCompany; Forbidden, NotFound (also if none of the users is there), Unavailable.
func (s *Service) MoveUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, from string, m Move) (n int, err error) {
	if err := mayMove(st, c); err != nil {
		return 0, err
	}
	err = s.Do(ctx, st, c.For(gatehouse.OperatorCompanies), func(tx *act.Unit) error {
		if err := holdBoth(tx, from, m.To); err != nil {
			return err
		}
		held, err := tx.HoldMany(m.Users[:min(len(m.Users), MostMoved)])
		if err != nil {
			return err
		}
		v, err := s.moving(tx, tx.Queries, st, from, m.To, m.Users)
		switch {
		case err != nil:
			return err
		case len(v.Users) == 0 && m.Seen == "":
			return gatehouse.ErrNotFound
		case len(v.Users) == 0 || m.Seen != "" && m.Seen != v.Seen:
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonMoveChanged}
		case v.Last && !m.Leave:
			return gatehouse.Faults{{Field: "leave", Reason: FieldLastAdministrator}}.Err()
		}
		n = len(v.Users)
		return s.moveHeld(tx, v, m, held)
	})
	return n, err
}

// holdBoth holds two companies, in one order, after checking once more who acts.
func holdBoth(tx *act.Unit, from, to string) error {
	if err := stillLeads(tx, from); err != nil {
		return err
	}
	for _, id := range slices.Sorted(slices.Values([]string{from, to})) {
		if _, err := tx.HoldCompany(tx, tx.Site.ID, id); err != nil {
			return err
		}
	}
	return nil
}

// moveHeld moves users who are held, and tells everybody.
func (s *Service) moveHeld(tx *act.Unit, v Moving, m Move, held map[string]gatehouse.User) error {
	move := store.Move{SiteID: tx.Site.ID, From: v.From.ID, To: v.To.ID, Users: []string{}, Keep: m.Keep}
	for _, u := range v.Users {
		if err := tx.EndAll(held[u.ID], gatehouse.Moved); err != nil {
			return err
		}
		move.Users = append(move.Users, u.ID)
	}
	if err := tx.MoveUsers(tx, move); err != nil {
		return err
	}
	msg := mail.UsersMoved{Users: len(v.Users), At: tx.Now()}
	for _, u := range v.Users {
		was := held[u.ID]
		now := was
		now.CompanyID = v.To.ID
		if !slices.Contains(m.Keep, u.ID) {
			now.Role = gatehouse.RoleUser
		}
		if err := s.recordMove(tx, v, was, now); err != nil {
			return err
		}
		if len(msg.Names) < mostInMail {
			msg.Names = append(msg.Names, u.DisplayName())
		}
	}
	return s.tellMoved(tx, v, msg)
}

// recordMove writes the events of one user who has gone to another company, and tells the user. Each
// company reads its own event, so neither names the other: a customer is not told who the others are.
func (s *Service) recordMove(tx *act.Unit, v Moving, was, now gatehouse.User) error {
	if err := tx.RecordMany([]gatehouse.Event{
		tx.Event(was, gatehouse.EventUserMovedAway, gatehouse.ResultOK, map[string]string{"other": v.To.ID, "name": was.DisplayName()}),
		tx.Event(now, gatehouse.EventUserMovedIn, gatehouse.ResultOK, movedIn(v.From, was, now)),
	}); err != nil || now.Off() {
		return err
	}
	return tx.Tell(now, mail.UserMoved{Username: now.Username, From: v.From.Name, To: v.To.Name, Administrator: now.Leads(), At: tx.Now()})
}

// movedIn is what the event log keeps of a user who has come from another company.
func movedIn(from gatehouse.Company, was, now gatehouse.User) map[string]string {
	detail := map[string]string{"other": from.ID}
	if was.Role != now.Role {
		detail["role_before"] = string(was.Role)
	}
	return detail
}

// tellMoved tells the administrators of both companies, as they were before.
func (s *Service) tellMoved(tx *act.Unit, v Moving, msg mail.UsersMoved) error {
	for _, to := range v.Told {
		if msg.Came, msg.Company = to.CompanyID == v.To.ID, v.From.Name; msg.Came {
			msg.Company = v.To.Name
		}
		if slices.ContainsFunc(v.Users, func(u MovingUser) bool { return u.ID == to.ID }) {
			continue // who has got a mail of their own
		}
		if err := tx.Tell(to, msg); err != nil {
			return err
		}
	}
	return nil
}
