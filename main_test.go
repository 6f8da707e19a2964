package gatehouse_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit/budget"
)

// noon is the "now" of every test that does not move the clock.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	if err := budget.Rapid(100, 20_000); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// classicSite is a site with every step enabled.
func classicSite() gatehouse.Site {
	return gatehouse.Site{
		ID: "meridian-uk", Recovery: gatehouse.RecoverByChallenge, Policy: gatehouse.ClassicPolicy(),
		TermsVersion: "2026-01", AsksSoleUser: true,
	}
}
