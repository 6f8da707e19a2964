package gatehouse_test

import (
	"slices"
	"testing"

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

// A user who has a factor is never asked for a code by mail, and always for something.
func TestWaysOfAUser(t *testing.T) {
	for name, test := range map[string]struct {
		factors, codes int
		kinds          []gatehouse.FactorKind
		want           []gatehouse.Way
	}{
		"no factor":        {0, 0, nil, []gatehouse.Way{gatehouse.WayEmail}},
		"an app":           {1, 0, []gatehouse.FactorKind{gatehouse.FactorApp}, []gatehouse.Way{gatehouse.WayApp}},
		"apps and codes":   {2, 9, []gatehouse.FactorKind{gatehouse.FactorApp, gatehouse.FactorApp}, []gatehouse.Way{gatehouse.WayApp, gatehouse.WayRecoveryCode}},
		"removed just now": {1, 0, nil, []gatehouse.Way{gatehouse.WayApp}},
	} {
		if got := gatehouse.Ways(gatehouse.User{Factors: test.factors}, test.kinds, test.codes); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
