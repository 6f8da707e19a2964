package signin_test

import (
	"fmt"
	"strings"
	"testing"
)

// place is a state of the model with the notes up to it.
type place struct {
	modelState
	notes
}

// graph is everything reachable, breadth first.
type graph struct {
	rules  rules
	places []place
	number map[place]int32
	// from is the first way to a place: the previous place, and what was done there.
	from []came
	// wrong is the violated invariant, with the act that showed it.
	wrong string
	at    came
	edges int
	// leads is where each act leads from each place, all acts of the first place first; nowhere if
	// it is not possible there.
	leads []int32
}

const nowhere = -1

type came struct {
	place int32
	act   act
}

// explore goes everywhere, or until an invariant is violated.
func explore(r rules) *graph {
	g := &graph{rules: r, number: map[place]int32{}}
	for _, m := range start() {
		g.add(place{m, notesOf(m)}, came{-1, act{}})
	}
	for i := int32(0); int(i) < len(g.places); i++ {
		for _, a := range acts {
			next, _, wrong, may := g.step(g.places[i], a)
			if !may {
				g.leads = append(g.leads, nowhere)
				continue
			}
			if g.edges++; wrong != "" {
				g.wrong, g.at = wrong, came{i, a}
				return g
			}
			g.leads = append(g.leads, g.add(next, came{i, a}))
		}
	}
	return g
}

func (g *graph) add(p place, from came) int32 {
	n, known := g.number[p]
	if !known {
		n = int32(len(g.places))
		g.number[p] = n
		g.places, g.from = append(g.places, p), append(g.from, from)
	}
	return n
}

// step performs one act at a place.
func (g *graph) step(p place, a act) (next place, said reply, wrong string, may bool) {
	next.modelState, said, may = g.rules.do(p.modelState, a)
	if !may {
		return next, said, "", false
	}
	next.notes = p.notes
	wrong = next.notes.take(a, said, g.rules.seen(next.modelState))
	return next, said, wrong, true
}

// way returns how a place is reached, and the last act there.
func (g *graph) way(at came) (begin place, todo []act) {
	for ; at.place >= 0; at = g.from[at.place] {
		begin, todo = g.places[at.place], append([]act{at.act}, todo...)
	}
	return begin, todo
}

// trace writes out a way for people.
func (g *graph) trace(at came) string {
	var text strings.Builder
	p, todo := g.way(at)
	text.WriteString(p.beginning())
	for i, a := range todo {
		next, said, _, _ := g.step(p, a)
		fmt.Fprintf(&text, "\n%3d. %s: %s", i+1, a, said)
		p = next
	}
	return text.String()
}

// Invariants 1 to 5, B08 and B16 hold in every reachable state of the model, in any order of what
// users, administrators and time do.
func TestTheModelHoldsTheInvariants(t *testing.T) {
	g := explored()
	if g.wrong != "" {
		t.Fatalf("%s:\n%s", g.wrong, g.trace(g.at))
	}
	t.Logf("%d states, %d transitions", len(g.places), g.edges)
	if len(g.places) < 10_000 {
		t.Errorf("only %d states were reached", len(g.places))
	}
}

// The invariants notice a missing rule: without any one rule, the model can violate them.
func TestTheInvariantsNeedEveryRule(t *testing.T) {
	for without := noRule + 1; without < ruleCount; without++ {
		g := explore(rules{without})
		if g.wrong == "" {
			t.Errorf("without %q nothing goes wrong in %d states", without, len(g.places))
			continue
		}
		t.Logf("without %q: %s:\n%s", without, g.wrong, g.trace(g.at))
	}
}
