package web

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// statusError is an error about the request itself, which no service has a kind for.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// fail is the one place where an error becomes an answer: status, page and log line.
// Users see the kind's page and the reference; the cause goes to the log (C12).
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := ui.VisitOf(r)
	var e *gatehouse.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", retryAfter(e.RetryAfter))
	}
	s.logFailure(r, v, err)
	switch {
	case isAPI(r):
		problem(w, v, ui.StatusOf(err), err)
	case gatehouse.KindOf(err) == gatehouse.Unauthenticated:
		http.Redirect(w, r, signInFirst(r), http.StatusSeeOther)
	case errors.Is(err, errFinished):
		s.finished(w, r, v)
	default:
		s.failPage(w, r, err)
	}
}

func (s *Server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	var request *statusError
	if errors.As(err, &request) {
		s.render(w, r, request.status, ui.ErrorPage{Status: request.status})
		return
	}
	s.render(w, r, ui.StatusOf(err), ui.ErrorPageOf(err))
}

// render writes a page of the server's own.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, view ui.View) {
	v := ui.VisitOf(r)
	if isAPI(r) {
		problem(w, v, status, nil)
		return
	}
	if err := s.Pages.Write(w, r, status, s.Now(), view); err != nil {
		s.Log.ErrorContext(r.Context(), "page", "ref", v.Reference, "error", err)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte(v.Reference + "\n"))
	}
}

func (s *Server) logFailure(r *http.Request, v *ui.Visit, err error) {
	var request *statusError
	kind := gatehouse.KindOf(err)
	switch {
	case gatehouse.ReasonOf(err) == signin.ReasonBusy: // could be many at once
		s.Log.WarnContext(r.Context(), "request turned away", "ref", v.Reference, "error", err.Error())
	case kind == gatehouse.Unavailable, kind == gatehouse.Internal && !errors.As(err, &request):
		s.Log.ErrorContext(r.Context(), "request failed", "ref", v.Reference, "error", err.Error())
	case kind == gatehouse.Unauthenticated:
	default:
		s.Log.InfoContext(r.Context(), "request refused", "ref", v.Reference, "error", err.Error())
	}
}

// problemField is what is wrong with one field of what a program sent.
type problemField struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// problem is an error of the API (RFC 9457).
func problem(w http.ResponseWriter, v *ui.Visit, status int, err error) {
	var e *gatehouse.Error
	var fields []problemField
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			fields = append(fields, problemField{f.Field, f.Reason})
		}
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Type     string         `json:"type"`
		Title    string         `json:"title"`
		Status   int            `json:"status"`
		Reason   string         `json:"reason,omitempty"`
		Errors   []problemField `json:"errors,omitempty"`
		Instance string         `json:"instance"`
	}{"about:blank", http.StatusText(status), status, gatehouse.ReasonOf(err), fields, "urn:gatehouse:reference:" + v.Reference})
}

// retryAfter is the header's value: whole seconds, at least one.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
