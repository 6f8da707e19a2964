// Package secret handles secrets: it hashes and verifies passwords, makes tokens, codes and
// temporary passwords, seals secrets that have to be read again, and knows the common passwords.
//
// It makes no decisions. Whether a password is long enough, how often somebody may guess, or when
// a code expires are rules of the root package; this one turns strings into other strings and
// answers yes or no.
//
// Everything here is safe for concurrent use. Nothing here logs, and no error contains a password,
// a token, a key or a stored hash.
package secret
