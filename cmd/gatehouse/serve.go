package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"gatehouse/internal/assembly"
	"gatehouse/internal/geo"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/systemd"
	"gatehouse/internal/trace"
)

// afterStart is when the memory for startup and the first pages goes back to the
// system.
const afterStart = 4 * time.Second

// runServe is the server. It returns when ctx has ended and everything in progress is
// finished, or when it cannot go on.
func runServe(ctx context.Context, configPath string) error {
	hurry()
	cfg, err := LoadConfig(configPath, os.Environ())
	if err != nil {
		return usageError{err}
	}
	useThreads()
	log := logTo(os.Stderr, cfg.Log.Level)
	if _, fault := secret.Kernel(); fault != nil {
		log.Error("slow hashing", "error", fault)
	}
	cert, err := newCertificate(cfg, log)
	if err != nil {
		return usageError{err}
	}
	places, err := cfg.Places()
	if err != nil {
		return usageError{err}
	}
	doors, err := openDoors(cfg)
	if err != nil {
		return err
	}
	defer doors.close()
	house, st, sites, err := assemble(ctx, cfg, places, log)
	if err != nil {
		return err
	}
	defer st.Close()
	house.Alerts.Certificate = cert.ends
	defer lastTraces(log, house.Tracer)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer runtime.KeepAlive(tuneCollector())
	go reloadOnHangup(ctx, log, sites, cert, places)
	defer time.AfterFunc(afterStart, giveBackStart).Stop()
	log.Info("serving", "listen", doors.public.Addr().String(), "management", doors.management.Addr().String(),
		"database", st.Engine(), "sites", len(sites.All()))
	err = runAll(ctx, stop,
		func(ctx context.Context) error {
			return assembly.Serve(ctx, doors.public, house.Handler, cert.config(), log)
		},
		func(ctx context.Context) error {
			return assembly.Serve(ctx, doors.management, house.Management, nil, log)
		},
		func(ctx context.Context) error { house.Work(ctx); return nil },
		func(ctx context.Context) error { return doors.reports.serve(ctx, house.Reports, cert.config()) },
		func(ctx context.Context) error { cert.keep(ctx, sites); return nil },
		func(ctx context.Context) error { tellManager(ctx, log, doors); return nil },
	)
	log.Info("stopped")
	return err
}

// lastTraces sends the traces that wait, for a few seconds at most.
func lastTraces(log *slog.Logger, t *trace.Tracer) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := t.Close(ctx); err != nil {
		log.Warn("last traces not delivered", "error", err.Error())
	}
}

// tellManager tells the service manager that the server is ready, then that it is alive, and
// at the end that it stops.
func tellManager(ctx context.Context, log *slog.Logger, doors *doors) {
	tell(log, "READY=1", "STATUS=Serving at "+doors.public.Addr().String())
	systemd.Watchdog(ctx, doors.alive, func(err error) { log.Error("no sign of life for the service manager", "error", err.Error()) })
	<-ctx.Done()
	tell(log, "STOPPING=1", "STATUS=Finishing what is in progress")
}

// tell tells the service manager. A server that cannot tell it works all the same.
func tell(log *slog.Logger, lines ...string) {
	if err := systemd.Notify(lines...); err != nil {
		log.Error("the service manager does not listen", "error", err.Error())
	}
}

// giveBackStart returns the memory for startup to the system.
func giveBackStart() {
	debug.FreeOSMemory()
	unmapProgram()
}

// runAll runs parts of a server until one fails or ctx ends, then ends the others
// and waits for all of them. It returns the first failure.
func runAll(ctx context.Context, stop context.CancelFunc, parts ...func(context.Context) error) error {
	var all sync.WaitGroup
	var once sync.Once
	var first error
	for _, part := range parts {
		all.Go(func() {
			if err := part(ctx); err != nil {
				once.Do(func() { first = err })
				stop()
			}
		})
	}
	all.Wait()
	return first
}

// reloadOnHangup reads the sites, the certificate and the places again at each SIGHUP.
// What is broken stays as it was, and is reported.
func reloadOnHangup(ctx context.Context, log *slog.Logger, sites *site.Sites, cert *certificate, places *geo.Places) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		tell(log, "RELOADING=1")
		for _, err := range sites.Reload() {
			log.Error("site not reloaded: what was read before stays", "error", err.Error())
		}
		if cert != nil {
			if err := cert.reload(); err != nil {
				log.Error("certificate not reloaded: the old one stays", "error", err.Error())
			}
		}
		if err := places.Reload(); err != nil {
			log.Error("places not reloaded: the old ones stay", "error", err.Error())
		}
		log.Info("reloaded", "sites", len(sites.All()))
		tell(log, "READY=1")
	}
}
