package gatehouse

import "time"

// SampleEvery is how often a process writes down how it is; SampleKept is how long that is kept: a
// little longer than the day that is shown.
const (
	SampleEvery = ProcessNotedEvery
	SampleKept  = 25 * time.Hour
)

// SampleBounds are the upper bounds of response times in Sample.Times, in milliseconds; what took longer
// comes last.
var SampleBounds = [...]int64{5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000}

// Sample is how a process was: what it did since the sample before, and how things stood. Values about
// the database are the same in every process.
type Sample struct {
	Process string    `json:"-"`
	At      time.Time `json:"-"`

	Requests int64                        `json:"requests,omitempty"`
	Errors   int64                        `json:"errors,omitempty"` // answers of 500 and above
	Times    [len(SampleBounds) + 1]int64 `json:"times"`
	// HashesWaited is the most that waited for the hash gate, HashMillis the processor time of hashes.
	HashesWaited int64 `json:"hashes_waited,omitempty"`
	HashMillis   int64 `json:"hash_ms,omitempty"`
	MailSent     int64 `json:"mail_sent,omitempty"`
	MailFailed   int64 `json:"mail_failed,omitempty"` // refused, or came back

	MemoryBytes int64 `json:"memory,omitempty"`
	Goroutines  int64 `json:"goroutines,omitempty"`
	Connections int64 `json:"connections,omitempty"` // to the database, in use

	MailWaiting     int64 `json:"mail_waiting,omitempty"`
	Sessions        int64 `json:"sessions,omitempty"`
	DatabaseMicros  int64 `json:"database_us,omitempty"`
	DatabaseBytes   int64 `json:"database_bytes,omitempty"`
	ConnectionsMost int64 `json:"connections_most,omitempty"`
}

// HealthHour is how all processes were in an hour: sums of what they did, and the highest of how things
// stood; of what each process has for itself, the sum of their highest.
type HealthHour struct {
	From time.Time
	// Known: at least one process was there.
	Known bool
	Sample
}

// HealthHours puts samples together by the hour, for hours hours that end with the one that now is in.
func HealthHours(samples []Sample, now time.Time, hours int) []HealthHour {
	first := now.Truncate(time.Hour).Add(-time.Duration(hours-1) * time.Hour)
	all := make([]HealthHour, hours)
	each := make([]map[string]Sample, hours) // the highest of each process
	for i := range all {
		all[i].From, each[i] = first.Add(time.Duration(i)*time.Hour), map[string]Sample{}
	}
	for _, s := range samples {
		i := int(s.At.Sub(first) / time.Hour)
		if s.At.Before(first) || i >= hours {
			continue
		}
		all[i].add(s)
		top := each[i][s.Process]
		top.MemoryBytes, top.Goroutines, top.Connections = max(top.MemoryBytes, s.MemoryBytes), max(top.Goroutines, s.Goroutines), max(top.Connections, s.Connections)
		each[i][s.Process] = top
	}
	for i := range all {
		for _, top := range each[i] {
			all[i].MemoryBytes += top.MemoryBytes
			all[i].Goroutines += top.Goroutines
			all[i].Connections += top.Connections
		}
	}
	return all
}

func (h *HealthHour) add(s Sample) {
	h.Known = true
	h.Requests += s.Requests
	h.Errors += s.Errors
	for i := range s.Times {
		h.Times[i] += s.Times[i]
	}
	h.HashMillis += s.HashMillis
	h.MailSent += s.MailSent
	h.MailFailed += s.MailFailed
	h.HashesWaited = max(h.HashesWaited, s.HashesWaited)
	h.MailWaiting = max(h.MailWaiting, s.MailWaiting)
	h.Sessions = max(h.Sessions, s.Sessions)
	h.DatabaseMicros = max(h.DatabaseMicros, s.DatabaseMicros)
	h.DatabaseBytes = max(h.DatabaseBytes, s.DatabaseBytes)
	h.ConnectionsMost = max(h.ConnectionsMost, s.ConnectionsMost)
}

// SlowMillis is the response time that 95 of 100 answers did not exceed, as the bound of its group; of
// what is above all bounds, twice the last one.
func (s Sample) SlowMillis() int64 {
	all := int64(0)
	for _, n := range s.Times {
		all += n
	}
	if all == 0 {
		return 0
	}
	seen := int64(0)
	for i, n := range s.Times {
		if seen += n; seen*100 >= all*95 && i < len(SampleBounds) {
			return SampleBounds[i]
		}
	}
	return 2 * SampleBounds[len(SampleBounds)-1]
}

// Since is what a process did between two counts: a is the later one.
func (a Sample) Since(b Sample) Sample {
	a.Requests -= b.Requests
	a.Errors -= b.Errors
	for i := range a.Times {
		a.Times[i] -= b.Times[i]
	}
	a.HashMillis -= b.HashMillis
	a.MailSent -= b.MailSent
	a.MailFailed -= b.MailFailed
	return a
}
