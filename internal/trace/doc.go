// Package trace says where the time of a request goes: OpenTelemetry spans for requests, the rules
// that decide, database queries, password hashes and mails, if the operator has named a collector.
// It is the only package that knows OpenTelemetry. Without a collector, nothing is allocated.
//
// An attribute is never about a person: what may be in one is the list of Keys.
package trace
