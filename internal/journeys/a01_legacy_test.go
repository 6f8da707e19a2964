package journeys

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// The vectors of package secret: scheme, name of the password, hash.
const vectors = "../secret/testdata/hashes.tsv"

// legacyHashes returns one hash of each scheme that another program made from the
// password that the vectors call "ascii".
func legacyHashes(t *testing.T) (typed string, hashes map[string]string) {
	t.Helper()
	f, err := os.Open(vectors)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hashes = map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) == 3 && fields[1] == "ascii" && hashes[fields[0]] == "" {
			hashes[fields[0]] = fields[2]
		}
	}
	return "correct horse 7", hashes
}

func TestA01_LegacyCredentials(t *testing.T) {
	typed, hashes := legacyHashes(t)
	for _, scheme := range []string{"bcrypt", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512", "ssha", "ssha512", "sha256-crypt",
		"sha512-crypt", "md5-crypt", "phpass", "django-pbkdf2-sha256", "scrypt"} {
		if hashes[scheme] == "" {
			t.Fatalf("no vector of %s", scheme)
		}
	}
	each(t, func(t *testing.T, s *testkit.Server) {
		for scheme, hash := range hashes {
			u := s.AddUser("meridian-uk", "legacy."+scheme, "", func(u *gatehouse.User) { u.Password.Hash = hash })
			wantRefused(t, signIn(visitor(t, s, "meridian-uk"), u.Username, "not "+typed))
			if got := s.User(u).Password.Hash; got != hash {
				t.Errorf("%s: a wrong password rewrote the hash to %s", scheme, got)
			}
			for range 2 {
				wantHome(t, signIn(visitor(t, s, "meridian-uk"), u.Username, typed))
				if got := s.User(u).Password.Hash; !strings.HasPrefix(got, "$argon2id$") {
					t.Errorf("%s: after signing in the hash is still %.20s…", scheme, got)
				}
			}
			wantRefused(t, signIn(visitor(t, s, "meridian-uk"), u.Username, "not "+typed))
		}
	})
}

// Two tabs, a phone and a laptop at the same instant: no matter which one has the hash
// rewritten first, the correct password of the others stays correct.
func TestA01_SeveralFirstSignInsAtOnce(t *testing.T) {
	typed, hashes := legacyHashes(t)
	each(t, func(t *testing.T, s *testkit.Server) {
		for round := range 5 {
			u := s.AddUser("meridian-uk", fmt.Sprint("legacy", round), "", func(u *gatehouse.User) { u.Password.Hash = hashes["ssha512"] })
			var all sync.WaitGroup
			for range 4 {
				c := visitor(t, s, "meridian-uk")
				page := c.Get("/sign-in")
				all.Go(func() {
					if p := c.Submit(page, signInForm, testkit.Values{"username": u.Username, "password": typed}); p.Status != 200 {
						t.Errorf("a right password: %d", p.Status)
					}
				})
			}
			all.Wait()
			wantHome(t, signIn(visitor(t, s, "meridian-uk"), u.Username, typed))
		}
	})
}
