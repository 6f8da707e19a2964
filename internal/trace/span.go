package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Key is the name of an attribute. There are no others, and no value is what anybody typed, or
// names a person, an address or a secret.
type Key string

// The attributes. Those without gatehouse. are OpenTelemetry's own names.
const (
	Method    Key = "http.request.method"
	Route     Key = "http.route"
	Status    Key = "http.response.status_code"
	Site      Key = "gatehouse.site"
	Reference Key = "gatehouse.reference" // as in the log; grants no access
	Decision  Key = "gatehouse.decision"  // what a rule said
	Message   Key = "gatehouse.message"   // the ID of a mail, as in the log
	Outcome   Key = "gatehouse.outcome"   // what became of a mail
	Database  Key = "db.system.name"
	Error     Key = "error.type" // a kind, never a text
)

// Kind is what a span is about, and how its name begins.
type Kind string

const (
	Rule  Kind = "rule"
	Query Kind = "query"
	Hash  Kind = "hash"
	mail  Kind = "mail"
)

// scope names the code that makes the spans.
const scope = "gatehouse"

// Span is a part of the work; the zero value is none, and does nothing.
type Span struct{ of trace.Span }

// Begin begins a part of the work that a context is about: nothing if that is not traced.
func Begin(ctx context.Context, kind Kind, what string) Span {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return Span{}
	}
	_, span := parent.TracerProvider().Tracer(scope).Start(ctx, string(kind)+" "+what)
	return Span{span}
}

// On reports whether the span is recorded.
func (s Span) On() bool { return s.of != nil }

// Name renames the span, when more is known than at its beginning.
func (s Span) Name(name string) {
	if s.of != nil {
		s.of.SetName(name)
	}
}

// Say adds an attribute.
func (s Span) Say(key Key, value string) {
	if s.of != nil {
		s.of.SetAttributes(attribute.String(string(key), value))
	}
}

// Count adds a number.
func (s Span) Count(key Key, value int) {
	if s.of != nil {
		s.of.SetAttributes(attribute.Int(string(key), value))
	}
}

// Fail marks the span as failed. The kind of the error is all that it says: the text of an error
// may quote what somebody typed.
func (s Span) Fail(kind string) {
	if s.of != nil {
		s.of.SetAttributes(attribute.String(string(Error), kind))
		s.of.SetStatus(codes.Error, "")
	}
}

// End ends the span.
func (s Span) End() {
	if s.of != nil {
		s.of.End()
	}
}

// ID is the ID of the trace that a context belongs to; empty: it is not traced.
func ID(ctx context.Context) string {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		return span.SpanContext().TraceID().String()
	}
	return ""
}

// Cause is what a later span links to as its cause (W3C Trace Context, traceparent); empty: the
// work of this context is not traced.
func Cause(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[parentHeader]
}

const parentHeader = "traceparent"

// read reads a traceparent; what is none is an invalid context.
func read(parent string) trace.SpanContext {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{parentHeader: parent})
	return trace.SpanContextFromContext(ctx)
}
