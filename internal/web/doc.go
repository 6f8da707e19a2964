// Package web is the server: the one route table (routes.go), the guards that an
// audience puts on a route (guard.go), the headers of every answer (headers.go), and
// the one place where errors become pages (fail.go).
//
// It knows how a request gets to a handler, and nothing about what handlers do.
package web
