package watch

import (
	"context"
	"sync/atomic"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// meter takes a process's measure.
type meter struct {
	sent, failed atomic.Int64 // messages
	// waited and used are the highest since the last sample.
	waited, used int64
	last         gatehouse.Sample // the counts at the last sample
}

// MailCounted counts a message: that was handed over, or that was refused or came back.
func (s *Service) MailCounted(state store.MessageState) {
	switch state {
	case store.MessageSent:
		s.meter.sent.Add(1)
	case store.MessageRefused, store.MessageBounced:
		s.meter.failed.Add(1)
	}
}

// look notes how full things are now: more often than samples are written, which would miss a rush.
func (s *Service) look() {
	waiting, used := 0, 0
	if s.Waiting != nil {
		waiting = s.Waiting()
	}
	used, _ = s.Store.Connections()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.waited, s.meter.used = max(s.meter.waited, int64(waiting)), max(s.meter.used, int64(used))
}

// counts is what the process has done since it began, and how it stands.
func (s *Service) counts() (c gatehouse.Sample) {
	if s.Measure != nil {
		c = s.Measure()
	}
	c.MailSent, c.MailFailed = s.meter.sent.Load(), s.meter.failed.Load()
	return c
}

// sample is how the process was since the last sample. counts is what to remember for the next one.
func (s *Service) sample(ctx context.Context, now time.Time) (sample, counts gatehouse.Sample, err error) {
	stands, err := s.standing(ctx, now)
	if err != nil {
		return sample, counts, err
	}
	counts = s.counts()
	s.mu.Lock()
	sample = counts.Since(s.meter.last)
	sample.HashesWaited, sample.Connections = s.meter.waited, s.meter.used
	s.mu.Unlock()
	sample.Process, sample.At = s.Store.ProcessID(), now
	sample.MailWaiting, sample.Sessions, sample.ConnectionsMost = stands.MailWaiting, stands.Sessions, stands.ConnectionsMost
	sample.DatabaseMicros, sample.DatabaseBytes = stands.DatabaseMicros, stands.DatabaseBytes
	return sample, counts, nil
}

// standing is how the database is now.
func (s *Service) standing(ctx context.Context, now time.Time) (stands gatehouse.Sample, err error) {
	took, err := s.Store.Latency(ctx)
	if err != nil {
		return stands, err
	}
	waiting, _, err := s.Store.Read().MailQueue(ctx, now)
	if err != nil {
		return stands, err
	}
	sessions, err := s.Store.Read().CountSessions(ctx, now)
	if err != nil {
		return stands, err
	}
	used, most := s.Store.Connections()
	stands = gatehouse.Sample{MailWaiting: int64(waiting), Sessions: int64(sessions), DatabaseMicros: took.Microseconds(), Connections: int64(used), ConnectionsMost: int64(most)}
	stands.DatabaseBytes, err = s.Store.Size(ctx)
	return stands, err
}

// sampled remembers that a sample was written.
func (s *Service) sampled(counts gatehouse.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.last, s.meter.waited, s.meter.used = counts, 0, 0
}

// Health is how the installation is, and how it was in the last 24 hours.
type Health struct {
	At time.Time
	// Trouble is why the process that answers is not ready; empty: it is.
	Trouble string
	// Now is how the database is.
	Now gatehouse.Sample
	// Processes are those that were there within the hour, this one first.
	Processes []gatehouse.ProcessState
	Self      string
	Hours     []gatehouse.HealthHour
}

// healthHours is how far back charts go.
const healthHours = 24

// Health returns how the installation is.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Health(ctx context.Context, c gatehouse.Caller) (Health, error) {
	if !c.Operates(gatehouse.OperatorSee) {
		return Health{}, errForbidden
	}
	h := Health{At: s.Now()}
	self := s.process(h.At)
	h.Self, h.Processes = self.ID, []gatehouse.ProcessState{self}
	if err := s.Store.Ready(ctx); err != nil {
		h.Trouble = said(err)
	} else if err := s.Store.Writable(ctx); err != nil {
		h.Trouble = said(err)
	}
	var err error
	if h.Now, err = s.standing(ctx, h.At); err != nil {
		return Health{}, err
	}
	others, err := s.Store.Read().ProcessesSince(ctx, h.At.Add(-keepProcesses))
	if err != nil {
		return Health{}, err
	}
	for _, p := range others {
		if p.ID != self.ID {
			h.Processes = append(h.Processes, p)
		}
	}
	samples, err := s.Store.Read().SamplesSince(ctx, h.At.Add(-gatehouse.SampleKept))
	h.Hours = gatehouse.HealthHours(samples, h.At, healthHours)
	return h, err
}
