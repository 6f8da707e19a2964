package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

func TestMayAskFactor(t *testing.T) {
	never := time.Time{}
	for name, c := range map[string]struct {
		u         gatehouse.User
		reachable bool
		asked     time.Time
		want      bool
	}{
		"never asked":      {gatehouse.User{State: gatehouse.Active}, true, never, true},
		"not signed in":    {gatehouse.User{State: gatehouse.Invited}, true, never, true},
		"asked lately":     {gatehouse.User{State: gatehouse.Active}, true, noon.Add(1 - gatehouse.FactorAskEvery), false},
		"asked a week ago": {gatehouse.User{State: gatehouse.Active}, true, noon.Add(-gatehouse.FactorAskEvery), true},
		"has one":          {gatehouse.User{State: gatehouse.Active, Factors: 1}, true, never, false},
		"deactivated":      {gatehouse.User{State: gatehouse.Deactivated}, true, never, false},
		"no address":       {gatehouse.User{State: gatehouse.Active}, false, never, false},
		"mail comes back":  {gatehouse.User{State: gatehouse.Active, Bounce: gatehouse.Bounce{At: noon}}, true, never, false},
	} {
		if got := gatehouse.MayAskFactor(c.u, c.reachable, c.asked, noon); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
