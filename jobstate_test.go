package gatehouse

import (
	"testing"
	"time"
)

// A run is told from the one before: running, what it changed, since when it fails.
func TestJobStateOfRuns(t *testing.T) {
	at := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	j := JobState{Name: "expiry", Every: time.Minute}.Begin(at)
	if !j.Running() || !j.NextAt().Equal(at.Add(time.Minute)) {
		t.Errorf("begun: %+v", j)
	}
	j = j.End(at.Add(time.Second), 3, "")
	if j.Running() || j.Took != time.Second || j.Did != 3 || !j.DidAt.Equal(at.Add(time.Second)) || j.Failing() {
		t.Errorf("ended: %+v", j)
	}
	j = j.Begin(at.Add(time.Minute)).End(at.Add(time.Minute), 0, "no disk")
	if j.Running() || !j.Failing() || j.Error != "no disk" || j.Did != 3 || !j.FailingSince.Equal(at.Add(time.Minute)) {
		t.Errorf("failed: %+v", j)
	}
	j = j.Begin(at.Add(2*time.Minute)).End(at.Add(2*time.Minute), 0, "no disk still")
	if !j.FailingSince.Equal(at.Add(time.Minute)) || !j.FailedAt.Equal(at.Add(2*time.Minute)) {
		t.Errorf("failed again: %+v", j)
	}
	j = j.Begin(at.Add(3*time.Minute)).End(at.Add(2*time.Minute), 0, "") // the clock was set back
	if j.Failing() || j.Error != "no disk still" || j.Running() || j.Took != 0 {
		t.Errorf("works again: %+v", j)
	}
}

// What others should know is written at once if it matters, else rarely.
func TestJobStateToNote(t *testing.T) {
	at := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	known := JobState{NotedAt: at, DidAt: at.Add(-time.Second)}
	did, failed := known, known
	did.DidAt = at.Add(time.Second)
	failed.FailedAt, failed.FailingSince = at.Add(time.Second), at.Add(time.Second)
	again := failed
	again.FailedAt = at.Add(2 * time.Second)
	failed2 := failed
	failed2.NotedAt = at
	for name, c := range map[string]struct {
		now, known JobState
		at         time.Time
		want       bool
	}{
		"idle, for an hour":           {known, known, at.Add(time.Hour), false},
		"did something, too soon":     {did, known, at.Add(JobNotedEvery - 1), false},
		"did something":               {did, known, at.Add(JobNotedEvery), true},
		"began to fail":               {failed, known, at.Add(time.Second), true},
		"works again":                 {known, failed, at.Add(time.Second), true},
		"still fails, too soon":       {again, failed2, at.Add(JobNotedEvery - 1), false},
		"still fails":                 {again, failed2, at.Add(JobNotedEvery), true},
		"never noted, never anything": {JobState{}, JobState{}, at, false},
	} {
		if got := c.now.ToNote(c.known, c.at); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestProcessGone(t *testing.T) {
	at := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	p := ProcessState{SeenAt: at}
	if p.Gone(at.Add(processGone)) || !p.Gone(at.Add(processGone+1)) || p.Gone(at.Add(ProcessNotedEvery)) {
		t.Error("gone at the wrong time")
	}
}
