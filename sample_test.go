package gatehouse

import (
	"testing"
	"time"
)

// Samples of several processes are put together by the hour: sums of what was done, the highest of what
// is the same for all, and the sum of what each has for itself.
func TestHealthHours(t *testing.T) {
	now := time.Date(2026, time.November, 21, 12, 30, 0, 0, time.UTC)
	hour := now.Truncate(time.Hour)
	samples := []Sample{
		{Process: "a", At: hour, Requests: 10, Errors: 1, MemoryBytes: 5, Sessions: 7, MailWaiting: 1},
		{Process: "a", At: hour.Add(5 * time.Minute), Requests: 20, MemoryBytes: 9, Sessions: 6, HashesWaited: 3},
		{Process: "b", At: hour.Add(5 * time.Minute), Requests: 5, MemoryBytes: 4, Sessions: 6, MailSent: 2, MailFailed: 1},
		{Process: "a", At: hour.Add(-time.Microsecond), Requests: 100},
		{Process: "a", At: hour.Add(-24 * time.Hour), Requests: 1000},
		{Process: "a", At: hour.Add(time.Hour), Requests: 1000}, // of a clock that is ahead
	}
	all := HealthHours(samples, now, 24)
	last, before := all[23], all[22]
	if len(all) != 24 || !last.From.Equal(hour) || !last.Known || last.Requests != 35 || last.Errors != 1 || last.MemoryBytes != 13 || last.Sessions != 7 || last.HashesWaited != 3 || last.MailSent != 2 || last.MailFailed != 1 || last.MailWaiting != 1 {
		t.Errorf("%+v", last)
	}
	if before.Requests != 100 || !before.Known || all[0].Known || all[0].Requests != 0 {
		t.Errorf("%+v, %+v", before, all[0])
	}
}

func TestSlowMillis(t *testing.T) {
	for _, c := range []struct {
		times []int64
		want  int64
	}{
		{nil, 0},
		{[]int64{95, 5}, SampleBounds[0]},
		{[]int64{94, 6}, SampleBounds[1]},
		{[]int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 2 * SampleBounds[len(SampleBounds)-1]},
	} {
		var s Sample
		copy(s.Times[:], c.times)
		if got := s.SlowMillis(); got != c.want {
			t.Errorf("%v: %d, want %d", c.times, got, c.want)
		}
	}
}

// What a process did is the difference of two counts; how things stand is the later one.
func TestSampleSince(t *testing.T) {
	a := Sample{Requests: 10, Errors: 3, HashMillis: 9, MailSent: 4, MailFailed: 2, Sessions: 5}
	a.Times[2] = 8
	b := Sample{Requests: 4, Errors: 1, HashMillis: 2, MailSent: 1, MailFailed: 1, Sessions: 9}
	b.Times[2] = 3
	if d := a.Since(b); d.Requests != 6 || d.Errors != 2 || d.HashMillis != 7 || d.MailSent != 3 || d.MailFailed != 1 || d.Sessions != 5 || d.Times[2] != 5 {
		t.Errorf("%+v", d)
	}
}
