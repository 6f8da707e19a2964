package gatehouse_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

func TestFactorResetDue(t *testing.T) {
	p := gatehouse.ClassicPolicy()
	for name, c := range map[string]struct {
		by      gatehouse.CallerKind
		factors int
		want    time.Duration
	}{
		"an administrator":                     {gatehouse.SignedIn, 2, 0},
		"support":                              {gatehouse.Operator, 1, 24 * time.Hour},
		"support, and there is no factor":      {gatehouse.Operator, 0, 0},
		"the server, when the time has come":   {gatehouse.System, 1, 0},
		"nobody who is known waits as longest": {gatehouse.Visitor, 1, 24 * time.Hour},
	} {
		if got := gatehouse.FactorResetDue(p, gatehouse.Caller{Kind: c.by}, gatehouse.User{Factors: c.factors}, noon); !got.Equal(noon.Add(c.want)) {
			t.Errorf("%s: after %v, want %v", name, got.Sub(noon), c.want)
		}
	}
}

// A reset of factors never comes before the site's delay, for anybody who asks.
func TestFactorResetsWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := gatehouse.ClassicPolicy()
		hours := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 168).Draw(t, name)) * time.Hour
		}
		p.FactorReset = gatehouse.FactorResetDelay{ByAdministrator: hours("administrator"), BySupport: hours("support")}
		kind := rapid.SampledFrom([]gatehouse.CallerKind{gatehouse.SignedIn, gatehouse.Operator, gatehouse.Visitor}).Draw(t, "by")
		waits := gatehouse.FactorResetDue(p, gatehouse.Caller{Kind: kind}, gatehouse.User{Factors: rapid.IntRange(1, 9).Draw(t, "factors")}, noon).Sub(noon)
		if waits < min(p.FactorReset.ByAdministrator, p.FactorReset.BySupport) || kind != gatehouse.SignedIn && waits != p.FactorReset.BySupport {
			t.Errorf("%s waits %v", kind, waits)
		}
	})
}
