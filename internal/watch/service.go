package watch

import (
	"context"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// Process is what a process says of itself.
type Process struct {
	Host, Version string
	PID           int
}

// Service knows how the installation is.
type Service struct {
	Store *store.Store
	Book  *Book
	Now   func() time.Time
	// Self is this process.
	Self Process
	// Measure returns what the process has done since it began, and how it stands; Waiting is how many
	// wait for the hash gate.
	Measure func() gatehouse.Sample
	Waiting func() int

	mu        sync.Mutex
	startedAt time.Time
	seenAt    time.Time // when it was written down last that this process is there
	meter     meter
}

// keepProcesses is how long is known what a process did that is no longer there.
const keepProcesses = time.Hour

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "operators-only"}

// Begin notes when the process began.
func (s *Service) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startedAt = s.Now()
}

// process is this process, as of now.
func (s *Service) process(now time.Time) gatehouse.ProcessState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return gatehouse.ProcessState{ID: s.Store.ProcessID(), Host: s.Self.Host, Version: s.Self.Version, PID: s.Self.PID, StartedAt: s.startedAt, SeenAt: now}
}

// Note writes down what the other processes should learn of this one. Most of the time that is nothing:
// it is called much more often than it writes, and writes everything in one transaction.
func (s *Service) Note(ctx context.Context) error {
	now := s.Now()
	s.look()
	s.mu.Lock()
	all := s.seenAt.IsZero() || now.Sub(s.seenAt) >= gatehouse.ProcessNotedEvery
	s.mu.Unlock()
	due := s.Book.toNote(now, all)
	if len(due) == 0 && !all {
		return nil
	}
	for i := range due {
		due[i].Process, due[i].NotedAt = s.Store.ProcessID(), now
	}
	if all {
		return s.noteAll(ctx, due, now)
	}
	err := s.Store.Write(ctx, func(q store.Queries) error { return noteJobs(ctx, q, due) })
	if err == nil {
		s.Book.noted(due)
	}
	return err
}

func noteJobs(ctx context.Context, q store.Queries, due []gatehouse.JobState) error {
	for _, j := range due {
		if err := q.NoteJob(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// noteAll writes down everything, and removes what is too old to be shown.
func (s *Service) noteAll(ctx context.Context, due []gatehouse.JobState, now time.Time) error {
	sample, counts, err := s.sample(ctx, now)
	if err != nil {
		return err
	}
	err = s.Store.Write(ctx, func(q store.Queries) error {
		if err := noteJobs(ctx, q, due); err != nil {
			return err
		}
		if err := q.NoteProcess(ctx, s.process(now)); err != nil {
			return err
		}
		if err := q.InsertSample(ctx, sample); err != nil {
			return err
		}
		if err := q.ForgetSamples(ctx, now.Add(-gatehouse.SampleKept)); err != nil {
			return err
		}
		return q.ForgetProcesses(ctx, now.Add(-keepProcesses))
	})
	if err != nil {
		return err
	}
	s.Book.noted(due)
	s.sampled(counts)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seenAt = now
	return nil
}

// Jobs is what all processes do in the background.
type Jobs struct {
	// Processes are those that serve, this one first.
	Processes []gatehouse.ProcessState
	// Of are the jobs of each process, by name.
	Of map[string][]gatehouse.JobState
	// Self is the ID of this process: of it, everything is as it is now; of the others, as they have
	// written it down.
	Self string
}

// Jobs returns what all processes do in the background.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Jobs(ctx context.Context, c gatehouse.Caller) (Jobs, error) {
	if !c.Operates(gatehouse.OperatorSee) {
		return Jobs{}, errForbidden
	}
	now := s.Now()
	self := s.process(now)
	all := Jobs{Self: self.ID, Processes: []gatehouse.ProcessState{self}, Of: map[string][]gatehouse.JobState{self.ID: s.Book.Jobs()}}
	others, err := s.Store.Read().ProcessesSince(ctx, now.Add(-keepProcesses))
	if err != nil {
		return Jobs{}, err
	}
	for _, p := range others {
		if p.ID != self.ID && !p.Gone(now) {
			all.Processes = append(all.Processes, p)
			all.Of[p.ID] = []gatehouse.JobState{}
		}
	}
	jobs, err := s.Store.Read().JobsSince(ctx, now.Add(-keepProcesses))
	for _, j := range jobs {
		if of, there := all.Of[j.Process]; there && j.Process != self.ID {
			all.Of[j.Process] = append(of, j)
		}
	}
	return all, err
}
