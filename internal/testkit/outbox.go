package testkit

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"testing"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Waiting is what a message says that waits in the outbox, as somebody with the key file can
// read it: its subject and its text.
func Waiting(t testing.TB, keys *secret.Keys, m store.Message) (subject, text string) {
	t.Helper()
	small, err := keys.Open("mail", m.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(small)))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := bytes.Cut(plain, []byte("\n"))
	var content struct {
		Subject string
		Length  int
	}
	if err := json.Unmarshal(head, &content); err != nil || content.Length > len(rest) {
		t.Fatalf("the message %s cannot be read: %v", m.ID, err)
	}
	return content.Subject, string(rest[:content.Length])
}
