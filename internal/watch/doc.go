// Package watch tells those who run the installation how it is: what its background work did last, and
// which processes serve. Each process keeps that in memory, and writes it down for the others rarely: an
// idle server must stay idle.
package watch
