package gatehouse_test

import (
	"testing"

	"gatehouse"
)

func TestMaskPhone(t *testing.T) {
	for number, want := range map[string]string{"+447400123456": "•• 56", "tel:+447400123456": "•• 56", "+44": "••", "": "••"} {
		if got := gatehouse.MaskPhone(number); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}
