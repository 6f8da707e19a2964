package gatehouse_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

// move is a change that was made that many days after the start.
func move(days float64, from, to string) gatehouse.EmailChange {
	at := asked.Add(time.Duration(days * float64(day)))
	return gatehouse.EmailChange{ID: fmt.Sprintf("eml_%g", days), Old: from + "@x.example", New: to + "@x.example",
		State: gatehouse.EmailConfirmed, AskedAt: at, ConfirmUntil: at.Add(day), ConfirmedAt: at}
}

func byCompany(c gatehouse.EmailChange) gatehouse.EmailChange {
	c.ByCompany = true
	return c
}

func TestKeeperOf(t *testing.T) {
	undone := move(0, "v", "a")
	undone.State = gatehouse.EmailUndone
	type list = []gatehouse.EmailChange
	for name, c := range map[string]struct {
		current string
		made    list
		after   float64 // days
		keeper  string
		until   float64 // days; 0: there is nothing to undo
	}{
		"never changed":                       {"v", nil, 0, "v", 0},
		"a change":                            {"a", list{move(0, "v", "a")}, 6.9, "v", 7},
		"a week ago":                          {"a", list{move(0, "v", "a")}, 7, "a", 0},
		"undone":                              {"v", list{undone}, 0, "v", 0},
		"only confirmed":                      {"v", list{move(0, "v", "V")}, 0, "v", 0},
		"twice":                               {"b", list{move(0, "v", "a"), move(6, "a", "b")}, 12.9, "v", 13},
		"the owner repairs":                   {"v", list{move(0, "v", "a"), move(1, "a", "v")}, 2, "v", 8},
		"the thief comes back":                {"b", list{move(0, "v", "a"), move(1, "a", "v"), move(2, "v", "b")}, 8.9, "v", 9},
		"a chain of many":                     {"e", list{move(0, "v", "a"), move(6, "a", "b"), move(12, "b", "c"), move(18, "c", "d"), move(24, "d", "e")}, 30, "v", 31},
		"a new chain":                         {"b", list{move(0, "v", "a"), move(7, "a", "b")}, 8, "a", 14},
		"an administrator repairs":            {"w", list{move(0, "v", "a"), byCompany(move(1, "a", "w"))}, 2, "v", 8},
		"an administrator whom a thief asked": {"b", list{move(0, "v", "a"), byCompany(move(1, "a", "b")), move(2, "b", "c")}, 3, "v", 9},
		"an administrator's correction":       {"w", list{byCompany(move(0, "v", "w"))}, 1, "w", 0},
		"and a thief after it":                {"a", list{byCompany(move(0, "v", "w")), move(1, "w", "a")}, 2, "w", 8},
		"no address before":                   {"a", list{{New: "a@x.example", State: gatehouse.EmailConfirmed, AskedAt: asked, ConfirmedAt: asked}}, 1, "", 7},
	} {
		current := c.current + "@x.example"
		got := gatehouse.KeeperOf(current, c.made, asked.Add(time.Duration(c.after*float64(day))))
		want := ""
		if c.keeper != "" {
			want = c.keeper + "@x.example"
		}
		var until time.Time
		if c.until > 0 {
			until = asked.Add(time.Duration(c.until * float64(day)))
		}
		if got.Email != want || !got.Until.Equal(until) || got.CanRestore() != (c.until > 0) || got.Is("") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUndo(t *testing.T) {
	waits := change
	made := move(0, "a", "b")
	dropped := change
	dropped.State = gatehouse.EmailDropped
	undone := change
	undone.State = gatehouse.EmailUndone
	first := change
	first.Old = ""
	at := func(address string) gatehouse.User { u := owner; u.Email = address; return u }
	off := at("b@x.example")
	off.State = gatehouse.Deactivated
	long := dropped
	long.AskedAt = asked.Add(-8 * day)
	later := move(1, "b", "c")
	type list = []gatehouse.EmailChange
	for name, c := range map[string]struct {
		change       gatehouse.EmailChange
		user         gatehouse.User
		changes      list
		after        time.Duration
		restores, ok bool
	}{
		"stops what waits":                     {waits, owner, list{waits}, 0, false, true},
		"for a week":                           {waits, owner, list{waits}, 7*day - 1, false, true},
		"not longer":                           {waits, owner, list{waits}, 7 * day, false, false},
		"also what was asked after it":         {dropped, owner, list{waits}, 0, false, true},
		"takes back":                           {made, at("b@x.example"), list{made}, 7*day - 1, true, true},
		"not after a week":                     {made, at("b@x.example"), list{made}, 7 * day, false, false},
		"twice":                                {undone, owner, list{waits}, 0, false, false},
		"given up, nothing waits":              {dropped, owner, nil, 0, false, false},
		"given up, another made":               {dropped, at("c@x.example"), list{move(1, "a", "c")}, 2 * day, true, true},
		"of an address that came later":        {later, at("c@x.example"), list{made, later}, 2 * day, false, false},
		"the first one of two":                 {made, at("c@x.example"), list{made, later}, 2 * day, true, true},
		"from long before the chain":           {long, at("b@x.example"), list{made}, 0, false, false},
		"an administrator has corrected since": {made, at("z@x.example"), list{made, byCompany(move(1, "b", "z"))}, 2 * day, true, true},
		"a correction":                         {byCompany(made), at("b@x.example"), list{byCompany(made)}, 0, false, false},
		"deactivated":                          {made, off, list{made}, 0, false, false},
		"no old address":                       {first, owner, list{first}, 0, false, false},
	} {
		if restores, ok := c.change.Undo(c.user, c.changes, asked.Add(c.after)); restores != c.restores || ok != c.ok {
			t.Errorf("%s: %v %v", name, restores, ok)
		}
	}
}

// No matter what an owner, a thief and a company do to an account's address, and in what order:
// the address that was there the longest before the first of the changes can undo them, with any
// of the links that it got since. No later address can.
func TestWhoeverWasThereLongestKeepsTheAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, current := asked, "owner@x.example"
		var made, links []gatehouse.EmailChange
		for i := range rapid.IntRange(1, 12).Draw(t, "changes") {
			to := rapid.SampledFrom([]string{"owner@x.example", "thief@x.example", "thief2@x.example", "owner2@x.example", "Thief@X.example"}).Draw(t, "to")
			if gatehouse.SameMailbox(to, current) {
				continue
			}
			now = now.Add(time.Duration(rapid.IntRange(0, int(7*day/time.Minute)-1).Draw(t, "minutes")) * time.Minute)
			c := gatehouse.EmailChange{ID: fmt.Sprint(i), Old: current, New: to, State: gatehouse.EmailConfirmed, AskedAt: now, ConfirmedAt: now,
				ByCompany: rapid.IntRange(0, 3).Draw(t, "who") == 0}
			made, current = append(made, c), to
			if !c.ByCompany {
				links = append(links, c)
			}
		}
		if len(links) == 0 {
			return // the company's decision, and nobody else's
		}
		keeper := links[0].Old // from before the first change that was made by the user
		now = now.Add(rapid.SampledFrom([]time.Duration{0, day, 7*day - 1}).Draw(t, "last"))
		u := gatehouse.User{Email: current, State: gatehouse.Active}
		restores, ok := links[0].Undo(u, made, now)
		if !restores || !ok {
			t.Fatalf("the one who was there longest cannot take the account back: %v", made)
		}
		for _, c := range links {
			if _, ok := c.Undo(u, made, now); ok != gatehouse.SameMailbox(c.Old, keeper) {
				t.Fatalf("the link to %s: %v, and %s keeps the account: %v", c.Old, ok, keeper, made)
			}
		}
		for _, c := range links {
			if _, ok := c.Undo(u, made, made[len(made)-1].ConfirmedAt.Add(7*day)); ok {
				t.Fatalf("the link to %s works a week after the last change", c.Old)
			}
		}
	})
}
