// Package dbsc is what browsers and the server say to each other about Device Bound Session
// Credentials (W3C editor's draft): the headers, which are structured fields (RFC 9651), the JSON
// with instructions, and the proofs that a device's key signs. It decides nothing about sessions
// and knows no database.
package dbsc
