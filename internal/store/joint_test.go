package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/store"
)

// jointly opens a database where units of work write rows, and has one unit hold the connection
// until this many others wait for it.
type jointly struct {
	*store.Store
	url   string
	begun chan struct{} // the first unit has the connection
	end   chan struct{} // closed: it may end
}

func openJointly(t *testing.T) *jointly {
	t.Helper()
	url := "sqlite://" + filepath.Join(t.TempDir(), "joint.db")
	s := open(t, url)
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	write(t, s, func(q store.Queries) error {
		return store.Run(t.Context(), q, "CREATE TABLE units (name TEXT PRIMARY KEY, after INTEGER) STRICT")
	})
	return &jointly{s, url, make(chan struct{}), make(chan struct{})}
}

// note is a unit that writes its name, and how many others it has seen.
func note(ctx context.Context, q store.Queries, name string) error {
	return store.Run(ctx, q, "INSERT INTO units SELECT $1, COUNT(*) FROM units", name)
}

// notes returns the committed names, in the order of their units.
func (j *jointly) notes(t *testing.T) (names []string) {
	t.Helper()
	rows, err := store.Rows(t.Context(), j.Read(), 1, "SELECT name FROM units ORDER BY after, name")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		names = append(names, r[0])
	}
	return names
}

// waiting waits until this many units wait for their turn.
func (j *jointly) waiting(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); j.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d units wait, not %d", j.Waiting(), n)
		}
	}
}

// first runs the unit that holds the connection.
func (j *jointly) first(ctx context.Context) error {
	return j.Write(ctx, func(q store.Queries) error {
		if err := note(ctx, q, "first"); err != nil {
			return err
		}
		j.begun <- struct{}{}
		<-j.end
		return nil
	})
}

// Units that wait while another one writes join its transaction. None of them returns before all
// of it is on the disk, and failed ones leave nothing behind.
func TestUnitsThatWaitShareATransaction(t *testing.T) {
	j, ctx := openJointly(t), t.Context()
	refused := errors.New("refused")
	var all sync.WaitGroup
	var returned atomic.Int32
	results := make([]error, 5)
	run := func(i int, do func() error) {
		all.Go(func() {
			results[i] = do()
			returned.Add(1)
		})
	}
	run(0, func() error { return j.first(ctx) })
	<-j.begun
	unit := func(i int, come error) {
		run(i, func() error {
			return j.Write(ctx, func(q store.Queries) error {
				if err := note(ctx, q, fmt.Sprint("unit ", i)); err != nil {
					return err
				}
				return come
			})
		})
		j.waiting(t, i)
	}
	unit(1, nil)
	unit(2, refused)
	unit(3, nil)
	entered, last := make(chan struct{}), make(chan struct{})
	run(4, func() error {
		return j.Write(ctx, func(q store.Queries) error {
			close(entered)
			<-last
			return note(ctx, q, "last")
		})
	})
	j.waiting(t, 4)
	close(j.end)
	<-entered // all others have run
	if n, names := returned.Load(), j.notes(t); n != 0 || len(names) != 0 {
		t.Errorf("before the commit %d units have returned, and %q can be seen", n, names)
	}
	close(last)
	all.Wait()
	if names, want := j.notes(t), []string{"first", "unit 1", "unit 3", "last"}; !slices.Equal(names, want) {
		t.Errorf("committed are %q, want %q", names, want)
	}
	for i, err := range results {
		if want := map[int]error{2: refused}[i]; !errors.Is(err, want) {
			t.Errorf("unit %d returned %v, want %v", i, err, want)
		}
	}
}

// A unit that panics does not affect the others, and one whose caller gives up waiting is not run.
func TestAUnitThatPanicsOrGivesUpLeavesTheOthersAlone(t *testing.T) {
	j, ctx := openJointly(t), t.Context()
	var all sync.WaitGroup
	all.Go(func() {
		if err := j.first(ctx); err != nil {
			t.Error(err)
		}
	})
	<-j.begun
	all.Go(func() {
		defer func() {
			if recover() != "out of order" {
				t.Error("the panic did not reach its own caller")
			}
		}()
		j.Write(ctx, func(q store.Queries) error { //nolint:errcheck // it does not return
			if err := note(ctx, q, "panicking"); err != nil {
				t.Error(err)
			}
			panic("out of order")
		})
	})
	j.waiting(t, 1)
	hangsUp, hangUp := context.WithCancel(ctx)
	all.Go(func() {
		err := j.Write(hangsUp, func(q store.Queries) error { return note(ctx, q, "hung up") })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up is told %v", err)
		}
	})
	j.waiting(t, 2)
	all.Go(func() {
		if err := j.Write(ctx, func(q store.Queries) error { return note(ctx, q, "patient") }); err != nil {
			t.Error(err)
		}
	})
	j.waiting(t, 3)
	hangUp()
	j.waiting(t, 2)
	close(j.end)
	all.Wait()
	if names, want := j.notes(t), []string{"first", "patient"}; !slices.Equal(names, want) {
		t.Errorf("committed are %q, want %q", names, want)
	}
}

// If the transaction fails for all, each unit runs again alone: an error that one of them caused
// is only returned to that one.
func TestUnitsRunAgainAloneWhereTheirTransactionIsLost(t *testing.T) {
	j, ctx := openJointly(t), t.Context()
	write(t, j.Store, func(q store.Queries) error { // a constraint that is checked at the commit
		return store.Run(ctx, q, "CREATE TABLE parts (unit TEXT NOT NULL REFERENCES units (name) DEFERRABLE INITIALLY DEFERRED) STRICT")
	})
	var all sync.WaitGroup
	results, runs := make([]error, 3), make([]int, 3)
	all.Go(func() { results[0] = j.first(ctx) })
	<-j.begun
	for i := 1; i < 3; i++ {
		all.Go(func() {
			results[i] = j.Write(ctx, func(q store.Queries) error {
				runs[i]++
				if i == 1 {
					return store.Run(ctx, q, "INSERT INTO parts VALUES ('nothing')")
				}
				return note(ctx, q, "whole")
			})
		})
		j.waiting(t, i)
	}
	again := make(chan struct{})
	go func() { // the first one runs twice, too
		<-j.begun
		close(again)
	}()
	close(j.end)
	all.Wait()
	<-again
	names := j.notes(t)
	slices.Sort(names)
	if want := []string{"first", "whole"}; !slices.Equal(names, want) {
		t.Errorf("committed are %q, want %q", names, want)
	}
	if results[0] != nil || results[1] == nil || results[2] != nil || runs[1] != 2 || runs[2] != 2 {
		t.Errorf("the units returned %v after %v runs", results, runs)
	}
}

// Many at once, some of which fail: each is applied completely or not at all.
func TestManyUnitsAtOnce(t *testing.T) {
	j, ctx := openJointly(t), t.Context()
	refused := errors.New("refused")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 20 {
				err := j.Write(ctx, func(q store.Queries) error {
					for part := range 3 {
						if err := note(ctx, q, fmt.Sprintf("%02d %02d %d", i, n, part)); err != nil {
							return err
						}
						if part == 1 && n%4 == 0 {
							return refused
						}
					}
					return nil
				})
				if want := map[bool]error{true: refused}[n%4 == 0]; !errors.Is(err, want) {
					t.Errorf("unit %d of %d returned %v", n, i, err)
				}
			}
		})
	}
	all.Wait()
	if names := j.notes(t); len(names) != 16*15*3 {
		t.Errorf("%d rows, want %d", len(names), 16*15*3)
	}
}
