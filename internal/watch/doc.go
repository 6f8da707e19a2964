// Package watch tells those who run the installation how it is: what its background work did last, which
// processes serve and how they are, and what is wrong. Each process keeps that in memory, and writes it down for the others rarely: an
// idle server must stay idle.
package watch
