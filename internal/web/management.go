package web

import (
	"context"
	"math"
	"net/http"
	"runtime/metrics"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Metrics is what the server counts.
type Metrics struct {
	store    *store.Store
	hasher   *secret.Hasher
	now      func() time.Time
	begun    time.Time
	signIns  *counter
	csp      *counter
	logouts  *counter
	skips    *counter
	requests *timings
}

// NewMetrics makes the metrics of one process. Those about the database are queried at
// each scrape.
func NewMetrics(s *store.Store, h *secret.Hasher, now func() time.Time) *Metrics {
	m := &Metrics{store: s, hasher: h, now: now, begun: now(), signIns: counting("result"), csp: counting("directive"), logouts: counting("result"),
		skips: counting("reason"), requests: &timings{series[timing]{names: []string{"method", "route", "status"}}}}
	for _, r := range []gatehouse.EventResult{gatehouse.ResultOK, gatehouse.ResultWrong, gatehouse.ResultUnknown,
		gatehouse.ResultLocked, gatehouse.ResultInactive, gatehouse.ResultSuspended, gatehouse.ResultExpired, gatehouse.ResultLimited} {
		m.signIns.of(string(r))
	}
	return m
}

// SignIn counts a sign-in by its result.
func (m *Metrics) SignIn(result gatehouse.EventResult) {
	m.signIns.of(string(result)).Add(1)
}

// Logout counts an attempt to tell a platform that a session has ended.
func (m *Metrics) Logout(result string) { m.logouts.of(result).Add(1) }

// skipped counts why a browser says that it did not renew the cookie of a bound session.
func (m *Metrics) skipped(reasons []string) {
	for _, reason := range reasons {
		m.skips.of(reason).Add(1)
	}
}

// cspReport counts a report under one of the known directives.
func (m *Metrics) cspReport(directive string) { m.csp.of(directive).Add(1) }

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
	m.requests.of(method, route, strconv.Itoa(status)).took(took)
}

// Sample is what the process has done since it began, and how it stands, for the operators' pages.
func (m *Metrics) Sample() (s gatehouse.Sample) {
	m.requests.all.Range(func(key, v any) bool {
		labels, of := key.([3]string), v.(*timing)
		for i := range of.buckets {
			n := of.buckets[i].Load()
			s.Requests += n
			if labels[2] >= "500" {
				s.Errors += n
			}
			at := len(gatehouse.SampleBounds)
			if i < len(upTo) {
				at, _ = slices.BinarySearch(gatehouse.SampleBounds[:], int64(math.Ceil(upTo[i]*1000)))
			}
			s.Times[at] += n
		}
		return true
	})
	s.HashMillis = secret.Hashing().Milliseconds()
	all := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/total:bytes"}}
	metrics.Read(all)
	s.Goroutines, s.MemoryBytes = int64(all[0].Value.Uint64()), int64(all[1].Value.Uint64())
	if _, resident, ok := readStat(); ok {
		s.MemoryBytes = int64(resident)
	}
	return s
}

// page is all metrics, as they are now.
func (m *Metrics) page(ctx context.Context) []byte {
	var e exposition
	m.signIns.writeTo(&e, "gatehouse_sign_ins_total", "Passwords judged, by result.")
	m.logouts.writeTo(&e, "gatehouse_logouts_total", "Tries to tell platforms that sessions have ended, by result.")
	m.requests.writeTo(&e, "gatehouse_http_request_duration_seconds", "Time to answer, by route, method and status.")
	m.csp.writeTo(&e, "gatehouse_csp_reports_total", "What browsers say the content security policy stopped, by directive.")
	m.skips.writeTo(&e, "gatehouse_device_session_skips_total",
		"Requests of browsers that say they could not renew the cookie of a device-bound session, by reason.")
	running, waiting := m.hasher.Load()
	e.value("gatehouse_hashes_running", "gauge", "Password hashes being computed.", float64(running))
	e.value("gatehouse_hashes_waiting", "gauge", "Sign-ins that wait for the hash gate.", float64(waiting))
	e.value("gatehouse_hash_work_kib_total", "counter", "Memory that password hashes have filled, in KiB times passes.", float64(secret.Worked()))
	e.value("gatehouse_hash_cpu_seconds_total", "counter", "Processor time of the threads that computed password hashes, while they did.",
		secret.Hashing().Seconds())
	kernel, _ := secret.Kernel()
	e.about("gatehouse_argon2_info", "gauge", "What computes the password hashes; always 1.")
	e.sample("gatehouse_argon2_info", labelled([]string{"kernel"}, []string{kernel}), 1)
	up := 0.0
	if m.database(ctx, &e) == nil {
		up = 1
	}
	e.value("gatehouse_database_disk_waits_total", "counter", "Changes, or groups of them, that waited for SQLite's disk.", float64(m.store.DiskWaits()))
	e.value("gatehouse_database_up", "gauge", "Whether the database answered this scrape.", up)
	e.process(m.begun)
	return e.Bytes()
}

// database writes what the database says now; nothing if it does not answer.
func (m *Metrics) database(ctx context.Context, e *exposition) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	sessions, err := m.store.Read().CountSessions(ctx, m.now())
	if err != nil {
		return err
	}
	waiting, oldest, err := m.store.Read().MailQueue(ctx, m.now())
	if err != nil {
		return err
	}
	untold, longest, err := m.store.Read().LogoutQueue(ctx, m.now())
	if err != nil {
		return err
	}
	e.value("gatehouse_sessions", "gauge", "Sessions that have not ended.", float64(sessions))
	e.value("gatehouse_mail_waiting", "gauge", "Messages that have not been handed over.", float64(waiting))
	e.value("gatehouse_mail_oldest_seconds", "gauge", "Age of the oldest of them.", oldest.Seconds())
	e.value("gatehouse_logouts_waiting", "gauge", "Ended sessions that platforms have not been told of.", float64(untold))
	e.value("gatehouse_logouts_oldest_seconds", "gauge", "Age of the oldest of them.", longest.Seconds())
	return nil
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
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Write(m.page(r.Context()))
	})
	return mux
}
