package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"gatehouse/internal/assembly"
	"gatehouse/internal/demo"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// demoOptions are the flags of `gatehouse demo`.
type demoOptions struct {
	Listen, Data, SMTPListen string
	JSON                     bool
}

// demoLimits are wide: somebody who tries out the demo tries many wrong passwords from
// one address. The lockout of accounts is the real one.
var demoLimits = signin.Limits{
	IP:       signin.Rate{Burst: 5000, PerMinute: 6000},
	Username: signin.Rate{Burst: 500, PerMinute: 600},
	Site:     signin.Rate{Burst: 5000, PerMinute: 6000},

	RecoveryIP:   signin.Rate{Burst: 5000, PerMinute: 6000},
	RecoveryName: signin.Rate{Burst: 500, PerMinute: 600},
}

// runDemo runs everything in one process, with nothing to configure, until ctx ends.
func runDemo(ctx context.Context, o demoOptions) error {
	useThreads()
	defer runtime.KeepAlive(tuneCollector())
	dir, remove, err := demoFolder(o.Data)
	if err != nil {
		return err
	}
	defer remove()
	public, err := listenLoopback("--listen", o.Listen)
	if err != nil {
		return err
	}
	defer public.Close()
	reports, err := listenLoopback("reports", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer reports.Close()
	d, err := openDemo(ctx, dir, public.Addr().(*net.TCPAddr), o.SMTPListen)
	if err != nil {
		return err
	}
	defer d.close()
	d.inbox.ReportTo(reports.Addr().String())

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := d.announce(os.Stdout, o.JSON); err != nil {
		return err
	}
	return runAll(ctx, stop,
		func(ctx context.Context) error { return assembly.Serve(ctx, public, d.house.Handler, nil, d.log) },
		func(ctx context.Context) error { d.house.Work(ctx); return nil },
		func(ctx context.Context) error { return d.house.Reports.Serve(ctx, reports, nil) },
	)
}

// listenLoopback accepts only an address of this machine: the demo speaks plain http
// and prints its passwords.
func listenLoopback(flag, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !isLoopback(host) {
		return nil, usageError{fmt.Errorf("%s: %q is not an address of this machine only: give one like 127.0.0.1:8080", flag, address)}
	}
	return listen(nil, flag, address)
}

// demoFolder is where the demo keeps its data; remove keeps a folder that was named.
func demoFolder(named string) (dir string, remove func(), err error) {
	if named != "" {
		return named, func() {}, os.MkdirAll(named, 0o700)
	}
	dir, err = os.MkdirTemp("", "gatehouse-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// demoServer is the demo, put together.
type demoServer struct {
	dir      string
	house    *assembly.House
	store    *store.Store
	inbox    *demo.Inbox
	phones   *demo.Phones
	accounts demo.Accounts
	at       demo.Addresses
	log      *slog.Logger
}

func openDemo(ctx context.Context, dir string, at *net.TCPAddr, smtpListen string) (*demoServer, error) {
	if err := demo.WriteSites(filepath.Join(dir, "sites")); err != nil {
		return nil, err
	}
	sites, err := site.Open(filepath.Join(dir, "sites"), site.LoadEnv{Scheme: "http", Port: at.Port, Operators: demo.OperatorHosts})
	if err != nil {
		return nil, usageError{err}
	}
	keys, err := demoKeys(filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	d := &demoServer{dir: dir, log: logTo(io.Discard, slog.LevelError)}
	if d.store, err = openStore(ctx, "sqlite://"+filepath.Join(dir, "gatehouse.db")); err != nil {
		return nil, err
	}
	if d.inbox, err = demo.OpenInbox(smtpListen, utc); err != nil {
		d.store.Close()
		return nil, fmt.Errorf("--smtp-listen: %w", err)
	}
	if d.phones, err = demo.OpenPhones(d.inbox); err != nil {
		d.inbox.Close()
		d.store.Close()
		return nil, err
	}
	tour := fmt.Sprintf("http://localhost:%d/", at.Port)
	d.at = demo.Addresses{Tour: tour, Inbox: tour + "inbox", SMTP: d.inbox.Addr()}
	if err := d.assemble(ctx, sites, keys, at.String()); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *demoServer) assemble(ctx context.Context, sites *site.Sites, keys *secret.Keys, listener string) error {
	hasher := secret.NewHasher(secret.DefaultParams, cores, 64)
	deps := demo.Deps{Store: d.store, Hasher: hasher, Outbox: &mail.Outbox{Keys: keys, Now: utc}, Now: utc}
	accounts, err := demo.Seed(ctx, deps, demo.AllSites(sites))
	if err != nil {
		return err
	}
	if accounts.Platforms, err = demo.OpenPlatforms(ctx, deps, sites, listener); err != nil {
		return err
	}
	d.accounts = accounts
	places, err := demo.OpenPlaces(d.dir)
	if err != nil {
		return err
	}
	pages, err := demo.Handler(accounts, d.inbox, utc, d.log)
	if err != nil {
		return err
	}
	hosts := demo.Hosts(accounts.Platforms)
	hosts["localhost"] = pages
	host, smtpPort, err := net.SplitHostPort(d.inbox.Addr())
	if err != nil {
		return err
	}
	d.house, err = assembly.New(assembly.Options{
		Store: d.store, Sites: sites, Keys: keys, Hasher: hasher, Places: places, Limits: demoLimits, Now: utc, Log: d.log, PlainLoopback: true, SecurityAddress: demoSecurity,
		SMTP:  mail.SMTP{Host: host, Port: smtpPort, Security: mail.Plain, HELO: "localhost"},
		Hosts: hosts, Gateway: d.phones.Gateway, TextsPerDay: demoTexts, Self: self(),
		Alerts: assembly.Alerts{KeyFileAt: utc().Add(-demo.KeyFileAge)},
	})
	if err != nil {
		return err
	}
	if err := demo.Day(ctx, d.store, utc()); err != nil {
		return err
	}
	return demo.OpenCases(ctx, d.house.Support, sites)
}

// demoSecurity is the security address of the demo; its mails are in the inbox.
const demoSecurity = "security@platform.example"

// demoTexts is how many text messages the demo sends per day.
const demoTexts = 1000

// demoKeys are kept with the data, so that a restarted demo can read it.
func demoKeys(path string) (*secret.Keys, error) {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		if err := os.WriteFile(path, secret.NewKeyFile(), 0o600); err != nil {
			return nil, err
		}
	}
	return secret.LoadKeys(path)
}

func (d *demoServer) announce(w io.Writer, asJSON bool) error {
	if !asJSON {
		return demo.Print(w, d.accounts, d.at)
	}
	line, err := d.accounts.JSON(d.at)
	if err != nil {
		return err
	}
	_, err = w.Write(line)
	return err
}

func (d *demoServer) close() {
	d.phones.Close()
	d.inbox.Close()
	d.store.Close()
}
