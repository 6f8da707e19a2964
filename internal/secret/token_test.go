package secret

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	seen := map[string]bool{}
	for range 1000 {
		token := NewToken()
		if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != 32 || seen[token] {
			t.Fatalf("NewToken = %q: %v", token, err)
		}
		seen[token] = true
	}
	sum := sha256.Sum256([]byte("abc"))
	if got := HashToken("abc"); got != base64.RawURLEncoding.EncodeToString(sum[:]) || !shape.MatchString(got) || got == HashToken("abd") {
		t.Errorf("HashToken = %q", got)
	}
}

func TestCodes(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9]{6}$`)
	var first [10]int
	const n = 20_000
	for range n {
		code := NewCode()
		if !shape.MatchString(code) {
			t.Fatalf("NewCode = %q", code)
		}
		first[code[0]-'0']++
	}
	for digit, count := range first { // 2,000 each; 300 is seven standard deviations
		if math.Abs(float64(count)-n/10) > 300 {
			t.Errorf("%d codes of %d begin with %d", count, n, digit)
		}
	}
}

func TestTemporaryPasswords(t *testing.T) {
	bits := 0.0
	for _, kind := range temporaryPattern {
		switch kind {
		case 'C', 'c':
			bits += math.Log2(float64(len(consonants)))
		case 'v':
			bits += math.Log2(float64(len(vowels)))
		case 'd':
			bits += math.Log2(float64(len(digits)))
		}
	}
	if bits < 64 {
		t.Errorf("%.1f bits", bits)
	}
	for _, set := range []string{consonants, vowels, digits, referenceAlphabet} {
		for i, c := range set {
			if strings.IndexRune(set, c) != i {
				t.Errorf("%q twice in %q", c, set)
			}
		}
	}
	if strings.ContainsAny(consonants+vowels+digits, "01258loq") {
		t.Error("a look-alike character")
	}
	shape := regexp.MustCompile(`^[A-Z][a-z]{3}-[0-9]{2}[a-z]{3}-[A-Z][a-z]{3}-[0-9]{2}[a-z]{3}-[A-Z][a-z]{3}$`)
	used, seen := map[rune]bool{}, map[string]bool{}
	for range 2000 {
		password := NewTemporaryPassword()
		if !shape.MatchString(password) || len(password) < 15 || seen[password] {
			t.Fatalf("NewTemporaryPassword = %q", password)
		}
		seen[password] = true
		for _, c := range strings.ToLower(password) {
			used[c] = true
		}
	}
	if len(used) != len(consonants)+len(vowels)+len(digits)+1 {
		t.Errorf("%d different characters", len(used))
	}
}

func TestReferences(t *testing.T) {
	shape := regexp.MustCompile(`^GH-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`)
	if len(referenceAlphabet) != 32 {
		t.Errorf("%d characters are not 5 bits", len(referenceAlphabet))
	}
	for range 1000 {
		if ref := NewReference(); !shape.MatchString(ref) {
			t.Fatalf("NewReference = %q", ref)
		}
	}
}
