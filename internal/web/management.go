package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Metrics is what the server counts.
type Metrics struct {
	registry *prometheus.Registry
	signIns  *prometheus.CounterVec
	requests *prometheus.HistogramVec
	csp      *prometheus.CounterVec
	logouts  *prometheus.CounterVec
	skips    *prometheus.CounterVec
}

// NewMetrics makes the metrics of one process. Those about the database are queried at
// each scrape.
func NewMetrics(s *store.Store, h *secret.Hasher, now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehouse_sign_ins_total",
			Help: "Passwords judged, by result."}, []string{"result"}),
		logouts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehouse_logouts_total",
			Help: "Tries to tell platforms that sessions have ended, by result."}, []string{"result"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gatehouse_http_request_duration_seconds",
			Help:    "Time to answer, by route, method and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route", "method", "status"}),
		csp: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehouse_csp_reports_total",
			Help: "What browsers say the content security policy stopped, by directive."}, []string{"directive"}),
		skips: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehouse_device_session_skips_total",
			Help: "Requests of browsers that say they could not renew the cookie of a device-bound session, by reason."}, []string{"reason"}),
	}
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("gatehouse_hashes_running", "Password hashes being computed.", func() float64 { running, _ := h.Load(); return float64(running) })
	gauge("gatehouse_hashes_waiting", "Sign-ins that wait for the hash gate.", func() float64 { _, waiting := h.Load(); return float64(waiting) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "gatehouse_hash_work_kib_total",
		Help: "Memory that password hashes have filled, in KiB times passes."}, func() float64 { return float64(secret.Worked()) }))
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "gatehouse_hash_cpu_seconds_total",
		Help: "Processor time of the threads that computed password hashes, while they did."}, func() float64 { return secret.Hashing().Seconds() }))
	kernel, _ := secret.Kernel()
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "gatehouse_argon2_info",
		Help: "What computes the password hashes; always 1.", ConstLabels: prometheus.Labels{"kernel": kernel}}, func() float64 { return 1 }))
	m.registry.MustRegister(m.signIns, m.requests, m.csp, m.logouts, m.skips, &databaseMetrics{store: s, now: now},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, r := range []gatehouse.EventResult{gatehouse.ResultOK, gatehouse.ResultWrong, gatehouse.ResultUnknown,
		gatehouse.ResultLocked, gatehouse.ResultInactive, gatehouse.ResultExpired, gatehouse.ResultLimited} {
		m.signIns.WithLabelValues(string(r))
	}
	return m
}

// SignIn counts a sign-in by its result.
func (m *Metrics) SignIn(result gatehouse.EventResult) {
	m.signIns.WithLabelValues(string(result)).Inc()
}

// Logout counts an attempt to tell a platform that a session has ended.
func (m *Metrics) Logout(result string) { m.logouts.WithLabelValues(result).Inc() }

// skipped counts why a browser says that it did not renew the cookie of a bound session.
func (m *Metrics) skipped(reasons []string) {
	for _, reason := range reasons {
		m.skips.WithLabelValues(reason).Inc()
	}
}

// cspReport counts a report under one of the known directives.
func (m *Metrics) cspReport(directive string) { m.csp.WithLabelValues(directive).Inc() }

// request counts a request under its route's pattern: a path would make a series for
// every invented address.
func (m *Metrics) request(r *http.Request, status int, took time.Duration) {
	route := r.Pattern
	if route == "" || route == "/" { // no route matched
		route = "none"
	}
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// databaseMetrics queries the database at each scrape.
type databaseMetrics struct {
	store *store.Store
	now   func() time.Time
}

var (
	sessionsDesc = prometheus.NewDesc("gatehouse_sessions", "Sessions that have not ended.", nil, nil)
	mailDesc     = prometheus.NewDesc("gatehouse_mail_waiting", "Messages that have not been handed over.", nil, nil)
	mailAgeDesc  = prometheus.NewDesc("gatehouse_mail_oldest_seconds", "Age of the oldest of them.", nil, nil)
	logoutDesc   = prometheus.NewDesc("gatehouse_logouts_waiting", "Ended sessions that platforms have not been told of.", nil, nil)
	logoutAge    = prometheus.NewDesc("gatehouse_logouts_oldest_seconds", "Age of the oldest of them.", nil, nil)
	databaseDesc = prometheus.NewDesc("gatehouse_database_up", "Whether the database answered this scrape.", nil, nil)
)

func (d *databaseMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{sessionsDesc, mailDesc, mailAgeDesc, logoutDesc, logoutAge, databaseDesc} {
		out <- desc
	}
}

func (d *databaseMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	gauge := func(desc *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v)
	}
	sessions, err := d.store.Read().CountSessions(ctx, d.now())
	if err != nil {
		gauge(databaseDesc, 0)
		return
	}
	waiting, oldest, err := d.store.Read().MailQueue(ctx, d.now())
	if err != nil {
		gauge(databaseDesc, 0)
		return
	}
	untold, longest, err := d.store.Read().LogoutQueue(ctx, d.now())
	if err != nil {
		gauge(databaseDesc, 0)
		return
	}
	gauge(logoutDesc, float64(untold))
	gauge(logoutAge, longest.Seconds())
	gauge(databaseDesc, 1)
	gauge(sessionsDesc, float64(sessions))
	gauge(mailDesc, float64(waiting))
	gauge(mailAgeDesc, oldest.Seconds())
}

// Management is the listener that is not public: the process's health, whether it is
// ready to serve, and the metrics.
func Management(s *store.Store, m *Metrics) http.Handler {
	mux := http.NewServeMux()
	text := func(w http.ResponseWriter, status int, line string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		w.Write([]byte(line + "\n"))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		err := s.Ready(ctx)
		if err == nil {
			err = s.Writable(ctx)
		}
		if err != nil {
			text(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		text(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
