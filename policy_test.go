package gatehouse_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
)

func TestTheProfilesPassTheirOwnCheck(t *testing.T) {
	for _, p := range []gatehouse.Policy{gatehouse.ClassicPolicy(), gatehouse.ModernPolicy()} {
		if bad := p.Check(); len(bad) > 0 {
			t.Errorf("%s: %v", p.Profile, bad)
		}
	}
}

// The numbers that docs and help pages quote; changing one requires a decision.
func TestTheProfilesNumbers(t *testing.T) {
	c, m := gatehouse.ClassicPolicy(), gatehouse.ModernPolicy()
	for _, test := range []struct {
		name      string
		got, want any
	}{
		{"classic length", c.Password.MinLength, 8},
		{"classic history", c.Password.History, 5},
		{"classic attempts", c.Lockout.Attempts, 6},
		{"classic attempts in all", c.Lockout.InAll, 100},
		{"classic unlock by time", c.Lockout.UnlockAfter, time.Duration(0)},
		{"classic temporary password", c.TemporaryPassword, 24 * time.Hour},
		{"classic code", c.Code, 5 * time.Minute},
		{"classic trusted browser", c.TrustedDevice, 15 * 24 * time.Hour},
		{"classic composition", c.Password.Upper && c.Password.Lower && c.Password.Digit && c.Password.NoUsernameParts, true},
		{"classic block list", c.Password.Blocklist, true},
		{"modern password", m.Password, gatehouse.PasswordPolicy{MinLength: 15, NoContextWords: true, Blocklist: true}},
		{"modern reset link", m.ResetLink, time.Hour},
		{"modern trusted browser", m.TrustedDevice, time.Duration(0)},
		{"modern lockout", m.Lockout, c.Lockout},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
	}
}

const day = 24 * time.Hour

// Every number is accepted at its bound and refused beyond it.
func TestPolicyBounds(t *testing.T) {
	type policy = gatehouse.Policy
	for _, test := range []struct {
		key       string
		set       func(*policy, int64)
		good, bad []int64
	}{
		{"policy.password.min_length", func(p *policy, v int64) { p.Password.MinLength = int(v) }, []int64{7, 8, 64}, []int64{-1, 0, 6, 65}},
		{"policy.password.history", func(p *policy, v int64) { p.Password.History = int(v) }, []int64{0, 24}, []int64{-1, 25}},
		{"policy.password.max_age", func(p *policy, v int64) { p.Password.MaxAge = time.Duration(v) }, spans(0, 30*day, 3650*day), spans(-day, 1, 30*day-1, 3650*day+1)},
		{"policy.lockout.attempts", func(p *policy, v int64) { p.Lockout.Attempts = int(v) }, []int64{3, 10}, []int64{-1, 0, 2, 11}},
		{"policy.lockout.attempts_in_all", func(p *policy, v int64) { p.Lockout.InAll = int(v) }, []int64{6, 100}, []int64{-1, 0, 5, 101}},
		{"policy.lockout.unlock_after", func(p *policy, v int64) { p.Lockout.UnlockAfter = time.Duration(v) }, spans(0, 5*time.Minute, day), spans(-1, 1, 5*time.Minute-1, day+1)},
		{"policy.session.idle", func(p *policy, v int64) { p.Session.Idle, p.Session.Absolute = time.Duration(v), 30*day }, spans(time.Minute, 7*day), spans(-1, 0, time.Minute-1, 7*day+1)},
		{"policy.session.absolute", func(p *policy, v int64) { p.Session.Absolute = time.Duration(v) }, spans(30*time.Minute, 30*day), spans(-1, 0, 30*time.Minute-1, 30*day+1)},
		{"policy.temporary_password", func(p *policy, v int64) { p.TemporaryPassword = time.Duration(v) }, spans(5*time.Minute, day), spans(-1, 0, 5*time.Minute-1, day+1)},
		{"policy.reset_link", func(p *policy, v int64) { p.ResetLink = time.Duration(v) }, spans(5*time.Minute, time.Hour), spans(-1, 0, 5*time.Minute-1, time.Hour+1)},
		{"policy.code", func(p *policy, v int64) { p.Code = time.Duration(v) }, spans(time.Minute, 10*time.Minute), spans(-1, 0, time.Minute-1, 10*time.Minute+1)},
		{"policy.trusted_device", func(p *policy, v int64) { p.TrustedDevice = time.Duration(v) }, spans(0, 30*day), spans(-1, 30*day+1)},
		{"policy.sign_in", func(p *policy, v int64) { p.SignIn = time.Duration(v) }, spans(5*time.Minute, time.Hour), spans(-1, 0, 5*time.Minute-1, time.Hour+1)},
	} {
		for _, v := range test.good {
			p := gatehouse.ClassicPolicy()
			test.set(&p, v)
			if bad := p.Check(); len(bad) > 0 {
				t.Errorf("%s = %d: %v", test.key, v, bad)
			}
		}
		for _, v := range test.bad {
			p := gatehouse.ClassicPolicy()
			test.set(&p, v)
			if !complainsOnlyAbout(p.Check(), test.key) {
				t.Errorf("%s = %d: %v", test.key, v, p.Check())
			}
		}
	}
}

func spans(d ...time.Duration) []int64 {
	var v []int64
	for _, one := range d {
		v = append(v, int64(one))
	}
	return v
}

// complainsOnlyAbout: at least one complaint, all about this key, and each says what is wrong.
func complainsOnlyAbout(bad []gatehouse.PolicyError, key string) bool {
	for _, e := range bad {
		if e.Key != key || e.Problem == "" || !strings.HasPrefix(e.Error(), key+": ") {
			return false
		}
	}
	return len(bad) > 0
}

// Settings that are not numbers but have only one right answer.
func TestWhatNoPolicyMayHave(t *testing.T) {
	for _, test := range []struct {
		key  string
		from gatehouse.Policy
		set  func(*gatehouse.Policy)
	}{
		{"policy.profile", gatehouse.ClassicPolicy(), func(p *gatehouse.Policy) { p.Profile = "" }},
		{"policy.profile", gatehouse.ClassicPolicy(), func(p *gatehouse.Policy) { p.Profile = "nist" }},
		{"policy.password.blocklist", gatehouse.ClassicPolicy(), func(p *gatehouse.Policy) { p.Password.Blocklist = false }},
		{"policy.password.blocklist", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.Blocklist = false }},
		{"policy.password.min_length", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.MinLength = 14 }},
		{"policy.password", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.Upper = true }},
		{"policy.password", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.Lower = true }},
		{"policy.password", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.Digit = true }},
		{"policy.password.no_username_parts", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.NoUsernameParts = true }},
		{"policy.password.max_age", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.Password.MaxAge = 90 * day }},
		{"policy.trusted_device", gatehouse.ModernPolicy(), func(p *gatehouse.Policy) { p.TrustedDevice = day }},
	} {
		test.set(&test.from)
		if bad := test.from.Check(); !complainsOnlyAbout(bad, test.key) {
			t.Errorf("%s: %v", test.key, bad)
		}
	}
}

// All faults are reported at once.
func TestAnEmptyPolicyIsRefusedInFull(t *testing.T) {
	said := map[string]bool{}
	for _, e := range (gatehouse.Policy{}).Check() {
		said[e.Key] = true
	}
	for _, key := range []string{
		"profile", "password.min_length", "password.blocklist", "lockout.attempts", "session.idle",
		"temporary_password", "reset_link", "code", "sign_in",
	} {
		if !said["policy."+key] {
			t.Errorf("nothing about policy.%s", key)
		}
	}
}
