package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Bugs 6: imported hashes are of the bytes that were typed there, with any algorithm; passwords
// are tried as typed, and then composed.
func TestForeignHashesTakeBytesAsTypedThenComposed(t *testing.T) {
	h := NewHasher(cheap, 2, 10)
	tried := map[string]bool{}
	for _, v := range vectors(t) {
		if v.name != "accents" && v.name != "decomposed" || dear(v) {
			continue
		}
		if v.name == "accents" && tried[v.scheme] {
			continue // one composed of each kind is enough
		}
		tried[v.scheme] = tried[v.scheme] || v.name == "accents"
		stored := asStored(t, h, v)
		composed, decomposed := norm.NFC.String(v.password), norm.NFD.String(v.password)
		if Own(stored) {
			t.Errorf("%s: what is stored is taken for our own: %s", v.program, stored)
		}
		for _, typed := range []string{composed, decomposed} {
			verdict, err := h.Verify(t.Context(), stored, typed)
			want := v.name == "accents" || typed == decomposed
			if err != nil || verdict.Match != want {
				t.Errorf("%s, %s hash, typed %+q: %+v, %v; want a match: %v", v.program, v.name, typed, verdict, err, want)
			}
		}
	}
	if len(tried) < 40 {
		t.Errorf("only %d kinds", len(tried))
	}
}

// Our own hashes are of the composed text only: one made of decomposed bytes under our name does
// not match, which is why imported ones are marked.
func TestOwnHashesAreOfTheComposedTextOnly(t *testing.T) {
	h := NewHasher(cheap, 1, 1)
	decomposed := norm.NFD.String("Pässwort ñandú")
	foreign := h.derive([]byte(decomposed))
	if v, _ := h.Verify(t.Context(), foreign, decomposed); v.Match {
		t.Error("a hash of ours is compared with the bytes as typed")
	}
	stored, weak, err := Import(foreign)
	if err != nil || weak || Own(stored) || !Own(foreign) {
		t.Fatalf("Import = %s, %v, %v", stored, weak, err)
	}
	v, err := h.Verify(t.Context(), stored, decomposed)
	if err != nil || !v.Match || !Own(v.Fresh) {
		t.Errorf("imported: %+v, %v", v, err)
	}
	again, weak, err := Import(stored)
	if again != stored || weak || err != nil {
		t.Errorf("importing what an import stored: %s, %v, %v", again, weak, err)
	}
	if scheme, _ := Inspect(stored); scheme != "argon2id" {
		t.Errorf("Inspect(%s) = %q", stored, scheme)
	}
}

// What an import accepts can be stored and read at the sign-in, with a salt of any length and
// content: a database accepts no NUL, and a mark makes a hash longer.
func TestWhatIsImportedCanBeStoredAndRead(t *testing.T) {
	h := NewHasher(cheap, 1, 1)
	for _, odd := range []string{"\x00", "\xff", "\xc3", "\xed\xa0\x80"} {
		for _, encoded := range []string{"{PBKDF2}$1$sa" + odd + "lt$1000$" + strings.Repeat("ab", 32), "md5$s" + odd + "lt$" + strings.Repeat("ab", 16),
			"pbkdf2_sha256$10000$s" + odd + "lt$" + strings.Repeat("A", 43) + "="} {
			if _, _, err := Import(encoded); !errors.Is(err, ErrMalformed) {
				t.Errorf("Import(%q): %v", encoded, err)
			}
		}
	}
	for _, shape := range [][2]string{{"md5$", "$" + strings.Repeat("ab", 16)}, {"{PBKDF2}$1$", "$1000$" + strings.Repeat("ab", 32)},
		{"$argon2id$v=19$m=64,t=1,p=1$", "$" + strings.Repeat("A", 43)}} {
		for _, length := range []int{8, 600, 700, 800, 900, 1024, 1025} {
			salt := strings.Repeat("A", max(8, length-len(shape[0])-len(shape[1])))
			stored, weak, err := Import(shape[0] + salt + shape[1])
			if err != nil {
				continue
			}
			if weak {
				stored, err = h.Wrap(t.Context(), shape[0]+salt+shape[1])
			}
			if _, unreadable := Inspect(stored); err != nil || unreadable != nil {
				t.Errorf("%s with %d characters was accepted: %v, and is stored unreadable: %v", shape[0], length, err, unreadable)
			}
		}
	}
}

// A stolen table contains nothing of a weak hash that can be guessed without paying for argon2id.
func TestWeakHashesAreWrapped(t *testing.T) {
	h := NewHasher(cheap, 2, 10)
	weakOnes := map[string]bool{}
	for _, v := range vectors(t) {
		read, err := parse(v.encoded)
		if err != nil {
			t.Fatal(err)
		}
		_, weak, _ := Import(v.encoded)
		if !weak {
			if _, err := h.Wrap(t.Context(), v.encoded); err == nil {
				t.Errorf("%s was wrapped", v.encoded)
			}
			continue
		}
		weakOnes[v.scheme] = true
		stored := asStored(t, h, v)
		for _, trace := range []string{hex.EncodeToString(read.key), base64.StdEncoding.EncodeToString(read.key[:15]), string(read.key[:min(len(read.key), 15)])} {
			if strings.Contains(strings.ToLower(stored), strings.ToLower(trace)) {
				t.Errorf("%s: the old key is still in %s", v.scheme, stored)
			}
		}
		if scheme, err := Inspect(stored); scheme != v.scheme || err != nil {
			t.Errorf("Inspect(%s) = %q, %v; want %q", stored, scheme, err, v.scheme)
		}
		if again, weak, err := Import(stored); again != stored || weak || err != nil {
			t.Errorf("importing what an import stored: %s, %v, %v", again, weak, err)
		}
		if same, err := h.Wraps(t.Context(), stored, v.encoded); !same || err != nil {
			t.Errorf("%s: Wraps = %v, %v", v.encoded, same, err)
		}
		if other := differently(read.blank); other != "" {
			if same, _ := h.Wraps(t.Context(), stored, other); same {
				t.Errorf("%s is taken for %s", other, v.encoded)
			}
		}
		for end := range len(stored) { // must not panic
			Inspect(stored[:end])
		}
	}
	for _, scheme := range strings.Fields("md5 sha sha256 sha384 sha512 smd5 ssha ssha256 ssha384 ssha512 md5-crypt apr1 phpass django-md5 django-sha1 " +
		"magento-md5 magento-sha256 salted-md5 salted-sha1 salted-sha512 hmac-sha256 werkzeug-sha256 aspnet-pbkdf2-sha1 drupal-md5 sha512-crypt") {
		if !weakOnes[scheme] {
			t.Errorf("%s is stored as it came", scheme)
		}
	}
	for _, scheme := range strings.Fields("bcrypt argon2id argon2i argon2d scrypt yescrypt firebase-scrypt wordpress-bcrypt bcrypt-sha256 drupal") {
		if weakOnes[scheme] {
			t.Errorf("%s is taken for weak", scheme)
		}
	}
}

// differently is a hash with another key: the key of a blank.
func differently(blank string) string {
	if h, err := parse(blank); err != nil || len(bytes.Trim(h.key, "\x00.")) > 0 {
		return ""
	}
	return blank
}

// Complete hashes that we cannot verify are named, never called damaged.
func TestWholeHashesAreNotCalledDamaged(t *testing.T) {
	data, err := os.ReadFile("testdata/unsupported.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		name, encoded, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		n++
		_, err := Inspect(encoded)
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), name) {
			t.Errorf("Inspect(%q): %v; want “not supported: …%s”", encoded, err, name)
		}
		if err != nil && len(encoded) > 12 && strings.Contains(err.Error(), encoded[len(encoded)-12:]) {
			t.Errorf("the error repeats the hash: %v", err)
		}
	}
	if n < 40 {
		t.Errorf("only %d", n)
	}
}

func TestTemplates(t *testing.T) {
	const sum = "5f4dcc3b5aa765d61d8327deb882cf99"
	for _, c := range []struct{ text, digest, salt, want string }{
		{"md5:{password}", sum, "", ""},
		{"MD5:{password}", strings.ToUpper(sum), "", ""},
		{"md5:{password}", "X03MO1qnZdYdgyfeuILPmQ==", "", ""},
		{"md5:{password}", "X03MO1qnZdYdgyfeuILPmQ", "", ""},
		{"md5:{password}", sum, "salt", "it has no salt"},
		{"md5:{password}{salt}", sum, "", "hash_salt is empty"},
		{"md5:{password}{salt-hex}", sum, "xyz", "the salt is not written"},
		{"md5:{password}{salt}", sum, strings.Repeat("s", 257), "longer than 256"},
		{"md5:{password}", sum[:31], "", "expected 16 bytes"},
		{"sha1:{password}", sum, "", "expected 20 bytes"},
		{"md5:{salt}", sum, "salt", "no {password}"},
		{"md5:", sum, "", "no {password}"},
		{"md5", sum, "", "expected something like"},
		{"rot13:{password}", sum, "", "expected something like"},
		{"md5:{passwort}", sum, "", "{passwort} is none of"},
		{"md5:{password", sum, "", "{password} is none of"},
		{"md5:{rot13:password}", sum, "", "is none of"},
		{"md5:{password}" + strings.Repeat("x", 200), sum, "", "longer than 200"},
		{"hmac-md5:{password}", sum, "", "hash_salt is empty"},
	} {
		encoded, err := FromTemplate(c.text, c.digest, c.salt)
		if err == nil {
			_, err = Inspect(encoded)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, %q, %q: %v; want %q", c.text, c.digest, c.salt, err, c.want)
		}
	}
}
