package watch

import (
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse"
)

// Book is what this process knows of its own jobs.
type Book struct {
	now func() time.Time

	mu    sync.Mutex
	jobs  map[string]gatehouse.JobState
	known map[string]gatehouse.JobState // as it was written down last
}

// NewBook makes an empty book.
func NewBook(now func() time.Time) *Book {
	return &Book{now: now, jobs: map[string]gatehouse.JobState{}, known: map[string]gatehouse.JobState{}}
}

// Listed enters a job that has not run yet: its first run is due after its time.
func (b *Book) Listed(name string, every time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs[name] = gatehouse.JobState{Name: name, Every: every}
}

// Begun notes that a run has begun.
func (b *Book) Begun(name string) {
	b.change(name, func(j gatehouse.JobState) gatehouse.JobState { return j.Begin(b.now()) })
}

// Ended notes that the run has ended, and how many records it has changed.
func (b *Book) Ended(name string, did int, err error) {
	failure := ""
	if err != nil {
		failure = said(err)
	}
	b.change(name, func(j gatehouse.JobState) gatehouse.JobState { return j.End(b.now(), did, failure) })
}

func (b *Book) change(name string, to func(gatehouse.JobState) gatehouse.JobState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs[name] = to(b.jobs[name])
}

// mostSaid is how much of an error is kept: its beginning says what failed.
const mostSaid = 300

// said is an error as operators see it: the first line, of a panic without its stack.
func said(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	line = strings.ToValidUTF8(line, "\uFFFD")
	if r := []rune(line); len(r) > mostSaid {
		line = string(r[:mostSaid]) + "…"
	}
	return line
}

// Jobs are all of them, by name.
func (b *Book) Jobs() []gatehouse.JobState {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]gatehouse.JobState, 0, len(b.jobs))
	for _, j := range b.jobs {
		all = append(all, j)
	}
	slices.SortFunc(all, func(x, y gatehouse.JobState) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// toNote are those that the other processes should learn of; with all, every one.
func (b *Book) toNote(at time.Time, all bool) (due []gatehouse.JobState) {
	for _, j := range b.Jobs() {
		b.mu.Lock()
		known := b.known[j.Name]
		b.mu.Unlock()
		if all || j.ToNote(known, at) {
			due = append(due, j)
		}
	}
	return due
}

// noted remembers what was written down.
func (b *Book) noted(all []gatehouse.JobState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range all {
		b.known[j.Name] = j
	}
}
