package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"

	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/support"
	"gatehouse/internal/systemd"
)

// BouncesConfig is how reports about bounced mail are handed over.
type BouncesConfig struct {
	// Listen is where they are accepted over SMTP; empty: nowhere.
	Listen string `yaml:"listen"`
}

func (k *configCheck) bounces() {
	if k.Bounces.Listen == "" {
		return
	}
	k.address("bounces.listen", k.Bounces.Listen)
	if k.Bounces.Listen == k.Listen || k.Bounces.Listen == k.Management {
		k.doc.Problem("bounces.listen", "is the address of another listener; it needs one of its own")
	}
}

// reportListener is where reports about mail come in; nil if none is configured.
type reportListener struct{ net.Listener }

func listenReports(handed systemd.Sockets, cfg *Config) (*reportListener, error) {
	if cfg.Bounces.Listen == "" {
		return nil, nil
	}
	l, err := listen(handed, "bounces.listen", cfg.Bounces.Listen)
	if err != nil {
		return nil, err
	}
	return &reportListener{l}, nil
}

func (l *reportListener) close() {
	if l != nil {
		l.Close()
	}
}

// serve accepts reports until ctx ends.
func (l *reportListener) serve(ctx context.Context, r *mail.Receiver, secure *tls.Config) error {
	if l == nil {
		return nil
	}
	return r.Serve(ctx, l, secure)
}

// bounceCmd accepts one report, or one reply to a support case, from a mail system that runs a command
// for each mail.
type bounceCmd struct {
	configFlag
	Recipient string `help:"The address that the report came to. Without it, the returned mail in the report says which message it is about." placeholder:"ADDRESS"`
}

// laterError is an error that may be gone when the mail system tries again: everything
// but a useless mail.
type laterError struct{ error }

func (e laterError) Unwrap() error { return e.error }

func (c *bounceCmd) Run(a *app) error {
	err := c.take(a)
	switch {
	case mail.Final(err):
		return errors.New(err.Error() + "\nNothing was changed. It is of no use to hand it over again.")
	case err != nil:
		return laterError{err}
	}
	return nil
}

func (c *bounceCmd) take(a *app) error {
	cfg, err := LoadConfig(c.Config, a.environ)
	if err != nil {
		return err
	}
	sites, err := site.Open(cfg.Sites, cfg.SiteEnv())
	if err != nil {
		return err
	}
	st, err := openReady(a.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer st.Close()
	log := slog.New(slog.DiscardHandler)
	r := &mail.Receiver{Store: st, Now: utc, Log: log, Refusals: &mail.Refusals{
		Outbox: &mail.Outbox{Keys: cfg.Keys, Now: utc}, Sites: sites.ByID, SecurityAddress: cfg.SecurityAddress, Log: log}}
	r.Letters = support.Letters{Service: support.New(support.Service{
		Desk: &act.Desk{Store: st, Outbox: r.Refusals.Outbox, Now: utc}, Keys: cfg.Keys, Limits: support.DefaultLimits, Sites: sites.ByID, AllSites: sites.All, Log: log})}
	return r.Deliver(a.ctx, c.Recipient, os.Stdin)
}
