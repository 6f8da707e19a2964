package testkit

import (
	"encoding/json"
	"strings"
	"testing"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Waiting is what a message in the outbox says, as somebody with the key file can read it:
// its subject, and its words with one line for each paragraph, item, fact and link.
func Waiting(t testing.TB, keys *secret.Keys, m store.Message) (subject, text string) {
	t.Helper()
	plain, err := keys.Open("message", m.Body)
	if err != nil {
		t.Fatal(err)
	}
	type spans []struct{ Text string }
	var content struct {
		Says struct {
			Subject, Foot string
			Blocks        []struct {
				Text  spans
				Items []spans
				Facts []struct {
					Name  string
					Value spans
				}
				Value, URL string
			}
		}
	}
	if err := json.Unmarshal(plain, &content); err != nil {
		t.Fatalf("the message %s cannot be read: %v", m.ID, err)
	}
	var b strings.Builder
	line := func(words string, more spans) {
		for _, s := range more {
			words += s.Text
		}
		if words != "" {
			b.WriteString(words + "\n")
		}
	}
	for _, block := range content.Says.Blocks {
		line("", block.Text)
		for _, item := range block.Items {
			line("- ", item)
		}
		for _, f := range block.Facts {
			line(f.Name+": ", f.Value)
		}
		line(block.Value, nil)
		line(block.URL, nil)
	}
	line(content.Says.Foot, nil)
	return content.Says.Subject, b.String()
}
