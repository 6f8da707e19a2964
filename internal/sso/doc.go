// Package sso lets applications sign a site's users in (OpenID Connect): it keeps the
// applications and the keys that sign, answers authorization requests with codes, and codes
// with tokens.
//
// What comes of a request is decided by gatehouse.Authorize, and whether tokens may be had or
// used by gatehouse.MayIssue; here are the facts for both. An application proves who it is in
// one place (authenticate), and is told what is wrong in the words of the protocol
// (*ProtocolError). Everything belongs to one site: its issuer, keys, applications and tokens
// are unknown to all others.
package sso
