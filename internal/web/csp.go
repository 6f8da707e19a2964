package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"gatehouse/internal/web/ui"
)

// Browsers report here what the Content-Security-Policy has blocked (ASVS 3.4.7): a
// script injected into a page, or more often a browser extension. Anybody can send
// anything, so reports are small, rare, counted, and cleaned before they are logged;
// nothing of them is stored, and nobody is looked up for them.
const (
	cspPath   = "/csp-report"
	cspPolicy = "; report-uri " + cspPath + "; report-to csp"
	maxReport = 8 << 10
	// The number of reports accepted from everybody together: at once, and per second.
	reportBurst, reportRate = 20, 1.0
)

// cspReport is what both kinds of reports say: report-uri in the terms of CSP 2, report-to
// in those of the Reporting API.
type cspReport struct {
	Directive, Blocked, Document, Source string
	Line                                 int
}

// takeReport answers 204 to every report, good or bad.
func (s *Server) takeReport(w http.ResponseWriter, r *http.Request) error {
	if !s.reports.take(s.Now()) {
		w.Header().Set("Retry-After", "60")
		return &statusError{http.StatusTooManyRequests, errTooManyReports}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		return badForm(err)
	}
	for _, report := range readReports(body) {
		s.Metrics.cspReport(report.Directive)
		s.Log.WarnContext(r.Context(), "the content security policy stopped something", "ref", ui.VisitOf(r).Reference,
			"directive", report.Directive, "blocked", report.Blocked, "page", report.Document, "source", report.Source, "line", report.Line)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var errTooManyReports = errors.New("too many reports of the content security policy")

// reportsAtOnce is how many reports of one request are looked at.
const reportsAtOnce = 3

// readReports reads the reports of a request; none if it is not a report.
func readReports(body []byte) []cspReport {
	var old struct {
		Report struct {
			Effective string `json:"effective-directive"`
			Violated  string `json:"violated-directive"`
			Blocked   string `json:"blocked-uri"`
			Document  string `json:"document-uri"`
			Source    string `json:"source-file"`
			Line      int    `json:"line-number"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(body, &old) == nil && old.Report.Effective+old.Report.Violated != "" {
		r := old.Report
		directive := r.Effective
		if directive == "" {
			directive = r.Violated
		}
		return []cspReport{cleanReport(cspReport{directive, r.Blocked, r.Document, r.Source, r.Line})}
	}
	var list []struct {
		Type string `json:"type"`
		Body struct {
			Directive string `json:"effectiveDirective"`
			Blocked   string `json:"blockedURL"`
			Document  string `json:"documentURL"`
			Source    string `json:"sourceFile"`
			Line      int    `json:"lineNumber"`
		} `json:"body"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	var reports []cspReport
	for _, one := range list[:min(len(list), reportsAtOnce)] {
		if b := one.Body; one.Type == "csp-violation" && b.Directive != "" {
			reports = append(reports, cleanReport(cspReport{b.Directive, b.Blocked, b.Document, b.Source, b.Line}))
		}
	}
	return reports
}

// cleanReport keeps what helps to find the cause: which rule, and where. It drops
// queries, which may contain tokens, and keeps only the host of a foreign URL.
func cleanReport(r cspReport) cspReport {
	directive, _, _ := strings.Cut(strings.TrimSpace(r.Directive), " ")
	if !directives[directive] {
		directive = "other"
	}
	r.Directive, r.Blocked, r.Document, r.Source = directive, originAlone(r.Blocked), pathAlone(r.Document), pathAlone(r.Source)
	return r
}

// directives are the rules of our policy, and those that cover part of one.
var directives = map[string]bool{"default-src": true, "script-src": true, "script-src-elem": true, "script-src-attr": true,
	"style-src": true, "style-src-elem": true, "style-src-attr": true, "img-src": true, "font-src": true, "connect-src": true,
	"form-action": true, "base-uri": true, "frame-ancestors": true, "frame-src": true, "object-src": true, "media-src": true,
	"worker-src": true, "manifest-src": true, "child-src": true}

func originAlone(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return ""
	case u.Host == "": // inline, eval, data
		return shortened(strings.TrimSuffix(u.Scheme+":"+u.Path, ":"))
	}
	return shortened(u.Scheme + "://" + u.Host)
}

func pathAlone(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" {
		return ""
	}
	return shortened(u.Path)
}

// shortened is a text without line breaks, 100 characters at most.
func shortened(text string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
	return strings.TrimPrefix(string(clean[:min(len(clean), 100)]), ":")
}

// bucket is a token bucket: a few pass at once, and then one at a time.
type bucket struct {
	mu    sync.Mutex
	used  float64
	asked time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used = max(0, b.used-max(0, now.Sub(b.asked).Seconds())*reportRate)
	b.asked = now
	if b.used+1 > reportBurst {
		return false
	}
	b.used++
	return true
}
