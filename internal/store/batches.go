package store

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// batches does many things in one go: while a batch is under way, what new requests want gathers,
// and goes together in the next one. So the more come at once, the fewer messages and commits each
// needs, and nobody waits for others to come.
type batches[T any] struct {
	mu      sync.Mutex
	busy    bool
	waiting []*wanted[T]
}

type wanted[T any] struct {
	what T
	err  error
	turn chan bool // true: do all that wait; false: it has been done
}

const (
	// mostInBatch is the maximum size of a batch.
	mostInBatch = 64
	// gatherTime is shorter than a message takes. After it, processors are busy with something long.
	gatherTime = 200 * time.Microsecond
	// batchTime is how long a batch may take: one client that disconnects must not end the others'.
	batchTime = 10 * time.Second
)

// do waits until a batch with one more thing is done, and returns the batch's error. All calls have
// the same function; that of the first in a batch runs.
func (b *batches[T]) do(ctx context.Context, one T, run func(context.Context, []T) error) error {
	own := &wanted[T]{what: one, turn: make(chan bool, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, own)
	first := !b.busy
	b.busy = true
	b.mu.Unlock()
	if first || <-own.turn {
		b.run(ctx, own, run)
	}
	return own.err
}

// gather lets the requests go first that are being served at this moment, as long as more of them
// come, so batches are larger; where nothing else runs, it takes no time.
func (b *batches[T]) gather() {
	waiting := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting)
	}
	began := time.Now()
	for before, n := 0, waiting(); n > before && time.Since(began) < gatherTime; before, n = n, waiting() {
		runtime.Gosched()
	}
}

// run does all that wait, and passes the turn to the first of those that came meanwhile.
func (b *batches[T]) run(ctx context.Context, own *wanted[T], run func(context.Context, []T) error) {
	b.gather()
	b.mu.Lock()
	n := min(len(b.waiting), mostInBatch)
	all := slices.Clone(b.waiting[:n])
	b.waiting = slices.Delete(b.waiting, 0, n)
	b.mu.Unlock()
	err := errors.New("the batch was not done") // unless it panics
	defer func() {
		for _, one := range all {
			if one.err = err; one != own {
				one.turn <- false
			}
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.busy = len(b.waiting) > 0; b.busy {
			b.waiting[0].turn <- true
		}
	}()
	what := make([]T, n)
	for i, one := range all {
		what[i] = one.what
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTime)
	defer cancel()
	err = run(ctx, what)
}
