package secret

import (
	"context"
	"errors"
	"strings"
)

// What happens to an imported hash (docs/decisions/0020).
//
// An argon2id hash of another program looks like ours, but is of the bytes as they were typed. It
// is marked. A weak one is wrapped: what is stored is argon2id of its key, with the rest of it, so
// somebody who steals the table pays for each guess as much as for our own.
const (
	importedMark = "{imported}"
	wrappedMark  = "{wrapped}"
)

// Import returns what is stored of an imported hash: the same, with a mark if it could be taken
// for ours. weak means that it must not be stored, and Hasher.Wrap makes the stored form. The
// error is that of Inspect.
func Import(encoded string) (stored string, weak bool, err error) {
	h, err := parse(encoded)
	switch {
	case err != nil:
		return "", false, err
	case h.own:
		encoded = importedMark + encoded
	}
	return encoded, h.blank != "", nil
}

// Own reports whether a stored hash was made here, not imported.
func Own(stored string) bool {
	h, err := parse(stored)
	return err == nil && h.own
}

// parseImported parses an imported argon2id hash.
func parseImported(encoded string) (*storedHash, error) { return behindMark(importedMark, encoded) }

func behindMark(mark, encoded string) (*storedHash, error) {
	rest := encoded[len(mark):]
	if !hasPrefixFold(rest, "$argon2") || !strings.HasPrefix(encoded, mark) {
		return nil, malformed("argon2", "expected $argon2id$ behind "+mark)
	}
	return parseForeign(rest)
}

// parseWrapped parses {wrapped}, what was kept of the old hash, and argon2id of its key.
func parseWrapped(encoded string) (*storedHash, error) {
	at := strings.LastIndex(encoded, "$argon2id$")
	if at < 0 || !strings.HasPrefix(encoded, wrappedMark) {
		return nil, malformed("wrapped hash", "expected $argon2id$ behind the old hash")
	}
	blank := encoded[len(wrappedMark):at]
	if hasPrefixFold(blank, wrappedMark) || hasPrefixFold(blank, importedMark) {
		return nil, malformed("wrapped hash", "wrapped twice")
	}
	inner, err := parse(blank)
	if err != nil {
		return nil, err
	}
	outer, err := parseArgon2(encoded[at:])
	if err != nil {
		return nil, err
	}
	if inner.blank != blank {
		return nil, malformed("wrapped hash", "what it is about is no weak hash without its key")
	}
	return &storedHash{scheme: inner.scheme, params: outer.params, key: outer.key, compute: func(password []byte) ([]byte, error) {
		key, err := inner.compute(password)
		if err != nil {
			return nil, err
		}
		return outer.compute(key)
	}}, nil
}

// Wrap returns the stored form of a weak hash. It takes one place of the gate and costs
// one argon2id hash.
//
// Errors: those of Inspect, ErrBusy, or the context's.
func (h *Hasher) Wrap(ctx context.Context, encoded string) (stored string, err error) {
	weak, err := parse(encoded)
	switch {
	case err != nil:
		return "", err
	case weak.blank == "":
		return "", errors.New("secret: only weak hashes are wrapped")
	}
	err = h.gate.run(ctx, false, func() { stored = wrappedMark + weak.blank + h.derive(weak.key) })
	return stored, err
}

// Wraps reports whether a stored hash is this one, wrapped: for an import that contains the same
// hash again. It costs one argon2id hash if the kept part is the same.
//
// Errors: ErrBusy, or the context's.
func (h *Hasher) Wraps(ctx context.Context, stored, encoded string) (same bool, err error) {
	weak, unreadable := parse(encoded)
	rest, wrapped := strings.CutPrefix(stored, wrappedMark)
	if unreadable != nil || weak.blank == "" || !wrapped {
		return false, nil
	}
	rest, kept := strings.CutPrefix(rest, weak.blank)
	outer, unreadable := parse(rest)
	if unreadable != nil || !kept || !outer.own {
		return false, nil
	}
	err = h.gate.run(ctx, false, func() { same, unreadable = outer.verify(weak.key) })
	return same && unreadable == nil, err
}
