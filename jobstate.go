package gatehouse

import "time"

// JobState is what a process knows of one kind of its background work: its last run, the last one
// that changed something, and the last one that failed.
type JobState struct {
	// Process is the process that runs it; Name is the job's, Every the time between two runs.
	Process, Name string
	Every         time.Duration
	// BegunAt is when the last run began, EndedAt when the last finished run ended.
	BegunAt, EndedAt time.Time
	Took             time.Duration
	// Did is how many records the last run that changed any has changed, DidAt when that was.
	Did   int
	DidAt time.Time
	// Error is what the last failed run said, FailedAt when that was; FailingSince is the first of the
	// runs that have failed since one worked. The zero time: the last run worked.
	Error        string
	FailedAt     time.Time
	FailingSince time.Time
	// NotedAt is when this was written down for the other processes.
	NotedAt time.Time
}

// How often a process writes down what its jobs do: a job that runs every second must not write every
// second. An idle job is noted with the others of its process.
const (
	JobNotedEvery     = time.Minute
	ProcessNotedEvery = 5 * time.Minute
)

// Running reports whether a run has begun and not ended.
func (j JobState) Running() bool { return j.BegunAt.After(j.EndedAt) }

// Failing reports whether the last run failed.
func (j JobState) Failing() bool { return !j.FailingSince.IsZero() }

// NextAt is when the next run begins; it may be past for a job that is running.
func (j JobState) NextAt() time.Time { return j.BegunAt.Add(j.Every) }

// Begin is the state when a run begins.
func (j JobState) Begin(at time.Time) JobState {
	j.BegunAt = at
	return j
}

// End is the state when the run has ended, having changed so many records. failure is empty if it
// worked.
func (j JobState) End(at time.Time, did int, failure string) JobState {
	j.EndedAt, j.Took = at, max(0, at.Sub(j.BegunAt))
	if !j.EndedAt.After(j.BegunAt) { // a clock that was set back, or stands still
		j.EndedAt = j.BegunAt
	}
	if did > 0 {
		j.Did, j.DidAt = did, at
	}
	if failure == "" {
		j.FailingSince = time.Time{}
		return j
	}
	j.Error, j.FailedAt = failure, at
	if j.FailingSince.IsZero() {
		j.FailingSince = at
	}
	return j
}

// ToNote reports whether other processes should learn of the state now, when they know another one: a
// job that began to fail, or works again, at once; one that changed something after a minute; all others
// only together with their process.
func (j JobState) ToNote(known JobState, now time.Time) bool {
	switch {
	case j.Failing() != known.Failing():
		return true
	case j.DidAt.After(known.DidAt), j.FailedAt.After(known.FailedAt):
		return now.Sub(known.NotedAt) >= JobNotedEvery
	}
	return false
}

// ProcessState is a process that serves: which program, since when, and when it was last heard of.
type ProcessState struct {
	ID, Host, Version string
	PID               int
	StartedAt, SeenAt time.Time
}

// processGone is how long a process may say nothing. It writes every ProcessNotedEvery.
const processGone = 2*ProcessNotedEvery + time.Minute

// Gone reports whether nothing was heard of the process for so long that it must have ended.
func (p ProcessState) Gone(now time.Time) bool { return now.Sub(p.SeenAt) > processGone }

// Trouble is for how long the job has failed, or its run has not ended.
func (j JobState) Trouble(now time.Time) time.Duration {
	switch {
	case j.Failing():
		return now.Sub(j.FailingSince)
	case j.Running():
		return now.Sub(j.BegunAt)
	}
	return 0
}
