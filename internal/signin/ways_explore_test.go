package signin_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// wayPlace is a state of the model with the notes up to it.
type wayPlace struct {
	wayState
	wayNotes
}

// wayStart are the accounts that walks begin with: without a factor, and with a phone.
func wayStart() []wayState {
	return []wayState{{mails: 1, texts: 1}, {phone: true, recovery: true, mails: 1, texts: 1}}
}

// wayGraph is everything reachable, breadth first.
type wayGraph struct {
	rules  wayRules
	places []wayPlace
	number map[wayPlace]int32
	from   []wayCame
	wrong  string
	at     wayCame
	// ways are what can be done at each place, and where it leads.
	ways [][]wayEdge
}

type wayCame struct {
	place int32
	act   wayAct
}

type wayEdge struct {
	act  wayAct
	to   int32
	kind wayKind
}

// wayKind tells transitions apart that walks try once each.
type wayKind struct {
	verb            wayVerb
	said            reply
	need            need
	app, key, phone bool
	fresh, other    bool // a strong proof in the session; the other browser is signing in
}

func (g *wayGraph) add(p wayPlace, from wayCame) int32 {
	n, known := g.number[p]
	if !known {
		n = int32(len(g.places))
		g.number[p] = n
		g.places, g.from = append(g.places, p), append(g.from, from)
	}
	return n
}

// exploreWays goes everywhere, or until an invariant is violated.
func exploreWays(r wayRules) *wayGraph {
	g := &wayGraph{rules: r, number: map[wayPlace]int32{}}
	for _, m := range wayStart() {
		g.add(wayPlace{m, wayNotesOf(m)}, wayCame{-1, wayAct{}})
	}
	for i := int32(0); int(i) < len(g.places); i++ {
		var ways []wayEdge
		for _, a := range wayActs {
			next, said, may := g.rules.do(g.places[i].wayState, a)
			if !may {
				continue
			}
			p := wayPlace{next, g.places[i].wayNotes}
			if g.wrong = p.take(a, said, r.seen(next)); g.wrong != "" {
				g.at = wayCame{i, a}
				return g
			}
			m := g.places[i].wayState
			ways = append(ways, wayEdge{a, g.add(p, wayCame{i, a}), wayKind{a.verb, said, m.need, m.app, m.key, m.phone,
				m.tabs[a.tab].proof >= m.wanted(), m.tabs[1-a.tab].signIn}})
		}
		g.ways = append(g.ways, ways)
	}
	return g
}

// trace writes out the way to a violation for people.
func (g *wayGraph) trace() string {
	var todo []string
	for at := g.at; at.place >= 0; at = g.from[at.place] {
		_, said, _ := g.rules.do(g.places[at.place].wayState, at.act)
		todo = append(todo, fmt.Sprintf("%s: %s", at.act, said))
	}
	slices.Reverse(todo)
	return strings.Join(todo, "\n")
}

var exploredWays = sync.OnceValue(func() *wayGraph { return exploreWays(wayRules{}) })

// The invariants hold in every state that the ways to prove oneself lead to, in any order, with
// set-up and proof in a session as steps.
func TestTheModelOfTheWaysHoldsTheInvariants(t *testing.T) {
	g := exploredWays()
	if g.wrong != "" {
		t.Fatalf("%s:\n%s", g.wrong, g.trace())
	}
	t.Logf("%d states", len(g.places))
	if len(g.places) < 5_000 {
		t.Errorf("only %d states were reached", len(g.places))
	}
}

// The invariants notice a missing rule.
func TestTheInvariantsOfTheWaysNeedEveryRule(t *testing.T) {
	for without := allWayRules + 1; without < wayRuleCount; without++ {
		g := exploreWays(wayRules{without})
		if g.wrong == "" {
			t.Errorf("without %q nothing goes wrong in %d states", without, len(g.places))
			continue
		}
		t.Logf("without %q: %s:\n%s", without, g.wrong, g.trace())
	}
}

// wayWalk is what is done with one account.
type wayWalk struct {
	begin wayState
	todo  []wayAct
}

// longestWay is how much is done with one account: it has a limit of codes in a day.
const longestWay = 40

// planWays plans walks that try every kind of transition, each time going to the nearest untried
// one. The second return value is how many kinds there are.
func planWays(g *wayGraph, kindOf func(wayKind) wayKind) (walks []wayWalk, kinds int) {
	untried := map[wayKind]bool{}
	for _, ways := range g.ways {
		for _, e := range ways {
			untried[kindOf(e.kind)] = true
		}
	}
	kinds = len(untried)
	for len(untried) > 0 {
		best := wayWalk{}
		for start := range wayStart() {
			w, at := wayWalk{begin: g.places[start].wayState}, int32(start)
			tried := map[wayKind]bool{}
			for len(w.todo) < longestWay {
				way := g.nearest(at, func(k wayKind) bool { return untried[kindOf(k)] && !tried[kindOf(k)] })
				if way == nil {
					break
				}
				for _, e := range way {
					w.todo, at = append(w.todo, e.act), e.to
					tried[kindOf(e.kind)] = true
				}
			}
			if len(w.todo) > 0 {
				best = w
				for k := range tried {
					delete(untried, k)
				}
				walks = append(walks, best)
			}
		}
		if best.todo == nil {
			break
		}
	}
	return walks, kinds
}

// nearest is the shortest way from a place to a transition that is wanted; nil: there is none.
func (g *wayGraph) nearest(from int32, wanted func(wayKind) bool) []wayEdge {
	type step struct {
		before int32
		edge   wayEdge
	}
	came, queue := map[int32]step{from: {before: -1}}, []int32{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range g.ways[at] {
			if wanted(e.kind) {
				way := []wayEdge{e}
				for ; came[at].before >= 0; at = came[at].before {
					way = append(way, came[at].edge)
				}
				slices.Reverse(way)
				return way
			}
			if _, known := came[e.to]; !known {
				came[e.to] = step{at, e}
				queue = append(queue, e.to)
			}
		}
	}
	return nil
}
