package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"gatehouse/internal/store"
)

type restoreCmd struct {
	configFlag
	File string `arg:"" optional:"" help:"A file that gatehouse backup wrote. For PostgreSQL none: after pg_restore, this ends what was open at the time of the backup."`
}

func (c *restoreCmd) Run(a *app) error {
	cfg, err := LoadConfig(c.Config, a.environ)
	if err != nil {
		return err
	}
	path, lite := store.SQLitePath(cfg.Database)
	switch {
	case !lite && c.File != "":
		return errPostgres("pg_restore, and then gatehouse restore without a file")
	case !lite:
		return afterPostgres(a, cfg.Database)
	case c.File == "":
		return usageError{errors.New("name the file that gatehouse backup wrote")}
	}
	done, err := restore(a.ctx, path, c.File, utc())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Restored %s from %s. All sessions, links, codes and trusted devices have ended, and mail that waited is not sent.\n", path, c.File)
	if done.kept != "" {
		fmt.Fprintf(a.out, "What was there before is %s.\n", done.kept)
	}
	if done.behind {
		fmt.Fprintln(a.out, "It is of an older version: run gatehouse migrate before the server starts.")
	}
	return nil
}

// afterPostgres ends what was open when a backup was made, in the database that it was restored into.
// It refuses one that a server uses: nobody who is signed in there is thrown out by mistake.
func afterPostgres(a *app, url string) error {
	st, err := store.Open(a.ctx, url)
	if err != nil {
		return err
	}
	defer st.Close()
	if used, err := st.InUse(a.ctx); err != nil {
		return err
	} else if used {
		return errors.New("a server runs on the database\nStop all of them, restore the backup with pg_restore, then run this again")
	}
	switch err := st.CloseDoors(a.ctx); {
	case errors.Is(err, store.ErrNotOurs):
		return errors.New("nothing of Gatehouse is in the database\nRestore the backup into it with pg_restore, then run this again")
	case err != nil:
		return err
	}
	fmt.Fprintln(a.out, "All sessions, links, codes and trusted devices have ended, and mail that waited is not sent. The servers can start.")
	return nil
}

// restored is the result of a restore.
type restored struct {
	kept   string // where the old database is now; empty: there was none
	behind bool   // the backup is of an older version
}

// restore replaces a database by a backup. Everything is checked before anything is
// touched, and it works on a copy: what is checked is what is put in place, and the
// backup stays as it is.
func restore(ctx context.Context, path, file string, now time.Time) (restored, error) {
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return restored{}, fmt.Errorf("%s has a write-ahead log beside it: it was copied while it was in use, and is not whole\nTake a file that gatehouse backup wrote", file)
	}
	part := path + ".restoring"
	os.Remove(part) // of a restore that was interrupted
	if err := copyFile(file, part); err != nil {
		return restored{}, err
	}
	defer os.Remove(part)
	behind, err := checkBackup(ctx, part, file)
	if err != nil {
		return restored{}, err
	}
	kept, err := exchange(ctx, path, part, path+".before-restore-"+now.Format("20060102-150405"))
	return restored{kept: kept, behind: behind}, err
}

// checkBackup checks the copy and ends everything in it that opens an account. It reports
// whether it is from an older version.
func checkBackup(ctx context.Context, part, file string) (behind bool, err error) {
	version, latest, err := store.CheckSQLite(ctx, part)
	var newer store.NewerError
	switch {
	case errors.Is(err, store.ErrNotOurs), errors.Is(err, store.ErrDamaged):
		return false, fmt.Errorf("%s cannot be restored: %w\nNothing was changed; take another backup", file, err)
	case errors.As(err, &newer):
		return false, fmt.Errorf("%s cannot be restored by this program: %w\nNothing was changed", file, err)
	case err != nil:
		return false, err
	}
	return version < latest, store.CloseDoors(ctx, part, version)
}

// exchange moves part to path, and what was there to the name kept. Nobody else has the
// database while that happens.
func exchange(ctx context.Context, path, part, kept string) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := setAside(path, kept); err != nil { // a log without its database
			return "", err
		}
		return "", putInPlace(part, path)
	}
	release, err := store.HoldSQLite(ctx, path)
	switch {
	case errors.Is(err, store.ErrInUse):
		return "", fmt.Errorf("%s is in use\nStop the server (and whatever else has the database open), then restore again", path)
	case errors.Is(err, store.ErrDamaged):
		// Perhaps the reason to restore: its log is kept with it unchanged, since the
		// log of another database would spoil the restored one.
		if err := setAside(path, kept); err != nil {
			return "", err
		}
		release = func() {}
	case err != nil:
		return "", err
	}
	defer release()
	// The old database gets its second name first, so that path always has one.
	if err := os.Link(path, kept); err != nil {
		if err := os.Rename(path, kept); err != nil {
			return "", err
		}
	}
	return kept, putInPlace(part, path)
}

// setAside renames the files that belong to a database.
func setAside(path, kept string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func putInPlace(part, path string) error {
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFolder(path)
}
