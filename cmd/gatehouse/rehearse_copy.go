package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// keyOf is the key that a value was sealed with.
func keyOf(beginning []byte) string { return secret.KeyOf(beginning) }

// roomFor is how many times its size a file needs for its rehearsal: the copy, what a migration
// writes, and the log of that.
const roomFor = 3

// copied is the URL of a database that a rehearsal may change: a copy of a file, or the restored
// copy of a PostgreSQL database. done removes what was made.
func (c *rehearseCmd) copied(ctx context.Context, cfg *Config) (url string, done func(), err error) {
	done = func() {}
	if strings.HasPrefix(c.Source, "postgres://") || strings.HasPrefix(c.Source, "postgresql://") {
		return c.Source, done, notInUse(ctx, c.Source, cfg.Database)
	}
	source, err := filepath.Abs(strings.TrimPrefix(c.Source, "sqlite://"))
	if err != nil {
		return "", done, err
	}
	info, err := os.Stat(source)
	if err != nil {
		return "", done, fmt.Errorf("there is no backup: %w", err)
	}
	if path, lite := store.SQLitePath(cfg.Database); lite && sameFile(path, info) {
		return "", done, fmt.Errorf("%s is the database that is in use, not a backup\nMake one with gatehouse backup", c.Source)
	}
	if err := rehearsable(ctx, source, c.Source); err != nil {
		return "", done, err
	}
	work := c.Work
	if work == "" {
		work = os.TempDir()
	}
	if err := enoughRoom(work, uint64(info.Size())); err != nil {
		return "", done, err
	}
	folder, err := os.MkdirTemp(work, "gatehouse-rehearsal-") // mode 0700: it has everybody's addresses
	if err != nil {
		return "", done, err
	}
	done = func() { os.RemoveAll(folder) } //nolint:errcheck // a rehearsal has no more to say
	part := filepath.Join(folder, "copy.db")
	return "sqlite://" + part, done, copyFile(source, part)
}

func sameFile(path string, info os.FileInfo) bool {
	own, err := os.Stat(path)
	return err == nil && os.SameFile(own, info)
}

// rehearsable refuses a file that cannot be upgraded. name is what the operator calls it.
func rehearsable(ctx context.Context, path, name string) error {
	_, _, err := store.CheckSQLite(ctx, path)
	var newer store.NewerError
	switch {
	case err == nil:
		return nil
	case isDump(path):
		return fmt.Errorf("%s is a dump of PostgreSQL\nRestore it into an empty database (createdb rehearsal, pg_restore -d rehearsal), and give the URL of that", name)
	case errors.Is(err, store.ErrNotOurs), errors.Is(err, store.ErrDamaged), errors.As(err, &newer):
		return fmt.Errorf("%s cannot be upgraded by this program: %w\nTake another backup", name, err)
	}
	return err
}

// isDump reports whether a file is from pg_dump: in its own format, or in SQL.
func isDump(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 200)
	n, _ := f.Read(start) //nolint:errcheck // what cannot be read is none
	return strings.HasPrefix(string(start[:n]), "PGDMP") || strings.Contains(string(start[:n]), "PostgreSQL database dump")
}

// enoughRoom refuses a folder that is too full for the rehearsal of a file.
func enoughRoom(folder string, fileSize uint64) error {
	free, err := freeSpace(folder)
	if err != nil {
		return fmt.Errorf("the free space of %s is not known: %w", folder, err)
	}
	if need := roomFor * fileSize; free < need {
		return fmt.Errorf("%s has %s free, and the rehearsal may need %s\nName another folder with --work", folder, size(free), size(need))
	}
	return nil
}

// notInUse refuses the database of the configuration, and one that a server runs on: a rehearsal
// migrates it, and makes accounts.
func notInUse(ctx context.Context, url, configured string) error {
	copied, err := pgx.ParseConfig(url)
	if err != nil {
		return usageError{errors.New("the URL of the copy cannot be read")} // the error quotes the password
	}
	const fix = "\nRestore a dump into a database of its own, and give the URL of that"
	if own, err := pgx.ParseConfig(configured); err == nil && strings.HasPrefix(configured, "postgres") &&
		own.Host == copied.Host && own.Port == copied.Port && own.Database == copied.Database {
		return errors.New("that is the database of the configuration, not a copy" + fix)
	}
	st, err := store.Open(ctx, url)
	if err != nil {
		return fmt.Errorf("the copy cannot be opened: %w", err)
	}
	defer st.Close()
	used, err := st.InUse(ctx)
	if err == nil && used {
		err = errors.New("a server runs on that database, so it is no copy" + fix)
	}
	return err
}
