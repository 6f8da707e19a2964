package directory_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// proposing is a house with an operator of each role, a user and an administrator.
type proposing struct {
	*house
	support, security, owner gatehouse.Caller
	user, admin              gatehouse.User
}

func eachProposing(t *testing.T, test func(t *testing.T, p *proposing)) {
	each(t, func(t *testing.T, h *house) {
		p := &proposing{house: h}
		p.support = asOperator(h.operator("tbello", gatehouse.RoleSupport))
		p.security = asOperator(h.operator("skeller", gatehouse.RoleSecurity))
		p.owner = asOperator(h.operator("ohale", gatehouse.RoleOwner))
		c := h.company(h.uk, "10482", "Northgate")
		p.user, p.admin = h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser), h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin)
		test(t, p)
	})
}

const newAddress = "mira@santos.example"

// propose has an operator propose an address, and returns the proposal.
func (p *proposing) propose(by gatehouse.Caller, u gatehouse.User) gatehouse.AddressProposal {
	p.t.Helper()
	if err := p.ProposeEmail(p.t.Context(), p.uk, by, u.ID, newAddress, "Called back at the company's switchboard"); err != nil {
		p.t.Fatal(err)
	}
	one, err := p.OpenProposal(p.t.Context(), p.uk, by, u.ID)
	if err != nil || one.ID == "" {
		p.t.Fatalf("%+v, %v", one, err)
	}
	return one.AddressProposal
}

// Support proposes, and nothing changes until security or an owner agrees; for an administrator it
// takes two whatever the role. Never is it the one who proposed. Then both mailboxes are told, and
// the event has both names.
func TestASecondOperatorAgrees(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		if _, err := p.CorrectEmail(t.Context(), p.uk, p.support, p.user.ID, newAddress); gatehouse.KindOf(err) != gatehouse.Forbidden || err == nil {
			t.Errorf("support alone: %v", err)
		}
		for _, alone := range []gatehouse.Caller{p.security, p.owner} {
			if _, err := p.CorrectEmail(t.Context(), p.uk, alone, p.admin.ID, newAddress); gatehouse.KindOf(err) != gatehouse.Forbidden || err == nil {
				t.Errorf("%s alone, for an administrator: %v", alone.Role, err)
			}
		}
		for i, test := range []struct {
			u             gatehouse.User
			first, second gatehouse.Caller
			never         []gatehouse.Caller
		}{
			{p.user, p.support, p.security, []gatehouse.Caller{p.support}},
			{p.admin, p.owner, p.security, []gatehouse.Caller{p.support, p.owner}},
		} {
			one := p.propose(test.first, test.u)
			if now := p.stored(p.uk, test.u.Username); now.Email != test.u.Email {
				t.Errorf("%d: proposed, and it is %q already", i, now.Email)
			}
			for _, by := range test.never {
				_, err := p.AgreeToEmail(t.Context(), p.uk, by, one.ID)
				if kind := gatehouse.KindOf(err); err == nil || kind != gatehouse.Forbidden && kind != gatehouse.Conflict {
					t.Errorf("%d: %s agrees: %v", i, by.Role, err)
				}
			}
			done, err := p.AgreeToEmail(t.Context(), p.uk, test.second, one.ID)
			if err != nil || !done.Moved || !done.Told {
				t.Fatalf("%d: %+v, %v", i, done, err)
			}
			p.moved(test.u, test.first, test.second)
			if _, err := p.AgreeToEmail(t.Context(), p.uk, test.second, one.ID); gatehouse.ReasonOf(err) != directory.ReasonProposalOver {
				t.Errorf("%d: agreed twice: %v", i, err)
			}
		}
	})
}

// moved checks that a user has the new address, and who is named for it.
func (p *proposing) moved(was gatehouse.User, first, second gatehouse.Caller) {
	p.t.Helper()
	if now := p.stored(p.uk, was.Username); now.Email != newAddress || now.EmailConfirmed {
		p.t.Errorf("the address is %q", now.Email)
	}
	events, err := p.Store.Read().EventsOfUser(p.t.Context(), was.SiteID, was.ID, 20)
	if err != nil {
		p.t.Fatal(err)
	}
	i := slices.IndexFunc(events, func(e gatehouse.Event) bool { return e.Kind == gatehouse.EventUserChanged })
	if i < 0 || events[i].ActorName != second.Name || events[i].Detail["proposed_by"] != first.Name || events[i].Detail["email_before"] != was.Email {
		p.t.Errorf("the event log has %+v", events)
	}
	var told []string
	all, err := p.Store.Read().MessagesOfUser(p.t.Context(), was.SiteID, was.ID, "", 100)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all {
		told = append(told, m.Kind+" "+m.Recipient)
	}
	if !slices.Contains(told, "address-corrected "+was.Email) || !slices.ContainsFunc(told, func(s string) bool { return strings.HasSuffix(s, " "+newAddress) }) {
		p.t.Errorf("mail went to %q", told)
	}
}

// A proposal is worth nothing once it is old, the user is not what they were, or the operator who
// made it was turned off; and of an operator who was turned off no answer counts. Then there may be
// another one; before, there may not.
func TestAProposalEnds(t *testing.T) {
	ends := map[string]func(p *proposing){
		"time": func(p *proposing) { p.now = p.now.Add(gatehouse.ProposalsFor) },
		"another address": func(p *proposing) {
			if _, err := p.CorrectEmail(t.Context(), p.uk, p.security, p.user.ID, "third@santos.example"); err != nil {
				p.t.Fatal(err)
			}
		},
		"a role": func(p *proposing) {
			if err := p.Act(t.Context(), p.uk, p.owner, p.user.ID, gatehouse.ActMakeAdmin, ""); err != nil {
				p.t.Fatal(err)
			}
		},
		"the proposer": func(p *proposing) {
			if err := p.Deactivate(t.Context(), p.operators, p.owner, p.support.UserID); err != nil {
				p.t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		eachProposing(t, func(t *testing.T, p *proposing) {
			one := p.propose(p.support, p.user)
			if err := p.ProposeEmail(t.Context(), p.uk, p.security, p.user.ID, "other@santos.example", "why"); gatehouse.ReasonOf(err) != directory.ReasonProposed {
				t.Errorf("%s: a second one: %v", name, err)
			}
			end(p)
			before := p.stored(p.uk, p.user.Username).Email
			if _, err := p.AgreeToEmail(t.Context(), p.uk, p.security, one.ID); gatehouse.ReasonOf(err) != directory.ReasonProposalOver {
				t.Errorf("%s: agreed: %v", name, err)
			}
			if err := p.RefuseEmail(t.Context(), p.uk, p.owner, one.ID, "no"); gatehouse.ReasonOf(err) != directory.ReasonProposalOver {
				t.Errorf("%s: refused: %v", name, err)
			}
			if now := p.stored(p.uk, p.user.Username).Email; now != before {
				t.Errorf("%s: it is %q", name, now)
			}
			if left, err := p.OpenProposal(t.Context(), p.uk, p.owner, p.user.ID); err != nil || left.ID != "" {
				t.Errorf("%s: the page of the user says %+v, %v", name, left, err)
			}
			p.propose(p.owner, p.user)
		})
	}
	eachProposing(t, func(t *testing.T, p *proposing) {
		one := p.propose(p.support, p.user)
		p.write(func(q store.Queries) error {
			return q.SetUserState(t.Context(), gatehouse.OperatorsSite, p.security.UserID, gatehouse.Deactivated)
		})
		if _, err := p.AgreeToEmail(t.Context(), p.uk, p.security, one.ID); gatehouse.KindOf(err) != gatehouse.Forbidden || err == nil {
			t.Errorf("turned off, and agrees: %v", err)
		}
	})
}

// A refusal says why, to both; who has proposed takes it back; what is wrong is said at its field.
func TestAProposalIsRefusedOrTakenBack(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		one := p.propose(p.support, p.user)
		if err := p.RefuseEmail(t.Context(), p.uk, p.security, one.ID, " "); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		if err := p.RefuseEmail(t.Context(), p.uk, p.security, one.ID, "Nobody there knows her"); err != nil {
			t.Fatal(err)
		}
		for _, by := range []gatehouse.Caller{p.support, p.security} {
			list, err := p.Proposals(t.Context(), by, []*site.Site{p.uk})
			if err != nil || len(list) != 1 || list[0].State != gatehouse.ProposalRefused || list[0].RefusedReason != "Nobody there knows her" || list[0].EndedByName != p.security.Name {
				t.Errorf("%s reads %+v, %v", by.Role, list, err)
			}
		}
		again := p.propose(p.support, p.user)
		if err := p.WithdrawEmail(t.Context(), p.uk, p.owner, again.ID); gatehouse.ReasonOf(err) != directory.ReasonProposalOver {
			t.Errorf("somebody else takes it back: %v", err)
		}
		if err := p.WithdrawEmail(t.Context(), p.uk, p.support, again.ID); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range [][3]string{{"", "why", "email"}, {"nowhere", "why", "email"}, {p.user.Email, "why", "email"}, {newAddress, "", "why"}, {newAddress, strings.Repeat("x", 301), "why"}} {
			err := p.ProposeEmail(t.Context(), p.uk, p.support, p.user.ID, wrong[0], wrong[1])
			var e *gatehouse.Error
			if !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Field != wrong[2] {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if err := p.ProposeEmail(t.Context(), p.uk, as(p.admin), p.user.ID, newAddress, "why"); gatehouse.KindOf(err) != gatehouse.Forbidden || err == nil {
			t.Errorf("an administrator proposes: %v", err)
		}
		p.now = p.now.Add(11 * 24 * time.Hour)
		if list, err := p.Proposals(t.Context(), p.owner, []*site.Site{p.uk}); err != nil || len(list) != 0 {
			t.Errorf("after days: %+v, %v", list, err)
		}
	})
}

// Two who answer at once: one answer counts, and what is done is what it says.
func TestOneAnswerToAProposalCounts(t *testing.T) {
	eachProposing(t, func(t *testing.T, p *proposing) {
		one := p.propose(p.support, p.user)
		var all sync.WaitGroup
		errs := make([]error, 2)
		all.Go(func() { _, errs[0] = p.AgreeToEmail(t.Context(), p.uk, p.security, one.ID) })
		all.Go(func() { errs[1] = p.RefuseEmail(t.Context(), p.uk, p.owner, one.ID, "no") })
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v and %v", errs[0], errs[1])
		}
		if moved := p.stored(p.uk, p.user.Username).Email == newAddress; moved != (errs[0] == nil) {
			t.Errorf("%v, and moved is %v", errs[0], moved)
		}
	})
}
