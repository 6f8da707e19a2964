// Package sso lets applications sign in a site's users (OpenID Connect): it stores the
// applications and the signing keys, answers authorization requests with codes, and codes with
// tokens.
//
// gatehouse.Authorize decides the outcome of a request, and gatehouse.MayIssue whether tokens may
// be issued or used; this package gathers the facts for both. An application authenticates in one
// place (authenticate), and gets errors in the terms of the protocol (*ProtocolError). Everything
// belongs to one site: its issuer, keys, applications and tokens are unknown to all others.
package sso
