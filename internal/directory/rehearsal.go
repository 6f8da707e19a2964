package directory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
)

// Rehearsal predicts the first sign-ins if the good lines of a file were imported now. It counts
// their accounts, each signing in from an unknown device. It only uses the rules that decide at a
// real sign-in.
type Rehearsal struct {
	// Accounts are all of them, CanSignIn those without a shut barrier.
	Accounts, CanSignIn int
	// Kinds are what those sign in with: a kind of hash as secret.Inspect names it, or one of the
	// Kind… below. Wrapped is how many of the hashes are stored wrapped in argon2id.
	Kinds   []Tally
	Wrapped int
	// Shut is what shuts out the others: a gatehouse.BarrierKind, or ShutUnreadable.
	Shut []Tally
	// LeftOut are the lines that cannot be imported, by what is wrong with their hash, or
	// LeftOutOther.
	LeftOut []Tally
	// Asked are the steps of the first sign-in, each a gatehouse.Step; one user may have several.
	// AskedNothing have none.
	Asked        []Tally
	AskedNothing int
	Addresses    EmailFindings
}

// Tally is a count of something.
type Tally struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// What users sign in with other than foreign hashes, and what has no name elsewhere.
const (
	KindTemporary  = "temporary password"
	KindOwn        = "password chosen or used here already"
	ShutUnreadable = "unreadable-hash"
	LeftOutOther   = "other"
)

// EmailFindings are the findings about an import's addresses.
type EmailFindings struct {
	// None is how many accounts have no address, Invalid how many lines or accounts have one that
	// no mail can be sent to.
	None, Invalid int
	// Shared are mailboxes of several accounts, SpelledTwice those that are written in more than
	// one way; the first of each.
	Shared, SpelledTwice                 []SharedEmail
	SharedCount, SharedAccounts, Spelled int
}

// SharedEmail is a mailbox that occurs more than once.
type SharedEmail struct {
	// Email is its first spelling, Lines are the first lines that have it, and Accounts is how
	// many accounts do, including some that the file does not name.
	Email    string `json:"email"`
	Lines    []int  `json:"lines"`
	Accounts int    `json:"accounts"`
}

// mostExamples is how many addresses of a kind, and lines of an address, are named.
const mostExamples = 10

// mostReasons is how many different faults of hashes are counted separately.
const mostReasons = 50

// rehearsing is a rehearsal while the file is read.
type rehearsing struct {
	Rehearsal
	kinds, shut, leftOut, asked map[string]int
	mailboxes                   map[string]*mailbox
	known                       map[string]bool // usernames' keys of the good lines
}

// mailbox is the record of who has an address.
type mailbox struct {
	spelling string // the first
	twice    bool   // there is another
	asked    bool   // the database was queried for who has it
	lines    []int32
	accounts int
	// others are usernames' keys of accounts that have it now, and may be in the file.
	others []string
}

func newRehearsing() *rehearsing {
	return &rehearsing{kinds: map[string]int{}, shut: map[string]int{}, leftOut: map[string]int{}, asked: map[string]int{},
		mailboxes: map[string]*mailbox{}, known: map[string]bool{}}
}

// rehearse adds the changes of a batch.
func (p *importPass) rehearse(ctx context.Context, changes []importChange) error {
	if p.rehearsal == nil {
		return nil
	}
	var addresses []string
	for _, ch := range changes {
		p.rehearsal.account(p, ch)
		// Once for each: a file may have one address on every line, and as many accounts that
		// already have it.
		if box := p.rehearsal.mailboxes[gatehouse.Mailbox(ch.now.Email)]; box != nil && !box.asked {
			box.asked = true
			addresses = append(addresses, ch.now.Email)
		}
	}
	return p.q.UsersByEmails(ctx, p.st.ID, addresses, func(u gatehouse.User) {
		if p.caller.MayManage(p.st.ID, u.CompanyID) { // invariant 6: accounts of others must not be counted
			p.rehearsal.other(u)
		}
	})
}

func (r *rehearsing) account(p *importPass, ch importChange) {
	u := ch.now
	r.Accounts++
	r.known[ch.row.key] = true
	kind := passwordKind(ch)
	if u.Password.Hash == "" && ch.replaced {
		u.Password.Hash = kind // it is made when the file is imported
	}
	if !gatehouse.LockedNow(p.st.Policy.Lockout, u, p.now) {
		u.LockedAt, u.LockReason = time.Time{}, "" // signing in ends an expired lock
	}
	r.address(ch, u)
	firm := ch.company.Company
	barriers := gatehouse.Barriers(p.st.Policy, gatehouse.BarrierFacts{User: u, Policy: firm.Policy, Reachable: reachable(u),
		CodeAsked: gatehouse.RulesFor(p.st.Site, firm.Rule()).On() || u.WantsTwoFactor()}, p.now)
	if i := slices.IndexFunc(barriers, func(b gatehouse.Barrier) bool { return b.Shut }); i >= 0 {
		r.shut[string(barriers[i].Kind)]++
		return
	}
	if kind == ShutUnreadable {
		r.shut[kind]++
		return
	}
	r.CanSignIn++
	r.kinds[kind]++
	if ch.replaced && ch.row.weak {
		r.Wrapped++
	}
	// As signin does it after a right password.
	in := gatehouse.SignIn{SiteID: u.SiteID, UserID: u.ID, CredentialsAt: p.now, Origin: u.Password.Origin,
		PasswordSetAt: u.Password.SetAt, CreatedAt: p.now, ExpiresAt: p.now.Add(p.st.Policy.SignIn)}
	due := gatehouse.DueSteps(p.st.Site, gatehouse.SignInFacts{SignIn: in, User: u, Company: firm.Rule(), Policy: firm.Policy}, p.now)
	for _, step := range due {
		r.asked[string(step)]++
	}
	if len(due) == 0 {
		r.AskedNothing++
	}
}

// passwordKind is what a user signs in with after the import.
func passwordKind(ch importChange) string {
	if ch.replaced && ch.row.temporary != "" {
		return KindTemporary
	}
	hash := ch.now.Password.Hash
	if ch.replaced {
		hash = ch.row.hash
	}
	scheme, err := secret.Inspect(hash)
	switch {
	case err != nil:
		return ShutUnreadable
	case ch.replaced || !secret.Own(hash):
		return scheme
	case ch.now.Password.Temporary():
		return KindTemporary
	}
	return KindOwn
}

// address adds the address of an account.
func (r *rehearsing) address(ch importChange, u gatehouse.User) {
	if u.Email == "" {
		r.Addresses.None++
		return
	}
	if !reachable(u) {
		r.Addresses.Invalid++
	}
	box := r.mailbox(u.Email)
	box.accounts++
	if len(box.lines) < mostExamples {
		box.lines = append(box.lines, int32(ch.row.line))
	}
	if gatehouse.SameMailbox(ch.was.Email, u.Email) && ch.was.Email != u.Email {
		box.twice = true
	}
}

// mailbox finds the mailbox of an address, and records its spelling.
func (r *rehearsing) mailbox(address string) *mailbox {
	key := gatehouse.Mailbox(address)
	box := r.mailboxes[key]
	if box == nil {
		box = &mailbox{spelling: address}
		r.mailboxes[key] = box
	}
	box.twice = box.twice || box.spelling != address
	return box
}

// other records an account that already has an address of the file.
func (r *rehearsing) other(u gatehouse.User) {
	box := r.mailboxes[gatehouse.Mailbox(u.Email)]
	if box == nil { // only the look-up keys are the same
		return
	}
	box.others = append(box.others, gatehouse.NameKey(u.Username))
	if box.spelling != u.Email && !r.known[gatehouse.NameKey(u.Username)] {
		box.twice = true
	}
}

// leave records a line that is left out.
func (r *rehearsing) leave(problems []ImportProblem) {
	reason := LeftOutOther
	for _, problem := range problems {
		switch problem.Column {
		case colHash.String():
			reason = problem.Reason
		case colEmail.String():
			r.Addresses.Invalid++
		}
	}
	if _, seen := r.leftOut[reason]; !seen && len(r.leftOut) >= mostReasons {
		reason = LeftOutOther
	}
	r.leftOut[reason]++
}

// done adds everything up.
func (r *rehearsing) done() *Rehearsal {
	r.Kinds, r.Shut, r.LeftOut, r.Asked = tallies(r.kinds), tallies(r.shut), tallies(r.leftOut), tallies(r.asked)
	order := []gatehouse.Step{gatehouse.StepCode, gatehouse.StepPassword, gatehouse.StepChallenge, gatehouse.StepTerms, gatehouse.StepSoleUser}
	slices.SortStableFunc(r.Asked, func(a, b Tally) int {
		return slices.Index(order, gatehouse.Step(a.Name)) - slices.Index(order, gatehouse.Step(b.Name))
	})
	a := &r.Addresses
	for _, key := range slices.Sorted(maps.Keys(r.mailboxes)) {
		box := r.mailboxes[key]
		slices.Sort(box.others)
		for _, other := range slices.Compact(box.others) {
			if !r.known[other] {
				box.accounts++
			}
		}
		found := SharedEmail{Email: box.spelling, Accounts: box.accounts}
		for _, line := range box.lines {
			found.Lines = append(found.Lines, int(line))
		}
		if box.accounts > 1 {
			a.SharedCount++
			a.SharedAccounts += box.accounts
			if len(a.Shared) < mostExamples {
				a.Shared = append(a.Shared, found)
			}
		}
		if box.twice {
			a.Spelled++
			if len(a.SpelledTwice) < mostExamples {
				a.SpelledTwice = append(a.SpelledTwice, found)
			}
		}
	}
	return &r.Rehearsal
}

// tallies puts the largest first.
func tallies(counts map[string]int) []Tally {
	all := []Tally{}
	for name, n := range counts {
		all = append(all, Tally{name, n})
	}
	slices.SortFunc(all, func(a, b Tally) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return all
}
