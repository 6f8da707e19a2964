package secret

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"golang.org/x/text/unicode/norm"
)

func mustHash(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	encoded, err := h.Hash(context.Background(), password)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestHashFormat(t *testing.T) {
	h := NewHasher(DefaultParams, 1, 0)
	encoded := mustHash(t, h, "correct horse")
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(encoded) {
		t.Errorf("Hash = %s", encoded)
	}
	if encoded == mustHash(t, h, "correct horse") {
		t.Error("two hashes have the same salt")
	}
}

// ASVS 6.2.8: exactly what was typed, nothing cut, nothing folded.
func TestNothingIsTruncatedOrChanged(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	for _, password := range []string{
		"a", "Password", " leading", "trailing ", "with\x00nul", strings.Repeat("x", 72), strings.Repeat("x", 73),
		strings.Repeat("密", 128), strings.Repeat("y", MaxPasswordBytes), "\xff\xfe",
	} {
		encoded := mustHash(t, h, password)
		verdict, err := h.Verify(context.Background(), encoded, password)
		if err != nil || verdict != (Verdict{Match: true}) {
			t.Errorf("%.20q: %+v, %v", password, verdict, err)
		}
		for _, other := range []string{password + " ", password + "\x00", password[:len(password)-1], swapCase(password), "\t" + password} {
			if other == password {
				continue
			}
			if verdict, err := h.Verify(context.Background(), encoded, other); verdict.Match || err != nil {
				t.Errorf("%.20q is taken for %.20q (%v)", other, password, err)
			}
		}
	}
}

func swapCase(s string) string {
	if upper := strings.ToUpper(s); upper != s {
		return upper
	}
	return strings.ToLower(s)
}

// NIST SP 800-63B-4 3.1.1.2: what looks the same works on every keyboard.
func TestNormalForms(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	composed, decomposed := norm.NFC.String("Pässwörd é"), norm.NFD.String("Pässwörd é")
	for _, pair := range [][2]string{{composed, decomposed}, {decomposed, composed}} {
		if verdict, _ := h.Verify(context.Background(), mustHash(t, h, pair[0]), pair[1]); !verdict.Match {
			t.Errorf("%+q does not work where %+q was set", pair[1], pair[0])
		}
	}
	if verdict, _ := h.Verify(context.Background(), mustHash(t, h, "ﬁsh"), "fish"); verdict.Match {
		t.Error("a compatible form matches: that is more than NFC")
	}
}

func TestWeakerHashesAreStale(t *testing.T) {
	ctx := context.Background()
	now := Params{MemoryKiB: 256, Time: 2, Parallelism: 1}
	for _, c := range []struct {
		old   Params
		stale bool
	}{
		{now, false},
		{Params{256, 1, 1}, true},
		{Params{128, 2, 1}, true},
		{Params{128, 8, 1}, true}, // more work, less memory
		{Params{256, 3, 1}, false},
		{Params{512, 1, 1}, false}, // as ASVS has it: 46 MiB once is as good as 19 MiB twice
		{Params{512, 2, 4}, false},
	} {
		encoded := mustHash(t, NewHasher(c.old, 1, 0), "pw")
		h := NewHasher(now, 1, 0)
		verdict, err := h.Verify(ctx, encoded, "pw")
		if err != nil || !verdict.Match || verdict.Stale != c.stale || (verdict.Fresh != "") != c.stale {
			t.Errorf("%+v under %+v: %+v, %v; want stale %v", c.old, now, verdict, err, c.stale)
		}
		if verdict, err := h.Verify(ctx, encoded, "no"); verdict != (Verdict{}) || err != nil {
			t.Errorf("%+v, wrong password: %+v, %v", c.old, verdict, err)
		}
	}
}

func TestNoAccountAndNoPassword(t *testing.T) {
	ctx, h := context.Background(), NewHasher(cheap, 1, 0)
	if verdict, err := h.Verify(ctx, "", "pw"); verdict != (Verdict{}) || err != nil {
		t.Errorf("unknown user: %+v, %v", verdict, err)
	}
	if verdict, err := h.Verify(ctx, "garbage", "pw"); verdict != (Verdict{}) || !errors.Is(err, ErrUnknownScheme) {
		t.Errorf("unreadable hash: %+v, %v", verdict, err)
	}
	sum := sha256.Sum256([]byte("salt"))
	empty := "{SSHA256}" + base64.StdEncoding.EncodeToString(append(sum[:], "salt"...))
	if scheme, err := Inspect(empty); scheme != "ssha256" {
		t.Fatal(err)
	}
	for _, encoded := range []string{"", empty} {
		if verdict, _ := h.Verify(ctx, encoded, ""); verdict.Match {
			t.Errorf("the empty password matches %q", encoded)
		}
	}
	long := strings.Repeat("x", MaxPasswordBytes+1)
	if verdict, err := h.Verify(ctx, mustHash(t, h, "x"), long); verdict.Match || err != nil {
		t.Errorf("too long: %+v, %v", verdict, err)
	}
	if _, err := h.Hash(ctx, long); err != ErrPasswordTooLong {
		t.Errorf("Hash of a long password: %v", err)
	}
	if _, err := h.Hash(ctx, ""); err != ErrPasswordEmpty {
		t.Errorf("Hash of the empty password: %v", err)
	}
}

// Invariant 7 of the design: the cost of a call does not reveal who has an account. The number of
// full argon2id computations shows that without a clock.
func TestEveryAnswerCostsOneHash(t *testing.T) {
	full := Params{MemoryKiB: 8 << 10, Time: 1, Parallelism: 1}
	ctx, h := context.Background(), NewHasher(full, 1, 0)
	native := mustHash(t, h, "right")
	weaker := mustHash(t, NewHasher(cheap, 1, 0), "right")
	sum := sha256.Sum256([]byte("rightsalt"))
	legacy := "{SSHA256}" + base64.StdEncoding.EncodeToString(append(sum[:], "salt"...))
	wrapped, err := h.Wrap(ctx, legacy)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, encoded, password string }{
		{"unknown user", "", "right"},
		{"unknown user, wrong", "", "wrong"},
		{"unreadable", "garbage", "right"},
		{"too costly", "$2b$31$OkzycA8E6jzKRL1hFFjwo..AFz1S63zsUTpSmBmigV1R7526IjBeq", "right"},
		{"empty password", native, ""},
		{"long password", native, strings.Repeat("x", MaxPasswordBytes+1)},
		{"right", native, "right"},
		{"wrong", native, "wrong"},
		{"weaker, right", weaker, "right"},
		{"weaker, wrong", weaker, "wrong"},
		{"legacy, right", legacy, "right"},
		{"legacy, wrong", legacy, "wrong"},
		{"legacy, with NUL", legacy, "wr\x00ng"},
		{"wrapped, wrong", wrapped, "wrong"},
		{"wrapped, with NUL", wrapped, "wr\x00ng"},
		{"wrapped, long", wrapped, strings.Repeat("x", maxLegacyPassword+1)},
		{"imported, wrong", importedMark + native, "wrong"},
		{"imported and weaker, wrong", importedMark + weaker, "wrong"},
	} {
		before := worked.Load()
		h.Verify(ctx, c.encoded, c.password)
		hashes := float64(worked.Load()-before) / float64(full.work())
		if hashes < 1 || hashes >= 2 {
			t.Errorf("%s: %.1f hashes were computed", c.name, hashes)
		}
		if c.password != "wrong" {
			continue
		}
		// A password that is not in normal form C is tried in two forms, and costs two for
		// everybody.
		before = worked.Load()
		h.Verify(ctx, c.encoded, norm.NFD.String("wröng"))
		if hashes := float64(worked.Load()-before) / float64(full.work()); hashes < 2 || hashes >= 3 {
			t.Errorf("%s, decomposed: %.1f hashes were computed", c.name, hashes)
		}
	}
	// A right password with another program's hash costs one more, which is stored.
	for name, encoded := range map[string]string{"wrapped": wrapped, "imported": importedMark + native} {
		before := worked.Load()
		if v, err := h.Verify(ctx, encoded, "right"); !v.Match || !Own(v.Fresh) || err != nil {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if hashes := float64(worked.Load()-before) / float64(full.work()); hashes != 2 {
			t.Errorf("%s, right: %.1f hashes were computed", name, hashes)
		}
	}
}

func TestParamsCheck(t *testing.T) {
	for p, ok := range map[Params]bool{
		DefaultParams: true, {47104, 1, 1}: true, {65536, 3, 4}: true,
		{19456, 1, 1}: false, {8192, 10, 1}: false, {}: false, {262145, 1, 1}: false, {19456, 2, 17}: false,
	} {
		if err := p.Check(); (err == nil) != ok {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if h := NewHasher(Params{}, 0, -1); h.params != DefaultParams || h.gate.workers != 1 {
		t.Errorf("NewHasher without parameters: %+v", h)
	}
}

func TestGateAdmitsWorkersAndQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, queue, callers = 3, 5, 20
		h := NewHasher(cheap, workers, queue)
		release := make(chan struct{})
		var running, most, done, busy atomic.Int32
		for range callers {
			go func() {
				err := h.gate.do(t.Context(), func() {
					most.Store(max(most.Load(), running.Add(1)))
					<-release
					running.Add(-1)
				})
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrBusy):
					busy.Add(1)
				}
			}()
		}
		synctest.Wait()
		if r, w := h.Load(); r != workers || w != queue || busy.Load() != callers-workers-queue {
			t.Errorf("running %d, waiting %d, refused %d", r, w, busy.Load())
		}
		if _, err := h.Hash(t.Context(), "pw"); err != ErrBusy {
			t.Errorf("Hash with a full queue: %v", err)
		}
		if _, err := h.Verify(t.Context(), "", "pw"); !errors.Is(err, ErrBusy) {
			t.Errorf("Verify with a full queue: %v", err)
		}
		close(release)
		synctest.Wait()
		if r, w := h.Load(); r != 0 || w != 0 || done.Load() != workers+queue || most.Load() != workers {
			t.Errorf("afterwards: running %d, waiting %d, done %d, at most %d at once", r, w, done.Load(), most.Load())
		}
	})
}

func TestGateIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 10)
		release := make(chan struct{})
		go g.do(t.Context(), func() { <-release })
		var order []int
		for i := range 8 {
			synctest.Wait()
			go g.do(t.Context(), func() { order = append(order, i) })
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		for i, got := range order {
			if i != got {
				t.Fatalf("served in the order %v", order)
			}
		}
	})
}

func TestGateAndContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(cheap, 1, 2)
		release := make(chan struct{})
		go h.gate.do(t.Context(), func() { <-release })
		synctest.Wait()

		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { _, err := h.Verify(ctx, "", "pw"); result <- err }()
		synctest.Wait()
		if r, w := h.Load(); r != 1 || w != 1 {
			t.Errorf("running %d, waiting %d", r, w)
		}
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("the waiter got %v", err)
		}
		if r, w := h.Load(); r != 1 || w != 0 {
			t.Errorf("after the cancel: running %d, waiting %d", r, w)
		}
		if _, err := h.Hash(ctx, "pw"); err != context.Canceled {
			t.Errorf("with an ended context: %v", err)
		}
		close(release)
		synctest.Wait()
		if r, _ := h.Load(); r != 0 {
			t.Errorf("running %d", r)
		}
	})
}

func TestPanicGivesThePlaceBack(t *testing.T) {
	g := newGate(1, 0)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		g.do(context.Background(), func() { panic("broken hash") })
	}()
	if r, _ := g.load(); r != 0 {
		t.Errorf("%d places lost", r)
	}
}

// A storm with cancellations in every phase loses no place and never exceeds the gate.
func TestGateStorm(t *testing.T) {
	h := NewHasher(cheap, 2, 4)
	var wg sync.WaitGroup
	var running, over atomic.Int32
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			if i%3 == 0 {
				go cancel()
			}
			defer cancel()
			h.gate.do(ctx, func() {
				if running.Add(1) > 2 {
					over.Add(1)
				}
				h.encode("pw")
				running.Add(-1)
			})
		})
	}
	wg.Wait()
	if r, w := h.Load(); r != 0 || w != 0 || over.Load() != 0 {
		t.Errorf("running %d, waiting %d, too many at once %d times", r, w, over.Load())
	}
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(DefaultParams, 2, 1000)
	for b.Loop() {
		h.Hash(b.Context(), "correct horse battery staple")
	}
}

// A place promises verification: those inside are served, one more is refused at once, and nothing
// is computed for it.
func TestPlaceIsAPromise(t *testing.T) {
	h := NewHasher(Params{MemoryKiB: 64, Time: 1, Parallelism: 1}, 1, 2)
	var places []*Place
	for range 3 {
		p, err := h.Enter()
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
	}
	if _, err := h.Enter(); !errors.Is(err, ErrBusy) {
		t.Fatalf("a fourth place in a house of three: %v", err)
	}
	var all sync.WaitGroup
	for _, p := range places {
		all.Go(func() {
			defer p.Leave()
			if _, err := p.Verify(t.Context(), "", "x"); err != nil {
				t.Errorf("refused inside: %v", err)
			}
		})
	}
	all.Wait()
	p, err := h.Enter()
	if err != nil {
		t.Fatalf("the house is empty and turns away: %v", err)
	}
	p.Leave()
}
