package main

import (
	"os"
	"strings"
	"testing"
)

// The document is what the command makes of the tests as they are.
func TestTheDocumentIsUpToDate(t *testing.T) {
	want, err := document("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/conformance.md")
	if err != nil || string(got) != string(want) {
		t.Errorf("run go generate ./internal/conformance (%v)", err)
	}
}

// A row is there once, and a text that only mentions it names no test.
func TestRowsAreFoundByTheirTests(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.rows {
			if seen[r.id] || strings.Contains(r.id, ", ") || strings.Contains(r.id, ": ") || r.asks == "" {
				t.Errorf("%q", r.id)
			}
			seen[r.id] = true
		}
	}
	tests, err := named("../..")
	if err != nil || len(tests["OIDC-G02"]) == 0 || len(tests["OIDC-G99"]) != 0 {
		t.Errorf("%v, %v", tests, err)
	}
}
