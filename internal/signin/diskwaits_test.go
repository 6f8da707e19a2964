package signin_test

import (
	"testing"

	"gatehouse/internal/testkit"
)

// On SQLite a password waits for the disk once, when its outcome is written: that it is being
// verified may be lost in a power cut, because nothing has been answered by then.
func TestAPasswordWaitsForTheDiskOnce(t *testing.T) {
	s := newStage(t, testkit.SQLiteURL(t), noLimits)
	u := s.addUser("waiting", nil)
	device := s.open(u, first, "").Device
	for _, c := range []struct{ what, password, device string }{
		{"right, in a new browser", first, ""},
		{"right, in a known one", first, device},
		{"wrong", wrong, ""},
	} {
		least := int64(9)
		for range 5 { // a mail may be sent meanwhile
			before := s.Store.DiskWaits()
			s.enter(u, c.password, c.device) //nolint:errcheck // one is wrong
			least = min(least, s.Store.DiskWaits()-before)
		}
		if least != 1 {
			t.Errorf("%s: waited for the disk %d times", c.what, least)
		}
	}
}
