package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// collector takes spans as a real one does.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	spans  []span
	header http.Header
	answer int
}

func newCollector(t *testing.T) *collector {
	c := &collector{answer: http.StatusOK}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent request
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&sent); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.URL, r.Header, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.header = r.Header.Clone()
		if c.answer == http.StatusOK {
			for _, of := range sent.ResourceSpans {
				for _, s := range of.ScopeSpans {
					c.spans = append(c.spans, s.Spans...)
				}
			}
		}
		w.WriteHeader(c.answer)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) tracer(t *testing.T, s Settings) *Tracer {
	s.Endpoint, s.Client = c.URL+"/v1/traces", c.Client()
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	tr := New(s)
	t.Cleanup(func() { tr.Close(context.Background()) })
	return tr
}

func (c *collector) all(t *testing.T, tr *Tracer) []span {
	t.Helper()
	if err := tr.provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans
}

// Without a collector, and for a request that is not traced, nothing is allocated.
func TestNothingIsAllocatedWithoutTraces(t *testing.T) {
	c := newCollector(t)
	r := httptest.NewRequest("GET", "/", nil)
	untraced, none := c.tracer(t, Settings{Ratio: 0}).Request(r, false)
	if none.On() {
		t.Fatal("traced")
	}
	for name, ctx := range map[string]context.Context{"off": r.Context(), "not sampled": untraced} {
		allocated := testing.AllocsPerRun(100, func() {
			_, of := (*Tracer)(nil).Request(r, true)
			s := Begin(ctx, Query, "read")
			s.Say(Decision, "yes")
			s.Count(Status, 200)
			s.Name("GET /")
			s.Fail("status")
			s.End()
			of.End()
			if ID(ctx) != "" || Cause(ctx) != "" || s.On() || of.On() {
				t.Error("there is a trace")
			}
			_, of = (*Tracer)(nil).Mail(ctx, "code", "")
			of.End()
		})
		if allocated != 0 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
}

// A visitor chooses neither the IDs nor what is traced; a trusted proxy does, if the operator
// says so.
func TestWhoseTraceCounts(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, test := range []struct {
		name                 string
		trusted, fromProxies bool
		ratio                float64
		sent                 string
		traced, joined       bool
	}{
		{"a visitor's", false, true, 0, "00-" + id + "-00f067aa0ba902b7-01", false, false},
		{"a visitor's, traced anyway", false, true, 1, "00-" + id + "-00f067aa0ba902b7-00", true, false},
		{"a proxy's without the setting", true, false, 0, "00-" + id + "-00f067aa0ba902b7-01", false, false},
		{"a proxy's", true, true, 0, "00-" + id + "-00f067aa0ba902b7-01", true, true},
		{"a proxy's that is not traced", true, true, 1, "00-" + id + "-00f067aa0ba902b7-00", false, false},
		{"a proxy's that is none", true, true, 1, "00-" + id + "-01", true, false},
		{"none", true, true, 1, "", true, false},
	} {
		c := newCollector(t)
		tr := c.tracer(t, Settings{Ratio: test.ratio, FromProxies: test.fromProxies})
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Traceparent", test.sent)
		ctx, s := tr.Request(r, test.trusted)
		Begin(ctx, Rule, "next step").End()
		s.End()
		all := c.all(t, tr)
		if got := len(all) == 2; got != test.traced || s.On() != test.traced {
			t.Errorf("%s: %d spans", test.name, len(all))
			continue
		}
		if test.traced && (all[1].TraceID == id) != test.joined {
			t.Errorf("%s: the trace is %s", test.name, all[1].TraceID)
		}
		if test.traced && (all[0].TraceID != all[1].TraceID || all[0].ParentSpanID != all[1].SpanID || all[0].Name != "rule next step" || all[1].Kind != 2) {
			t.Errorf("%s: %+v", test.name, all)
		}
	}
}

// A mail is traced if the request that wrote it is, and is linked to that.
func TestAMailIsLinkedToItsCause(t *testing.T) {
	c := newCollector(t)
	causing := c.tracer(t, Settings{Ratio: 1})
	ctx, request := causing.Request(httptest.NewRequest("POST", "/", nil), false)
	cause := Cause(ctx)
	request.End()
	sending := c.tracer(t, Settings{Ratio: 0})
	_, mail := sending.Mail(t.Context(), "code", cause)
	mail.End()
	_, other := sending.Mail(t.Context(), "code", "")
	other.End()
	c.all(t, causing)
	all := c.all(t, sending)
	if len(all) != 2 || all[1].Name != "mail code" || all[1].TraceID == all[0].TraceID || len(all[1].Links) != 1 ||
		all[1].Links[0].TraceID != all[0].TraceID || all[1].Links[0].SpanID != all[0].SpanID {
		t.Errorf("%+v", all)
	}
}

// Headers go to the collector; a method that a visitor invented does not.
func TestWhatTheCollectorGets(t *testing.T) {
	c := newCollector(t)
	tr := c.tracer(t, Settings{Ratio: 1, Header: http.Header{"Authorization": {"Bearer of-the-collector"}}})
	_, s := tr.Request(httptest.NewRequest("SECRET42", "/", nil), false)
	s.Count(Status, 405)
	s.Fail("status")
	s.End()
	all := c.all(t, tr)
	text, _ := json.Marshal(all)
	if len(all) != 1 || strings.Contains(string(text), "SECRET42") || all[0].Status == nil || all[0].Status.Code != 2 ||
		!strings.Contains(string(text), `{"key":"http.response.status_code","value":{"intValue":"405"}}`) {
		t.Errorf("%s", text)
	}
	if c.header.Get("Authorization") != "Bearer of-the-collector" {
		t.Errorf("%v", c.header)
	}
}

// While the collector is down, spans are dropped: memory is bounded, nobody waits, and the log
// says so once, and once that it is over.
func TestTheCollectorIsDown(t *testing.T) {
	var log bytes.Buffer
	c := newCollector(t)
	c.answer = http.StatusServiceUnavailable
	tr := c.tracer(t, Settings{Ratio: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	begun := time.Now()
	for range 3 * longestQueue {
		_, s := tr.Request(httptest.NewRequest("GET", "/", nil), false)
		s.End()
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("requests waited: %s", took)
	}
	c.all(t, tr)
	c.mu.Lock()
	c.answer = http.StatusOK
	c.mu.Unlock()
	_, s := tr.Request(httptest.NewRequest("GET", "/", nil), false)
	s.End()
	if all := c.all(t, tr); len(all) != 1 {
		t.Errorf("%d spans after the outage", len(all))
	}
	if n := strings.Count(log.String(), "traces not delivered"); n != 1 || strings.Count(log.String(), "traces delivered again") != 1 {
		t.Errorf("the log: %s", log.String())
	}
}

// A collector that takes only some of the spans says so.
func TestRefusedSpansAreLost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"partialSuccess":{"rejectedSpans":"1"}}`))
	}))
	defer server.Close()
	var log bytes.Buffer
	tr := New(Settings{Ratio: 1, Endpoint: server.URL, Client: server.Client(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	_, s := tr.Request(httptest.NewRequest("GET", "/", nil), false)
	s.End()
	if err := tr.Close(t.Context()); err != nil || !strings.Contains(log.String(), "refuses 1 of 1 spans") {
		t.Errorf("%v %s", err, log.String())
	}
}
