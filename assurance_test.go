package gatehouse_test

import (
	"slices"
	"testing"

	"gatehouse"
)

var everyMethod = []gatehouse.Method{
	gatehouse.MethodPassword, gatehouse.MethodEmailCode, gatehouse.MethodTOTP, gatehouse.MethodRecoveryCode,
	gatehouse.MethodPasskey, gatehouse.MethodVerifiedPasskey, gatehouse.MethodSyncedPasskey, gatehouse.MethodVerifiedSyncedPasskey, gatehouse.MethodTrustedDevice,
}

// proofs are the rows of the truth table: every subset of the methods.
func proofs() [][]gatehouse.Method {
	var all [][]gatehouse.Method
	for n := range 1 << len(everyMethod) {
		var some []gatehouse.Method
		for i, m := range everyMethod {
			if n>>i&1 == 1 {
				some = append(some, m)
			}
		}
		all = append(all, some)
	}
	return all
}

// factors says what a set of proofs is worth in SP 800-63B-4's own terms: what the person knows,
// has, and is (or knows towards the device: a verified passkey counts as two). Email and a trusted
// device count for nothing.
func factors(methods []gatehouse.Method) (knows, has, verified bool) {
	for _, m := range methods {
		switch m {
		case gatehouse.MethodPassword:
			knows = true
		case gatehouse.MethodTOTP, gatehouse.MethodRecoveryCode, gatehouse.MethodPasskey, gatehouse.MethodSyncedPasskey:
			has = true
		case gatehouse.MethodVerifiedPasskey, gatehouse.MethodVerifiedSyncedPasskey:
			verified = true
		}
	}
	return knows, has, verified
}

func TestAssureModern(t *testing.T) {
	for _, methods := range proofs() {
		knows, has, verified := factors(methods)
		want := 0
		if knows || has {
			want = 1
		}
		if knows && has || verified {
			want = 2
		}
		got := gatehouse.Assure(gatehouse.ModernPolicy(), methods, 15)
		if got.Level != want || !slices.Equal(got.Methods, methods) {
			t.Errorf("WA-S05: %v: %+v, want level %d", methods, got, want)
		}
	}
}

// A passkey that is synced says so in tokens, and one that is not claims no hardware.
func TestWhatTokensSayOfPasskeys(t *testing.T) {
	for k, want := range map[*gatehouse.Passkey][]string{
		{Syncable: true}: {"swk", "user", "mfa"},
		{}:               {"pop", "user", "mfa"},
	} {
		got := gatehouse.Assure(gatehouse.ModernPolicy(), []gatehouse.Method{k.Method(true)}, 0)
		if !slices.Equal(got.AMR(), want) || got.Level != 2 {
			t.Errorf("WA-S05: %+v: %q", k, got.AMR())
		}
		if one := gatehouse.Assure(gatehouse.ModernPolicy(), []gatehouse.Method{k.Method(false)}, 0); one.Level != 1 || slices.Contains(one.AMR(), "mfa") {
			t.Errorf("WA-S05: %+v without verification: %+v", k, one)
		}
	}
}

// A classic site claims nothing for a password: its length falls short of PV-1 and its recovery of
// PV-6.
func TestAssureClassicWithoutAPossession(t *testing.T) {
	long := gatehouse.ClassicPolicy()
	long.Password.MinLength = gatehouse.CeilingPasswordLength
	for _, policy := range []gatehouse.Policy{gatehouse.ClassicPolicy(), long} {
		for _, methods := range proofs() {
			if _, has, verified := factors(methods); has || verified {
				continue
			}
			if got := gatehouse.Assure(policy, methods, policy.Password.MinLength).Level; got != 0 {
				t.Errorf("%v: level %d", methods, got)
			}
		}
	}
}

// With something the person has, a classic site claims level 1 but never 2: its challenge question
// and mailed temporary password undo what level 2 promises.
func TestAssureClassicClaimsLevelOneAtMost(t *testing.T) {
	for _, methods := range proofs() {
		if _, has, verified := factors(methods); !has && !verified {
			continue
		}
		if got := gatehouse.Assure(gatehouse.ClassicPolicy(), methods, 8).Level; got != 1 {
			t.Fatalf("%v: level %d, want 1", methods, got)
		}
	}
}

// Seven characters are too few even with a second factor (PV-1): only the second factor counts.
func TestAssureSevenCharactersAreNoFactor(t *testing.T) {
	seven := gatehouse.ClassicPolicy()
	seven.Password.MinLength = gatehouse.FloorPasswordLength
	if got := gatehouse.Assure(seven, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodTOTP}, seven.Password.MinLength).Level; got != 1 {
		t.Errorf("level %d, want 1", got)
	}
}

// Under every policy, email and a trusted device add nothing, more proof never lowers the level,
// order and repetition do not matter, and level 3 is not given.
func TestAssureForEveryPolicy(t *testing.T) {
	for _, profile := range []gatehouse.Profile{gatehouse.Classic, gatehouse.Modern, ""} {
		for _, length := range []int{0, 7, 8, 14, 15, 64} {
			p := gatehouse.Policy{Profile: profile, Password: gatehouse.PasswordPolicy{MinLength: length}}
			for _, methods := range proofs() {
				checkAssure(t, p, methods)
			}
		}
	}
}

func checkAssure(t *testing.T, p gatehouse.Policy, methods []gatehouse.Method) {
	t.Helper()
	level := gatehouse.Assure(p, methods, p.Password.MinLength).Level
	if level < 0 || level > 2 {
		t.Errorf("%s, %v: level %d", p.Profile, methods, level)
	}
	for _, m := range everyMethod {
		more := gatehouse.Assure(p, append(slices.Clone(methods), m), p.Password.MinLength).Level
		if more < level {
			t.Errorf("%s, %v: level %d, with %s only %d", p.Profile, methods, level, m, more)
		}
		if more != level && (m == gatehouse.MethodEmailCode || m == gatehouse.MethodTrustedDevice || slices.Contains(methods, m)) {
			t.Errorf("%s, %v: level %d, with %s %d", p.Profile, methods, level, m, more)
		}
	}
	backwards := slices.Clone(methods)
	slices.Reverse(backwards)
	if got := gatehouse.Assure(p, backwards, p.Password.MinLength).Level; got != level {
		t.Errorf("%s, %v: level %d, backwards %d", p.Profile, methods, level, got)
	}
}

// A modern policy that is too weak for PV-1 (the check refuses it) claims nothing for its password
// either.
func TestAssureLooksAtTheLength(t *testing.T) {
	p := gatehouse.ModernPolicy()
	for length, want := range map[int]int{8: 0, 14: 0, 15: 1, 64: 1} {
		p.Password.MinLength = length
		if got := gatehouse.Assure(p, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodEmailCode}, p.Password.MinLength).Level; got != want {
			t.Errorf("%d characters: level %d, want %d", length, got, want)
		}
	}
	if got := gatehouse.Assure(gatehouse.ModernPolicy(), []gatehouse.Method{"sms"}, 64).Level; got != 0 {
		t.Errorf("an unknown method: level %d", got)
	}
}

// With a second factor, a password counts from eight characters on: level 2 in the modern profile.
// In the classic one, it is never more than 1.
func TestAssureBesideASecondFactorLooksAtTheLength(t *testing.T) {
	both := []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodTOTP}
	for length, want := range map[int]int{0: 1, 7: 1, 8: 2, 14: 2, 15: 2, 64: 2} {
		modern, classic := gatehouse.ModernPolicy(), gatehouse.ClassicPolicy()
		modern.Password.MinLength, classic.Password.MinLength = length, length
		if got := gatehouse.Assure(modern, both, modern.Password.MinLength).Level; got != want {
			t.Errorf("modern, %d characters: level %d, want %d", length, got, want)
		}
		if got := gatehouse.Assure(classic, both, classic.Password.MinLength).Level; got != 1 {
			t.Errorf("classic, %d characters: level %d, want 1", length, got)
		}
	}
}
