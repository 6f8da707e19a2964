package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
)

// openOnDisk opens a database whose writes have a table, and counts how often they wait for the disk.
func openOnDisk(t *testing.T) (j *jointly, flushed *int) {
	t.Helper()
	j, flushed = openJointly(t), new(int)
	j.OnFlush(func(log *os.File, real func(*os.File) error) error {
		*flushed++
		if _, err := os.Stat(log.Name()); err != nil {
			t.Error(err)
		}
		return real(log)
	})
	return j, flushed
}

// passing is note in a transaction that may be lost.
func passing(ctx context.Context, q store.Queries, name string) error {
	q.MayBeLost()
	return note(ctx, q, name)
}

// What Write has confirmed is on the disk, unless it may be lost: then it is there with the next
// that waits for it. A transaction that fails has nothing to wait for.
func TestWhatIsConfirmedIsOnTheDisk(t *testing.T) {
	j, flushed := openOnDisk(t)
	ctx := t.Context()
	for _, step := range []struct {
		what string
		unit func(store.Queries) error
		want int
	}{
		{"one that may be lost", func(q store.Queries) error { return passing(ctx, q, "a") }, 0},
		{"one that lasts", func(q store.Queries) error { return note(ctx, q, "b") }, 1},
		{"one that fails", func(q store.Queries) error { return errors.Join(note(ctx, q, "c"), errors.New("refused")) }, 1},
		{"another one that lasts", func(q store.Queries) error { return note(ctx, q, "d") }, 2},
	} {
		j.Write(ctx, step.unit) //nolint:errcheck // one fails
		if *flushed != step.want {
			t.Errorf("after %s the log has been flushed %d times, want %d", step.what, *flushed, step.want)
		}
	}
	if names, want := j.notes(t), []string{"a", "b", "d"}; !slices.Equal(names, want) {
		t.Errorf("committed are %q, want %q", names, want)
	}
}

// Units that share a transaction wait for the disk once, if one of them has to last.
func TestASharedTransactionIsOnTheDiskIfAUnitHasToLast(t *testing.T) {
	for _, c := range []struct {
		what string
		unit func(context.Context, store.Queries, string) error
		want int
	}{
		{"lasts", note, 1},
		{"may be lost", passing, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			j, flushed := openOnDisk(t)
			ctx := t.Context()
			var all sync.WaitGroup
			all.Go(func() {
				j.Write(ctx, func(q store.Queries) error { //nolint:errcheck // seen in the notes
					err := passing(ctx, q, "first")
					j.begun <- struct{}{}
					<-j.end
					return err
				})
			})
			<-j.begun
			all.Go(func() {
				j.Write(ctx, func(q store.Queries) error { return c.unit(ctx, q, "second") }) //nolint:errcheck // seen in the notes
			})
			j.waiting(t, 1)
			close(j.end)
			all.Wait()
			if names := j.notes(t); len(names) != 2 || *flushed != c.want {
				t.Errorf("committed are %q, and the log was flushed %d times, want %d", names, *flushed, c.want)
			}
		})
	}
}

// If the disk fails, nothing is confirmed until a restart, and no unit runs again: it is committed.
func TestADiskThatFailsConfirmsNothing(t *testing.T) {
	j, ctx := openJointly(t), t.Context()
	broken, runs := errors.New("input/output error"), 0
	unit := func(name string) error {
		return j.Write(ctx, func(q store.Queries) error {
			runs++
			return note(ctx, q, name)
		})
	}
	j.OnFlush(func(*os.File, func(*os.File) error) error { return broken })
	err := unit("a")
	j.OnFlush(func(*os.File, func(*os.File) error) error { return nil })
	for _, err := range []error{err, unit("b")} {
		if !errors.Is(err, broken) || gatehouse.KindOf(err) != gatehouse.Unavailable {
			t.Errorf("a write returned %v", err)
		}
	}
	if runs != 2 {
		t.Errorf("two units ran %d times", runs)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j.Store = open(t, j.url)
	if err := unit("c"); err != nil {
		t.Error("after a restart:", err)
	}
	if names, want := j.notes(t), []string{"a", "b", "c"}; !slices.Equal(names, want) {
		t.Errorf("after a restart there are %q, want %q", names, want)
	}
}

// When all connections are closed, SQLite removes its log. The next one is another file, and it is that
// which is flushed.
func TestANewLogIsFlushed(t *testing.T) {
	j, ctx := openJointly(t), t.Context()
	path, _ := store.SQLitePath(j.url)
	var logs []os.FileInfo
	j.OnFlush(func(log *os.File, real func(*os.File) error) error {
		there, err := os.Stat(path + "-wal")
		own, statErr := log.Stat()
		if err != nil || statErr != nil || !os.SameFile(there, own) {
			t.Errorf("another file than the log is flushed: %v, %v", err, statErr)
		}
		logs = append(logs, own)
		return real(log)
	})
	for _, name := range []string{"before", "after"} {
		write(t, j.Store, func(q store.Queries) error { return note(ctx, q, name) })
		j.CloseAll()
		if _, err := os.Stat(path + "-wal"); err == nil {
			t.Fatal("the log is still there, so this shows nothing")
		}
	}
	if len(logs) != 2 {
		t.Errorf("the log was flushed %d times", len(logs))
	}
}

// A database is reached by a symbolic link too: SQLite keeps its log beside the file itself.
func TestTheLogOfADatabaseBehindALink(t *testing.T) {
	j := openJointly(t)
	path, _ := store.SQLitePath(j.url)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	s := open(t, "sqlite://"+link)
	write(t, s, func(q store.Queries) error { return note(t.Context(), q, "by the link") })
}
