package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"gatehouse/internal/store"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" default:"withargs" help:"Bring the database to this program's version (what migrate alone does)."`
	Status migrateStatusCmd `cmd:"" help:"Say where the database is."`
}

type migrateUpCmd struct{ configFlag }

func (c *migrateUpCmd) Run(a *app) error {
	cfg, err := LoadConfig(c.Config, a.environ)
	if err != nil {
		return err
	}
	st, err := store.Open(a.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer st.Close()
	done, err := st.Migrate(a.ctx, utc())
	if err != nil {
		return err
	}
	for _, m := range done {
		fmt.Fprintf(a.out, "Applied %d %s.\n", m.Version, m.Name)
	}
	all, err := st.Migrations(a.ctx)
	if err != nil {
		return err
	}
	if len(done) == 0 {
		fmt.Fprintf(a.out, "Nothing to do: the database is at version %d.\n", len(all))
		return nil
	}
	fmt.Fprintf(a.out, "The database is at version %d.\n", len(all))
	return nil
}

type migrateStatusCmd struct {
	configFlag
	JSON bool `name:"json" help:"Print JSON."`
}

// migrationView is a migration as scripts see it.
type migrationView struct {
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	AppliedAt time.Time `json:"applied_at,omitzero"`
}

// Run also exits with 1 if a migration is due, for scripts.
func (c *migrateStatusCmd) Run(a *app) error {
	cfg, err := LoadConfig(c.Config, a.environ)
	if err != nil {
		return err
	}
	st, err := openExisting(a.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer st.Close()
	all, err := st.Migrations(a.ctx)
	if err != nil {
		return err
	}
	views, rows := make([]migrationView, len(all)), make([][]string, len(all))
	for i, m := range all {
		views[i] = migrationView{m.Version, m.Name, m.AppliedAt}
		rows[i] = []string{strconv.Itoa(m.Version), m.Name, moment(m.AppliedAt)}
	}
	if c.JSON {
		err = asJSON(a.out, views)
	} else {
		err = table(a.out, "VERSION NAME APPLIED", rows)
	}
	return errors.Join(err, ready(a.ctx, st))
}
