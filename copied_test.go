package gatehouse

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// A token is found no matter what a mail program makes of its link; a truncated one is no token.
func TestATokenIsReadHoweverItsLinkIsCopied(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	draw := func() string {
		b := make([]byte, tokenLength)
		for i := range b {
			b[i] = letters[rand.IntN(len(letters))]
		}
		return string(b)
	}
	behind := []string{"", ">", ")", ".", ",", ";", "&gt;", ">.", `">`, "\r\n", "%3E", "…", " ", ".)", "="}
	for n := range 3000 {
		want := draw()
		if n%10 == 0 { // also the prefix of a token in an undecoded mail
			want = "3D" + want[2:]
		}
		if rand.IntN(2) == 0 {
			want = "eml_01a1fdfa46007000807ac616792bea97." + want
		}
		at := 1 + rand.IntN(len(want)-1)
		for _, cut := range []string{"", "\r\n", "=\r\n", " ", "\n    ", "\u200b"} {
			copied := want[:at] + cut + want[at:] + behind[rand.IntN(len(behind))]
			if got := CleanToken(copied); got != want {
				t.Fatalf("%q is read as %q, want %q", copied, got, want)
			}
		}
		if marked := strings.HasSuffix(want, "3E") || strings.HasSuffix(want, "gt"); !marked && CleanToken("3D"+want) != want {
			got := CleanToken("3D" + want)
			t.Fatalf("from an undecoded mail: %q, want %q", got, want)
		}
		if short := want[len(want)-tokenLength+1:]; strings.Trim(short, "-_") == short && CleanToken(short) != short {
			t.Fatalf("%q is read as %q", short, CleanToken(short))
		}
	}
	if long := strings.Repeat("a", 5000); CleanToken(long) != long {
		t.Error("what is much too long is made a token")
	}
}

// A code is read in any script, with anything around its digits, and never guessed from more or
// fewer digits.
func TestACodeIsReadHoweverItIsCopied(t *testing.T) {
	zeros := []rune{'0', '０', '٠', '۰', '०', '๐', '𝟎'}
	between := []string{"", "", "", " ", "-", "\u00a0", "\u200b", ".", "–", "/"}
	around := []string{"", " ", ".", "Code: ", "Ihr Code: ", "\r\n", "“", "is your code.", "(", ")", "\u00a0"}
	for range 3000 {
		want, typed := "", around[rand.IntN(len(around))]
		zero := zeros[rand.IntN(len(zeros))]
		for i := range codeDigits {
			d := rand.IntN(10)
			want += string(rune('0' + d))
			if i > 0 {
				typed += between[rand.IntN(len(between))]
			}
			typed += string(zero + rune(d))
		}
		typed += around[rand.IntN(len(around))]
		if got, ok := ReadCode(typed); !ok || got != want {
			t.Fatalf("%q is read as %q, %v; it was %s", typed, got, ok, want)
		}
		for _, bad := range []string{want + "1", want[1:], want[:3] + "x" + want[3:], want[:3] + " or " + want[3:], ""} {
			if got, ok := ReadCode(bad); ok {
				t.Fatalf("%q is taken for %s", bad, got)
			}
		}
	}
}
