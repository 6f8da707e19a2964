package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

// The SHA-1 vectors of RFC 6238, appendix B; their last six digits.
func TestAppCodesAreThoseOfTheRFC(t *testing.T) {
	key := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924",
		2000000000: "279037", 20000000000: "353130"} {
		if got := gatehouse.AppCode(key, gatehouse.AppStep(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	if got := gatehouse.AppKeyText(key); got != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" {
		t.Errorf("the key is written %s", got)
	}
}

var (
	appKey = []byte("twenty bytes of key!")
	appNow = time.Date(2026, 11, 29, 12, 0, 10, 0, time.UTC)
)

// shown is what a phone shows if its clock is off by this much.
func shown(at time.Time, off time.Duration) string {
	return gatehouse.AppCode(appKey, gatehouse.AppStep(at.Add(off)))
}

// expect enters codes in turn, and checks the verdict on each.
func expect(t *testing.T, clock gatehouse.AppClock, now time.Time, code string, want gatehouse.AppVerdict) gatehouse.AppClock {
	t.Helper()
	next, got := clock.Take(appKey, code, now)
	if got != want {
		t.Fatalf("the code came to %s, want %s (%+v)", got, want, clock)
	}
	if got != gatehouse.AppRight && (next.Last != clock.Last || next.Drift != clock.Drift) {
		t.Fatalf("a code that does not do changed %+v to %+v", clock, next)
	}
	return next
}

// The current and the previous step are valid, each once, and nothing before a used one.
func TestEachStepOfAnAppIsGoodOnce(t *testing.T) {
	var clock gatehouse.AppClock
	before, now := shown(appNow, -gatehouse.AppPeriod), shown(appNow, 0)
	clock = expect(t, clock, appNow, before, gatehouse.AppRight)
	expect(t, clock, appNow, before, gatehouse.AppUsed)
	clock = expect(t, clock, appNow, now, gatehouse.AppRight)
	expect(t, clock, appNow, now, gatehouse.AppUsed)
	expect(t, clock, appNow, before, gatehouse.AppUsed)
	expect(t, gatehouse.AppClock{}, appNow, shown(appNow, -2*gatehouse.AppPeriod), gatehouse.AppMissed)
	expect(t, gatehouse.AppClock{}, appNow, shown(appNow, gatehouse.AppPeriod), gatehouse.AppMissed)
	expect(t, gatehouse.AppClock{}, appNow, "000000", gatehouse.AppWrong)
	expect(t, gatehouse.AppClock{}, appNow, "", gatehouse.AppWrong)
}

// A phone whose clock drifts is found again by two codes in a row, and stays found. One that is
// off by more than five minutes is not.
func TestAPhoneWithAWrongClockIsFoundAgain(t *testing.T) {
	for _, off := range []time.Duration{-5 * time.Minute, -70 * time.Second, 40 * time.Second, 5 * time.Minute} {
		clock, now := gatehouse.AppClock{}, appNow
		clock = expect(t, clock, now, shown(now, off), gatehouse.AppMissed)
		expect(t, clock, now, shown(now, off), gatehouse.AppMissed) // the same one proves nothing
		now = now.Add(gatehouse.AppPeriod)
		clock = expect(t, clock, now, shown(now, off), gatehouse.AppRight)
		for range 3 {
			now = now.Add(10 * gatehouse.AppPeriod)
			clock = expect(t, clock, now, shown(now, off), gatehouse.AppRight)
		}
	}
	expect(t, gatehouse.AppClock{}, appNow, shown(appNow, 6*time.Minute), gatehouse.AppWrong)
}

// The first code that an app shows reveals its phone's clock.
func TestTheFirstCodeSetsTheClock(t *testing.T) {
	for off, drift := range map[time.Duration]int64{0: 0, -gatehouse.AppPeriod: 0, -2 * gatehouse.AppPeriod: -2, 3 * gatehouse.AppPeriod: 3} {
		clock, verdict := gatehouse.FirstAppCode(appKey, shown(appNow, off), appNow)
		if verdict != gatehouse.AppRight || clock.Drift != drift {
			t.Errorf("off by %v: %s, %+v", off, verdict, clock)
		}
		expect(t, clock, appNow, shown(appNow, off), gatehouse.AppUsed)
		expect(t, clock, appNow.Add(10*gatehouse.AppPeriod), shown(appNow.Add(10*gatehouse.AppPeriod), off), gatehouse.AppRight)
	}
	if _, verdict := gatehouse.FirstAppCode(appKey, "123456", appNow); verdict != gatehouse.AppWrong {
		t.Errorf("a code that is none: %s", verdict)
	}
}
