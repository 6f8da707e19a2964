package gatehouse_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
)

// plainFacts are those of a user who can sign in.
func plainFacts() gatehouse.BarrierFacts {
	return gatehouse.BarrierFacts{Reachable: true, Devices: 1, User: gatehouse.User{
		State: gatehouse.Active, Email: "tom@northgate.example", EmailConfirmed: true, FirstSignInAt: noon.AddDate(0, -1, 0),
		CreatedAt: noon.AddDate(-1, 0, 0), Password: gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordChosen, SetAt: noon.AddDate(0, 0, -50)}}}
}

var barrierPolicy = gatehouse.Policy{
	Lockout:  gatehouse.LockoutPolicy{Attempts: 6, InAll: 100},
	Password: gatehouse.PasswordPolicy{MaxAge: 90 * 24 * time.Hour},
}

// Each kind of barrier: its cause, its start and end, and its remedies.
func TestBarriers(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	lock := func(reason gatehouse.LockReason) func(*gatehouse.Policy, *gatehouse.BarrierFacts) {
		return func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.LockedAt, f.User.LockReason = hour(-1), reason
		}
	}
	temporary := func(origin gatehouse.PasswordOrigin, ends time.Time, usedBy string) func(*gatehouse.Policy, *gatehouse.BarrierFacts) {
		return func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Password = gatehouse.Password{Hash: "x", Origin: origin, SetAt: hour(-3), ExpiresAt: ends, UsedBy: usedBy}
			if origin == gatehouse.PasswordInitial {
				f.User.State, f.User.FirstSignInAt = gatehouse.Invited, time.Time{}
			}
		}
	}
	strangers := func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
		p.Lockout.UnlockAfter = 2 * time.Hour
		f.Strangers = gatehouse.Attempts{Row: 6, All: 6, LockedAt: hour(-1)}
	}
	none := func(*gatehouse.Policy, *gatehouse.BarrierFacts) {}
	type change = func(*gatehouse.Policy, *gatehouse.BarrierFacts)
	for name, c := range map[string]struct {
		change change
		want   string // kind, ! if it is shut, since and until in hours from noon, remedies
	}{
		"nothing": {none, ""},
		"deactivated, of which the mail does not matter": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.State, f.User.Email, f.Reachable, f.User.Password = gatehouse.Deactivated, "", false, gatehouse.Password{}
		}, "deactivated! activate"},
		"the company is suspended, and nothing else would be mailed": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.SuspendedAt, f.User.Email, f.Reachable = hour(-2), "", false
		}, "suspended! -2h resume"},
		"suspended, deactivated before, and locked": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			lock(gatehouse.LockedByAttempts)(p, f)
			f.User.SuspendedAt, f.User.State = hour(-2), gatehouse.Deactivated
		}, "suspended! -2h resume; deactivated! activate; locked-attempts! -1h unlock"},
		"deactivated and locked": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			lock(gatehouse.LockedByAttempts)(p, f)
			f.User.State = gatehouse.Deactivated
		}, "deactivated! activate; locked-attempts! -1h unlock"},
		"by attempts": {lock(gatehouse.LockedByAttempts), "locked-attempts! -1h unlock"},
		"by attempts, for a while": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			lock(gatehouse.LockedByAttempts)(p, f)
			p.Lockout.UnlockAfter = 2 * time.Hour
		}, "locked-attempts! -1h 1h unlock"},
		"by attempts, and it is over": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			lock(gatehouse.LockedByAttempts)(p, f)
			p.Lockout.UnlockAfter = time.Hour
		}, ""},
		"by the total": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			lock(gatehouse.LockedByTotal)(p, f)
			p.Lockout.UnlockAfter = time.Hour
		}, "locked-total! -1h unlock"},
		"by an administrator": {lock(gatehouse.LockedByAdministrator), "locked-administrator! -1h unlock"},
		"by an operator":      {lock(gatehouse.LockedByOperator), "locked-operator! -1h support"},
		"by an operator, and strangers": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			lock(gatehouse.LockedByOperator)(p, f)
			f.Strangers = gatehouse.Attempts{Row: 6, All: 6, LockedAt: hour(-1)}
		}, "locked-operator! -1h support; strangers -1h support"},
		"strangers": {strangers, "strangers -1h 1h unlock"},
		"strangers, and no browser is known": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			strangers(p, f)
			f.Devices = 0
		}, "strangers-all! -1h 1h unlock"},
		"strangers, in all": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			strangers(p, f)
			f.Strangers.All = 100
		}, "strangers -1h unlock"},
		"strangers, and it is over": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			strangers(p, f)
			p.Lockout.UnlockAfter = time.Hour
		}, ""},
		"answers, which are locked for a day": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.Answers = gatehouse.Attempts{Row: 6, All: 6, LockedAt: hour(-1)}
		}, "answers -1h 23h unlock"},
		"no password": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) { f.User.Password.Hash = "" }, "no-password! send-password"},
		"deleted, of which nothing else matters": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			strangers(p, f)
			f.User.State, f.User.DeletedAt, f.User.Email = gatehouse.Deactivated, hour(-24), ""
		}, "deleted! -24h 696h restore"},
		"never invited": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Password, f.User.FirstSignInAt = gatehouse.Password{}, time.Time{}
		}, "never-invited! invite"},
		"invited by link": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			temporary(gatehouse.PasswordInitial, hour(5), "")(p, f)
			f.User.Password.Hash = ""
		}, "link! -3h 5h invite"},
		"invited by link, too late": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			temporary(gatehouse.PasswordInitial, hour(-1), "")(p, f)
			f.User.Password.Hash = ""
		}, "link-expired! -1h invite"},
		"wrong passwords today": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.WrongToday, f.WrongAt, f.User.LastSignInAt = 3, hour(-1), hour(-2)
		}, "wrong -1h send-password"},
		"wrong passwords today, and then the right one": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.WrongToday, f.WrongAt, f.User.LastSignInAt = 3, hour(-2), hour(-1)
		}, ""},
		"wrong passwords today, which led to a lock": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			strangers(p, f)
			f.WrongToday, f.WrongAt = 6, hour(-1)
		}, "strangers -1h 1h unlock"},
		"the code was refused": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.CodeAsked, f.CodeReturned = true, hour(-1)
		}, "code-mail -1h address"},
		"a code was refused, and one arrived later": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.CodeAsked, f.CodeReturned, f.User.LastSignInAt = true, hour(-2), hour(-1)
		}, ""},
		"new terms":              {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) { f.TermsDue = true }, "terms"},
		"a factor to set up":     {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) { f.FactorDue = true }, "factor"},
		"invited":                {temporary(gatehouse.PasswordInitial, hour(5), ""), "invited -3h 5h invite"},
		"invited, begun":         {temporary(gatehouse.PasswordInitial, hour(5), "b"), "invited-used -3h 5h invite"},
		"invited, too late":      {temporary(gatehouse.PasswordInitial, hour(-1), ""), "invited-expired! -1h invite"},
		"invited, begun, late":   {temporary(gatehouse.PasswordInitial, hour(0), "b"), "invited-expired! 0h invite"},
		"new password":           {temporary(gatehouse.PasswordRecovery, hour(5), ""), "temporary -3h 5h send-password"},
		"new password, begun":    {temporary(gatehouse.PasswordRecovery, hour(5), "b"), "temporary-used -3h 5h send-password"},
		"new password, too late": {temporary(gatehouse.PasswordRecovery, hour(0), ""), "temporary-expired! 0h send-password"},
		"invited, without an address": {func(p *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			temporary(gatehouse.PasswordInitial, hour(-1), "")(p, f)
			f.User.Email, f.Reachable = "", false
		}, "invited-expired! -1h address; no-address address"},
		"brought along, never used": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.FirstSignInAt, f.User.CreatedAt, f.User.EmailConfirmed = time.Time{}, hour(-2), false
		}, "never -2h send-password"},
		"too old": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Password.SetAt = hour(-90*24 - 1)
		}, "password-old -1h send-password"},
		"no address": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Email, f.Reachable, f.User.EmailConfirmed = "", false, false
		}, "no-address address"},
		"no address, for a code, in browsers that may be trusted": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Email, f.Reachable, f.CodeAsked = "", false, true
		}, "no-address address"},
		"no address, for a code, and no browser": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Email, f.Reachable, f.CodeAsked, f.Devices = "", false, true, 0
		}, "no-address! address"},
		"an address of old": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) { f.Reachable = false }, "bad-address address"},
		"mail comes back": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) {
			f.User.Bounce.At, f.User.EmailConfirmed = hour(-4), false
		}, "bouncing -4h address"},
		"never confirmed": {func(_ *gatehouse.Policy, f *gatehouse.BarrierFacts) { f.User.EmailConfirmed = false }, "unconfirmed address"},
	} {
		p, f := barrierPolicy, plainFacts()
		c.change(&p, &f)
		var got []string
		for _, b := range gatehouse.Barriers(p, f, noon) {
			text := string(b.Kind)
			if b.Shut {
				text += "!"
			}
			for _, at := range []time.Time{b.Since, b.Until} {
				if !at.IsZero() {
					text += " " + strings.TrimSuffix(at.Sub(noon).String(), "0m0s")
				}
			}
			for _, r := range b.Remedies {
				text += " " + string(r)
			}
			got = append(got, strings.ReplaceAll(text, " 0s", " 0h"))
		}
		if got := strings.Join(got, "; "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

// In every combination: an account that lets nobody in says so, and one that lets somebody in does
// not. Each barrier is named once, in order, and has a remedy.
func TestBarriersSayWhetherAnybodyGetsIn(t *testing.T) {
	some := func(n ...time.Time) time.Time { return n[rand.IntN(len(n))] }
	maybe := func() bool { return rand.IntN(2) == 0 }
	for range 20_000 {
		p, f := barrierPolicy, plainFacts()
		if maybe() {
			p.Lockout.UnlockAfter = time.Hour
		}
		u := &f.User
		u.SuspendedAt = some(time.Time{}, time.Time{}, noon)
		u.State = []gatehouse.UserState{gatehouse.Active, gatehouse.Invited, gatehouse.Deactivated}[rand.IntN(3)]
		if u.LockedAt = some(time.Time{}, noon.Add(-time.Minute), noon.Add(-2*time.Hour)); !u.LockedAt.IsZero() {
			u.LockReason = []gatehouse.LockReason{"", gatehouse.LockedByAttempts, gatehouse.LockedByAdministrator, gatehouse.LockedByOperator, gatehouse.LockedByTotal}[rand.IntN(5)]
		}
		u.Password.Origin = []gatehouse.PasswordOrigin{gatehouse.PasswordChosen, gatehouse.PasswordInitial, gatehouse.PasswordRecovery}[rand.IntN(3)]
		if u.Password.Temporary() {
			u.Password.ExpiresAt = some(noon.Add(-1), noon, noon.Add(1))
		}
		if rand.IntN(5) == 0 {
			u.Password.Hash = ""
		}
		u.FirstSignInAt = some(time.Time{}, noon)
		f.TermsDue, f.FactorDue, f.WrongToday = maybe(), maybe(), rand.IntN(3)
		f.WrongAt, f.CodeReturned = some(time.Time{}, noon.Add(-time.Minute)), some(time.Time{}, noon.Add(-time.Minute))
		f.CodeAsked, f.Reachable, f.Devices, u.EmailConfirmed = maybe(), maybe(), rand.IntN(2), maybe()
		f.Strangers.LockedAt, f.Answers.LockedAt = some(time.Time{}, noon.Add(-time.Minute), noon.Add(-2*time.Hour)), some(time.Time{}, noon)

		locked := u.Locked() && (p.Lockout.UnlockAfter == 0 || u.LockReason != gatehouse.LockedByAttempts || u.LockedAt.Equal(noon.Add(-time.Minute)))
		out := !f.Strangers.LockedAt.IsZero() && !gatehouse.LockOver(p.Lockout, f.Strangers, noon) && f.Devices == 0
		first := u.FirstSignInAt.IsZero() && u.Password.Origin == gatehouse.PasswordInitial
		codeless := f.CodeAsked && !f.Reachable && !first && f.Devices == 0
		opens := !u.Off() && !locked && gatehouse.PasswordUsable(u.Password, noon) && !out && !codeless

		all := gatehouse.Barriers(p, f, noon)
		if shut := slices.ContainsFunc(all, func(b gatehouse.Barrier) bool { return b.Shut }); shut == opens {
			t.Fatalf("opens %v: %+v\n%+v", opens, f, all)
		}
		last := -1
		for _, b := range all {
			place := slices.Index(gatehouse.BarrierKinds, b.Kind)
			users := b.Kind == gatehouse.BarrierFactor || b.Kind == gatehouse.BarrierTerms // which only the user can do
			if place <= last || (len(b.Remedies) == 0) != users || b.Until.After(noon) && !b.Until.After(b.Since) {
				t.Fatalf("%+v: %+v", f, all)
			}
			last = place
			for _, r := range b.Remedies { // no remedy offered is refused
				if r == gatehouse.RemedyPassword && !gatehouse.MaySendPassword(*u, f.Reachable) || r == gatehouse.RemedyUnlock && u.LockReason == gatehouse.LockedByOperator {
					t.Fatalf("%+v offers %s", f, r)
				}
			}
		}
	}
}
