package mail

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"
)

// Decoding gives the text back, and mail servers change no line.
func TestQuotedPrintable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "é", "=", ".", " ", "  ", "\n", "\n\n", "\t", "word ", "😀",
			strings.Repeat("x", 73), strings.Repeat("y", 80), "-- ", "--"})).Draw(t, "text"), "")
		made := appendQuotedPrintable(nil, text)
		for line := range bytes.SplitSeq(made, []byte("\r\n")) {
			if len(line) > bodyWidth || bytes.HasPrefix(line, []byte(".")) || bytes.HasSuffix(line, []byte(" ")) || bytes.HasSuffix(line, []byte("\t")) || !isASCII(string(line)) {
				t.Errorf("a line is %q", line)
			}
		}
		got, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(made)))
		if want := strings.ReplaceAll(text, "\n", "\r\n"); err != nil || string(got) != want {
			t.Errorf("it reads %q, not %q, %v", got, want, err)
		}
	})
}

// Unfolding a field gives its value back.
func TestFoldedField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[!-~]{1,90}`), 1, 12).Draw(t, "words")
		value := strings.Join(words, " ")
		made := appendField(nil, field{"Subject", value})
		for line := range strings.SplitSeq(string(made), "\r\n") {
			if len(line) > headerWidth && strings.Contains(strings.TrimPrefix(line, " "), " ") {
				t.Errorf("a line could be folded: %q", line)
			}
		}
		got, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(made, "\r\n"...)))).ReadMIMEHeader()
		if err != nil || len(got) != 1 || got.Get("Subject") != value {
			t.Errorf("it reads %q, %v", got, err)
		}
	})
}

// A signature is valid for any message, and stays valid when a server folds its header
// and collapses its spaces.
func TestSignatureOfAnyMessage(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	key := DKIM{Domain: "meridian.example", Selector: "s", Key: private}
	options := &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b  c", " ", "\t", "\r\n", "\r\n\r\n", "  \r\n", "=20", "x\t \ty", "To: "})
		message := "From: \"A  B\"\r\n <a@meridian.example>\r\nTo:  c@b.example \r\nSubject: " + strings.Repeat("long ", 30) + "\r\nDate: now\r\n\r\n" +
			strings.Join(rapid.SliceOf(word).Draw(t, "body"), "") + "end\r\n"
		signed, err := key.sign([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		signature := strings.TrimSuffix(string(signed), message)
		changed := strings.NewReplacer("long ", "long\r\n ", "  ", " ").Replace(message) + "\r\n\r\n"
		for _, m := range []string{message, changed} {
			v, err := dkim.VerifyWithOptions(strings.NewReader(signature+m), options)
			if err != nil || len(v) != 1 || v[0].Err != nil {
				t.Fatalf("the signature of %q is not good: %v, %+v", m, err, v)
			}
		}
	})
}
