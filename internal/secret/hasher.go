package secret

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/text/unicode/norm"

	"gatehouse/internal/trace"
)

const (
	saltBytes = 16 // of a new hash; NIST SP 800-63B-4 3.1.1.2 requires at least 4
	keyBytes  = 32 // of a new hash

	// MaxPasswordBytes is the longest password that is hashed, counted in bytes
	// as typed. It only stops abuse: a policy's limit in characters is far below.
	MaxPasswordBytes = 4096
)

var (
	// ErrPasswordEmpty is returned by Hash for the empty password.
	ErrPasswordEmpty = errors.New("secret: the password is empty")
	// ErrPasswordTooLong is returned by Hash for more than MaxPasswordBytes.
	ErrPasswordTooLong = fmt.Errorf("secret: the password has more than %d bytes", MaxPasswordBytes)
)

// Params is the cost of one argon2id hash.
type Params struct {
	MemoryKiB   uint32 // memory, in KiB
	Time        uint32 // passes over the memory
	Parallelism uint8  // lanes; each takes a core while the hash runs
}

// DefaultParams are 19 MiB, two passes, one lane: the minimum of ASVS 11.4.2 (appendix C) for
// argon2id, 10 to 30 ms on a small machine.
var DefaultParams = Params{MemoryKiB: 19456, Time: 2, Parallelism: 1}

// Check reports parameters that argon2id cannot use, that are below the floor of ASVS 11.4.2 (19
// MiB with two passes, or as much work), or that Verify would refuse as too costly. It is for the
// configuration; NewHasher accepts weaker parameters too, for tests.
func (p Params) Check() error {
	if err := p.usable(); err != nil {
		return err
	}
	if p.weakerThan(DefaultParams) {
		return fmt.Errorf("argon2id with %d KiB and %d passes is too weak: at least %d KiB and %d passes, or with fewer passes so much more memory that the product is the same",
			p.MemoryKiB, p.Time, DefaultParams.MemoryKiB, DefaultParams.Time)
	}
	return nil
}

// usable reports whether argon2id is defined for p and p is within the limits.
func (p Params) usable() error {
	switch {
	case p.Time < 1, p.Parallelism < 1, p.MemoryKiB < 8*uint32(p.Parallelism):
		return malformed("argon2", "needs at least one pass, one lane and 8 KiB of memory a lane")
	case p.MemoryKiB > maxMemoryKiB:
		return tooCostly("argon2", "memory in KiB", int64(p.MemoryKiB), maxMemoryKiB)
	case p.work() > maxArgonWork:
		return tooCostly("argon2", "memory in KiB times passes", int64(p.work()), maxArgonWork)
	case p.Parallelism > maxLanes:
		return tooCostly("argon2", "parallelism", int64(p.Parallelism), maxLanes)
	}
	return nil
}

// work is what an attacker pays for each guess: KiB filled, all passes together.
func (p Params) work() uint64 { return uint64(p.MemoryKiB) * uint64(p.Time) }

// weakerThan compares memory and work. Lanes do not count: they speed up the owner, and do not
// slow down the guesser.
func (p Params) weakerThan(q Params) bool {
	return p.MemoryKiB < q.MemoryKiB || p.work() < q.work()
}

// A Hasher makes and verifies password hashes, no more at once than its gate allows. The whole
// process shares one.
type Hasher struct {
	params Params
	gate   *gate
}

// NewHasher returns a Hasher that makes argon2id hashes with the parameters p, runs at most
// workers computations at once (use the number of cores) and lets at most queue callers wait. It
// replaces parameters that argon2id cannot use with DefaultParams, so no mistake makes a weak
// hash; Params.Check tells the operator.
func NewHasher(p Params, workers, queue int) *Hasher {
	if p.usable() != nil {
		p = DefaultParams
	}
	return &Hasher{params: p, gate: newGate(workers, queue)}
}

// Cost returns the cost of one of its hashes, as a multiple of one with DefaultParams.
func (h *Hasher) Cost() float64 { return float64(h.params.work()) / float64(DefaultParams.work()) }

// Load returns how many computations run and how many callers wait, for metrics.
func (h *Hasher) Load() (running, waiting int) { return h.gate.load() }

// Hash returns the argon2id hash of a password in the PHC format
// $argon2id$v=19$m=…,t=…,p=…$salt$key, with a new random salt of 16 bytes.
//
// The password is converted to Unicode's normal form C first (NIST SP 800-63B-4 3.1.1.2: what
// looks the same must work on every keyboard). Apart from that, every byte counts: nothing is
// trimmed, folded or cut (ASVS 6.2.8).
//
// Errors: ErrPasswordEmpty, ErrPasswordTooLong, ErrBusy, or the context's.
func (h *Hasher) Hash(ctx context.Context, password string) (encoded string, err error) {
	return h.hash(ctx, false, password)
}

func (h *Hasher) hash(ctx context.Context, kept bool, password string) (encoded string, err error) {
	switch {
	case password == "":
		return "", ErrPasswordEmpty
	case len(password) > MaxPasswordBytes:
		return "", ErrPasswordTooLong
	}
	span := trace.Begin(ctx, trace.Hash, "make")
	defer span.End()
	err = h.gate.run(ctx, kept, func() { clocked(func() { encoded = h.encode(password) }) })
	return encoded, err
}

// A Verdict is the answer to "is this the password?".
type Verdict struct {
	Match bool   // it is
	Stale bool   // it is, but the stored hash is in another format or weaker than the current one
	Fresh string // if Stale: the argon2id hash to store instead of the old one
}

// Verify checks whether encoded was made from password. It takes one place of the gate. Its cost
// reveals as little as possible about who has an account; see docs/decisions/0012 for what
// remains:
//
//   - no hash at all (encoded is "", for an unknown user) costs one argon2id hash;
//   - an argon2id hash at least as strong as the current one costs itself, whether it is ours,
//     imported, or wrapped around another;
//   - a weaker one, or one of another kind, costs itself and one argon2id hash;
//   - a right password costs one more if the hash is not ours: it becomes Fresh.
//
// A password that is not in normal form C is tried in two forms, and costs two argon2id hashes
// instead of one, even for an unknown user.
//
// An unreadable hash never matches, costs the same as an unknown user and returns the error of
// Inspect. The other errors are ErrBusy and the context's; an empty password or one over
// MaxPasswordBytes is not an error, it just does not match.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (Verdict, error) {
	return h.verify(ctx, false, encoded, password)
}

// A Place is a promise that a password will be verified: its holder waits, but no longer gets
// ErrBusy. A sign-in takes it before it counts the attempt, so a full gate refuses at once and
// does not count an attempt as wrong.
type Place struct{ h *Hasher }

// Enter takes a place, or returns ErrBusy. The caller must Leave.
func (h *Hasher) Enter() (*Place, error) {
	if err := h.gate.keep(); err != nil {
		return nil, err
	}
	return &Place{h}, nil
}

// Leave gives the place back. It accepts a nil Place.
func (p *Place) Leave() {
	if p != nil {
		p.h.gate.giveUp()
	}
}

// Verify is Hasher.Verify without ErrBusy.
func (p *Place) Verify(ctx context.Context, encoded, password string) (Verdict, error) {
	return p.h.verify(ctx, true, encoded, password)
}

// Hash is Hasher.Hash without ErrBusy.
func (p *Place) Hash(ctx context.Context, password string) (string, error) {
	return p.h.hash(ctx, true, password)
}

func (h *Hasher) verify(ctx context.Context, kept bool, encoded, password string) (verdict Verdict, err error) {
	stored, unreadable := parse(encoded)
	if encoded == "" {
		unreadable = nil
	}
	if len(password) > MaxPasswordBytes {
		stored, password = nil, ""
	}
	span := trace.Begin(ctx, trace.Hash, "verify")
	defer span.End()
	var failed error
	err = h.gate.run(ctx, kept, func() { clocked(func() { verdict, failed = h.verdict(stored, password) }) })
	return verdict, cmp.Or(err, unreadable, failed)
}

func (h *Hasher) verdict(stored *storedHash, password string) (verdict Verdict, err error) {
	owed := len(formsOf(password)) // argon2id computations that every call costs at least
	if stored != nil && password != "" {
		var paid int
		verdict.Match, paid, err = stored.check(password, h.params)
		if verdict.Match && err == nil && (!stored.own || paid == 0) {
			verdict.Stale, verdict.Fresh = true, h.encode(password)
			paid++
		}
		owed -= paid
	}
	for range owed {
		h.encode(password)
	}
	if err != nil {
		return Verdict{}, err
	}
	return verdict, nil
}

// hashing is the total processor time of hashes in this process, in nanoseconds.
var hashing atomic.Int64

// Hashing returns the total processor time of password hashing in this process, by the clocks of
// the threads that did it; it does not include further lanes of a hash. Zero if the system has no
// such clock.
func Hashing() time.Duration { return time.Duration(hashing.Load()) }

// clocked counts the processor time of work. It stays on one thread meanwhile; otherwise it would
// compare the clocks of two.
func clocked(work func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := threadTime()
	work()
	hashing.Add(int64(threadTime() - begun))
}

// encode computes a new argon2id hash. Only call it inside the gate.
func (h *Hasher) encode(password string) string { return h.derive(norm.NFC.Bytes([]byte(password))) }

// derive is argon2id with a new salt, of the unchanged bytes.
func (h *Hasher) derive(text []byte) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: the program would end
	return encodeArgon2id(h.params, salt, argonKey(h.params.argon2id(keyBytes), text, salt))
}
