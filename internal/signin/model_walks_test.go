package signin_test

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// walk is one account's life: its initial state, and what is done.
type walk struct {
	begin modelState
	todo  []act
}

// kind is what equivalent transitions have in common, one of which is enough: the act and its
// reply, everything about the browser where it is done and about the account, and the step of the
// other browser. The two browsers are interchangeable.
type kind struct {
	verb     verb
	said     reply
	here     browserState
	there    otherBrowser
	password passwordState
	account  accountState
	used     int8 // the temporary password: not, here, or in the other browser
	tooLate  bool
	finished bool
	company  bool
	own      bool
	terms    bool
	noCodes  bool
	recovery recoveryState
	besieged bool
}

type otherBrowser struct {
	due                         dueStep
	session, trusted, holdsCode bool
}

func (g *graph) kindOf(p modelState, a act) kind {
	_, said, _ := g.rules.do(p, a)
	there, used := p.browsers[1-a.browser], p.usedIn
	if used == 1 || used == 2 {
		used = 1 + (used-1+a.browser)%2
	}
	return kind{verb: a.verb, said: said, here: p.browsers[a.browser],
		there:    otherBrowser{g.rules.due(p, 1-a.browser), there.session, there.trusted > 0, there.signIn.good > 0},
		password: p.password, account: p.account, used: used, tooLate: p.tooLate, finished: p.finished,
		company: p.company, own: p.own, terms: p.terms, noCodes: p.sent == modelAnHour, recovery: p.recovery, besieged: p.besieged}
}

// aboutRecovery and aboutStrangers are the acts that depend on a recovery, or on strangers'
// guesses, or that end them.
var (
	aboutRecovery = []verb{choose, changeOwn, forgot, answerRight, answerWrong, askLink, followLink, correctEmail, resetPassword,
		lockAccount, deactivate, activate, hourPasses, weekPasses}
	aboutStrangers = []verb{rightPassword, strangersGuess, answerRight, followLink, resetPassword, unlockAccount, activate}
)

// most leaves out of a kind what does not affect the act.
func (g *graph) most(p modelState, a act) kind {
	k := g.kindOf(p, a)
	in := &k.here.signIn
	k.besieged = k.besieged && slices.Contains(aboutStrangers, a.verb)
	k.here.known = k.here.known && (a.verb == lastGuess || k.besieged)
	if !slices.Contains(aboutRecovery, a.verb) {
		k.recovery = noRecovery
	}
	k.company, k.own = k.company || k.own, false
	k.tooLate, k.noCodes, k.there.trusted = false, false, k.there.trusted && a.verb > enterWrong
	k.there.holdsCode = k.there.holdsCode && a.verb == enterOthers
	if a.verb < sendCode || a.verb > enterWrong {
		*in = signInState{there: in.there, proved: in.proved, lent: in.lent}
	}
	if a.verb != rightPassword {
		k.used, k.finished = 0, false
	}
	if !in.there {
		k.terms = false
	}
	return k
}

// few leaves out more: for everyday runs.
func (g *graph) few(p modelState, a act) kind {
	k := g.most(p, a)
	if a.verb <= accept || a.verb == signOut { // it does nothing to the other browser, except for a new password
		k.there = otherBrowser{due: min(k.there.due, 1), session: k.there.session}
	}
	if a.verb < choose {
		k.there = otherBrowser{}
	}
	if a.verb >= setCompanyTwoFactor || a.verb == colleague { // nothing that they do depends on how far a sign-in is
		k.here = browserState{session: k.here.session, trusted: k.here.trusted, signIn: signInState{there: k.here.signIn.there}}
		k.there = otherBrowser{session: k.there.session}
	}
	k.there.due, k.here.trusted = min(k.there.due, 1), min(k.here.trusted, 1)
	if a.verb != rightPassword {
		k.terms, k.company = false, k.company && a.verb == colleague
	}
	return k
}

// planner makes a few long walks over all kinds of transitions.
type planner struct {
	*graph
	kinds  []int32 // of each lead
	todo   []bool  // kinds that no walk has tried yet
	chance *rand.Rand
	walks  []walk
	here   int32
	// What must not add up to too much without a week in between: hours, and codes, of which an
	// account may only enter so many in a day.
	hours, codes int
	passed       []int32 // by place: the last search that passed it
	search       int32
}

const (
	mostHours = 50
	mostCodes = 40
	// mostPlaces is how far to search before another walk is begun.
	mostPlaces = 3000
	mostActs   = 400
)

// plan makes walks that try every kind of transition, and returns how many kinds there are.
func plan(g *graph, kindOf func(modelState, act) kind) (walks []walk, kinds int) {
	p := &planner{graph: g, kinds: make([]int32, len(g.leads)), chance: rand.New(rand.NewPCG(4, 16)), passed: make([]int32, len(g.places))}
	number := map[kind]int32{}
	var first []came // a transition of each kind
	for i, to := range g.leads {
		if to == nowhere {
			continue
		}
		at := came{int32(i / len(acts)), acts[i%len(acts)]}
		k := kindOf(g.places[at.place].modelState, at.act)
		if _, known := number[k]; !known {
			number[k] = int32(len(number))
			first = append(first, at)
		}
		p.kinds[i] = number[k]
	}
	p.todo = slices.Repeat([]bool{true}, len(number))
	for k, at := range first {
		if p.todo[k] {
			p.begin(at)
			for p.onward() {
			}
		}
	}
	return p.walks, len(number)
}

// begin begins a walk with the shortest way to a transition.
func (p *planner) begin(at came) {
	from, todo := p.way(at)
	p.walks = append(p.walks, walk{begin: from.modelState})
	p.here, p.hours, p.codes = p.number[from], 0, 0
	for _, a := range todo {
		p.take(a)
	}
}

func (p *planner) take(a act) {
	w := &p.walks[len(p.walks)-1]
	w.todo = append(w.todo, a)
	i := int(p.here)*len(acts) + slices.Index(acts, a)
	p.todo[p.kinds[i]] = false
	p.here = p.leads[i]
	switch {
	case a.verb == weekPasses:
		p.hours, p.codes = 0, 0
	case a.verb == hourPasses:
		p.hours++
	case a.verb >= enterNewest && a.verb <= enterWrong:
		p.codes++
	}
}

// onward goes to the nearest transition of an untried kind; false if there is none nearby, or the
// walk is long enough.
func (p *planner) onward() bool {
	if len(p.walks[len(p.walks)-1].todo) > mostActs {
		return false
	}
	if p.hours > mostHours || p.codes > mostCodes {
		p.take(act{weekPasses, 0})
	}
	way, found := p.nearest()
	for _, a := range way {
		p.take(a)
	}
	return found
}

func (p *planner) nearest() (way []act, found bool) {
	type step struct {
		place  int32
		before int
		act    act
	}
	p.search++
	queue := []step{{place: p.here, before: -1}}
	p.passed[p.here] = p.search
	order := p.chance.Perm(len(acts))
	for i := 0; i < len(queue) && i < mostPlaces; i++ {
		for _, j := range order {
			lead := int(queue[i].place)*len(acts) + j
			to := p.leads[lead]
			if to == nowhere {
				continue
			}
			if p.todo[p.kinds[lead]] {
				way = []act{acts[j]}
				for s := queue[i]; s.before >= 0; s = queue[s.before] {
					way = append(way, s.act)
				}
				slices.Reverse(way)
				return way, true
			}
			if p.passed[to] != p.search {
				p.passed[to] = p.search
				queue = append(queue, step{to, i, acts[j]})
			}
		}
	}
	return nil, false
}

func length(walks []walk) (n int) {
	for _, w := range walks {
		n += len(w.todo)
	}
	return n
}

// The plan leaves nothing out.
func TestTheWalksTryEveryKindOfTransition(t *testing.T) {
	g := explored()
	walks, kinds := planned()
	done := map[kind]bool{}
	for _, w := range walks {
		p := place{w.begin, notesOf(w.begin)}
		for _, a := range w.todo {
			done[g.few(p.modelState, a)] = true
			p, _, _, _ = g.step(p, a)
		}
	}
	if len(done) != kinds || kinds < 1000 {
		t.Errorf("%d kinds are tried of %d", len(done), kinds)
	}
}
