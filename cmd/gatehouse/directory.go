package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/assembly"
	"gatehouse/internal/directory"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
)

// office is what the commands about companies and users work with.
type office struct {
	*directory.Service
	sso    *sso.Service
	sites  *site.Sites
	caller gatehouse.Caller
}

func (o *office) close() { o.Store.Close() }

// openDirectory opens what a configuration names. The database must be at this
// program's version: an ordinary command never changes the schema.
func openDirectory(ctx context.Context, cfg *Config) (*office, error) {
	sites, err := site.Open(cfg.Sites, cfg.SiteEnv())
	if err != nil {
		return nil, err
	}
	refused, err := cfg.Blocklist()
	if err != nil {
		return nil, usageError{err}
	}
	st, err := openReady(ctx, cfg.Database)
	if err != nil {
		return nil, err
	}
	desk := &act.Desk{Store: st, Outbox: &mail.Outbox{Keys: cfg.Keys, Now: utc}, Now: utc}
	return &office{
		Service: &directory.Service{Desk: desk,
			Hasher: secret.NewHasher(cfg.HashParams(), cfg.HashWorkers(), cfg.HashWorkers()), Blocklist: refused},
		sso: &sso.Service{Desk: desk, Keys: cfg.Keys, Outbound: assembly.Outbound(cfg.OutboundNetworks, cfg.PlainLoopback())}, sites: sites, caller: commandCaller(),
	}, nil
}

// openExisting opens a database, but does not create a missing file.
func openExisting(ctx context.Context, url string) (*store.Store, error) {
	if path, lite := store.SQLitePath(url); lite {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s\nRun gatehouse migrate to make it", path)
		}
	}
	return store.Open(ctx, url)
}

func openReady(ctx context.Context, url string) (*store.Store, error) {
	st, err := openExisting(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, st); err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

// ready says what to do about a database that is not at this program's version.
func ready(ctx context.Context, st *store.Store) error {
	all, err := st.Migrations(ctx)
	if err != nil {
		return err
	}
	done := 0
	for _, m := range all {
		if !m.AppliedAt.IsZero() {
			done++
		}
	}
	if done < len(all) {
		return fmt.Errorf("the database is at version %d of %d\nRun gatehouse migrate", done, len(all))
	}
	return st.Ready(ctx)
}

// commandCaller is who runs a command: an operator, by account name. With sudo that
// account is everybody's, so the log keeps who used it.
func commandCaller() gatehouse.Caller {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if by := os.Getenv("SUDO_USER"); by != "" && by != name {
		name = by + " (sudo)"
	}
	return gatehouse.Caller{Kind: gatehouse.Operator, Name: name, UserAgent: "gatehouse command"}
}

// siteFlag chooses a site. An installation with one site needs no --site.
type siteFlag struct {
	Site string `help:"The site's ID; may be left out where there is only one." short:"s" placeholder:"SITE"`
}

func (f siteFlag) of(sites *site.Sites) (*site.Site, error) {
	var known []string
	for _, st := range sites.All() {
		known = append(known, st.ID)
	}
	st := sites.ByID(f.Site)
	if f.Site == gatehouse.OperatorsSite { // whose users have commands of their own
		st = nil
	}
	switch {
	case f.Site == "" && len(known) == 1:
		return sites.All()[0], nil
	case f.Site == "":
		return nil, usageError{fmt.Errorf("which site?\nGive --site with one of: %s", strings.Join(known, ", "))}
	case st == nil:
		return nil, usageError{fmt.Errorf("there is no site %q\nGive --site with one of: %s", f.Site, strings.Join(known, ", "))}
	default:
		return st, nil
	}
}

// placeFlags are the flags of commands that work in a site.
type placeFlags struct {
	configFlag
	siteFlag
}

// in opens the directory and calls fn with the chosen site.
func (f placeFlags) in(a *app, fn func(o *office, st *site.Site) error) error {
	return f.office(a, func(o *office) error {
		st, err := f.of(o.sites)
		if err != nil {
			return err
		}
		return fn(o, st)
	})
}

// office opens the directory and calls fn with it.
func (f configFlag) office(a *app, fn func(o *office) error) error {
	cfg, err := LoadConfig(f.Config, a.environ)
	if err != nil {
		return err
	}
	o, err := openDirectory(a.ctx, cfg)
	if err != nil {
		return err
	}
	defer o.close()
	return fn(o)
}
