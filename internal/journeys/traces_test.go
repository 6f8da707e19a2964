package journeys

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/testkit"
	"gatehouse/internal/trace"
	"gatehouse/internal/web/ui"
)

// tracedSpan is a span as collectors get it.
type tracedSpan struct {
	TraceID      string `json:"traceId"`
	SpanID       string `json:"spanId"`
	ParentSpanID string `json:"parentSpanId"`
	Name         string `json:"name"`
	Links        []struct {
		TraceID string `json:"traceId"`
		SpanID  string `json:"spanId"`
	} `json:"links"`
}

// drawn are the members of a span that have digits by chance: six of them are a code now and then.
var drawn = regexp.MustCompile(`"(traceId|spanId|parentSpanId|startTimeUnixNano|endTimeUnixNano)":"[0-9a-f]*"`)

// collecting is a collector of traces, with their text but for what is drawn.
type collecting struct {
	*httptest.Server
	mu    sync.Mutex
	text  strings.Builder
	spans []tracedSpan
}

func newCollecting(t *testing.T) *collecting {
	c := &collecting{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []tracedSpan `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if err != nil || json.Unmarshal(body, &sent) != nil {
			t.Errorf("no traces: %v %s", err, body)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.text.Write(drawn.ReplaceAll(body, nil))
		for _, of := range sent.ResourceSpans {
			for _, s := range of.ScopeSpans {
				c.spans = append(c.spans, s.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// tracing has a server trace everything.
func (c *collecting) tracing(made **trace.Tracer) testkit.ServerOption {
	return testkit.With(func(o *assembly.Options) {
		*made = trace.New(trace.Settings{Endpoint: c.URL, Client: c.Client(), Ratio: 1, Version: "test", Instance: "test", Log: slog.New(slog.DiscardHandler)})
		o.Tracer = *made
	})
}

// A sign-in with a code, a wrong password and a new one by link: the collector sees where the time
// goes and which mail a request has caused, and nothing of who it was.
func TestTracesOfASignInSayNothingAboutThePerson(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		c := newCollecting(t)
		var tracer *trace.Tracer
		s := testkit.NewServer(t, url, c.tracing(&tracer))
		u := careful(t, s, "meridian-uk", "mary.hopkins", func(u *gatehouse.User) { u.Email = "hopkins.mary@northgate.example" })
		v := visitor(t, s, "meridian-uk")
		wantRefused(t, signIn(v, u.Username, "Wrong-Guess-77-Elsewhere"))
		p := wantCodePage(t, v, u)
		code := mailedCode(t, s, u.Email)
		wantHome(t, enterCode(v, p, code))
		v.Get("/account?token=in-the-query")
		if err := tracer.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		hidden := []string{u.Username, "Hopkins", u.Email, u.FirstName, u.LastName, u.ID, password, "Wrong-Guess", code, "in-the-query", "127.0.0.1", "localhost", "northgate"}
		for _, cookie := range []string{ui.SessionCookie, ui.DeviceCookie} {
			hidden = append(hidden, v.Cookie("/", cookie))
		}
		for _, text := range hidden {
			if text == "" || strings.Contains(strings.ToLower(c.text.String()), strings.ToLower(text)) {
				t.Errorf("the traces have %q", text)
			}
		}
		wantSpans(t, c.spans)
	})
}

// wantSpans checks what the traces of a sign-in tell.
func wantSpans(t *testing.T, all []tracedSpan) {
	t.Helper()
	byID, within := map[string]tracedSpan{}, map[string]bool{}
	for _, s := range all {
		byID[s.SpanID] = s
	}
	for _, s := range all {
		if parent, known := byID[s.ParentSpanID]; known && parent.TraceID == s.TraceID {
			within[parent.Name+": "+s.Name] = true
		}
		if s.Name == "mail verification-code" && (len(s.Links) != 1 || byID[s.Links[0].SpanID].Name != "POST /sign-in") {
			t.Errorf("the mail is not linked to the request that caused it: %+v", s)
		}
	}
	for _, want := range []string{"POST /sign-in: hash verify", "POST /sign-in: rule lockout", "POST /sign-in: rule next step",
		"POST /sign-in: query transaction", "POST /sign-in/code: rule next step"} {
		if !within[want] {
			t.Errorf("no %q in %v", want, within)
		}
	}
	names := map[string]bool{}
	for _, s := range all {
		names[s.Name] = true
	}
	if !names["mail verification-code"] || !names["GET /account"] {
		t.Errorf("%v", names)
	}
}

// Sign-ins go on while the collector is down.
func TestSignInsGoOnWithoutTheCollector(t *testing.T) {
	c := newCollecting(t)
	c.Close()
	var tracer *trace.Tracer
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "mary.hopkins", password, nil)
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), u.Username, password))
	}, c.tracing(&tracer))
}
