package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/sso"
	"gatehouse/internal/trace"
	"gatehouse/internal/web/ui"
)

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status  int
	written bool
}

func (r *recorder) WriteHeader(status int) {
	if !r.written {
		r.status, r.written = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.written = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the underlying writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logRequest writes the request's line. It contains neither query nor body: they can
// contain tokens and passwords (ASVS 16.2.5). Files, session checks and lookups by
// platforms, which come by the thousand and say nothing, are logged only if they fail
// or at level debug.
func (s *Server) logRequest(rec *recorder, r *http.Request, v *ui.Visit, took time.Duration) {
	if rec.Header().Get("Content-Type") != ui.EventStream { // which lasts as long as the page is open
		s.Metrics.request(r, rec.status, took)
	}
	level := slog.LevelInfo
	if rec.status < 500 && (r.Pattern == "GET "+ui.StaticPrefix || r.Pattern == "GET /api/v1/session") || rec.status < 400 && lookups[r.Pattern] {
		level = slog.LevelDebug
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("ref", v.Reference), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", rec.status), slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("ip_address", v.IPAddress),
	}
	if v.Site != nil {
		attrs = append(attrs, slog.String("site", v.Site.ID))
	}
	if v.Session != nil {
		attrs = append(attrs, slog.String("user", v.Session.UserID))
	}
	if id := trace.ID(r.Context()); id != "" {
		attrs = append(attrs, slog.String("trace", id))
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// endSpan ends the span of a request. Its route is the pattern: a path is what a visitor sent.
func (s *Server) endSpan(span trace.Span, rec *recorder, r *http.Request, v *ui.Visit) {
	if !span.On() {
		return
	}
	if _, route, found := strings.Cut(r.Pattern, " "); found {
		span.Name(r.Pattern)
		span.Say(trace.Route, route)
	}
	span.Count(trace.Status, rec.status)
	span.Say(trace.Reference, v.Reference)
	if v.Site != nil {
		span.Say(trace.Site, v.Site.ID)
	}
	if rec.status >= http.StatusInternalServerError {
		span.Fail("status")
	}
	span.End()
}

// lookups are the routes that platforms query all the time. A refused one may be an attack.
var lookups = map[string]bool{
	"GET " + sso.DiscoveryPath: true, "GET " + sso.JWKSPath: true, "POST " + sso.IntrospectPath: true,
	"GET " + sso.UserinfoPath: true, "POST " + sso.UserinfoPath: true,
}
