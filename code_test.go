package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

// B06: what people type and paste is read; what cannot be a code is rejected.
func TestReadCode(t *testing.T) {
	for typed, want := range map[string]string{
		"418207": "418207", "000000": "000000",
		" 418207\n": "418207", "418 207": "418207", "418\u00a0207": "418207", "418\u202f207": "418207", "4 1 8 2 0 7": "418207", "418\t207": "418207",
		"418-207": "418207", "418–207": "418207", "418\u2011207": "418207", "418－207": "418207",
		"４１８２０７": "418207", "４１８　２０７": "418207", "\u200e418207\u200b": "418207", "\ufeff418207": "418207",
		"": "", " ": "", "-": "", "41820": "", "4182070": "", "41820a": "", "４１８２０": "", "abcdef": "", "418O07": "",
		"٤١٨٢٠٧": "418207", "418207 is your code": "418207", "418,207": "418207", "Code: 418207.": "418207",
		"+41820": "", "418.07": "", "418 or 207": "", "\xff\xfe\xfd\xfc\xfb\xfa": "", "41820\x00": "",
	} {
		got, ok := gatehouse.ReadCode(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is read as %q, %v; want %q", typed, got, ok, want)
		}
	}
}

// B07: half a minute between two codes, and five in any hour.
func TestNextCodeAt(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ago := func(all ...time.Duration) (sent []time.Time) {
		for _, d := range all {
			sent = append(sent, now.Add(-d))
		}
		return sent
	}
	for name, c := range map[string]struct {
		sent []time.Time
		want time.Duration
	}{
		"none yet":               {nil, 0},
		"just now":               {ago(0), 30 * time.Second},
		"29 seconds ago":         {ago(29 * time.Second), time.Second},
		"30 seconds ago":         {ago(30 * time.Second), 0},
		"four, and time enough":  {ago(time.Minute, 2*time.Minute, 3*time.Minute, 4*time.Minute), 0},
		"five":                   {ago(time.Minute, 2*time.Minute, 3*time.Minute, 4*time.Minute, 50*time.Minute), 10 * time.Minute},
		"five, the last just so": {ago(0, 2*time.Minute, 3*time.Minute, 4*time.Minute, time.Hour-time.Second), 30 * time.Second},
		"five, one an hour ago":  {ago(time.Minute, 2*time.Minute, 3*time.Minute, 4*time.Minute, time.Hour), 0},
		"a clock that went back": {ago(-time.Minute), 90 * time.Second},
	} {
		if got := gatehouse.NextCodeAt(c.sent, now).Sub(now); got != c.want {
			t.Errorf("%s: in %v, want %v", name, got, c.want)
		}
	}
}
