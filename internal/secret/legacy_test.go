package secret

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// passwords are the ones that the hashes in testdata were made from.
var passwords = map[string]string{
	"ascii":      "correct horse 7",
	"accents":    "Pässwörd–Ünï€密",
	"decomposed": norm.NFD.String("Pässwort ñandú"),
	"published":  "user1password",
	"long":       strings.Repeat("0123456789", 7) + "ab" + "this part is beyond the seventy-second byte",
}

type vector struct{ program, scheme, name, password, encoded string }

func vectors(t testing.TB) []vector {
	t.Helper()
	all := vectorsOf(t, "testdata/hashes.tsv", func(f []string) (scheme, name, encoded string) { return f[0], f[1], f[2] })
	all = append(all, vectorsOf(t, "testdata/programs.tsv", func(f []string) (scheme, name, encoded string) { return f[0], f[1], f[2] })...)
	all = append(all, vectorsOf(t, "testdata/templates.tsv", func(f []string) (scheme, name, encoded string) {
		encoded, err := FromTemplate(f[0], f[2], f[3])
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		scheme, _, _ = strings.Cut(f[0], ":")
		if f[3] != "" && !strings.HasPrefix(scheme, "hmac-") {
			scheme = "salted-" + scheme
		}
		return scheme, f[1], encoded
	})...)
	if len(all) < 400 {
		t.Fatalf("only %d hashes in testdata", len(all))
	}
	return all
}

func vectorsOf(t testing.TB, file string, read func(fields []string) (scheme, name, encoded string)) (all []vector) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	program := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			program = rest
			continue
		}
		if line == "" {
			continue
		}
		scheme, name, encoded := read(strings.Split(line, "\t"))
		password, ok := passwords[name]
		if !ok {
			t.Fatalf("%s: cannot read %q", file, line)
		}
		all = append(all, vector{program, scheme, name, password, encoded})
	}
	return all
}

// cheap are parameters that keep tests fast.
var cheap = Params{MemoryKiB: 64, Time: 1, Parallelism: 1}

func TestEveryLegacyHashVerifiesAndIsRewritten(t *testing.T) {
	ctx := context.Background()
	h := NewHasher(Params{MemoryKiB: 1024, Time: 2, Parallelism: 1}, 2, 10)
	seen := map[string]bool{}
	for _, v := range vectors(t) {
		seen[v.scheme] = true
		scheme, err := Inspect(v.encoded)
		if scheme != v.scheme || err != nil {
			t.Errorf("%s: Inspect(%s) = %q, %v; want %q", v.program, v.encoded, scheme, err, v.scheme)
			continue
		}
		stored := asStored(t, h, v)
		verdict, err := h.Verify(ctx, stored, v.password)
		if err != nil || !verdict.Match || !verdict.Stale || !Own(verdict.Fresh) {
			t.Errorf("%s, %s: Verify(%s) = %+v, %v; want a stale match", v.program, v.name, stored, verdict, err)
			continue
		}
		again, err := h.Verify(ctx, verdict.Fresh, v.password)
		if err != nil || again != (Verdict{Match: true}) {
			t.Errorf("%s: the fresh hash gives %+v, %v", v.encoded, again, err)
		}
		wrongs := []string{"", "x", v.password + "x", "X" + v.password[1:], v.password[1:], strings.ToUpper(v.password), v.password + "\x00"}
		if v.name != "ascii" || dear(v) {
			wrongs = wrongs[:1]
		}
		for _, wrong := range wrongs {
			if v.name == "long" && strings.HasPrefix(wrong, v.password) {
				continue // bcrypt does not see the difference: TestBcryptSees72Bytes
			}
			if verdict, err := h.Verify(ctx, stored, wrong); verdict != (Verdict{}) || err != nil {
				t.Errorf("%s: a wrong password gives %+v, %v", v.encoded, verdict, err)
			}
		}
	}
	for _, scheme := range strings.Fields("argon2id argon2i argon2d bcrypt pbkdf2-sha1 pbkdf2-sha256 pbkdf2-sha512 scrypt ssha ssha256 ssha384 ssha512 " +
		"sha256-crypt sha512-crypt md5-crypt phpass django-pbkdf2-sha1 django-pbkdf2-sha256 django-bcrypt django-bcrypt-sha256 django-argon2id django-scrypt " +
		"wordpress-bcrypt magento-md5 magento-sha256 magento-argon2id drupal drupal-md5 bcrypt-sha256 atlassian-pbkdf2-sha1 sha1-crypt md5 sha sha256 sha384 sha512 smd5 apr1 " +
		"django-sha1 django-md5 aspnet-pbkdf2-sha1 aspnet-pbkdf2-sha256 aspnet-pbkdf2-sha512 spring-pbkdf2-sha1 spring-pbkdf2-sha256 spring-scrypt " +
		"werkzeug-pbkdf2-sha256 werkzeug-pbkdf2-sha512 werkzeug-sha256 werkzeug-sha512 werkzeug-scrypt yescrypt firebase-scrypt salted-sha1 hmac-sha256") {
		if !seen[scheme] {
			t.Errorf("no %s hash in testdata/hashes.tsv", scheme)
		}
	}
}

// dear vectors have a high cost, fixed by the program that made them.
func dear(v vector) bool {
	return strings.HasPrefix(v.scheme, "spring-") || strings.HasPrefix(v.encoded, "{ARGON2") ||
		v.scheme == "aspnet-pbkdf2-sha512" || v.scheme == "magento-argon2id" || strings.HasPrefix(v.encoded, "$y$j9T$")
}

// asStored returns what an import stores of a hash.
func asStored(t testing.TB, h *Hasher, v vector) string {
	t.Helper()
	stored, weak, err := Import(v.encoded)
	if err == nil && weak {
		stored, err = h.Wrap(t.Context(), v.encoded)
	}
	if err != nil {
		t.Fatalf("%s: %s: %v", v.program, v.encoded, err)
	}
	return stored
}

func TestBcryptSees72Bytes(t *testing.T) {
	ctx, h := context.Background(), NewHasher(cheap, 1, 1)
	for _, v := range vectors(t) {
		if v.scheme != "bcrypt" || v.name != "long" {
			continue
		}
		seventyTwo := v.password[:72]
		verdict, err := h.Verify(ctx, v.encoded, seventyTwo+" another end")
		if err != nil || !verdict.Match {
			t.Errorf("%s: the first 72 bytes do not match: %+v, %v", v.encoded, verdict, err)
		}
		if verdict, _ := h.Verify(ctx, v.encoded, v.password[:71]); verdict.Match {
			t.Errorf("%s: 71 bytes match", v.encoded)
		}
		if verdict, _ := h.Verify(ctx, verdict.Fresh, seventyTwo); verdict.Match {
			t.Errorf("%s: the fresh hash ignores what is beyond 72 bytes", v.encoded)
		}
	}
}

func TestDamagedHashesAreRefused(t *testing.T) {
	for _, v := range vectors(t) {
		for _, damaged := range []string{
			v.encoded + "\n", v.encoded + "$", v.encoded + "é", " " + v.encoded, v.encoded[1:], v.encoded[:len(v.encoded)/4],
		} {
			scheme, err := Inspect(damaged)
			if v.scheme == "drupal-md5" && damaged == v.encoded[1:] {
				continue // without its U it is one of Drupal 7's
			}
			if err == nil {
				t.Errorf("Inspect(%q) = %q", damaged, scheme)
			} else if strings.Contains(err.Error(), v.encoded[len(v.encoded)-12:]) {
				t.Errorf("the error repeats the hash: %v", err)
			}
		}
		for end := range len(v.encoded) { // must not panic; some truncated ones are well formed
			Inspect(v.encoded[:end])
		}
	}
}

func TestWhatCannotBeVerified(t *testing.T) {
	salt := "c2FsdHNhbHRzYWx0c2FsdA"
	key := "cabRi5AXf3Pt8eUTr8kcRnMkUqNFOGd1eAxlrlSWyxo"
	for encoded, want := range map[string]error{
		"":                                 ErrUnknownScheme,
		"hunter2":                          ErrUnknownScheme,
		"5f4dcc3b5aa765d61d8327deb882cf99": ErrUnsupported,
		"$y$j9T$abc$def":                   ErrMalformed,
		"{CRYPT}ab1234567890.":             ErrUnsupported,
		"$2x$05$OkzycA8E6jzKRL1hFFjwo..AFz1S63zsUTpSmBmigV1R7526IjBeq": ErrUnsupported,
		"$2b$03$OkzycA8E6jzKRL1hFFjwo..AFz1S63zsUTpSmBmigV1R7526IjBeq": ErrMalformed,
		"$2b$16$OkzycA8E6jzKRL1hFFjwo..AFz1S63zsUTpSmBmigV1R7526IjBeq": ErrTooCostly,
		"$2b$31$OkzycA8E6jzKRL1hFFjwo..AFz1S63zsUTpSmBmigV1R7526IjBeq": ErrTooCostly,
		"$pbkdf2-sha256$5000001$" + salt + "$" + key:                   ErrTooCostly,
		"$pbkdf2-sha256$99999999999999999999$" + salt + "$" + key:      ErrTooCostly,
		"$pbkdf2-sha256$0$" + salt + "$" + key:                         ErrMalformed,
		"$pbkdf2-sha256$-1$" + salt + "$" + key:                        ErrMalformed,
		"$pbkdf2-md5$1000$" + salt + "$" + key:                         ErrUnsupported,
		"$pbkdf2$2500001$" + salt + "$" + key:                          ErrTooCostly, // two blocks of SHA-1
		"$pbkdf2-sha256$i=1000,l=64$" + salt + "$" + key:               ErrMalformed,
		"$argon2id$v=18$m=64,t=1,p=1$" + salt + "$" + key:              ErrMalformed,
		"pbkdf2_sha256$6000000$salt$" + key:                            ErrTooCostly,
		"$scrypt$ln=20,r=8,p=1$" + salt + "$" + key:                    ErrTooCostly,
		"$scrypt$ln=63,r=8,p=1$" + salt + "$" + key:                    ErrTooCostly,
		"$scrypt$ln=1,r=1073741824,p=1$" + salt + "$" + key:            ErrTooCostly,
		"$scrypt$ln=10,r=8,p=1073741823$" + salt + "$" + key:           ErrTooCostly,
		"$scrypt$ln=0,r=8,p=1$" + salt + "$" + key:                     ErrMalformed,
		"$scrypt$ln=4,r=0,p=1$" + salt + "$" + key:                     ErrMalformed,
		"$scrypt$ln=4,ln=4,r=8$" + salt + "$" + key:                    ErrMalformed,
		"scrypt$1073741824$salt$8$1$" + key + "=":                      ErrTooCostly,
		"scrypt$1000$salt$8$1$" + key + "=":                            ErrMalformed,
		"$argon2id$v=19$m=262145,t=1,p=1$" + salt + "$" + key:          ErrTooCostly,
		"$argon2id$v=19$m=65536,t=17,p=1$" + salt + "$" + key:          ErrTooCostly,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + key:      ErrTooCostly,
		"$argon2d$v=19$m=65536,t=1,p=255$" + salt + "$" + key:          ErrTooCostly,
		"$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + key:               ErrMalformed,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key:              ErrMalformed,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + key:              ErrMalformed,
		"$argon2id$v=19$m=64,t=1$" + salt + "$" + key:                  ErrMalformed,
		"$argon2id$v=19$m=64,t=1,p=1,p=1$" + salt + "$" + key:          ErrMalformed,
		"$argon2x$v=19$m=64,t=1,p=1$" + salt + "$" + key:               ErrMalformed,
		"$6$rounds=2000001$salt$" + strings.Repeat("a", 86):            ErrTooCostly,
		"$6$rounds=999$salt$" + strings.Repeat("a", 86):                ErrMalformed,
		"$5$salt$" + strings.Repeat("a", 42):                           ErrMalformed,
		"$P$N" + strings.Repeat("a", 30):                               ErrTooCostly, // 2^25
		"$P$4" + strings.Repeat("a", 30):                               ErrMalformed, // 2^6
		"{SSHA}":                                                       ErrMalformed,
		"{SSHA}24BYD4fcPKMzSr5pqdkp/7Jklms=":                           ErrMalformed, // no salt
		"{SSHA1024}24BYD4fcPKMzSr5pqdkp/7JklmMHgLCW":                   ErrUnsupported,
		"{SSHA":                        ErrMalformed,
		"{PBKDF2":                      ErrMalformed,
		"{PBKDF2-SHA256}":              ErrMalformed,
		strings.Repeat("{CRYPT}", 200): ErrMalformed,
		strings.Repeat("{CRYPT}", 10):  ErrUnsupported,
		"$firescrypt$ln=31,r=8,p=1$c2FsdHNhbHRzYWx0$" + key + "$Bw==$" + key:                                               ErrTooCostly,
		"$firescrypt$ln=14,r=1024,p=1$c2FsdHNhbHRzYWx0$" + key + "$Bw==$" + key:                                            ErrTooCostly,
		"$firescrypt$ln=14,r=8,p=1024$c2FsdHNhbHRzYWx0$" + key + "$Bw==$" + key:                                            ErrTooCostly,
		"$firescrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0$" + key + "$Bw==$a2V5a2V5":                                             ErrMalformed,
		"$y$jzz$" + strings.Repeat(".", 22) + "$" + strings.Repeat("a", 43):                                                ErrTooCostly,
		"$y$jFT$" + strings.Repeat(".", 22) + "$" + strings.Repeat("a", 43):                                                ErrTooCostly, // 1 GiB
		"$y$k9T$" + strings.Repeat(".", 22) + "$" + strings.Repeat("a", 43):                                                ErrUnsupported,
		"$S$Z" + strings.Repeat("a", 51):                                                                                   ErrTooCostly,
		"$sha1$2000001$salt$" + strings.Repeat("a", 28):                                                                    ErrTooCostly,
		"$bcrypt-sha256$v=2,t=2b,r=16$" + strings.Repeat("a", 22) + "$" + strings.Repeat("a", 31):                          ErrTooCostly,
		"$wp$2y$31$" + strings.Repeat("a", 53):                                                                             ErrTooCostly,
		"$p5k2$ffffffff$salt$" + strings.Repeat("a", 32):                                                                   ErrTooCostly,
		"scrypt:1073741824:8:1$salt$" + strings.Repeat("ab", 32):                                                           ErrTooCostly,
		"pbkdf2:sha256:6000000$salt$" + strings.Repeat("ab", 32):                                                           ErrTooCostly,
		"{scrypt}$1f0801$" + salt + "$" + key:                                                                              ErrTooCostly,
		strings.Repeat("ab", 32) + ":0123456789abcdef:3_32_200_1073741824":                                                 ErrTooCostly,
		strings.Repeat("ab", 32) + ":0123456789abcdef:3_32_2_4294967296":                                                   ErrTooCostly,
		"AQAAAAH/////AAAAEDAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==":                             ErrTooCostly,
		"{wrapped}" + "{SSHA}KnFDZAjxDepfc+Sxhur8p04TF+tzYWx0c2FsdA==" + "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + key: ErrMalformed, // its key is there
		"{imported}{SSHA}KnFDZAjxDepfc+Sxhur8p04TF+tzYWx0c2FsdA==":                                                         ErrMalformed,
		"{template}":                     ErrMalformed,
		"{template}a.b$":                 ErrMalformed,
		"$P$J" + strings.Repeat("a", 30): ErrTooCostly, // 2^21
		"{PBKDF2_SHA256}AAAIAA==":        ErrMalformed,
		"{PBKDF2_SHA256}" + base64.StdEncoding.EncodeToString(append([]byte{0, 16, 0, 0}, make([]byte, 320)...)): ErrTooCostly, // 8 blocks
	} {
		if scheme, err := Inspect(encoded); !errors.Is(err, want) || scheme != "" {
			t.Errorf("Inspect(%q) = %q, %v; want %v", encoded, scheme, err, want)
		}
	}
}

// A hash cut in the middle of its key would match one password in 256 by chance.
func TestShortKeysAreRefused(t *testing.T) {
	for _, encoded := range []string{
		"$pbkdf2-sha256$1200$c2FsdHNhbHQ$aa",
		"$scrypt$ln=6,r=8,p=1$c2FsdHNhbHQ$",
		"$argon2id$v=19$m=256,t=2,p=1$c2FsdHNhbHQ$YWFhYWFhYWFhYWFhYWE",
		"$argon2d$v=19$m=256,t=2,p=1$c2FsdHNhbHQ$YWFh",
		"pbkdf2_sha256$1300$salt$YQ==",
		"scrypt$256$salt$8$1$YWFh",
	} {
		if _, err := Inspect(encoded); !errors.Is(err, ErrMalformed) {
			t.Errorf("Inspect(%q): %v", encoded, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, v := range vectors(f) {
		if v.name == "ascii" {
			f.Add(v.encoded)
		}
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		scheme, err := Inspect(encoded)
		if (scheme == "") != (err != nil) {
			t.Errorf("Inspect(%q) = %q, %v", encoded, scheme, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("$5$saltsalt$"+strings.Repeat("a", 43), "password")
	f.Add("$1$$"+strings.Repeat("a", 22), "password")
	f.Add("$argon2d$v=19$m=64,t=1,p=4$$YWFhYWFhYWFhYWFhYWFhYQ", "\xff")
	for _, v := range vectors(f) {
		if v.name == "accents" {
			f.Add(v.encoded, v.password)
		}
	}
	h := NewHasher(cheap, 4, 1000)
	f.Fuzz(func(t *testing.T, encoded, password string) {
		_, unreadable := Inspect(encoded)
		verdict, err := h.Verify(context.Background(), encoded, password)
		if unreadable != nil && (verdict != (Verdict{}) || encoded != "" && err == nil) {
			t.Errorf("Verify(%q) = %+v, %v", encoded, verdict, err)
		}
		if unreadable == nil && err != nil {
			t.Errorf("Inspect accepts %q, Verify says %v", encoded, err)
		}
		if verdict.Match && verdict.Stale {
			again, err := h.Verify(context.Background(), verdict.Fresh, password)
			if err != nil || again != (Verdict{Match: true}) {
				t.Errorf("the fresh hash of %q gives %+v, %v", encoded, again, err)
			}
		}
	})
}
