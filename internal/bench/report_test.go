package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFiguresAreJudged(t *testing.T) {
	for _, c := range []struct {
		figure figure
		ok     bool
	}{
		{figure{Value: 0.9, Limit: 0.8, Bound: atLeast}, true},
		{figure{Value: 0.7, Limit: 0.8, Bound: atLeast}, false},
		{figure{Value: 7, Limit: 8, Bound: below}, true},
		{figure{Value: 8, Limit: 8, Bound: below}, false},
		// Nothing does more than the machine can.
		{figure{Value: 1.01, Limit: 0.8, Bound: atLeast, Most: mostOfLimit}, true},
		{figure{Value: 1.35, Limit: 0.8, Bound: atLeast, Most: mostOfLimit}, false},
	} {
		r := newReport()
		if r.add(c.figure); r.missed() == c.ok {
			t.Errorf("%+v: missed %t", c.figure, r.missed())
		}
	}
}

// A run of half an hour is not lost with one group: the results of the others are on the
// page, next to what went wrong.
func TestThePageHasFiguresAndWhatWasNotMeasured(t *testing.T) {
	r := newReport()
	r.Took = 31 * time.Minute
	r.add(figure{Name: "start", Value: 61, Unit: "ms", Limit: 60, Bound: below, Detail: "of 9"})
	r.add(figure{Name: "checks", Value: 0.6, Limit: 0.55, Bound: atLeast, Disturbed: true})
	r.skip("sign-in/postgres", errors.New("no PostgreSQL"))
	r.fail("mail/sqlite", errors.New("only half of them came"))
	path := filepath.Join(t.TempDir(), "figures.md")
	if err := r.writePage(path, "go run ./internal/bench -figures docs/figures.md"); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"go run ./internal/bench -figures docs/figures.md", r.Machine.String(), r.Begun.Format("2006-01-02 15:04"), "measured for 31 minutes",
		"| start | below 60 ms | 61 ms | **no** |\n", "| checks | at least 0.55 | 0.6 | yes, disturbed |\n", "- start: of 9\n",
		"| sign-in/postgres | | | no PostgreSQL |\n", "| mail/sqlite | | | not measured to its end: only half of them came |\n",
		"## Other servers",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not have %q:\n%s", want, page[:min(len(page), 1500)])
		}
	}
}

// Strangers walk in any order; their measurements are compared kind by kind within one
// turn.
func TestWalksAreSortedByKindAndTurn(t *testing.T) {
	p := path{kinds: make([]kind, 2), steps: []string{"form", "answer"}}
	s := p.sorted([]walked{
		{walk{8, 1}, []time.Duration{81, 810}}, {walk{7, 0}, []time.Duration{70, 700}},
		{walk{8, 0}, []time.Duration{80, 800}}, {walk{7, 1}, []time.Duration{71, 710}},
	})
	for kind, want := range [][][]time.Duration{{{70, 80}, {700, 800}}, {{71, 81}, {710, 810}}} {
		for step := range want {
			if got := s[kind][step]; len(got) != 2 || got[0] != want[step][0] || got[1] != want[step][1] {
				t.Errorf("kind %d, step %d: %v, want %v", kind, step, got, want[step])
			}
		}
	}
}
