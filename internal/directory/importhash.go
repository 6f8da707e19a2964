package directory

import (
	"context"
	"errors"
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
)

// hashAll hashes the temporary passwords of a batch, including those to be mailed, and wraps its
// weak hashes. The results are kept until the lines are written.
func (p *importPass) hashAll(ctx context.Context, changes []importChange) error {
	var todo []importRow
	for _, ch := range changes {
		switch {
		case ch.reissues():
			ch.row.temporary = secret.NewTemporaryPassword()
			p.again[ch.row.line] = ch.row.temporary
			fallthrough
		case ch.hashes():
			todo = append(todo, ch.row)
		}
	}
	done := make([]string, len(todo))
	err := together(ctx, len(todo), func(ctx context.Context, i int) (err error) {
		if todo[i].weak && todo[i].temporary == "" {
			done[i], err = p.Hasher.Wrap(ctx, todo[i].hash)
		} else {
			done[i], err = p.Hasher.Hash(ctx, todo[i].temporary)
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, row := range todo {
		p.hashes[row.line] = done[i]
	}
	return nil
}

// comparison is whether the weak hash of a line was the stored one at that time.
type comparison struct {
	stored uint64 // a hash of it
	same   bool
}

// compare finds the users whose stored hash is the one in the file. For a weak hash that takes as
// long as wrapping it, so it is done while the file is checked, and remembered: while the file is
// written, everybody else waits.
func (p *importPass) compare(ctx context.Context, users map[string]gatehouse.User) error {
	var todo []int
	for i := range p.rows {
		row := &p.rows[i]
		old := users[row.key].Password.Hash
		switch known, ok := p.compared[row.line]; {
		case row.hash == "" || old == "":
		case !row.weak:
			row.same = row.stored == old
		case !ok && p.stage != ImportWriting:
			todo = append(todo, i)
		default:
			// If it has been replaced meanwhile, it is no longer the same: only a sign-in or a new
			// password does that, and then it is no longer unused either.
			row.same = known.same && known.stored == maphash.String(p.comparing, old)
		}
	}
	return together(ctx, len(todo), func(ctx context.Context, i int) (err error) {
		row := &p.rows[todo[i]]
		old := users[row.key].Password.Hash
		row.same, err = p.Hasher.Wraps(ctx, old, row.hash)
		p.comparedLock.Lock()
		defer p.comparedLock.Unlock()
		p.compared[row.line] = comparison{maphash.String(p.comparing, old), row.same}
		return err
	})
}

// together does n pieces of work, as many at once as there are cores, and waits for a place of the
// hash gate as long as it takes: users who sign in come first, an import can wait.
func together(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := patiently(ctx, func() error { return work(ctx, int(i)) }); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func patiently(ctx context.Context, work func() error) error {
	for {
		err := work()
		if !errors.Is(err, secret.ErrBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
