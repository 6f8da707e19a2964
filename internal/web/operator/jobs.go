package operator

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/watch"
	"gatehouse/internal/web/ui"
)

// Jobs lists the background work of all processes, and what it did last (C13).
func (o *Operator) Jobs(w http.ResponseWriter, r *http.Request) error {
	all, err := o.Watch.Jobs(r.Context(), by(r))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Jobs{all})
}

// Jobs is the background work of all processes.
type Jobs struct{ watch.Jobs }

func (Jobs) Template() string        { return "operator_jobs" }
func (Jobs) Title(p *ui.Page) string { return p.T("watch.jobs") }

// jobLine is a job over all processes.
type jobLine struct {
	Name, Title, What, Every, Badge, State string
	// Last is the newest run, Did the last that changed something, Failed the last that failed.
	Last, Did, Failed jobRun
	Next              time.Time
	// Each is the last run on each process; none: there is one process.
	Each []jobRun
}

// jobRun is a run on a process.
type jobRun struct {
	At                    time.Time
	On, Took, Text, State string
}

// jobWords is the key of a job's words.
func jobWords(name string) string { return "watch.job_" + strings.ReplaceAll(name, " ", "-") }

// Lines are the jobs, those first that fail.
func (v Jobs) Lines(p *ui.Page) (lines []jobLine) {
	var well []jobLine
	for _, own := range v.Of[v.Self] {
		l := v.line(p, own.Name)
		if l.Badge == "badge-bad" {
			lines = append(lines, l)
		} else {
			well = append(well, l)
		}
	}
	return append(lines, well...)
}

func (v Jobs) line(p *ui.Page, name string) jobLine {
	l := jobLine{Name: name, Title: p.T(jobWords(name)), What: p.T(jobWords(name) + "_text"), Badge: "badge-ok", State: "well"}
	for _, process := range v.Processes {
		for _, j := range v.Of[process.ID] {
			if j.Name == name {
				l.add(p, process, j)
			}
		}
	}
	if len(v.Processes) == 1 {
		l.Each = nil
	}
	return l
}

// add takes in what a process knows of the job.
func (l *jobLine) add(p *ui.Page, process gatehouse.ProcessState, j gatehouse.JobState) {
	on := ProcessName(process)
	l.Every = everyText(p, j.Every)
	next := j.NextAt()
	if j.BegunAt.IsZero() {
		next = process.StartedAt.Add(j.Every)
	}
	if l.Next.IsZero() || next.Before(l.Next) {
		l.Next = next
	}
	run := jobRun{At: j.EndedAt, On: on, Took: tookText(p, j.Took), State: "well"}
	switch {
	case j.Failing():
		run.State, l.Badge, l.State = "failing", "badge-bad", "failing"
	case j.Running():
		run.State = "running"
		if l.State == "well" {
			l.Badge, l.State = "badge-info", "running"
		}
	}
	if run.At.After(l.Last.At) {
		l.Last = run
	}
	if j.DidAt.After(l.Did.At) {
		l.Did = jobRun{At: j.DidAt, On: on, Text: p.T("watch.records", "n", j.Did)}
	}
	if j.FailedAt.After(l.Failed.At) {
		l.Failed = jobRun{At: j.FailedAt, On: on, Text: j.Error}
	}
	l.Each = append(l.Each, run)
}

// ProcessName tells a process from the others, also on one machine.
func ProcessName(p gatehouse.ProcessState) string {
	if p.Host == "" {
		return strconv.Itoa(p.PID)
	}
	return p.Host + ":" + strconv.Itoa(p.PID)
}

// tookText is how long a run took.
func tookText(p *ui.Page, took time.Duration) string {
	if took < 10*time.Second {
		return p.T("operator.ms", "n", int(took.Milliseconds()))
	}
	return p.Span(took)
}

// everyText is the time between two runs.
func everyText(p *ui.Page, every time.Duration) string {
	if every < time.Second {
		return p.T("operator.ms", "n", int(every.Milliseconds()))
	}
	return p.Span(every)
}
