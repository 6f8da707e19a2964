package gatehouse_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gatehouse"
)

// actor is a user who can sign in, and facts with which every act that makes sense applies.
func actor() (gatehouse.User, gatehouse.ActFacts) {
	return plainFacts().User, gatehouse.ActFacts{Reachable: true, OthersLead: true}
}

// Each reason why an act does not apply, and each act when it does.
func TestActAllowed(t *testing.T) {
	type change = func(*gatehouse.User, *gatehouse.ActFacts)
	invited := func(u *gatehouse.User, _ *gatehouse.ActFacts) {
		u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{}
		u.Password = gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordInitial, SetAt: noon, ExpiresAt: noon.Add(time.Hour)}
	}
	byLink := func(u *gatehouse.User, f *gatehouse.ActFacts) { invited(u, f); u.Password.Hash = "" }
	never := func(u *gatehouse.User, _ *gatehouse.ActFacts) {
		u.FirstSignInAt, u.Password = time.Time{}, gatehouse.Password{}
	}
	imported := func(u *gatehouse.User, _ *gatehouse.ActFacts) { u.FirstSignInAt = time.Time{} }
	off := func(u *gatehouse.User, _ *gatehouse.ActFacts) { u.State = gatehouse.Deactivated }
	deleted := func(u *gatehouse.User, f *gatehouse.ActFacts) {
		off(u, f)
		u.DeletedAt, u.DeletedState = noon.Add(-time.Hour), gatehouse.Active
	}
	admin := func(u *gatehouse.User, _ *gatehouse.ActFacts) { u.Role = gatehouse.RoleAdmin }
	last := func(u *gatehouse.User, f *gatehouse.ActFacts) { admin(u, f); f.OthersLead = false }
	noMail := func(u *gatehouse.User, f *gatehouse.ActFacts) { f.Reachable = false }
	locked := func(u *gatehouse.User, f *gatehouse.ActFacts) { f.Locked = true }
	none := func(*gatehouse.User, *gatehouse.ActFacts) {}
	and := func(all ...change) change {
		return func(u *gatehouse.User, f *gatehouse.ActFacts) {
			for _, c := range all {
				c(u, f)
			}
		}
	}
	for _, c := range []struct {
		name   string
		act    gatehouse.UserAct
		change change
		want   gatehouse.ActRefusal
	}{
		{"has signed in", gatehouse.ActInvite, none, gatehouse.RefusedSignedIn},
		{"never invited", gatehouse.ActInvite, never, ""},
		{"came with a password", gatehouse.ActInvite, imported, ""},
		{"invited before", gatehouse.ActInvite, invited, gatehouse.RefusedInvited},
		{"invited by link before", gatehouse.ActInvite, byLink, gatehouse.RefusedInvited},
		{"turned off", gatehouse.ActInvite, and(never, off), gatehouse.RefusedDeactivated},
		{"without an address", gatehouse.ActInvite, and(never, noMail), gatehouse.RefusedNoEmail},
		{"invited", gatehouse.ActInviteAgain, invited, ""},
		{"invited by link", gatehouse.ActInviteAgain, byLink, ""},
		{"not invited", gatehouse.ActInviteAgain, never, gatehouse.RefusedNotInvited},
		{"signed in", gatehouse.ActInviteAgain, none, gatehouse.RefusedSignedIn},
		{"locked", gatehouse.ActUnlock, locked, ""},
		{"not locked", gatehouse.ActUnlock, none, gatehouse.RefusedNotLocked},
		{"locked by support", gatehouse.ActUnlock, and(locked, func(u *gatehouse.User, _ *gatehouse.ActFacts) {
			u.LockReason = gatehouse.LockedByOperator
		}), gatehouse.RefusedByOperator},
		{"locked by support, by support", gatehouse.ActUnlock, and(locked, func(u *gatehouse.User, f *gatehouse.ActFacts) {
			u.LockReason, f.MayUnlockAll = gatehouse.LockedByOperator, true
		}), ""},
		{"anybody", gatehouse.ActPassword, none, ""},
		{"invited", gatehouse.ActPassword, invited, ""},
		{"without an address", gatehouse.ActPassword, noMail, gatehouse.RefusedNoEmail},
		{"turned off", gatehouse.ActPassword, off, gatehouse.RefusedDeactivated},
		{"without a factor", gatehouse.ActAskFactor, none, ""},
		{"with a factor", gatehouse.ActAskFactor, func(u *gatehouse.User, _ *gatehouse.ActFacts) { u.Factors = 1 }, gatehouse.RefusedHasFactor},
		{"asked yesterday", gatehouse.ActAskFactor, func(_ *gatehouse.User, f *gatehouse.ActFacts) { f.Asked = noon.AddDate(0, 0, -1) }, gatehouse.RefusedAskedSoon},
		{"bouncing", gatehouse.ActAskFactor, func(u *gatehouse.User, _ *gatehouse.ActFacts) { u.Bounce.At = noon }, gatehouse.RefusedBouncing},
		{"without an address", gatehouse.ActAskFactor, noMail, gatehouse.RefusedNoEmail},
		{"active", gatehouse.ActDeactivate, none, ""},
		{"turned off", gatehouse.ActDeactivate, off, gatehouse.RefusedAlready},
		{"an administrator", gatehouse.ActDeactivate, admin, ""},
		{"the last administrator", gatehouse.ActDeactivate, last, gatehouse.RefusedLast},
		{"the last one, but locked out", gatehouse.ActDeactivate, and(last, func(u *gatehouse.User, _ *gatehouse.ActFacts) { u.LockedAt = noon }), ""},
		{"active", gatehouse.ActActivate, none, gatehouse.RefusedAlready},
		{"turned off", gatehouse.ActActivate, off, ""},
		{"a user", gatehouse.ActMakeAdmin, none, ""},
		{"an administrator", gatehouse.ActMakeAdmin, admin, gatehouse.RefusedAlready},
		{"turned off", gatehouse.ActMakeAdmin, off, gatehouse.RefusedDeactivated},
		{"a user", gatehouse.ActUnmakeAdmin, none, gatehouse.RefusedAlready},
		{"an administrator", gatehouse.ActUnmakeAdmin, admin, ""},
		{"the last administrator", gatehouse.ActUnmakeAdmin, last, gatehouse.RefusedLast},
		{"active", gatehouse.ActDelete, none, ""},
		{"turned off", gatehouse.ActDelete, off, ""},
		{"the last administrator", gatehouse.ActDelete, last, gatehouse.RefusedLast},
		{"deleted", gatehouse.ActDelete, deleted, gatehouse.RefusedDeleted},
		{"deleted", gatehouse.ActActivate, deleted, gatehouse.RefusedDeleted},
		{"deleted", gatehouse.ActRestore, deleted, ""},
		{"not deleted", gatehouse.ActRestore, off, gatehouse.RefusedAlready},
		{"active", gatehouse.ActSignOut, none, ""},
		{"turned off", gatehouse.ActSignOut, off, gatehouse.RefusedDeactivated},
		{"an act of tomorrow", "promote", none, gatehouse.RefusedAlready},
	} {
		u, f := actor()
		c.change(&u, &f)
		if got := gatehouse.ActAllowed(c.act, u, f, noon); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.act, c.name, got, c.want)
		}
	}
}

// What holds for all users: nobody does anything to themselves, a deleted user can only be restored,
// an act cannot be done again, and the last administrator stays.
func TestActAllowedHolds(t *testing.T) {
	pick := rand.New(rand.NewPCG(14, 37))
	one := func(n int) bool { return pick.IntN(n) == 0 }
	for range 20_000 {
		u, f := actor()
		u.State = []gatehouse.UserState{gatehouse.Active, gatehouse.Invited, gatehouse.Deactivated}[pick.IntN(3)]
		if one(2) {
			u.Role = gatehouse.RoleAdmin
		}
		if one(3) {
			u.LockedAt, f.Locked = noon, true
		}
		if one(3) {
			u.FirstSignInAt, u.Password.Origin, u.Password.ExpiresAt = time.Time{}, gatehouse.PasswordInitial, noon
		}
		if one(4) {
			u.DeletedAt, u.State = noon, gatehouse.Deactivated
		}
		f = gatehouse.ActFacts{Own: one(5), Reachable: !one(3), Locked: f.Locked, OthersLead: !one(3), MayUnlockAll: one(4)}
		for _, act := range gatehouse.UserActs {
			allowed := gatehouse.ActAllowed(act, u, f, noon) == ""
			switch {
			case allowed && f.Own:
				t.Fatalf("%s: of oneself", act)
			case u.Deleted() && allowed != (act == gatehouse.ActRestore && !f.Own):
				t.Fatalf("%s of a deleted user: %v", act, allowed)
			case allowed && takesAway(act) && u.Leads() && !f.OthersLead:
				t.Fatalf("%s: of the last administrator", act)
			case allowed && act == gatehouse.ActMakeAdmin && u.Role == gatehouse.RoleAdmin:
				t.Fatalf("%s: twice", act)
			}
		}
	}
}

func takesAway(act gatehouse.UserAct) bool {
	return act == gatehouse.ActDeactivate || act == gatehouse.ActDelete || act == gatehouse.ActUnmakeAdmin
}

// A version changes with everything that an administrator can change, and with nothing else.
func TestUserVersion(t *testing.T) {
	u, _ := actor()
	first := gatehouse.UserVersion(u)
	for name, change := range map[string]func(*gatehouse.User){
		"username": func(u *gatehouse.User) { u.Username += "x" }, "first name": func(u *gatehouse.User) { u.FirstName += "x" },
		"last name": func(u *gatehouse.User) { u.LastName += "x" }, "address": func(u *gatehouse.User) { u.Email += "x" },
		"role": func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin }, "language": func(u *gatehouse.User) { u.Locale = "de" },
		"state": func(u *gatehouse.User) { u.State = gatehouse.Deactivated }, "deleted": func(u *gatehouse.User) { u.DeletedAt = noon },
	} {
		changed := u
		change(&changed)
		if gatehouse.UserVersion(changed) == first {
			t.Errorf("%s: the same version", name)
		}
	}
	u.LastSignInAt, u.LockedAt, u.State = noon, noon, gatehouse.Invited
	if gatehouse.UserVersion(u) != first {
		t.Error("a sign-in, a lock or a first sign-in is another version")
	}
}
