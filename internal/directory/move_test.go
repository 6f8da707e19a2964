package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// kindsAt are the kinds of events of a company since noon, about a user if one is given.
func (h *house) kindsAt(firm gatehouse.Company, userID string) (kinds []gatehouse.EventKind) {
	h.t.Helper()
	seen, _, err := h.Store.Read().EventsOfCompany(h.t.Context(), firm.SiteID, firm.ID, store.CompanyEvents{From: h.now.Add(-time.Hour), To: h.now.Add(time.Hour), UserID: userID, Limit: 100, Window: 1000})
	h.ok(err)
	for _, e := range seen {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// boss is an administrator who has signed in before.
func (h *house) boss(firm gatehouse.Company, name string) gatehouse.User {
	h.t.Helper()
	u := h.user(h.uk, firm.ID, name, gatehouse.RoleAdmin)
	h.write(func(q store.Queries) error { return q.SetUserState(h.t.Context(), u.SiteID, u.ID, gatehouse.Active) })
	return u
}

// A moved user is another company's, as a plain user, with the password and what is waiting in the
// mailbox; the sessions end, and both lists, events and administrators know.
func TestUsersGoToAnotherCompany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		was, then := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "10483", "Harlow")
		boss, second := h.boss(was, "Boss"), h.boss(was, "Second")
		goes, stays := h.user(h.uk, was.ID, "Goes", gatehouse.RoleUser), h.user(h.uk, was.ID, "Stays", gatehouse.RoleUser)
		leader := h.boss(then, "Leader")
		lists := func() string {
			var all []string
			for _, by := range []gatehouse.User{second, leader} {
				list, err := h.FindUsers(t.Context(), h.uk, as(by), by.CompanyID, directory.UserList{Limit: 100})
				h.ok(err)
				for _, u := range list.Users {
					all = append(all, u.Username)
				}
				all = append(all, "|")
			}
			return strings.Join(all, " ")
		}
		if before := lists(); before != "Boss Goes Second Stays | Leader |" {
			t.Fatalf("lists before: %s", before)
		}
		h.ok(h.Store.Write(t.Context(), func(q store.Queries) error {
			return q.InsertSession(t.Context(), "t1", gatehouse.Session{ID: "ses_1", SiteID: h.uk.ID, UserID: goes.ID, CompanyID: was.ID, CreatedAt: h.now, SeenAt: h.now}, h.now.Add(time.Hour))
		}))
		ids := []string{goes.ID, boss.ID}
		v, err := h.Moving(t.Context(), h.uk, operator, was.ID, then.ID, ids)
		h.ok(err)
		if len(v.Users) != 2 || v.Last || v.Users[1].Open.Sessions != 1 || !v.Users[0].Administers() || len(v.Told) != 3 {
			t.Errorf("%+v", v)
		}
		if _, err := h.MoveUsers(t.Context(), h.uk, operator, was.ID, directory.Move{To: then.ID, Users: ids, Seen: "old"}); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("a stale preview: %v", err)
		}
		n, err := h.MoveUsers(t.Context(), h.uk, operator, was.ID, directory.Move{To: then.ID, Users: ids, Seen: v.Seen})
		h.ok(err)
		if after := lists(); n != 2 || after != "Second Stays | Boss Goes Leader |" {
			t.Errorf("%d, lists after: %s", n, after)
		}
		for _, u := range []gatehouse.User{goes, boss} {
			now := h.stored(h.uk, u.Username)
			if now.CompanyID != then.ID || now.Role != gatehouse.RoleUser || now.Password.Hash == "" {
				t.Errorf("%+v", now)
			}
			if got := h.kindsAt(was, u.ID); !slices.Contains(got, gatehouse.EventUserMovedAway) || slices.Contains(got, gatehouse.EventUserMovedIn) {
				t.Errorf("the former company: %v", got)
			}
			if got := h.kindsAt(then, u.ID); !slices.Equal(got, []gatehouse.EventKind{gatehouse.EventUserMovedIn}) {
				t.Errorf("the other company: %v", got)
			}
			if kinds, texts := h.mails(u); !slices.Contains(kinds, "user-moved") || !strings.Contains(strings.Join(texts, ""), "Harlow") {
				t.Errorf("%s: %v", u.Username, kinds)
			}
		}
		if open, err := h.Store.Read().SessionsOf(t.Context(), h.uk.ID, goes.ID, h.now, 10); err != nil || len(open) > 0 {
			t.Errorf("sessions: %v %v", open, err)
		}
		for _, u := range []gatehouse.User{second, leader} { // who are not told which company it was
			kinds, texts := h.mails(u)
			told := texts[slices.Index(kinds, "users-moved")]
			other := map[bool]string{true: "Northgate", false: "Harlow"}[u.CompanyID == then.ID]
			if !strings.Contains(told, "Mira Santos") || strings.Contains(told, other) {
				t.Errorf("%s reads %s", u.Username, told)
			}
		}
		if kinds, _ := h.mails(stays); slices.Contains(kinds, "user-moved") {
			t.Error("somebody else was told")
		}
		// And back, into the lists that are kept in memory.
		_, err = h.MoveUsers(t.Context(), h.uk, operator, then.ID, directory.Move{To: was.ID, Users: []string{goes.ID}})
		h.ok(err)
		if after := lists(); after != "Goes Second Stays | Boss Leader |" {
			t.Errorf("lists after the way back: %s", after)
		}
	})
}

// The last administrator goes only if somebody has agreed to that, and stays one only if somebody says so.
func TestTheLastAdministratorGoesWithAClearAnswer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		was, then, held := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "10483", "Harlow"), h.company(h.uk, "10484", "Held")
		boss := h.boss(was, "Boss")
		h.user(h.uk, was.ID, "Stays", gatehouse.RoleUser)
		h.ok(h.Suspend(t.Context(), h.uk, operator, held.ID, "not paid", ""))
		m := directory.Move{To: then.ID, Users: []string{boss.ID}, Keep: []string{boss.ID}}
		for what, err := range map[string]error{
			"without an answer": second(h.MoveUsers(t.Context(), h.uk, operator, was.ID, m)),
			"to the same":       second(h.MoveUsers(t.Context(), h.uk, operator, was.ID, directory.Move{To: was.ID, Users: m.Users, Leave: true})),
			"to a suspended":    second(h.MoveUsers(t.Context(), h.uk, operator, was.ID, directory.Move{To: held.ID, Users: m.Users, Leave: true})),
			"to nowhere":        second(h.MoveUsers(t.Context(), h.uk, operator, was.ID, directory.Move{To: "com_x", Users: m.Users, Leave: true})),
			"of another site":   second(h.MoveUsers(t.Context(), h.au, operator, was.ID, directory.Move{To: then.ID, Users: m.Users, Leave: true})),
			"from elsewhere":    second(h.MoveUsers(t.Context(), h.uk, operator, then.ID, directory.Move{To: was.ID, Users: m.Users, Leave: true})),
			"by themselves":     second(h.MoveUsers(t.Context(), h.uk, as(boss), was.ID, directory.Move{To: then.ID, Users: m.Users, Leave: true})),
			"by security":       second(h.MoveUsers(t.Context(), h.uk, asOperator(h.operator("sec", gatehouse.RoleSecurity)), was.ID, directory.Move{To: then.ID, Users: m.Users, Leave: true})),
		} {
			if err == nil || h.stored(h.uk, "Boss").CompanyID != was.ID {
				t.Errorf("%s: %v", what, err)
			}
		}
		m.Leave = true
		if err := second(h.MoveUsers(t.Context(), h.uk, operator, was.ID, m)); err != nil {
			t.Fatal(err)
		}
		if now := h.stored(h.uk, "Boss"); now.CompanyID != then.ID || now.Role != gatehouse.RoleAdmin {
			t.Errorf("%+v", now)
		}
	})
}

// Who goes from a company without two-factor to one with it reads that there will be codes; who has
// them already, of their own choice or from the company that they leave, does not.
func TestAMoveSaysThatThereWillBeCodes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		without := h.company(h.uk, "10482", "Northgate")
		with := func(number string) gatehouse.Company {
			c := gatehouse.Company{ID: store.NewID("com", h.now), SiteID: h.uk.ID, Name: "Firm " + number, AccountNumber: number, TwoFactor: true, CreatedAt: h.now}
			h.write(func(q store.Queries) error { return q.InsertCompany(h.t.Context(), c) })
			return c
		}
		one, other := with("20001"), with("20002")
		plain, own := h.user(h.uk, without.ID, "Plain", gatehouse.RoleUser), h.user(h.uk, without.ID, "Own", gatehouse.RoleUser)
		h.write(func(q store.Queries) error { return q.SetOwnTwoFactor(h.t.Context(), own.SiteID, own.ID, true) })
		has := h.user(h.uk, one.ID, "Has", gatehouse.RoleUser)
		for _, c := range []struct {
			user     gatehouse.User
			from, to gatehouse.Company
			want     gatehouse.Requirement
		}{{plain, without, one, gatehouse.RequireCode}, {own, without, one, ""}, {has, one, other, ""}, {has, one, without, ""}} {
			v, err := h.Moving(t.Context(), h.uk, operator, c.from.ID, c.to.ID, []string{c.user.ID})
			h.ok(err)
			if len(v.Users) != 1 || v.Users[0].Needs != c.want {
				t.Errorf("%s from %s to %s: %+v, want %q", c.user.Username, c.from.Name, c.to.Name, v.Users, c.want)
			}
		}
	})
}

func second(_ int, err error) error { return err }

// Two companies that are one: all users belong to the other one, whose rules become the stricter ones;
// the account number of the first stands for it, and nobody can be added to the first.
func TestCompaniesAreMerged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		was, then, next := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "10483", "Harlow"), h.company(h.uk, "10484", "Harlow Group")
		boss := h.boss(was, "Boss")
		off, gone := h.user(h.uk, was.ID, "Off", gatehouse.RoleUser), h.user(h.uk, was.ID, "Gone", gatehouse.RoleUser)
		leader := h.boss(then, "Leader")
		h.ok(h.Deactivate(t.Context(), h.uk, operator, off.ID))
		h.ok(h.Act(t.Context(), h.uk, operator, gone.ID, gatehouse.ActDelete, ""))
		second := func(_ any, err error) { t.Helper(); h.ok(err) }
		second(h.SetTwoFactor(t.Context(), h.uk, operator, was.ID, gatehouse.EmailCodes(true), ""))
		h.ok(h.SetCompanyPolicy(t.Context(), h.uk, operator, was.ID, gatehouse.CompanyPolicy{PasswordLength: 15}, ""))
		h.ok(h.SetCompanyPolicy(t.Context(), h.uk, operator, then.ID, gatehouse.CompanyPolicy{PasswordLength: 20, SessionIdle: 5 * time.Minute}, ""))
		v, err := h.Merging(t.Context(), h.uk, operator, was.ID, then.ID)
		h.ok(err)
		if v.Follows.Users != 2 || v.Follows.Deleted != 1 || v.Follows.Administrators != 1 || v.There != 1 || v.Follows.Runs != 1 || !v.Tightens() || len(v.Tightened()) > 0 || len(v.Told) != 2 {
			t.Errorf("%+v", v)
		}
		h.user(h.uk, was.ID, "Late", gatehouse.RoleUser)
		if _, err := h.MergeCompany(t.Context(), h.uk, operator, was.ID, directory.Merge{To: then.ID, Seen: v.Seen}); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("a stale preview: %v", err)
		}
		n, err := h.MergeCompany(t.Context(), h.uk, operator, was.ID, directory.Merge{To: then.ID, Keep: true})
		if err != nil || n != 3 {
			t.Fatalf("%d %v", n, err)
		}
		for _, name := range []string{"Boss", "Off", "Gone", "Late"} {
			if u := h.stored(h.uk, name); u.CompanyID != then.ID || (u.Role == gatehouse.RoleAdmin) != (name == "Boss") {
				t.Errorf("%+v", u)
			}
		}
		number, err := h.CompanyByAccount(t.Context(), h.uk, operator, "10482")
		if err != nil || number.ID != then.ID || !number.TwoFactor || number.Policy != (gatehouse.CompanyPolicy{PasswordLength: 20, SessionIdle: 5 * time.Minute}) {
			t.Errorf("the old number is %+v %v", number, err)
		}
		if runs, err := h.Enrolments(t.Context(), h.uk, operator, then.ID, "", 5); err != nil || len(runs) != 1 || runs[0].Total != 4 {
			t.Errorf("%+v %v", runs, err)
		}
		if kinds := h.kindsAt(was, ""); kinds[0] != gatehouse.EventCompanyMerged {
			t.Errorf("%v", kinds)
		}
		if kinds := h.kindsAt(then, ""); !slices.Contains(kinds, gatehouse.EventCompanyJoined) || !slices.Contains(kinds, gatehouse.EventTwoFactorEnabled) || !slices.Contains(kinds, gatehouse.EventUserMovedIn) {
			t.Errorf("%v", kinds)
		}
		for _, u := range []gatehouse.User{boss, leader} {
			if kinds, _ := h.mails(u); !slices.Contains(kinds, "companies-merged") {
				t.Errorf("%s: %v", u.Username, kinds)
			}
		}
		if kinds, _ := h.mails(off); slices.Contains(kinds, "user-moved") {
			t.Error("a deactivated user was told")
		}
		for what, do := range map[string]func() error{
			"a new user": func() error {
				_, err := h.CreateUser(t.Context(), h.uk, operator, was.ID, directory.UserFields{Username: "x", Email: "x@x.example"})
				return err
			},
			"a new user of the store": func() error {
				return h.Store.Write(t.Context(), func(q store.Queries) error {
					return q.InsertUser(t.Context(), gatehouse.User{ID: "usr_x", SiteID: h.uk.ID, CompanyID: was.ID, Username: "x"})
				})
			},
			"the number again": func() error {
				_, err := h.CreateCompany(t.Context(), h.uk, operator, directory.CompanyFields{Name: "X", AccountNumber: "10482"})
				return err
			},
			"a suspension": func() error { return h.Suspend(t.Context(), h.uk, operator, was.ID, "x", "") },
			"twice": func() error {
				_, err := h.MergeCompany(t.Context(), h.uk, operator, was.ID, directory.Merge{To: then.ID})
				return err
			},
			"into it": func() error {
				_, err := h.MergeCompany(t.Context(), h.uk, operator, then.ID, directory.Merge{To: was.ID})
				return err
			},
		} {
			if do() == nil {
				t.Errorf("%s: done", what)
			}
		}
		r, err := h.Import(t.Context(), h.uk, operator, strings.NewReader("account_number,username,email\n10482,fresh,fresh@x.example\n"), directory.ImportOptions{})
		if err != nil || r.Created != 1 || h.stored(h.uk, "fresh").CompanyID != then.ID {
			t.Errorf("an import with the old number: %+v %v", r, err)
		}
		// A merge of the merged one takes the earlier number along.
		second(h.MergeCompany(t.Context(), h.uk, operator, then.ID, directory.Merge{To: next.ID}))
		if number, err := h.CompanyByAccount(t.Context(), h.uk, operator, "10482"); err != nil || number.ID != next.ID {
			t.Errorf("the oldest number is %+v %v", number, err)
		}
		if boss := h.stored(h.uk, "Boss"); boss.Role != gatehouse.RoleUser {
			t.Errorf("an administrator arrived as %s", boss.Role)
		}
	})
}

// Of two operators who merge at once, one has done it, and the other is told; while users are added, each
// ends in the company that is left.
func TestTwoOperatorsMergeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		was, then := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "10483", "Harlow")
		h.user(h.uk, was.ID, "One", gatehouse.RoleUser)
		v, err := h.Merging(t.Context(), h.uk, operator, was.ID, then.ID)
		h.ok(err)
		back, err := h.Merging(t.Context(), h.uk, operator, then.ID, was.ID)
		h.ok(err)
		errs, added := make([]error, 3), make([]error, 8)
		var all sync.WaitGroup
		all.Go(func() {
			_, errs[0] = h.MergeCompany(t.Context(), h.uk, operator, was.ID, directory.Merge{To: then.ID, Seen: v.Seen})
		})
		all.Go(func() {
			_, errs[1] = h.MergeCompany(t.Context(), h.uk, operator, was.ID, directory.Merge{To: then.ID, Seen: v.Seen})
		})
		all.Go(func() {
			_, errs[2] = h.MergeCompany(t.Context(), h.uk, operator, then.ID, directory.Merge{To: was.ID, Seen: back.Seen})
		})
		all.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if gatehouse.KindOf(err) != gatehouse.Conflict {
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%v", errs)
		}
		from, to := h.company(h.uk, "20482", "Left"), h.company(h.uk, "20483", "Stays")
		for i := range added {
			all.Go(func() {
				added[i] = h.Store.Write(t.Context(), func(q store.Queries) error {
					return q.InsertUser(t.Context(), gatehouse.User{ID: store.NewID("usr", h.now), SiteID: h.uk.ID, CompanyID: from.ID, Username: fmt.Sprint("new", i), Role: gatehouse.RoleUser, State: gatehouse.Active})
				})
			})
		}
		all.Go(func() {
			_, errs[0] = h.MergeCompany(t.Context(), h.uk, operator, from.ID, directory.Merge{To: to.ID})
		})
		all.Wait()
		h.ok(errs[0])
		counts, err := h.Store.Read().CountUsers(t.Context(), h.uk.ID, from.ID)
		if err != nil || len(counts) > 0 {
			t.Errorf("users of the merged company: %v %v", counts, err)
		}
		for i, err := range added {
			if err != nil && gatehouse.KindOf(err) != gatehouse.Conflict {
				t.Errorf("user %d: %v", i, err)
			}
		}
	})
}
