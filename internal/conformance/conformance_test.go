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

// Each row of SP 800-63B-4 has a test, or says why it has none.
func TestRowsOfNISTHaveATestOrAReason(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range nistGroups {
		for _, r := range g.rows {
			kind, reason, _ := strings.Cut(r.standing, ": ")
			switch {
			case seen[r.id] || r.asks == "" || strings.Contains(r.id+r.asks+r.standing+r.classic, "|"):
				t.Errorf("%q", r.id)
			case r.standing == "" && r.tests == "":
				t.Errorf("%s has neither a test nor a reason", r.id)
			case r.standing != "" && (reason == "" || kind != "documented" && kind != "outside" && kind != "not met"):
				t.Errorf("%s: %q", r.id, r.standing)
			case r.classic != "" && !r.met():
				t.Errorf("%s: the classic profile cannot do worse than %q", r.id, r.standing)
			case kind == "outside" && r.tests != "":
				t.Errorf("%s is outside, and tested", r.id)
			}
			seen[r.id] = true
		}
	}
}

// A test that does not exist is noticed: otherwise a row could rest on nothing.
func TestATestThatDoesNotExistIsNoticed(t *testing.T) {
	there := nistGroups
	defer func() { nistGroups = there }()
	nistGroups = []nistGroup{{"A", []nistRow{{"A-1", "something", "TestRowsOfNISTHaveATestOrAReason TestNothingAtAll", "", ""}}}}
	if _, err := document("../.."); err == nil || !strings.Contains(err.Error(), "A-1: there is no TestNothingAtAll") {
		t.Errorf("%v", err)
	}
}

// What is not met, or not counted, is in neither number; each profile has its own.
func TestTheProfilesAreCountedSeparately(t *testing.T) {
	there := nistGroups
	defer func() { nistGroups = there }()
	nistGroups = []nistGroup{{"A", []nistRow{
		{"A-1", "something", "TestRowsOfNISTHaveATestOrAReason", "", "it is old"},
		{"A-2", "something", "", "documented: here", ""},
		{"A-3", "something", "", "not met: there is none", ""},
		{"A-4", "something", "", "outside: somebody else's", ""},
	}}}
	text, err := document("../..")
	for _, want := range []string{"modern profile: 2 of 3 met", "classic profile: 1 of 3 met", "not counted (1)"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("nothing of %q: %v", want, err)
		}
	}
}
