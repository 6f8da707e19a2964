package gatehouse_test

import (
	"fmt"
	"slices"
	"time"

	"gatehouse"
	"pgregory.net/rapid"
)

// guessState is the state of an attempt in the model.
type guessState string

const (
	waiting       guessState = "waiting"
	beingVerified guessState = "being verified"
	refused       guessState = "refused"
	answered      guessState = "answered"
	dropped       guessState = "dropped" // not looked at, and the service said so
	died          guessState = "died"    // nobody will report its outcome
)

type guess struct {
	right      bool
	state      guessState
	row, era   int // in which it was admitted
	endedIn    int // the row in which it was answered
	admittedAt time.Duration
	writtenOff bool // the rule has counted it as abandoned
}

// lockout plays a sign-in service around the rule: every attempt is taken, verified, and its
// outcome recorded, each in its own transaction; anything may happen in between. It knows which
// guesses are right and which are alive; the rule does not. Its own records come from the events,
// never from the rule's counts.
type lockout struct {
	policy  gatehouse.LockoutPolicy
	counts  gatehouse.Attempts
	now     time.Time     // what the server believes the time is
	elapsed time.Duration // the real time that has passed
	jumped  bool          // the two have parted
	guesses []*guess
	// A row ends with a right answer, an era with an unlock. Both, and a lock that ends by time,
	// start a new row.
	row, era int
	// behind and total are the wrong answers and the abandoned ones of this row and
	// of this era.
	behind, total int
	// survivors are the guesses that were written off while they were alive, and so are not
	// judged. Only a clock that jumps or a slow process causes that.
	survivors int
	// closed: attempts of dead processes have been closed, and nobody has asked since. If that was
	// one too many, the next one locks.
	closed bool
	// complaints are violations that only show at the moment they happen.
	complaints []string
}

func newLockout(p gatehouse.LockoutPolicy) *lockout { return &lockout{policy: p, now: noon} }

func anyLockout(t *rapid.T, least, most int) *lockout { return newLockout(anyPolicy(t, least, most)) }

func (l *lockout) complain(format string, args ...any) {
	l.complaints = append(l.complaints, fmt.Sprintf(format, args...))
}

// locked: at this moment; an expired lock does not count.
func (l *lockout) locked() bool { return !l.counts.LockedAt.IsZero() && !l.lockIsOver() }

// lockIsOver decides it by the text of LockoutPolicy.
func (l *lockout) lockIsOver() bool {
	end := l.counts.LockedAt.Add(l.policy.UnlockAfter)
	return !l.counts.LockedAt.IsZero() && l.policy.UnlockAfter > 0 && l.total < l.policy.InAll && !l.now.Before(end)
}

func (l *lockout) newRow() { l.row, l.behind = l.row+1, 0 }

// become writes new counts, and checks what they did to the lock.
func (l *lockout) become(after gatehouse.Attempts) {
	before := l.counts
	l.counts = after
	switch {
	case before.LockedAt.Equal(after.LockedAt):
	case !before.LockedAt.IsZero() && !after.LockedAt.IsZero():
		l.complain("a lock became another one: %+v, %+v", before, after)
	case before.LockedAt.IsZero() && !after.LockedAt.Equal(l.now):
		l.complain("locked since %s at %s", after.LockedAt, l.now)
	case before.LockedAt.IsZero() && l.behind < l.policy.Attempts && l.total < l.policy.InAll:
		l.complain("locked with %d in a row and %d in all: %+v", l.behind, l.total, after)
	}
}

func (l *lockout) arrive(right bool) *guess {
	g := &guess{right: right, state: waiting}
	l.guesses = append(l.guesses, g)
	l.look(g)
	return g
}

// look asks for the verdict on an attempt, first and again while it waits.
func (l *lockout) look(g *guess) {
	if g.state != waiting {
		return
	}
	after, verdict := l.counts.Take(l.policy, l.now)
	l.closed = false
	if l.lockIsOver() {
		l.newRow()
	} else if !l.counts.LockedAt.IsZero() && after.LockedAt.IsZero() {
		l.complain("a lock ended before its time: %+v", l.counts)
	}
	open := l.counts.Open
	if verdict == gatehouse.Admit {
		open++
	}
	if after.Open < open {
		l.writeOff(open - after.Open)
	}
	l.become(after)
	switch verdict {
	case gatehouse.Admit:
		if l.locked() {
			l.complain("admitted while locked: %+v", after)
		}
		g.state, g.row, g.era, g.admittedAt = beingVerified, l.row, l.era, l.elapsed
	case gatehouse.Refuse:
		g.state = refused
		if !l.locked() {
			l.complain("refused, but nothing is locked: %+v", after)
		}
	}
}

// writeOff notes that the rule treats everything open as abandoned.
func (l *lockout) writeOff(n int) {
	alive := 0
	for _, g := range l.in(beingVerified, died) {
		if g.state == beingVerified {
			alive++
		}
		g.writeOff()
	}
	l.survivors += alive
	l.behind, l.total = l.behind+n, l.total+n
	if alive > 0 && !l.jumped {
		l.complain("%d attempts counted as abandoned while %d are alive", n, alive)
	}
}

// writeOff: nobody judges it now. Its service finds it closed.
func (g *guess) writeOff() {
	g.writtenOff = true
	if g.state == beingVerified {
		g.state = dropped
	}
}

// gone closes some attempts of a process that is dead or was only slow.
func (l *lockout) gone(those []*guess) {
	for _, g := range those {
		if g.writtenOff {
			continue
		}
		g.writeOff()
		l.closed = true
		l.behind, l.total = l.behind+1, l.total+1
		l.become(l.counts.Abandoned())
	}
}

// finish records the outcome of an attempt that was verified.
func (l *lockout) finish(g *guess) {
	if g.state != beingVerified {
		return
	}
	g.state, g.endedIn = answered, l.row
	if g.right {
		l.newRow()
		l.become(l.counts.Right())
		return
	}
	l.behind, l.total = l.behind+1, l.total+1
	l.become(l.counts.Wrong(l.policy, l.now))
}

// drop takes back an attempt that was not verified.
func (l *lockout) drop(g *guess) {
	if g.state == beingVerified {
		g.state = dropped
		l.become(l.counts.Dropped())
	}
}

// unlock is by an administrator or, with a recovery, by the owner.
func (l *lockout) unlock() {
	l.newRow()
	l.era, l.total = l.era+1, 0
	l.become(l.counts.Forgotten())
	if !l.counts.LockedAt.IsZero() {
		l.complain("locked after the unlock: %+v", l.counts)
	}
}

// pass lets time pass. An admitted attempt does not live longer than AttemptTime; waiting has no
// limit.
func (l *lockout) pass(d time.Duration) {
	l.now, l.elapsed = l.now.Add(d), l.elapsed+d
	for _, g := range l.in(beingVerified) {
		if l.elapsed-g.admittedAt >= gatehouse.AttemptTime {
			g.state = died
		}
	}
}

func (l *lockout) in(states ...guessState) []*guess {
	var found []*guess
	for _, g := range l.guesses {
		if slices.Contains(states, g.state) {
			found = append(found, g)
		}
	}
	return found
}

// open returns how many are admitted and unfinished, as far as anybody knows.
func (l *lockout) open() int {
	n := 0
	for _, g := range l.in(beingVerified, died) {
		if !g.writtenOff {
			n++
		}
	}
	return n
}

// lookedAt returns the wrong guesses that were or may still be verified.
func (l *lockout) lookedAt() []*guess {
	return slices.DeleteFunc(l.in(beingVerified, answered, died), func(g *guess) bool { return g.right })
}

// wrongIn returns how many of an era's wrong guesses were verified.
func (l *lockout) wrongIn(era int) int {
	n := 0
	for _, g := range l.lookedAt() {
		if g.era == era {
			n++
		}
	}
	return n
}

// longestRow returns the largest number of wrong guesses that were verified between two right ones
// or unlocks. It counts them once by when they were admitted, which is fair to those in flight
// when a row ends, and once by when they were answered.
func (l *lockout) longestRow() int {
	admitted, ended := map[int]int{}, map[int]int{}
	longest := 0
	for _, g := range l.lookedAt() {
		admitted[g.row]++
		longest = max(longest, admitted[g.row])
		if g.state == answered {
			ended[g.endedIn]++
			longest = max(longest, ended[g.endedIn])
		}
	}
	return longest
}

// waitsFor returns how long a constantly polling attempt would wait if nothing else happened, up
// to a day.
func (l *lockout) waitsFor() time.Duration {
	const step = 5 * time.Second
	d := time.Duration(0)
	for counts := l.counts; d < 24*time.Hour; d += step {
		after, verdict := counts.Take(l.policy, l.now.Add(d))
		if verdict != gatehouse.Wait {
			break
		}
		counts = after
	}
	return d
}

// check returns what is wrong, at any moment.
func (l *lockout) check(t *rapid.T) {
	c, p := l.counts, l.policy
	if len(l.complaints) > 0 {
		t.Fatal(l.complaints[0])
	}
	if c.Open < 0 {
		t.Fatalf("fewer than none open: %+v", c)
	}
	if c.Row != l.behind || c.All != l.total {
		t.Fatalf("%d in a row and %d in all, but %+v", l.behind, l.total, c)
	}
	if n := l.longestRow(); n > p.Attempts {
		t.Fatalf("%d wrong guesses in a row with %+v", n, p)
	}
	for era := range l.era + 1 {
		if n := l.wrongIn(era); n > p.InAll {
			t.Fatalf("%d wrong guesses in all with %+v", n, p)
		}
	}
	l.checkExactly(t)
	// Nothing is admitted meanwhile, so every open attempt is dead after AttemptTime. A clock that
	// was ahead by less than that looks like another server's that is a little behind, so time has
	// to catch up with it first.
	most := gatehouse.AttemptTime
	if l.jumped {
		most *= 2
	}
	if d := l.waitsFor(); d > most {
		t.Fatalf("waits for %s: %+v at %s", d, c, l.now)
	}
}

// checkExactly compares the counts with what has happened.
func (l *lockout) checkExactly(t *rapid.T) {
	c, p := l.counts, l.policy
	if open := l.open(); c.Open != open {
		t.Fatalf("%d open, but %+v", open, c)
	}
	if c.Row+c.Open > p.Attempts || c.All+c.Open > p.InAll {
		t.Fatalf("beyond %+v: %+v", p, c)
	}
	if alive := len(l.in(beingVerified)); alive > p.Attempts {
		t.Fatalf("%d are verified at once with %+v", alive, p)
	}
	if full := l.behind >= p.Attempts || l.total >= p.InAll; full == c.LockedAt.IsZero() && !l.closed {
		t.Fatalf("%d in a row, %d in all, but %+v with %+v", l.behind, l.total, c, p)
	}
}

// actions are the possible actions, drawn one after the other.
func (l *lockout) actions(names ...string) map[string]func(*rapid.T) {
	one := func(state guessState, do func(*guess)) func(*rapid.T) {
		return func(t *rapid.T) {
			if some := l.in(state); len(some) > 0 { // else nothing happens
				do(rapid.SampledFrom(some).Draw(t, "which"))
			}
		}
	}
	burst := func(t *rapid.T, right bool) {
		for range rapid.IntRange(2, 12).Draw(t, "burst") {
			l.arrive(right)
		}
	}
	jump := func(t *rapid.T, unit time.Duration, most int) {
		l.jumped = true
		l.now = l.now.Add(time.Duration(rapid.IntRange(-most, most).Draw(t, "jump")) * unit)
	}
	all := map[string]func(*rapid.T){
		"wrong guess":    func(*rapid.T) { l.arrive(false) },
		"wrong burst":    func(t *rapid.T) { burst(t, false) },
		"right guess":    func(*rapid.T) { l.arrive(true) },
		"right burst":    func(t *rapid.T) { burst(t, true) },
		"ask again":      one(waiting, func(g *guess) { l.look(g) }),
		"everybody asks": func(*rapid.T) { l.everybodyAsks() },
		"finish":         one(beingVerified, func(g *guess) { l.finish(g) }),
		"finish another": one(beingVerified, func(g *guess) { l.finish(g) }),
		"everybody ends": func(*rapid.T) { l.everybodyEnds() },
		"die":            one(beingVerified, func(g *guess) { g.state = died }),
		"a process goes": func(t *rapid.T) {
			l.gone(slices.DeleteFunc(l.in(beingVerified, died), func(*guess) bool { return rapid.Bool().Draw(t, "another's") }))
		},
		"drop":         one(beingVerified, func(g *guess) { l.drop(g) }),
		"seconds pass": func(t *rapid.T) { l.pass(time.Duration(rapid.IntRange(1, 130).Draw(t, "seconds")) * time.Second) },
		"hours pass":   func(t *rapid.T) { l.pass(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour) },
		"unlock":       func(*rapid.T) { l.unlock() },
		"clock jumps":  func(t *rapid.T) { jump(t, time.Hour, 48) },
		"clock is set": func(t *rapid.T) { jump(t, time.Second, 300) },
	}
	chosen := map[string]func(*rapid.T){"": l.check}
	for _, name := range names {
		chosen[name] = all[name]
		if all[name] == nil {
			panic("no action " + name)
		}
	}
	return chosen
}

func (l *lockout) everybodyAsks() {
	for _, g := range l.in(waiting) {
		l.look(g)
	}
}

func (l *lockout) everybodyEnds() {
	for _, g := range l.in(beingVerified) {
		l.finish(g)
	}
}
