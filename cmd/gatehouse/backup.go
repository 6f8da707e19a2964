package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse/internal/store"
)

type backupCmd struct {
	configFlag
	File string `arg:"" help:"The file to write; it must not be there."`
}

// errPostgres is for what only SQLite needs.
func errPostgres(tool string) error {
	return fmt.Errorf("the database is PostgreSQL, which has its own tools for this\nUse %s", tool)
}

func (c *backupCmd) Run(a *app) error {
	cfg, err := LoadConfig(c.Config, a.environ)
	if err != nil {
		return err
	}
	path, lite := store.SQLitePath(cfg.Database)
	if !lite {
		return errPostgres("pg_dump or pg_basebackup")
	}
	if err := backup(a.ctx, path, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Wrote %s (%s). It needs the key file %s to be of use: keep a copy of that elsewhere.\n", c.File, size(uint64(info.Size())), cfg.KeyFile)
	return nil
}

// backup copies a database that may be in use. The file gets its name only when it is
// complete and on disk, and only its owner can read it: it has everybody's addresses
// and password hashes.
func backup(ctx context.Context, path, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return alreadyThere(file)
	}
	part, err := os.CreateTemp(filepath.Dir(file), ".gatehouse-backup-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if err := part.Close(); err != nil {
		return err
	}
	if err := store.BackupSQLite(ctx, path, part.Name()); err != nil {
		return err
	}
	// What cannot be restored is not a backup.
	if _, _, err := store.CheckSQLite(ctx, part.Name()); err != nil {
		return fmt.Errorf("the copy is not good: %w\nLook after the database itself: gatehouse doctor", err)
	}
	return giveName(part.Name(), file)
}

func alreadyThere(file string) error {
	return fmt.Errorf("%s is there already and stays as it is\nGive another name", file)
}

// giveName gives a finished file its name, and never overwrites another.
func giveName(part, file string) error {
	err := os.Link(part, file)
	if errors.Is(err, fs.ErrExist) {
		return alreadyThere(file)
	}
	if err != nil { // a file system without links
		if _, err := os.Lstat(file); err == nil {
			return alreadyThere(file)
		}
		if err := os.Rename(part, file); err != nil {
			return err
		}
	}
	return syncFolder(file)
}

// copyFile copies a file's content into a new file that only its owner reads.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// size is a number of bytes as people read it.
func size(n uint64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n)/1000, 0
	for value >= 1000 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, units[unit])
}
