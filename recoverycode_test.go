package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
)

func TestRecoveryCodesAreReadAsPeopleTypeThem(t *testing.T) {
	random := []byte{0, 1, 31, 32, 33, 255, 24, 18, 16, 10, 9, 200}
	code := gatehouse.RecoveryCodeOf(random[:gatehouse.RecoveryCodeBytes])
	grouped := gatehouse.GroupRecoveryCode(code)
	if code != "01Z01ZRJGA98" || grouped != "01Z0-1ZRJ-GA98" {
		t.Fatalf("%s, %s", code, grouped)
	}
	for _, typed := range []string{code, grouped, "01z0 1zrj ga98", " O1ZO–IZRJ_GA98\n", "0lz0.lzrj.ga98", "０１Z０-１ZRJ-GA９８"} {
		if got, ok := gatehouse.ReadRecoveryCode(typed); !ok || got != code {
			t.Errorf("%q is read as %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "01Z0-1ZRJ-GA9", "01Z0-1ZRJ-GA988", "01Z0-1ZRJ-GAU8"} {
		if got, ok := gatehouse.ReadRecoveryCode(typed); ok {
			t.Errorf("%q is taken as %q", typed, got)
		}
	}
}

// A user who has a factor is never asked for a code by email, and always for something, starting
// with the factor used last.
func TestWaysOfAUser(t *testing.T) {
	then := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	factor := func(kind gatehouse.FactorKind, used time.Time) gatehouse.Factor {
		return gatehouse.Factor{Kind: kind, ConfirmedAt: then, UsedAt: used}
	}
	app, key := factor(gatehouse.FactorApp, then), factor(gatehouse.FactorPasskey, then.Add(-time.Hour))
	used := key
	used.UsedAt = then.Add(time.Hour)
	waits := factor(gatehouse.FactorApp, time.Time{})
	waits.ConfirmedAt = time.Time{}
	for name, test := range map[string]struct {
		n, codes int
		factors  []gatehouse.Factor
		want     []gatehouse.Way
	}{
		"no factor":        {0, 0, nil, []gatehouse.Way{gatehouse.WayEmail}},
		"an app":           {1, 0, []gatehouse.Factor{app, waits}, []gatehouse.Way{gatehouse.WayApp}},
		"apps and codes":   {2, 9, []gatehouse.Factor{app, app}, []gatehouse.Way{gatehouse.WayApp, gatehouse.WayRecoveryCode}},
		"the app last":     {2, 9, []gatehouse.Factor{key, app}, []gatehouse.Way{gatehouse.WayApp, gatehouse.WayPasskey, gatehouse.WayRecoveryCode}},
		"the passkey last": {2, 0, []gatehouse.Factor{app, used}, []gatehouse.Way{gatehouse.WayPasskey, gatehouse.WayApp}},
		"waits":            {1, 0, []gatehouse.Factor{waits, key}, []gatehouse.Way{gatehouse.WayPasskey}},
		"removed just now": {1, 0, nil, []gatehouse.Way{gatehouse.WayApp}},
	} {
		if got := gatehouse.Ways(gatehouse.User{Factors: test.n}, test.factors, test.codes, gatehouse.RequireCode); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
