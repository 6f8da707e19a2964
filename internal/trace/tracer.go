package trace

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Settings are where spans go, and which are made.
type Settings struct {
	// Endpoint takes spans as OTLP over HTTP in JSON; Header goes with every request to it.
	Endpoint string
	Header   http.Header
	Client   *http.Client
	// Ratio is how many of the requests are traced, from 0 to 1.
	Ratio float64
	// FromProxies takes the caller's trace from trusted proxies: their traceparent then says
	// whether a request is traced, and as a part of what.
	FromProxies bool
	// Version and Instance say which program and which process it is.
	Version, Instance string
	Log               *slog.Logger
}

// Tracer begins the traces of a process; nil: there are none.
type Tracer struct {
	provider    *sdk.TracerProvider
	tracer      trace.Tracer
	fromProxies bool
}

// Spans wait in a queue for the collector; what does not fit is dropped. Nobody waits for it.
const (
	longestQueue = 2048
	batch        = 256
	sendEvery    = 2 * time.Second
	sendTime     = 10 * time.Second
)

// New makes a Tracer. The collector is not asked before there are spans.
func New(s Settings) *Tracer {
	out := &exporter{endpoint: s.Endpoint, header: s.Header, client: s.Client, log: s.Log}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(out, sdk.WithMaxQueueSize(longestQueue), sdk.WithMaxExportBatchSize(batch), sdk.WithBatchTimeout(sendEvery), sdk.WithExportTimeout(sendTime)),
		sdk.WithSampler(sampler{sdk.ParentBased(sdk.TraceIDRatioBased(s.Ratio))}),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "gatehouse"),
			attribute.String("service.version", s.Version), attribute.String("service.instance.id", s.Instance))),
		sdk.WithRawSpanLimits(sdk.SpanLimits{AttributeValueLengthLimit: 200, AttributeCountLimit: 32, LinkCountLimit: 4, EventCountLimit: 0, AttributePerEventCountLimit: 0, AttributePerLinkCountLimit: 0}),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer(scope), fromProxies: s.FromProxies}
}

// Close sends what waits, as long as the context lasts.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// methods are those of HTTP: a visitor can invent others.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// Request begins the span of a request. Its traceparent counts only if a trusted proxy has sent it
// and the operator says that the proxy writes it: otherwise a visitor could have every request of
// theirs recorded, or choose the trace that others are looked for in.
func (t *Tracer) Request(r *http.Request, trusted bool) (context.Context, Span) {
	if t == nil {
		return r.Context(), Span{}
	}
	ctx := r.Context()
	if trusted && t.fromProxies {
		if parent := read(r.Header.Get(parentHeader)); parent.IsValid() {
			ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
		}
	}
	method := r.Method
	if !slices.Contains(methods, method) {
		method = "_OTHER"
	}
	ctx, span := t.tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer))
	if !span.IsRecording() {
		return ctx, Span{}
	}
	s := Span{span}
	s.Say(Method, method)
	return ctx, s
}

// Mail begins the span of a mail that is being sent: a trace of its own, linked to what caused it,
// which may be long ago. If that is traced, so is the mail.
func (t *Tracer) Mail(ctx context.Context, kind, cause string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	options := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindProducer)}
	if of := read(cause); of.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: of}))
	}
	ctx, span := t.tracer.Start(ctx, string(mail)+" "+kind, options...)
	if !span.IsRecording() {
		return ctx, Span{}
	}
	return ctx, Span{span}
}

// sampler takes what is linked to something that is traced, and otherwise follows the settings.
type sampler struct{ sdk.Sampler }

func (s sampler) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	for _, l := range p.Links {
		if l.SpanContext.IsSampled() {
			return sdk.SamplingResult{Decision: sdk.RecordAndSample}
		}
	}
	return s.Sampler.ShouldSample(p)
}
