// Package secret keeps what must not be known: it hashes and verifies
// passwords, makes tokens, codes and temporary passwords, seals secrets that
// have to be read again, and knows the passwords that everybody else has.
//
// It decides nothing. Whether a password is long enough, how often somebody
// may guess, or when a code expires are rules of the root package; this one
// turns strings into other strings and answers yes or no.
//
// Everything here may be called from many goroutines at once. Nothing here
// logs, and no error holds a password, a token, a key or a stored hash.
package secret
