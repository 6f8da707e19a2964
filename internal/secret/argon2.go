package secret

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"

	"gatehouse/internal/argon2"
)

// Argon2: our own hashes, and those in other programs' notations.

// Kernel names the argon2 implementation in this process: avx2, or library. The fault says why it
// is not the fastest that the machine should be able to run.
func Kernel() (name string, fault error) { return argon2.Kernel() }

// memories are idle buffers for hashing: as many as have run at once so far, which the gate
// limits.
var memories = make(chan *argon2.Memory, 256)

// mostKept is the largest buffer to keep, in bytes: not that of a foreign hash that costs many
// times ours.
const mostKept = 64 << 20

// worked counts what argon2id has filled in this process: KiB times passes.
var worked atomic.Uint64

// Worked is how much memory argon2id has filled in this process, in KiB times
// passes: what hashing costs, for the metrics.
func Worked() uint64 { return worked.Load() }

var argonVariants = map[string]argon2.Variant{"argon2id": argon2.ID, "argon2i": argon2.I, "argon2d": argon2.D}

// parseArgon2 reads $argon2id$v=19$m=…,t=…,p=…$salt$key, and argon2i and argon2d.
// Without a version it is 1.0, which is also written v=16.
func parseArgon2(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, "$")
	version := uint32(argon2.OldVersion)
	if len(parts) == 6 && (parts[2] == "v=19" || parts[2] == "v=16") {
		if parts[2] == "v=19" {
			version = argon2.Version
		}
		parts = append(parts[:2], parts[3:]...)
	}
	if len(parts) != 5 {
		return nil, malformed("argon2", "expected $argon2id$v=19$m=…,t=…,p=…$salt$key")
	}
	scheme := parts[1]
	variant, ok := argonVariants[scheme]
	if !ok {
		return nil, malformed("argon2", "the variant is none of argon2id, argon2i, argon2d")
	}
	values, err := options(scheme, parts[2], []string{"m", "t", "p"}, 1<<31)
	if err != nil {
		return nil, err
	}
	if values["p"] > maxLanes {
		return nil, tooCostly(scheme, "parallelism", values["p"], maxLanes)
	}
	p := Params{MemoryKiB: uint32(values["m"]), Time: uint32(values["t"]), Parallelism: uint8(values["p"])}
	if err := p.usable(); err != nil {
		return nil, err
	}
	salt, key, err := keyAndSalt(scheme, parts[3], parts[4])
	if err != nil {
		return nil, err
	}
	kind := p.argon2id(len(key))
	stored := &storedHash{scheme: scheme, own: variant == kind.Variant && version == kind.Version, params: p, key: key}
	kind.Variant, kind.Version = variant, version
	stored.compute = func(password []byte) ([]byte, error) { return argonKey(kind, password, salt), nil }
	return stored, nil
}

// argon2id returns the parameters for a key of this many bytes.
func (p Params) argon2id(keyBytes int) argon2.Params {
	return argon2.Params{Variant: argon2.ID, Version: argon2.Version, MemoryKiB: p.MemoryKiB, Passes: p.Time,
		Lanes: p.Parallelism, KeyBytes: uint32(keyBytes)}
}

// argonKey is argon2 of any kind in reused memory.
func argonKey(p argon2.Params, password, salt []byte) []byte {
	worked.Add(uint64(p.MemoryKiB) * uint64(p.Passes))
	var m *argon2.Memory
	select {
	case m = <-memories:
	default:
		m = new(argon2.Memory)
	}
	key := m.Key(p, password, salt)
	if m.Bytes() <= mostKept {
		select {
		case memories <- m:
			return key
		default:
		}
	}
	m.Free()
	return key
}

// encodeArgon2id encodes one of our hashes.
func encodeArgon2id(p Params, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.MemoryKiB, p.Time, p.Parallelism, b64.EncodeToString(salt), b64.EncodeToString(key))
}
