// Package assembly puts a server together from its parts, the same way for the
// server, the demo, the tests and the benchmarks, and runs it until it is told to
// stop.
package assembly

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/act"
	"gatehouse/internal/directory"
	"gatehouse/internal/geo"
	"gatehouse/internal/jobs"
	"gatehouse/internal/mail"
	"gatehouse/internal/outbound"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/sms"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
	"gatehouse/internal/support"
	"gatehouse/internal/trace"
	"gatehouse/internal/watch"
	"gatehouse/internal/web"
)

// Options are what a server is made of.
type Options struct {
	Store  *store.Store
	Sites  *site.Sites
	Keys   *secret.Keys
	Hasher *secret.Hasher
	SMTP   mail.SMTP
	DKIM   []mail.DKIM
	// Gateway sends text messages, and TextsPerDay is how many in 24 hours; nil: there are none.
	Gateway     *sms.Gateway
	TextsPerDay int
	Limits      signin.Limits
	Retention   gatehouse.Retention
	// Blocklist are the passwords that nobody may choose; nil: the common ones.
	Blocklist *secret.Blocklist
	// SecurityAddress is told of what failed; empty: nobody is.
	SecurityAddress string
	// Places knows roughly where addresses are; nil: nobody does.
	Places *geo.Places
	Now    func() time.Time
	Log    *slog.Logger
	// TrustedProxies, PlainLoopback and Hosts are web.Server's.
	TrustedProxies []netip.Prefix
	PlainLoopback  bool
	Hosts          map[string]http.Handler
	// OutboundNetworks may be asked although they are not the internet: outbound.Policy's.
	OutboundNetworks []netip.Prefix
	// Self is what operators see of this process.
	Self   watch.Process
	Alerts Alerts
	// Tracer traces requests and mail; nil: nobody does.
	Tracer *trace.Tracer
}

// Alerts is from when on operators are told of something, and how: watch.Alerts's. Without thresholds,
// those of the house.
type Alerts struct {
	Thresholds gatehouse.AlertThresholds
	Mail       []string
	Webhook    *watch.Webhook
	KeyFileAt  time.Time
}

// House is a server that has been put together.
type House struct {
	// Handler answers visitors, Management those who run the server.
	Handler, Management http.Handler
	Outbox              *mail.Outbox
	SignIn              *signin.Service
	Directory           *directory.Service
	SSO                 *sso.Service
	Support             *support.Service
	// Watch knows how the installation is, Alerts tells operators what is wrong.
	Watch  *watch.Service
	Alerts *watch.Alerts
	// Logouts tells platforms that sessions have ended.
	Logouts *sso.Logouts
	// Reports takes in what is said about mail that came back; it is served where there
	// is a listener for it.
	Reports *mail.Receiver
	// Tracer is Options's.
	Tracer *trace.Tracer

	store   *store.Store
	senders []*mail.Sender
	jobs    []jobs.Job
	log     *slog.Logger
}

// New puts a server together. It starts nothing.
func New(o Options) (*House, error) {
	pages, err := web.Pages()
	if err != nil {
		return nil, err
	}
	pages.Place = o.Places.Of
	metrics := web.NewMetrics(o.Store, o.Hasher, o.Now)
	sender := &mail.Sender{Store: o.Store, Sites: o.Sites.ByID, Keys: o.Keys, SMTP: o.SMTP, DKIM: o.DKIM, Tracer: o.Tracer, Now: o.Now, Log: o.Log}
	senders := []*mail.Sender{sender}
	if o.Gateway != nil {
		senders = append(senders, &mail.Sender{Store: o.Store, Sites: o.Sites.ByID, Keys: o.Keys, Gateway: o.Gateway, Tracer: o.Tracer, Now: o.Now, Log: o.Log})
	}
	outbox := &mail.Outbox{Keys: o.Keys, Now: o.Now, Nudge: func() {
		for _, s := range senders {
			s.Nudge()
		}
	}}
	sender.Refusals = &mail.Refusals{Outbox: outbox, Sites: o.Sites.ByID, SecurityAddress: o.SecurityAddress, Log: o.Log}
	desk := &act.Desk{Store: o.Store, Outbox: outbox, Place: o.Places.Of, Now: o.Now}
	if o.Places != nil {
		desk.Country = o.Places.Country
	}
	in := &signin.Service{Desk: desk, Hasher: o.Hasher, Keys: o.Keys, Blocklist: o.Blocklist, Limits: o.Limits, Even: signin.EvenTime(o.Hasher), Log: o.Log, Counted: metrics.SignIn}
	if o.Gateway != nil {
		in.Texting = &signin.Texting{PerDay: o.TextsPerDay, SecurityAddress: o.SecurityAddress}
	}
	own := &account.Service{Desk: desk, SignIn: in, Keys: o.Keys}
	users := &directory.Service{Desk: desk, Hasher: o.Hasher, Blocklist: o.Blocklist, SecurityAddress: o.SecurityAddress, Log: o.Log}
	provider := &sso.Service{Desk: desk, Keys: o.Keys, Log: o.Log, Outbound: Outbound(o.OutboundNetworks, o.PlainLoopback)}
	cases := support.New(support.Service{Desk: desk, Keys: o.Keys, Limits: support.DefaultLimits, Sites: o.Sites.ByID, AllSites: o.Sites.All, Log: o.Log})
	logouts := &sso.Logouts{Service: provider, Sites: o.Sites.ByID, Counted: metrics.Logout}
	o.Store.OnLogouts(logouts.Nudge)
	watcher := &watch.Service{Store: o.Store, Book: watch.NewBook(o.Now), Now: o.Now, Self: o.Self, Measure: metrics.Sample,
		Waiting: func() int { _, waiting := o.Hasher.Load(); return waiting }}
	for _, s := range senders {
		s.Counted = watcher.MailCounted
	}
	alarms := o.alarms(desk, watcher)
	server := &web.Server{
		Sites: o.Sites, SignIn: in, Account: own, Directory: users, SSO: provider, Support: cases, Watch: watcher, Alerts: alarms, Pages: pages, Keys: o.Keys, Now: o.Now, Log: o.Log, Metrics: metrics, Tracer: o.Tracer,
		TrustedProxies: o.TrustedProxies, PlainLoopback: o.PlainLoopback, Hosts: o.Hosts,
	}
	return &House{
		Handler: server.Prepare(), Management: web.Management(o.Store, metrics), Outbox: outbox, SignIn: in, Directory: users, SSO: provider, Support: cases, Watch: watcher, Alerts: alarms, Logouts: logouts,
		Reports: &mail.Receiver{Store: o.Store, Refusals: sender.Refusals, Now: o.Now, Log: o.Log, Letters: support.Letters{Service: cases}, Counted: watcher.MailCounted, Name: o.SMTP.HELO},
		Tracer:  o.Tracer,
		store:   o.Store, senders: senders, log: o.Log,
		jobs: []jobs.Job{
			jobs.Expiry(o.Store, o.Now), jobs.Retention(o.Store, o.Retention, o.Now), jobs.PasswordWarnings(desk, o.Sites.All),
			jobs.Enrolments(users, o.Sites.ByID), jobs.Imports(users, o.Sites.ByID), jobs.BulkActs(users, o.Sites.ByID), jobs.Proposals(users), jobs.Reports(users, o.Sites.All), jobs.FactorResets(users, o.Sites.ByID), jobs.FactorAsks(users, o.Sites.ByID), jobs.Deletions(users, o.Sites.ByID), jobs.Requests(users, o.Sites.All), jobs.Processes(o.Store, in), jobs.SigningKeys(provider, o.Sites.All), jobs.Applications(provider, o.Sites.All), jobs.Cards(provider, o.Sites.ByID), jobs.Cases(cases), jobs.Health(watcher), jobs.LookForAlerts(alarms), jobs.AlertCalls(alarms),
		},
	}, nil
}

// alarms tells operators what is wrong.
func (o Options) alarms(desk *act.Desk, w *watch.Service) *watch.Alerts {
	a := &watch.Alerts{Desk: desk, Watch: w, Sites: o.Sites, Thresholds: o.Alerts.Thresholds, Mail: o.Alerts.Mail, Webhook: o.Alerts.Webhook, KeyFileAt: o.Alerts.KeyFileAt, Log: o.Log}
	if a.Thresholds == nil {
		a.Thresholds = gatehouse.DefaultAlerts
	}
	return a
}

// Outbound makes requests to addresses that applications have given. What they answer is
// short, and what takes longer is not waited for.
func Outbound(allowed []netip.Prefix, plainLoopback bool) *outbound.Client {
	return outbound.New(outbound.Policy{Allowed: allowed, PlainLoopback: plainLoopback, Timeout: 5 * time.Second, Longest: 64 << 10}, nil)
}

// Work does the background work until ctx ends, and returns when what was begun is
// finished.
func (h *House) Work(ctx context.Context) {
	if err := jobs.Begin(ctx, h.store, h.SignIn); err != nil {
		h.log.ErrorContext(ctx, "attempts of processes that are gone", "error", err)
	}
	var all sync.WaitGroup
	for _, sender := range h.senders {
		all.Go(func() {
			if err := sender.Run(ctx); err != nil && ctx.Err() == nil {
				h.log.ErrorContext(ctx, "sender stopped", "error", err)
			}
		})
	}
	all.Go(func() { h.Logouts.Run(ctx) })
	h.Watch.Begin()
	all.Go(func() { jobs.Run(ctx, h.log, h.Watch.Book, h.jobs...) })
	all.Wait()
}
