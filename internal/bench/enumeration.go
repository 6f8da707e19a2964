package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a stranger measures to find out who has an account (architecture, invariant 7):
// how long each answer takes, for names of every kind.

const (
	// rounds is how often a name of each kind is asked for, and batch how many rounds
	// pass before checking whether other programs were busy meanwhile.
	rounds, batch = 200, 10
	// mostRounds is how many names of each kind there are: those of quietly, and a
	// batch to warm up.
	mostRounds = (rounds/batch+rounds/batch/2)*batch + batch
	// together is how many strangers walk at the same time. A refusing answer waits for
	// most of its time (docs/decisions/0012), so they are seldom in each other's way; and
	// when they are, it affects kinds at random, as they come in another order each round.
	// Six keep a machine with two cores less than half busy.
	together = 6
)

// mostDifference is the limit, in hundredths of a hash.
const mostDifference = 3

// path is a walk through pages that asks about a name, with the kinds of names that its
// answers must not distinguish. The first is an ordinary account; the second is the
// same again: the difference between them is noise.
type path struct {
	name, siteID, host string
	steps              []string // what is timed
	walk               func(v *visit, name, email string)
	kinds              []kind
}

var paths = []path{
	{"sign-in", siteID, siteHost, []string{"wrong password"}, signInWrong, []kind{
		{name: "existing"}, {name: "again"}, {name: "unknown", none: true},
		{name: "locked", change: locked}, {name: "locked-out", wrong: 6}, {name: "locked-by-operator", change: lockedByOperator},
		{name: "deactivated", change: deactivated}, {name: "no-email", change: noEmail}, {name: "invited", change: invited},
	}},
	{"lock", siteID, siteHost, []string{"wrong password that locks"}, signInWrong, []kind{
		{name: "existing", wrong: 5}, {name: "again", wrong: 5}, {name: "unknown", none: true, wrong: 5},
		{name: "locked", wrong: 5, change: locked}, {name: "deactivated", wrong: 5, change: deactivated},
		{name: "no-email", wrong: 5, change: noEmail},
	}},
	{"challenge", siteID, siteHost, []string{"recovery begun", "question", "wrong answer", "second wrong answer", "third wrong answer"}, answerWrong, []kind{
		{name: "existing"}, {name: "again"}, {name: "unknown", none: true}, {name: "wrong-address", wrongEmail: true},
		{name: "own-question", own: true}, {name: "no-question", noQuestion: true},
		{name: "locked", change: locked}, {name: "locked-by-operator", change: lockedByOperator},
		{name: "deactivated", change: deactivated}, {name: "no-email", change: noEmail}, {name: "invited", change: invited},
	}},
	{"link", "inkwell", "inkwell.localhost", []string{"reset link"}, askLink, []kind{
		{name: "existing"}, {name: "again"}, {name: "unknown", none: true}, {name: "shared", shared: 4},
		{name: "locked", change: locked}, {name: "locked-by-operator", change: lockedByOperator},
		{name: "deactivated", change: deactivated}, {name: "invited", change: invited},
	}},
	{"username", siteID, siteHost, []string{"forgotten username"}, askUsername, []kind{
		{name: "existing"}, {name: "again"}, {name: "unknown", none: true}, {name: "shared", shared: 4},
		{name: "five-administrators", administrators: 5}, {name: "shared-by-five", shared: 4, administrators: 5},
		{name: "no-administrator", administrators: none}, {name: "deactivated", change: deactivated},
	}},
}

func signInWrong(v *visit, name, _ string) {
	v.open("/sign-in")
	v.post("/sign-in", 401, "username", name, "password", "Wrong-"+password)
}

func answerWrong(v *visit, name, email string) {
	v.open("/forgot-password")
	v.post("/forgot-password", 303, "username", name, "email", email)
	v.get("/forgot-password/challenge", 200)
	v.post("/forgot-password/challenge", 422, "answer", "Wrong "+password)
	v.post("/forgot-password/challenge", 422, "answer", "Wrong "+password)
	v.post("/forgot-password/challenge", 410, "answer", "Wrong "+password)
}

func askLink(v *visit, _, email string) {
	v.open("/forgot-password")
	v.post("/forgot-password", 303, "email", email)
}

func askUsername(v *visit, _, email string) {
	v.open("/forgot-username")
	v.post("/forgot-username", 303, "email", email, "message", "I have changed my phone and lost my notes.")
}

// visit is one stranger's walk. It stops after a failure.
type visit struct {
	c             *client
	signIn, token string
	recovery      string
	took          []time.Duration
	err           error
}

// open opens the page with the first form, which is not timed.
func (v *visit) open(path string) { v.signIn, v.token, v.err = v.c.open(path) }

func (v *visit) get(path string, want int) {
	v.timed(want, func() (answer, error) { return v.c.get(path, v.cookies()) })
}

// post sends a form: names and values.
func (v *visit) post(path string, want int, fields ...string) {
	form := "form_token=" + v.token
	for i := 0; i < len(fields); i += 2 {
		form += "&" + fields[i] + "=" + url.QueryEscape(fields[i+1])
	}
	v.timed(want, func() (answer, error) { return v.c.post(path, v.cookies(), form) })
}

func (v *visit) cookies() string {
	line := v.c.cookie("gatehouse-signin", v.signIn)
	if v.recovery != "" {
		line += "; " + v.c.cookie("gatehouse-recovery", v.recovery)
	}
	return line
}

func (v *visit) timed(want int, send func() (answer, error)) {
	if v.err != nil {
		return
	}
	begun := time.Now()
	a, err := send()
	v.took = append(v.took, time.Since(begun))
	switch {
	case err != nil:
		v.err = err
	case a.status != want:
		v.err = fmt.Errorf("status %d, want %d: %.400s", a.status, want, a.body)
	case a.recovery != "":
		v.recovery = a.recovery
	}
	if token, found := a.formToken(); found { // each page has its own forms
		v.token = token
	}
}

// measureEnumeration compares how long answers take for names of different kinds, as a
// share of one hash. Every name is asked for once and from its own address, as a
// stranger does to stay below the limits.
func measureEnumeration(ctx context.Context, b *bench, db *database) error {
	hash := b.hashTime(ctx)
	for _, p := range paths {
		if err := b.seed(ctx, db, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return b.duringWith(ctx, db, behindProxy, func(s *server) error {
		for _, p := range paths {
			if err := b.comparePath(ctx, s, p, hash); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		return nil
	})
}

// sample is how long the steps of walks took, by kind and step.
type sample [][][]time.Duration

func (b *bench) comparePath(ctx context.Context, s *server, p path, hash time.Duration) error {
	_, port, _ := net.SplitHostPort(s.public)
	var strangers [together]*client
	for i := range strangers {
		strangers[i] = s.client(p.host + ":" + port)
		defer strangers[i].close()
	}
	turn := 0
	measure := func() (sample, processor, error) {
		before := processorTime(s)
		all, err := p.batch(strangers[:], turn)
		turn += batch
		return all, processorTime(s).minus(before), err
	}
	if _, _, err := measure(); err != nil { // to warm up
		return err
	}
	batches, disturbed, err := quietly(ctx, b.count(rounds)/batch, measure)
	if err != nil {
		return err
	}
	for step, name := range p.steps {
		took := make([][]time.Duration, len(p.kinds))
		for _, one := range batches {
			for k := range p.kinds {
				took[k] = append(took[k], one[k][step]...)
			}
		}
		f := p.figure(took, hash)
		f.Name, f.Disturbed = "enumeration: "+name+" / hash, "+s.db.engine, disturbed
		b.report.add(f)
	}
	return nil
}

// walk is a stranger's next task: for which kind, in which turn.
type walk struct{ turn, kind int }

// batch asks for names of each kind, a few turns one after another, each in an order that
// favours no kind. A stranger who finishes a walk starts the next: waiting for the others to
// end a turn would be waiting most of the time.
func (p path) batch(strangers []*client, first int) (sample, error) {
	walks := make(chan walk, batch*len(p.kinds))
	for turn := range batch {
		for _, k := range shuffled(len(p.kinds)) {
			walks <- walk{first + turn, k}
		}
	}
	close(walks)
	took := make([][]walked, len(strangers))
	failed := make([]error, len(strangers))
	var walking sync.WaitGroup
	for i, c := range strangers {
		walking.Go(func() {
			for w := range walks {
				times, err := p.ask(c, w)
				if err != nil {
					failed[i] = fmt.Errorf("%s: %w", p.kinds[w.kind].name, err)
					return
				}
				took[i] = append(took[i], walked{w, times})
			}
		})
	}
	walking.Wait()
	return p.sorted(slices.Concat(took...)), errors.Join(failed...)
}

// walked is a walk with the time of each of its steps.
type walked struct {
	walk
	took []time.Duration
}

// sorted are the times of walks by kind and step, those of a kind in the order of their turns.
func (p path) sorted(all []walked) sample {
	slices.SortFunc(all, func(a, b walked) int { return a.turn - b.turn })
	s := make(sample, len(p.kinds))
	for k := range s {
		s[k] = make([][]time.Duration, len(p.steps))
	}
	for _, w := range all {
		for step, one := range w.took {
			s[w.kind][step] = append(s[w.kind][step], one)
		}
	}
	return s
}

// ask is one stranger's walk. It returns the time of each step.
func (p path) ask(c *client, w walk) ([]time.Duration, error) {
	name, email := p.typed(p.kinds[w.kind], w.turn)
	c.from = address(w.turn, w.kind)
	v := &visit{c: c}
	p.walk(v, name, email)
	return v.took, v.err
}

// shuffled are the numbers below n in random order.
func shuffled(n int) []int {
	order := make([]int, n)
	for i := range order {
		other, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			panic(err) // crypto/rand.Reader never fails
		}
		j := other.Int64()
		order[i], order[j] = order[j], i
	}
	return order
}

// address is a different one for every walk.
func address(turn, kind int) string { return fmt.Sprintf("10.%d.%d.%d", kind, turn/200, 1+turn%200) }

// figure is the largest difference between the first kind and any other, as a share of a
// hash. Each time counts as its difference from the faster half of its round, on average,
// so that if a machine is slower for a while, it is slower for all kinds. (Not from the
// median of the round: that is one of the times, with a difference of zero.)
func (p path) figure(took [][]time.Duration, hash time.Duration) figure {
	beside := make([][]time.Duration, len(took))
	for i := range took[0] {
		var round []time.Duration
		for k := range took {
			round = append(round, took[k][i])
		}
		slices.Sort(round)
		var sum time.Duration
		quicker := round[:(len(round)+1)/2]
		for _, d := range quicker {
			sum += d
		}
		for k := range took {
			beside[k] = append(beside[k], took[k][i]-sum/time.Duration(len(quicker)))
		}
	}
	share := func(k int) float64 {
		return 100 * float64((median(beside[k]) - median(beside[0])).Abs()) / float64(hash)
	}
	// If the same kind differs from itself, a miss says nothing about the server.
	f := figure{Unit: "%", Limit: mostDifference, Bound: below, Informational: share(1) > mostDifference/2}
	var detail strings.Builder
	for k, kind := range p.kinds {
		if k > 1 {
			f.Value = max(f.Value, share(k))
		}
		fmt.Fprintf(&detail, "%s %.2f, ", kind.name, millis(median(took[k])))
	}
	f.Detail = fmt.Sprintf("medians in ms: %shash %.2f; noise %.1f %%", &detail, millis(hash), share(1))
	return f
}
