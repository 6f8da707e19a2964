package store

import (
	"context"
	"sync/atomic"
)

// Tally counts the records that are changed by the transactions that run with its context. What they
// write beside the change is not counted: single events and messages.
type Tally struct{ n atomic.Int64 }

// Records is how many there have been.
func (t *Tally) Records() int { return int(t.n.Load()) }

type tallyKey struct{}

// Counting returns a context with a tally.
func Counting(ctx context.Context) (context.Context, *Tally) {
	t := new(Tally)
	return context.WithValue(ctx, tallyKey{}, t), t
}

// count adds what a committed transaction has changed.
func count(ctx context.Context, changed int64) {
	if t, ok := ctx.Value(tallyKey{}).(*Tally); ok {
		t.n.Add(changed)
	}
}
