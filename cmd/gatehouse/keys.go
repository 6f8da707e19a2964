package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

type keysCmd struct {
	New    keysNewCmd    `cmd:"" help:"Write a file with one new key; never over an old one."`
	Rotate keysRotateCmd `cmd:"" help:"Make new keys for a site's tokens; they sign ten minutes later."`
}

type keysNewCmd struct {
	File string `arg:"" help:"The file to write."`
}

func (c *keysNewCmd) Run(a *app) error {
	f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is\nWithout an old key, what was sealed with it is lost; to change keys, put a new line on top of the file", c.File)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(secret.NewKeyFile())
	if err = errors.Join(err, f.Sync(), f.Close(), syncFolder(c.File)); err != nil {
		os.Remove(c.File)
		return err
	}
	fmt.Fprintf(a.out, "Wrote %s. Keep a copy apart from the backups of the database.\n", c.File)
	return nil
}

// syncFolder makes a new name in a folder outlast a power cut.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

type keysRotateCmd struct{ placeFlags }

func (c *keysRotateCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		if err := o.sso.RotateKeys(a.ctx, st, o.caller); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Made new keys for %s. They sign from %s on.\n", st.Name, moment(o.Now().Add(gatehouse.KeyLead)))
		return nil
	})
}
