package gatehouse

import "time"

// Run is something done to many users of a company in the background, batch by batch, with an
// outcome for each.
type Run struct {
	Kind      RunKind
	ID        string
	SiteID    string
	CompanyID string
	State     RunState
	// StartedBy and StartedName are the administrator's ID and name at that time.
	StartedBy, StartedName string
	StartedAt              time.Time
	// EndedAt is zero while it runs.
	EndedAt time.Time
	// Total is how many users it is about.
	Total  int
	Counts RunCounts
	// After is the key of the last username that it has reached.
	After string
}

// RunKind is what a run does.
type RunKind string

// The kinds of runs.
const (
	RunEnrolment RunKind = "enrolment" // of Enhanced Security; see Enrolment
	RunBulkAct   RunKind = "bulk-act"  // see BulkAct
)

// RunState is the state of a run.
type RunState string

// The states of a run.
const (
	// RunProposed: shown to its administrator, who has not agreed to it yet.
	RunProposed RunState = "proposed"
	RunRunning  RunState = "running"
	RunDone     RunState = "done"
	// RunReplaced: the switch was flipped back before the run ended.
	RunReplaced RunState = "replaced"
	// RunStopped: its administrator may no longer do it.
	RunStopped RunState = "stopped"
)

// RunCounts are how many users a run has processed, by outcome. They add up to the run's total
// when it has ended.
type RunCounts struct {
	Changed, Unchanged, Skipped, Failed int
	// Told is how many of them were sent a notice.
	Told int
}

// Add counts one more user.
func (n *RunCounts) Add(o Outcome, told bool) {
	switch o {
	case OutcomeChanged:
		n.Changed++
	case OutcomeUnchanged:
		n.Unchanged++
	case OutcomeSkipped:
		n.Skipped++
	case OutcomeFailed:
		n.Failed++
	}
	if told {
		n.Told++
	}
}

// Done returns how many users a run has processed.
func (n RunCounts) Done() int { return n.Changed + n.Unchanged + n.Skipped + n.Failed }

// Left estimates the remaining time of a run from its time so far; 0: nothing to go by yet, or
// done.
func (r Run) Left(now time.Time) time.Duration {
	done, spent := r.Counts.Done(), now.Sub(r.StartedAt)
	if r.State != RunRunning || done == 0 || done >= r.Total || spent <= 0 {
		return 0
	}
	return spent / time.Duration(done) * time.Duration(r.Total-done)
}

// Outcome is the result of a run for one user.
type Outcome string

// The outcomes of a run.
const (
	// OutcomeChanged: what the run does was done. Every number shown for a run, from the preview to
	// the file, counts these users.
	OutcomeChanged   Outcome = "changed"
	OutcomeUnchanged Outcome = "unchanged"
	OutcomeSkipped   Outcome = "skipped"
	OutcomeFailed    Outcome = "failed"
)

// Outcomes are all of them, in the order in which they are shown.
var Outcomes = []Outcome{OutcomeChanged, OutcomeUnchanged, OutcomeSkipped, OutcomeFailed}

// OutcomeCount is how many users of a run have an outcome for a reason.
type OutcomeCount struct {
	Outcome Outcome
	// Reason is empty if there is nothing to say.
	Reason OutcomeReason
	Count  int
}
