package gatehouse_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
)

// Sessions of the modern profile are as short as SP 800-63B-4 2.2.3 advises.
func TestModernSessionsAreShort(t *testing.T) {
	if s := gatehouse.ModernPolicy().Session; s.Absolute > 24*time.Hour || s.Idle > time.Hour || s.Idle > s.Absolute {
		t.Errorf("%s, and %s without use", s.Absolute, s.Idle)
	}
}

// SP 800-63B-4 PV-3: every printable ASCII character will do, alone, and so does the space.
func TestModernAsksForNoKindOfCharacter(t *testing.T) {
	policy := gatehouse.ModernPolicy().Password
	for c := ' '; c <= '~'; c++ {
		password := strings.Repeat(string(c), policy.MinLength)
		if failed := gatehouse.CheckPassword(policy, gatehouse.PasswordFacts{Password: password, Username: "asmith"}); failed != nil {
			t.Errorf("%q fails %v", password, failed)
		}
	}
}

// SP 800-63B-4 PV-9: a long password may contain the username, or any other word.
func TestModernTakesPasswordsWithListedWords(t *testing.T) {
	facts := gatehouse.PasswordFacts{Username: "alice", Context: []string{"Alice", "Battery Works Ltd"}}
	for password, want := range map[string]int{"correct horse alice battery": 0, "alice alice alice": 0, "Battery Works Ltd": 1} {
		facts.Password = password
		if failed := gatehouse.CheckPassword(gatehouse.ModernPolicy().Password, facts); len(failed) != want {
			t.Errorf("%q fails %v", password, failed)
		}
	}
}

// SP 800-63B-4 LSA-3 and SFOA-1: a recovery code is worth six digits at least, and an app's key has
// 112 bits.
func TestSecretsOfFactorsAreLongEnough(t *testing.T) {
	if bits := 8 * gatehouse.AppKeyBytes; bits < 112 {
		t.Errorf("the key of an app has %d bits", bits)
	}
	random, seen := make([]byte, gatehouse.RecoveryCodeBytes), map[string]bool{}
	for i := range random { // each byte gives one letter of 32, so four of them are a million codes
		for value := range 32 {
			random[i] = byte(value)
			seen[gatehouse.RecoveryCodeOf(random)] = true
		}
		random[i] = 0
	}
	if letters := len(random); letters < 4 || len(seen) != letters*31+1 {
		t.Errorf("%d letters, and %d codes that differ in one", letters, len(seen))
	}
}
