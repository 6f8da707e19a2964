package account_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit"
)

func (f *flat) directory() *directory.Service {
	return &directory.Service{Desk: f.SignIn.Desk, Hasher: f.Hasher}
}

// correct gives a user another address, as an administrator does.
func (f *flat) correct(u gatehouse.User, email string) error {
	by := gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}
	_, err := f.directory().UpdateUser(f.t.Context(), f.site, by, u.ID, directory.UserChange{Email: &email})
	return err
}

// links waits until all mail has been sent and returns the tokens of the links to a path that have
// arrived at an address since the last call.
func (f *flat) links(to, path string) (tokens []string) {
	f.t.Helper()
	testkit.Eventually(f.t, "the outbox to be empty", func() bool {
		f.Outbox.Hurry()
		waiting, _, err := f.Store.Read().MailQueue(f.t.Context(), f.Clock.Now())
		return err == nil && waiting == 0
	})
	for _, m := range f.Mail.Unread(to) {
		for _, link := range m.Links() {
			if u, err := url.Parse(link); err == nil && u.Path == path {
				tokens = append(tokens, u.Query().Get("token"))
			}
		}
	}
	return tokens
}

// The attack: a thief with a session moves the address, the owner moves it back from the profile,
// and the mails about that are worthless to the thief.
func TestA05_TheOwnersRepairIsNotTheThiefsToUndo(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		for siteID, name := range map[string]string{"meridian-uk": "priya", "inkwell": "priya@northgate.example"} {
			u, evil := f.user(siteID, name, nil), "evil@"+siteID+".example"
			owners := f.move(u, evil)
			f.Clock.Add(time.Hour)
			if err := f.save(u, form(f.User(u), u.Email)); err != nil {
				t.Fatal(err)
			}
			if links := f.links(evil, undoPath); len(links) != 0 {
				t.Fatalf("%s: the thief can stop the repair", siteID)
			}
			confirm := f.links(u.Email, confirmPath)
			if err := f.confirm(confirm[len(confirm)-1]); err != nil {
				t.Fatal(err)
			}
			f.wantEmail(u, u.Email)
			if links := f.links(evil, undoPath); len(links) != 0 {
				t.Fatalf("%s: the thief can undo the repair", siteID)
			}
			// The thief returns with another address: the first mail still undoes it.
			f.Clock.Add(time.Hour)
			f.move(u, "evil2@"+siteID+".example")
			f.Clock.Add(gatehouse.UndoEmailFor - time.Hour)
			if restored, err := f.undo(owners); err != nil || !restored {
				t.Fatalf("%s: restored %v, %v", siteID, restored, err)
			}
			f.wantEmail(u, u.Email)
			f.wantOpen(u, "0 sessions, 0 browsers")
		}
	})
}

// If a thief moves from address to address, the owner is told of each change, with the link.
func TestA05_TheAddressThatKeepsTheAccountHearsOfEveryChange(t *testing.T) {
	f := onceFlat(t)
	u := f.user("inkwell", "priya@northgate.example", nil)
	f.move(u, "evil1@elsewhere.example")
	f.Clock.Add(6 * 24 * time.Hour)
	f.ask(u, "evil2@elsewhere.example")
	if err := f.confirm(f.token("evil2@elsewhere.example", confirmPath)); err != nil {
		t.Fatal(err)
	}
	told, _ := f.subject(u.Email, "was changed again")
	if !strings.Contains(told.Text, u.Email) || strings.Contains(told.Text, "evil2@") {
		t.Errorf("%s", told.Text)
	}
	f.Clock.Add(6 * 24 * time.Hour)
	link, err := url.Parse(told.Links()[0])
	if err != nil {
		t.Fatal(err)
	}
	if restored, err := f.undo(link.Query().Get("token")); err != nil || !restored {
		t.Errorf("restored %v, %v", restored, err)
	}
	f.wantEmail(u, u.Email)
}

// An intruder in the account who requests address after address does not use up the owner's way
// back.
func TestA05_TheWayBackHasALimitOfItsOwn(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	f.move(u, "evil@elsewhere.example")
	for i := range 10 {
		if err := f.save(u, form(f.User(u), fmt.Sprintf("evil%d@elsewhere.example", i))); gatehouse.KindOf(err) == gatehouse.TooMany {
			break
		}
	}
	wantCode(t, "another address", f.save(u, form(f.User(u), "more@elsewhere.example")), gatehouse.TooMany, account.ReasonEmailOften)
	if err := f.save(u, form(f.User(u), u.Email)); err != nil {
		t.Errorf("back to the owner's: %v", err)
	}
}

// fight is an account over whose address an owner and a thief fight, both of them signed in and
// with separate mailboxes.
type fight struct {
	*flat
	u             gatehouse.User
	random        *rand.Rand
	owners, evils []string
	// begun: one of the two has changed the address since the owner last took it back.
	begun     bool
	address   string
	changedAt time.Time
	acts      []string
}

func (g *fight) one(of []string) string { return of[g.random.IntN(len(of))] }

// act does one thing. A refusal by the rules is not a failure, no matter who it was.
func (g *fight) act() {
	g.t.Helper()
	g.Clock.Add(time.Duration(g.random.IntN(600)) * time.Minute)
	var what string
	switch g.random.IntN(9) {
	case 0, 1, 2:
		what = g.one(slices.Concat(g.owners, g.evils))
		err := g.save(g.u, form(g.User(g.u), what))
		what = fmt.Sprint("ask for ", what, ": ", err)
	case 3, 4, 5:
		to := g.one(slices.Concat(g.owners, g.evils))
		if links := g.links(to, confirmPath); len(links) > 0 && g.confirm(links[len(links)-1]) == nil {
			g.begun = true
		}
		what = "confirm from " + to
	case 6:
		to := g.owners[g.random.IntN(len(g.owners))]
		if g.begun { // the thief can request it, too
			to = g.one(slices.Concat(g.owners, g.evils))
		}
		what = fmt.Sprint("correct to ", to, ": ", g.correct(g.u, to))
	case 7:
		if g.random.IntN(2) == 0 {
			g.setPassword(g.u)
			what = "new password"
			break
		}
		what = fmt.Sprint("give up: ", g.own.DropEmailChange(g.t.Context(), g.site, g.caller(g.u)))
	case 8:
		what = fmt.Sprint("the owner stops or undoes: ", g.takeBack())
	}
	g.acts = append(g.acts, what)
	g.look()
}

// takeBack tries the owner's links, the newest first, and reports whether one of them worked.
func (g *fight) takeBack() bool {
	for _, to := range g.owners {
		for _, link := range slices.Backward(g.links(to, undoPath)) {
			restored, err := g.undo(link)
			if err == nil {
				g.begun = g.begun && !restored
				return true
			}
			wantCode(g.t, "the owner's link", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		}
	}
	return false
}

// look checks what must hold after every act.
func (g *fight) look() {
	g.t.Helper()
	if now := g.User(g.u).Email; now != g.address {
		g.address, g.changedAt = now, g.Clock.Now()
	}
	for _, to := range g.evils {
		for _, link := range g.links(to, undoPath) {
			_, err := g.undo(link)
			g.t.Fatalf("a mail to %s has a link that undoes (%v):\n%s", to, err, strings.Join(g.acts, "\n"))
		}
	}
}

// No matter what the two and the company do, and in what order: no mail gives the thief power over
// the owner, and the owner always gets the account back.
func TestA05_TheOwnerAlwaysGetsTheAccountBack(t *testing.T) {
	seed := rand.Uint64()
	eachFlat(t, func(t *testing.T, f *flat) {
		for n := range uint64(8) {
			random := rand.New(rand.NewPCG(seed, n))
			siteID, name := "meridian-uk", fmt.Sprintf("user%d", n)
			if n%2 == 0 {
				siteID, name = "inkwell", name+"@northgate.example"
			}
			u := f.user(siteID, name, nil)
			g := &fight{flat: f, u: u, random: random, owners: []string{u.Email, fmt.Sprintf("owner%d@home.example", n)},
				evils: []string{fmt.Sprintf("evil%d@elsewhere.example", n), fmt.Sprintf("worse%d@elsewhere.example", n)}, address: u.Email, changedAt: f.Clock.Now()}
			for range 12 {
				g.act()
			}
			if !slices.Contains(g.evils, g.address) {
				continue
			}
			if left := g.changedAt.Add(gatehouse.UndoEmailFor - time.Second).Sub(g.Clock.Now()); left > 0 {
				g.Clock.Add(left)
			}
			if !g.takeBack() || !slices.Contains(g.owners, g.User(u).Email) {
				t.Fatalf("seed %d, %d: the account is at %s:\n%s", seed, n, g.User(u).Email, strings.Join(g.acts, "\n"))
			}
			f.wantOpen(u, "0 sessions, 0 browsers")
		}
	})
}
