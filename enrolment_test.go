package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
)

// everyKindOfUser makes users of all kinds that a run of Enhanced Security can meet.
func everyKindOfUser(try func(u gatehouse.User, reachable bool)) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	yesNo := []bool{false, true}
	for _, state := range []gatehouse.UserState{gatehouse.Invited, gatehouse.Active, gatehouse.Deactivated, "suspended"} {
		for _, email := range []string{"", "mira@northgate.example"} {
			for _, confirmed := range yesNo {
				for _, locked := range yesNo {
					for _, bounced := range yesNo {
						for _, own := range yesNo {
							for _, reachable := range yesNo {
								u := gatehouse.User{State: state, Email: email, EmailConfirmed: confirmed, OwnTwoFactor: own}
								if locked {
									u.LockedAt = noon
								}
								if bounced {
									u.Bounce.At = noon
								}
								try(u, reachable && email != "")
							}
						}
					}
				}
			}
		}
	}
}

// A run has one outcome for any user, and a reason whenever it did not simply do what was asked.
func TestEveryUserHasAnOutcome(t *testing.T) {
	everyKindOfUser(func(u gatehouse.User, reachable bool) {
		for _, enable := range []bool{true, false} {
			outcome, reason := gatehouse.Enrol(gatehouse.EmailCodes(enable).Require, u, reachable)
			var n gatehouse.RunCounts
			n.Add(outcome, gatehouse.Notified(u, reachable))
			if n.Done() != 1 || !slices.Contains(gatehouse.Outcomes, outcome) {
				t.Errorf("%v %+v: outcome %q counts as %d", enable, u, outcome, n.Done())
			}
			if outcome != gatehouse.OutcomeChanged && reason == "" {
				t.Errorf("%v %+v: %s without a reason", enable, u, outcome)
			}
			if enable && outcome == gatehouse.OutcomeChanged && (u.State != gatehouse.Active || !reachable || u.Bouncing()) {
				t.Errorf("%+v is enrolled, and no code reaches this user", u)
			}
			if n.Told == 1 && (u.State != gatehouse.Active || !reachable) {
				t.Errorf("%+v is told", u)
			}
			if u.State == gatehouse.Active && reachable && n.Told != 1 {
				t.Errorf("%+v is not told", u)
			}
		}
	})
}

func TestEnrol(t *testing.T) {
	active := gatehouse.User{State: gatehouse.Active, Email: "mira@northgate.example", EmailConfirmed: true}
	with := func(change func(*gatehouse.User)) gatehouse.User {
		u := active
		change(&u)
		return u
	}
	now := time.Now()
	for name, c := range map[string]struct {
		user     gatehouse.User
		mails    bool
		on, off  gatehouse.Outcome
		why, but gatehouse.OutcomeReason
	}{
		"an ordinary user":     {active, true, "changed", "changed", "", ""},
		"not confirmed":        {with(func(u *gatehouse.User) { u.EmailConfirmed = false }), true, "changed", "changed", "unconfirmed", "unconfirmed"},
		"locked":               {with(func(u *gatehouse.User) { u.LockedAt = now }), true, "changed", "changed", "locked", "locked"},
		"own choice":           {with(func(u *gatehouse.User) { u.OwnTwoFactor = true }), true, "unchanged", "unchanged", "own", "own"},
		"no address":           {with(func(u *gatehouse.User) { u.Email = "" }), false, "skipped", "skipped", "no-address", "no-address"},
		"an address of no use": {active, false, "failed", "skipped", "bad-address", "bad-address"},
		"mail comes back":      {with(func(u *gatehouse.User) { u.Bounce.At = now }), true, "failed", "skipped", "bouncing", "bouncing"},
		"invited":              {with(func(u *gatehouse.User) { u.State = gatehouse.Invited }), true, "skipped", "skipped", "invited", "invited"},
		"deactivated":          {with(func(u *gatehouse.User) { u.State = gatehouse.Deactivated }), true, "skipped", "skipped", "deactivated", "deactivated"},
	} {
		if got, why := gatehouse.Enrol(gatehouse.RequireCode, c.user, c.mails); got != c.on || why != c.why {
			t.Errorf("%s is %s (%s) when it is enabled, want %s (%s)", name, got, why, c.on, c.why)
		}
		if got, why := gatehouse.Enrol(gatehouse.RequireNothing, c.user, c.mails); got != c.off || why != c.but {
			t.Errorf("%s is %s (%s) when it is disabled, want %s (%s)", name, got, why, c.off, c.but)
		}
	}
}

// The groups that an administrator can list agree with what a run would do.
func TestGroupsAgreeWithOutcomes(t *testing.T) {
	everyKindOfUser(func(u gatehouse.User, reachable bool) {
		groups := gatehouse.GroupsOf(u, reachable)
		outcome, reason := gatehouse.Enrol(gatehouse.RequireCode, u, reachable)
		if slices.Contains(groups, gatehouse.GroupEnrolled) != (outcome == gatehouse.OutcomeChanged) {
			t.Errorf("%+v: %s, and in %v", u, outcome, groups)
		}
		if slices.Contains(groups, gatehouse.GroupOwn) != (outcome == gatehouse.OutcomeUnchanged) {
			t.Errorf("%+v: %s, and in %v", u, outcome, groups)
		}
		// Off mirrors on.
		if off, _ := gatehouse.Enrol(gatehouse.RequireNothing, u, reachable); (off == gatehouse.OutcomeChanged) != (outcome == gatehouse.OutcomeChanged) ||
			(off == gatehouse.OutcomeUnchanged) != (outcome == gatehouse.OutcomeUnchanged) || off == gatehouse.OutcomeFailed {
			t.Errorf("%+v: on %s, off %s", u, outcome, off)
		}
		group := map[gatehouse.OutcomeReason]gatehouse.UserGroup{
			gatehouse.ReasonNoEmail: gatehouse.GroupNoEmail, gatehouse.ReasonBouncing: gatehouse.GroupBouncing,
			gatehouse.ReasonBadEmail: gatehouse.GroupBouncing, gatehouse.ReasonInvited: gatehouse.GroupInvited,
			gatehouse.ReasonLocked: gatehouse.GroupLocked, gatehouse.ReasonUnconfirmed: gatehouse.GroupUnconfirmed, gatehouse.ReasonOwn: gatehouse.GroupOwn,
		}[reason]
		if group != "" && !slices.Contains(groups, group) {
			t.Errorf("%+v: the reason is %s, and it is in %v", u, reason, groups)
		}
	})
}

func TestTimeLeftOfAnEnrolment(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	enrolment := gatehouse.Run{State: gatehouse.RunRunning, StartedAt: noon, Total: 100}
	if left := enrolment.Left(noon.Add(time.Minute)); left != 0 {
		t.Errorf("nothing is done, and %s are left", left)
	}
	enrolment.Counts.Changed = 20
	enrolment.Counts.Skipped = 5
	if left := enrolment.Left(noon.Add(time.Minute)); left != 3*time.Minute {
		t.Errorf("a quarter took a minute, and %s are left", left)
	}
	if left := enrolment.Left(noon.Add(-time.Minute)); left != 0 {
		t.Errorf("the clock went back, and %s are left", left)
	}
	enrolment.Counts.Changed = 95
	if left := enrolment.Left(noon.Add(time.Minute)); left != 0 {
		t.Errorf("all is done, and %s are left", left)
	}
}
