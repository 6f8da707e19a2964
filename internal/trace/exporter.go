package trace

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// exporter hands spans to a collector: OTLP/HTTP in JSON, as the specification has it (OTLP 1.x,
// "JSON Protobuf Encoding"). The official exporter makes the program larger by a fifth.
type exporter struct {
	endpoint string
	header   http.Header
	client   *http.Client
	log      *slog.Logger

	mu   sync.Mutex
	lost int // since the collector stopped taking them
	down bool
}

// ExportSpans sends spans once. What the collector does not take is lost: spans are for looking
// on, and must hold up nothing. The log says so once, and once that it is over.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.send(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err != nil && !e.down:
		e.log.WarnContext(ctx, "traces not delivered", "error", err.Error())
	case err == nil && e.down:
		e.log.InfoContext(ctx, "traces delivered again", "lost", e.lost)
	}
	if e.down = err != nil; e.down {
		e.lost += len(spans)
	} else {
		e.lost = 0
	}
	return nil // it has been reported
}

// Shutdown has nothing to do: what waits is in the queue before it.
func (e *exporter) Shutdown(context.Context) error { return nil }

// longestAnswer is how much of a collector's answer is read.
const longestAnswer = 64 << 10

func (e *exporter) send(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := json.Marshal(encode(spans))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, values := range e.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := e.client.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %d", answer.StatusCode)
	}
	if err != nil {
		return err
	}
	var partial struct {
		PartialSuccess struct {
			RejectedSpans json.Number `json:"rejectedSpans"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(text, &partial) == nil {
		if n, err := partial.PartialSuccess.RejectedSpans.Int64(); err == nil && n > 0 {
			return fmt.Errorf("the collector refuses %d of %d spans", n, len(spans))
		}
	}
	return nil
}

// The names are those of opentelemetry-proto; numbers of 64 bits are texts.
type (
	request struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   withAttributes `json:"resource"`
		ScopeSpans []scopeSpans   `json:"scopeSpans"`
	}
	withAttributes struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []span `json:"spans"`
	}
	span struct {
		TraceID      string     `json:"traceId"`
		SpanID       string     `json:"spanId"`
		ParentSpanID string     `json:"parentSpanId,omitempty"`
		Flags        uint32     `json:"flags"`
		Name         string     `json:"name"`
		Kind         int        `json:"kind"`
		Start        string     `json:"startTimeUnixNano"`
		End          string     `json:"endTimeUnixNano"`
		Attributes   []keyValue `json:"attributes,omitempty"`
		Links        []link     `json:"links,omitempty"`
		Status       *status    `json:"status,omitempty"`
	}
	link struct {
		TraceID string `json:"traceId"`
		SpanID  string `json:"spanId"`
		Flags   uint32 `json:"flags"`
	}
	status struct {
		Code int `json:"code"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value struct {
			String *string `json:"stringValue,omitempty"`
			Int    *string `json:"intValue,omitempty"`
		} `json:"value"`
	}
)

// statusError is STATUS_CODE_ERROR.
const statusError = 2

// encode has one resource and one scope: there are no others in this program.
func encode(spans []sdk.ReadOnlySpan) request {
	var all scopeSpans
	all.Scope.Name = scope
	for _, s := range spans {
		of := span{TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Flags: uint32(s.SpanContext().TraceFlags()),
			Name: s.Name(), Kind: int(s.SpanKind()), Start: nanos(s.StartTime()), End: nanos(s.EndTime()), Attributes: pairs(s.Attributes())}
		if parent := s.Parent(); parent.SpanID().IsValid() {
			id := parent.SpanID()
			of.ParentSpanID = hex.EncodeToString(id[:])
		}
		for _, l := range s.Links() {
			of.Links = append(of.Links, link{l.SpanContext.TraceID().String(), l.SpanContext.SpanID().String(), uint32(l.SpanContext.TraceFlags())})
		}
		if s.Status().Code == codes.Error {
			of.Status = &status{statusError}
		}
		all.Spans = append(all.Spans, of)
	}
	whole := resourceSpans{ScopeSpans: []scopeSpans{all}}
	if len(spans) > 0 {
		whole.Resource.Attributes = pairs(spans[0].Resource().Attributes())
	}
	return request{[]resourceSpans{whole}}
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// pairs are attributes: numbers, and everything else as text.
func pairs(all []attribute.KeyValue) []keyValue {
	out := make([]keyValue, len(all))
	for i, a := range all {
		out[i].Key = string(a.Key)
		text := a.Value.String()
		if a.Value.Type() == attribute.INT64 {
			out[i].Value.Int = &text
		} else {
			out[i].Value.String = &text
		}
	}
	return out
}
