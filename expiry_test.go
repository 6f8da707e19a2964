package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

var ninetyDays = gatehouse.PasswordPolicy{MaxAge: 90 * day}

// endsIn is a chosen password that expires after this time under ninetyDays.
func endsIn(left time.Duration) gatehouse.Password {
	return gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: noon.Add(left - 90*day)}
}

func TestA08WhichWarningAboutAPasswordIsDue(t *testing.T) {
	recovery, none := endsIn(day), endsIn(day)
	recovery.Origin, none.Hash = gatehouse.PasswordRecovery, ""
	for _, test := range []struct {
		name     string
		policy   gatehouse.PasswordPolicy
		password gatehouse.Password
		warned   int
		want     int
	}{
		{"before the first", ninetyDays, endsIn(14*day + 1), 0, 0},
		{"the first", ninetyDays, endsIn(14 * day), 0, 14},
		{"the first has been sent", ninetyDays, endsIn(14 * day), 14, 0},
		{"the end of the first", ninetyDays, endsIn(7*day + 1), 14, 0},
		{"the second", ninetyDays, endsIn(7 * day), 14, 7},
		{"the second has been sent", ninetyDays, endsIn(2 * day), 7, 0},
		{"only the second, who was away for the first", ninetyDays, endsIn(6 * day), 0, 7},
		{"the last", ninetyDays, endsIn(day), 7, 1},
		{"only the last, who was away for two", ninetyDays, endsIn(time.Hour), 0, 1},
		{"only the last, who was away for one", ninetyDays, endsIn(time.Hour), 14, 1},
		{"the last has been sent", ninetyDays, endsIn(time.Hour), 1, 0},
		{"the last moment", ninetyDays, endsIn(1), 7, 1},
		{"it has expired", ninetyDays, endsIn(0), 7, 0},
		{"it expired long ago", ninetyDays, endsIn(-300 * day), 0, 0},
		{"a clock that went backwards", ninetyDays, endsIn(10 * day), 7, 0},
		{"no expiry", gatehouse.PasswordPolicy{}, endsIn(day), 0, 0},
		{"a temporary one", ninetyDays, recovery, 0, 0},
		{"none", ninetyDays, none, 0, 0},
	} {
		if got := gatehouse.PasswordWarningDue(test.policy, test.password, test.warned, noon); got != test.want {
			t.Errorf("%s: %d days, want %d", test.name, got, test.want)
		}
	}
}

func TestPasswordExpiresAt(t *testing.T) {
	if got := gatehouse.PasswordExpiresAt(ninetyDays, endsIn(6*day)); !got.Equal(noon.Add(6 * day)) {
		t.Errorf("got %s", got)
	}
	temporary := gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordInitial, SetAt: noon, ExpiresAt: noon.Add(day)}
	for name, got := range map[string]time.Time{
		"no expiry":   gatehouse.PasswordExpiresAt(gatehouse.PasswordPolicy{}, endsIn(day)),
		"temporary":   gatehouse.PasswordExpiresAt(ninetyDays, temporary),
		"no password": gatehouse.PasswordExpiresAt(ninetyDays, gatehouse.Password{Origin: gatehouse.PasswordChosen, SetAt: noon}),
	} {
		if !got.IsZero() {
			t.Errorf("%s: expires at %s", name, got)
		}
	}
}

// No matter how rarely the check runs, each warning is sent at most once, in its own time, and
// none after the expiry. With frequent checks, all of them are sent.
func TestA08WarningsComeOnceAndInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := gatehouse.PasswordPolicy{MaxAge: time.Duration(rapid.IntRange(30, 400).Draw(t, "age")) * day}
		w := gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: noon}
		ends := gatehouse.PasswordExpiresAt(policy, w)
		longest := time.Duration(rapid.IntRange(1, 40*24).Draw(t, "hours between looks")) * time.Hour
		now := ends.Add(-20 * day)
		var sent []int
		for warned := 0; now.Before(ends.Add(20 * day)); now = now.Add(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(1, int64(longest)).Draw(t, "ns"))
		}).Draw(t, "pause") + time.Minute) {
			days := gatehouse.PasswordWarningDue(policy, w, warned, now)
			if days == 0 {
				continue
			}
			if left := ends.Sub(now); left <= 0 || left > time.Duration(days)*day {
				t.Fatalf("warned of %d days with %s left", days, left)
			}
			sent, warned = append(sent, days), days
		}
		if !slices.IsSortedFunc(sent, func(a, b int) int { return b - a }) || len(slices.Compact(slices.Clone(sent))) != len(sent) {
			t.Fatalf("sent %v", sent)
		}
		if longest < 23*time.Hour && !slices.Equal(sent, []int{14, 7, 1}) {
			t.Fatalf("looked every %s at most, sent %v", longest, sent)
		}
	})
}

// The spans include everybody who is due a warning, and nobody else.
func TestWarningSpansAreWhereWarningsAreDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := gatehouse.PasswordPolicy{MaxAge: time.Duration(rapid.IntRange(30, 400).Draw(t, "age")) * day}
		warned := rapid.SampledFrom([]int{0, 14, 7, 1}).Draw(t, "warned")
		left := time.Duration(rapid.IntRange(-2*24, 16*24).Draw(t, "hours left"))*time.Hour +
			time.Duration(rapid.IntRange(-1, 1).Draw(t, "aside"))
		w := gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: noon.Add(left - policy.MaxAge)}
		found := 0
		for _, span := range gatehouse.PasswordWarningSpans(policy, noon) {
			if w.SetAt.After(span.From) && !w.SetAt.After(span.To) && (warned == 0 || warned > span.Days) {
				found += span.Days
			}
		}
		if due := gatehouse.PasswordWarningDue(policy, w, warned, noon); found != due {
			t.Fatalf("with %s left, found for %d, due %d", left, found, due)
		}
	})
	if spans := gatehouse.PasswordWarningSpans(gatehouse.PasswordPolicy{}, noon); spans != nil {
		t.Errorf("without expiry: %v", spans)
	}
}

func TestDaysUntil(t *testing.T) {
	sydney := time.FixedZone("Sydney", 11*3600)
	at := func(text string) time.Time {
		got, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, test := range []struct {
		then, now string
		zone      *time.Location
		want      int
	}{
		{"2026-11-21T23:59:00Z", "2026-11-21T00:01:00Z", time.UTC, 0},
		{"2026-11-22T00:01:00Z", "2026-11-21T23:59:00Z", time.UTC, 1},
		{"2026-11-22T00:01:00Z", "2026-11-21T23:59:00Z", sydney, 0}, // both late in the morning there
		{"2026-11-21T14:00:00Z", "2026-11-21T12:00:00Z", sydney, 1},
		{"2026-12-05T12:00:00Z", "2026-11-21T12:15:00Z", time.UTC, 14},
		{"2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z", time.UTC, 0},
	} {
		if got := gatehouse.DaysUntil(at(test.then), at(test.now), test.zone); got != test.want {
			t.Errorf("from %s to %s: %d, want %d", test.now, test.then, got, test.want)
		}
	}
	london := time.FixedZone("London", 0)
	if zone, err := time.LoadLocation("Europe/London"); err == nil {
		london = zone
	}
	// A night when clocks go back has 25 hours.
	if got := gatehouse.DaysUntil(at("2026-11-01T00:30:00Z"), at("2026-10-18T12:00:00Z"), london); got != 14 {
		t.Errorf("over the change of clocks: %d", got)
	}
}
