package secret

import (
	"container/list"
	"context"
	"errors"
	"runtime"
	"sync"
)

// ErrBusy means that as many hashes are running and waiting as the gate allows. The caller answers
// 503 with Retry-After; nothing has been computed and nothing has to be undone.
var ErrBusy = errors.New("secret: too many passwords are being checked at once")

// gate lets a fixed number of computations run at once and a limited number wait, first come,
// first served. Without it, a login storm takes 19 MiB for each request and slows down every one
// of them.
type gate struct {
	mu      sync.Mutex
	workers int        // places for running computations
	queue   int        // places for waiting ones
	running int        // computations that hold a place
	waiting *list.List // of chan struct{}; closed when its owner gets a place
	kept    int        // places promised by keep, whether waiting, running or neither yet
}

func newGate(workers, queue int) *gate {
	return &gate{workers: max(workers, 1), queue: max(queue, 0), waiting: list.New()}
}

// do runs work in one of the gate's places. It returns ErrBusy at once if the queue is full, and
// the context's error if that ends before a place is free. The place is always given back, even
// after a panic.
func (g *gate) do(ctx context.Context, work func()) error {
	return g.run(ctx, false, work)
}

// run is do; with a kept place, it ignores the queue limit.
func (g *gate) run(ctx context.Context, kept bool, work func()) error {
	if err := g.enter(ctx, kept); err != nil {
		return err
	}
	// A new time slice (Go's are 10 ms) for what comes after a hash: in an old one the caller would lose
	// its processor at its next system call, and what watches for that (sysmon) would wake up 50 times in
	// the next 4 ms.
	defer runtime.Gosched()
	defer g.leave()
	work()
	return nil
}

// keep promises a place: its holder is not refused later, when that would cost more than at the
// start. It returns ErrBusy if all are taken.
func (g *gate) keep() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.kept >= g.workers+g.queue {
		return ErrBusy
	}
	g.kept++
	return nil
}

// giveUp takes a promise back.
func (g *gate) giveUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kept--
}

func (g *gate) enter(ctx context.Context, kept bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.running < g.workers {
		g.running++
		g.mu.Unlock()
		return nil
	}
	if !kept && g.waiting.Len() >= g.queue {
		g.mu.Unlock()
		return ErrBusy
	}
	turn := make(chan struct{})
	place := g.waiting.PushBack(turn)
	g.mu.Unlock()

	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.abandon(place, turn)
		return ctx.Err()
	}
}

// abandon removes a waiter whose context has ended from the queue. If its turn came at the same
// moment, the place goes to the next one.
func (g *gate) abandon(place *list.Element, turn <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn:
		g.pass()
	default:
		g.waiting.Remove(place)
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass()
}

// pass hands a place to the first in the queue, or frees it. A place is handed over directly, so a
// newcomer cannot overtake.
func (g *gate) pass() {
	first := g.waiting.Front()
	if first == nil {
		g.running--
		return
	}
	g.waiting.Remove(first)
	close(first.Value.(chan struct{}))
}

func (g *gate) load() (running, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running, max(g.waiting.Len(), g.kept-g.running)
}
