package directory_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// everybody is a search that finds all users of a company.
var everybody = directory.Chosen{All: &gatehouse.UserFilter{}}

// proposed proposes an act, and returns what it would do.
func (h *house) proposed(admin gatehouse.User, a gatehouse.UserAct, of directory.Chosen) directory.BulkPreview {
	h.t.Helper()
	id, err := h.ProposeBulkAct(h.t.Context(), h.uk, as(admin), admin.CompanyID, a, of)
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := h.BulkPreview(h.t.Context(), h.uk, as(admin), admin.CompanyID, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) begin(admin gatehouse.User, p directory.BulkPreview) error {
	return h.BeginBulkAct(h.t.Context(), h.uk, as(admin), admin.CompanyID, p.ID, p.Fingerprint)
}

// worked works on acts until nothing is left to do, and returns one of them.
func (h *house) worked(admin gatehouse.User, id string) gatehouse.BulkAct {
	h.t.Helper()
	for more := true; more; {
		var err error
		if more, err = h.actBatch(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
	}
	b, err := h.BulkAct(h.t.Context(), h.uk, as(admin), admin.CompanyID, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func (h *house) actBatch(ctx context.Context) (more bool, err error) {
	return h.Continue(ctx, gatehouse.RunBulkAct, h.byID, func() bool { return false })
}

// outcomes are the outcomes of an act by username, with their reasons.
func (h *house) outcomes(b gatehouse.BulkAct) map[string]string {
	h.t.Helper()
	all := map[string]string{}
	err := h.BulkLines(h.t.Context(), b, "", "", 0, func(l directory.RunLine) error {
		all[l.Username] = strings.TrimSpace(string(l.Outcome) + " " + string(l.Reason))
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// What is shown before is what happens: each user to whom the act applies is changed, by its
// administrator, with an event and a mail of their own; each of the others has a reason. It can be
// taken back.
func TestAnActOnManyUsers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		boss := h.leads(c.ID, "boss")
		h.users(h.uk, c.ID, map[string]func(*gatehouse.User){"plain": allKinds["plain"], "left": allKinds["left"], "nowhere": allKinds["nowhere"]})
		p := h.proposed(boss, gatehouse.ActDeactivate, everybody)
		if p.Change != 40 || len(p.Named) != 20 || p.Total != 61 {
			t.Fatalf("%d changed, %d named of %d", p.Change, len(p.Named), p.Total)
		}
		if want := []gatehouse.OutcomeCount{{Outcome: gatehouse.OutcomeSkipped, Reason: "already", Count: 20}, {Outcome: gatehouse.OutcomeSkipped, Reason: "own-account", Count: 1}}; !slices.Equal(p.Refused, want) {
			t.Errorf("%+v", p.Refused)
		}
		if h.stored(h.uk, "plain-00").State != gatehouse.Active {
			t.Error("a proposal has changed a user")
		}
		caller := as(boss)
		caller.Reference, caller.IPAddress = "ref-4711", "198.51.100.7"
		if err := h.BeginBulkAct(t.Context(), h.uk, caller, c.ID, p.ID, p.Fingerprint); err != nil {
			t.Fatal(err)
		}
		b := h.worked(boss, p.ID)
		if want := (gatehouse.RunCounts{Changed: 40, Unchanged: 20, Skipped: 1}); b.State != gatehouse.RunDone || b.Counts != want {
			t.Errorf("%s %+v", b.State, b.Counts)
		}
		got := h.outcomes(b)
		if got["plain-07"] != "changed" || got["left-07"] != "unchanged already" || got["boss"] != "skipped own-account" {
			t.Errorf("%v", got)
		}
		u := h.stored(h.uk, "plain-07")
		if u.State != gatehouse.Deactivated || h.stored(h.uk, "boss").State != gatehouse.Active {
			t.Error("not those who were shown")
		}
		events, err := h.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 10)
		if err != nil || len(events) != 1 || events[0].Kind != gatehouse.EventUserDeactivated || events[0].ActorID != boss.ID ||
			events[0].Reference != "ref-4711" || events[0].IPAddress != "198.51.100.7" {
			t.Errorf("%+v, %v", events, err)
		}
		if kinds, _ := h.mails(u); len(kinds) != 1 {
			t.Errorf("%v", kinds)
		}
		back := h.proposed(boss, "", directory.Chosen{Undo: b.ID})
		if back.Act != gatehouse.ActActivate || back.Undoes != b.ID || back.Change != 40 || back.Total != 40 {
			t.Fatalf("%+v", back)
		}
		if err := h.begin(boss, back); err != nil {
			t.Fatal(err)
		}
		if b = h.worked(boss, back.ID); b.Counts.Changed != 40 || h.stored(h.uk, "plain-07").State != gatehouse.Active || h.stored(h.uk, "left-07").State != gatehouse.Deactivated {
			t.Errorf("%+v", b.Counts)
		}
	})
}

// What is agreed to is what was shown: if users change before, the page is shown again; if they
// change after, the act does nothing to those whom it no longer applies to.
func TestUsersChangeDuringAnAct(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		boss := h.leads(c.ID, "boss")
		h.users(h.uk, c.ID, map[string]func(*gatehouse.User){"plain": allKinds["plain"]})
		p := h.proposed(boss, gatehouse.ActDeactivate, everybody)
		act := func(name string, a gatehouse.UserAct) {
			t.Helper()
			if err := h.Act(t.Context(), h.uk, operator, h.stored(h.uk, name).ID, a, ""); err != nil {
				t.Fatal(err)
			}
		}
		act("plain-00", gatehouse.ActDeactivate)
		if err := h.begin(boss, p); gatehouse.ReasonOf(err) != directory.ReasonUsersChanged {
			t.Fatalf("%v", err)
		}
		p, err := h.BulkPreview(t.Context(), h.uk, as(boss), c.ID, p.ID)
		if err != nil || p.Change != 19 {
			t.Fatalf("%d, %v", p.Change, err)
		}
		for range 2 { // and a second click begins nothing twice
			if err := h.begin(boss, p); err != nil {
				t.Fatal(err)
			}
		}
		act("plain-01", gatehouse.ActDelete)
		act("plain-02", gatehouse.ActDeactivate)
		b := h.worked(boss, p.ID)
		got := h.outcomes(b)
		if b.Counts.Changed != 17 || got["plain-00"] != "unchanged already" || got["plain-01"] != "skipped gone" || got["plain-02"] != "unchanged already" {
			t.Errorf("%+v %v", b.Counts, got)
		}
		if n := len(h.events(h.stored(h.uk, "plain-02"))); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

// An administrator who loses the role while the act goes on does nothing more.
func TestADemotedAdministratorActsNoMore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		boss := h.leads(c.ID, "boss")
		h.leads(c.ID, "other")
		h.users(h.uk, c.ID, map[string]func(*gatehouse.User){"plain": allKinds["plain"], "german": allKinds["german"], "own": allKinds["own"],
			"odd": allKinds["odd"], "unconfirmed": allKinds["unconfirmed"], "nowhere": allKinds["nowhere"]})
		p := h.proposed(boss, gatehouse.ActDeactivate, everybody)
		if err := h.begin(boss, p); err != nil {
			t.Fatal(err)
		}
		if more, err := h.actBatch(t.Context()); err != nil || !more { // 100 of 122
			t.Fatal(more, err)
		}
		if err := h.Act(t.Context(), h.uk, operator, boss.ID, gatehouse.ActUnmakeAdmin, ""); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(2 * time.Second)
		other := h.stored(h.uk, "other")
		b := h.worked(other, p.ID)
		if b.State != gatehouse.RunStopped || b.Counts.Changed+b.Counts.Skipped != 122 || b.Counts.Skipped < 22 {
			t.Errorf("%s %+v", b.State, b.Counts)
		}
		if got := h.outcomes(b); got["unconfirmed-19"] != "skipped not-allowed" || h.stored(h.uk, "unconfirmed-19").State != gatehouse.Active {
			t.Errorf("%v", got["unconfirmed-19"])
		}
		if _, err := h.ProposeBulkAct(t.Context(), h.uk, as(boss), c.ID, gatehouse.ActDeactivate, everybody); gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("with the role of an earlier page: %v", err)
		}
	})
}

// Nothing of another company can be named, and a proposal belongs to who made it.
func TestActsOnManyStayInTheCompany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, d := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "20482", "Southgate")
		boss, second, stranger := h.leads(c.ID, "boss"), h.leads(c.ID, "second"), h.leads(d.ID, "stranger")
		mine, theirs := h.user(h.uk, c.ID, "mine", gatehouse.RoleUser), h.user(h.uk, d.ID, "theirs", gatehouse.RoleUser)
		p := h.proposed(boss, gatehouse.ActDeactivate, directory.Chosen{IDs: []string{mine.ID, theirs.ID, mine.ID, "usr_00000000000000000000000000000000"}})
		if p.Total != 1 || p.Change != 1 {
			t.Errorf("%d of %d", p.Change, p.Total)
		}
		for _, by := range []gatehouse.User{second, stranger} {
			for name, err := range map[string]error{
				"preview": func() error {
					_, err := h.BulkPreview(t.Context(), h.uk, as(by), by.CompanyID, p.ID)
					return err
				}(),
				"begin": h.BeginBulkAct(t.Context(), h.uk, as(by), by.CompanyID, p.ID, p.Fingerprint),
			} {
				if gatehouse.KindOf(err) != gatehouse.NotFound {
					t.Errorf("%s by %s: %v", name, by.Username, err)
				}
			}
		}
		if _, err := h.ProposeBulkAct(t.Context(), h.uk, as(boss), d.ID, gatehouse.ActDeactivate, everybody); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("in another company: %v", err)
		}
		for name, of := range map[string]directory.Chosen{"nobody": {}, "of another company": {IDs: []string{theirs.ID}}} {
			if _, err := h.ProposeBulkAct(t.Context(), h.uk, as(boss), c.ID, gatehouse.ActDeactivate, of); gatehouse.ReasonOf(err) != directory.ReasonNobody {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, a := range []gatehouse.UserAct{"", "delete", "become"} { // not for many
			if _, err := h.ProposeBulkAct(t.Context(), h.uk, as(boss), c.ID, a, everybody); gatehouse.ReasonOf(err) != directory.ReasonNobody {
				t.Errorf("%q: %v", a, err)
			}
		}
		if err := h.begin(boss, p); err != nil {
			t.Fatal(err)
		}
		b := h.worked(second, p.ID) // once it has begun, the company's other administrators see it
		if _, err := h.BulkAct(t.Context(), h.uk, as(stranger), d.ID, b.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("%v", err)
		}
		if h.stored(h.uk, "theirs").State == gatehouse.Deactivated || h.stored(h.uk, "mine").State != gatehouse.Deactivated {
			t.Error("not those who were shown")
		}
		h.now = h.now.Add(2 * time.Hour)
		h.proposed(boss, gatehouse.ActActivate, everybody)
		old := h.proposed(boss, gatehouse.ActActivate, everybody)
		h.now = h.now.Add(61 * time.Minute)
		if err := h.ForgetProposals(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.BulkAct(t.Context(), h.uk, as(boss), c.ID, old.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("an old proposal is kept: %v", err)
		}
		if _, err := h.BulkAct(t.Context(), h.uk, as(boss), c.ID, b.ID); err != nil {
			t.Errorf("an act that was done is gone: %v", err)
		}
	})
}

// Each act reaches those whom it applies to; acts that send a password send each user another one.
func TestEveryActOnMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		boss := h.leads(c.ID, "boss")
		h.some(5, h.uk, c.ID, map[string]func(*gatehouse.User){"plain": allKinds["plain"], "locked": allKinds["locked"], "left": allKinds["left"], "nowhere": allKinds["nowhere"],
			"new": func(u *gatehouse.User) { u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{} }})
		h.write(func(q store.Queries) error { // a lock of one device, which the account does not show
			id := h.stored(h.uk, "plain-03").ID
			if _, err := q.HoldAttempts(t.Context(), h.uk.ID, id, "", h.now); err != nil {
				return err
			}
			return q.SaveAttempts(t.Context(), h.uk.ID, id, "", gatehouse.Attempts{LockedAt: h.now})
		})
		for _, step := range []struct {
			act  gatehouse.UserAct
			want int
		}{
			{gatehouse.ActUnlock, 6}, {gatehouse.ActInvite, 5}, {gatehouse.ActInviteAgain, 5}, {gatehouse.ActPassword, 15},
			{gatehouse.ActAskFactor, 15}, {gatehouse.ActAskFactor, 0}, {gatehouse.ActActivate, 5}, {gatehouse.ActMakeAdmin, 25}, {gatehouse.ActUnmakeAdmin, 25}, {gatehouse.ActDeactivate, 25},
		} {
			h.now = h.now.Add(10 * time.Minute)
			p := h.proposed(boss, step.act, everybody)
			if p.Change != step.want {
				t.Errorf("%s: %d would be changed, want %d; not: %+v", step.act, p.Change, step.want, p.Refused)
			}
			if p.Change == 0 {
				if err := h.begin(boss, p); gatehouse.ReasonOf(err) != directory.ReasonUsersChanged {
					t.Errorf("%s on nobody: %v", step.act, err)
				}
				continue
			}
			if err := h.begin(boss, p); err != nil {
				t.Fatal(err)
			}
			if b := h.worked(boss, p.ID); b.Counts.Changed != step.want || b.Counts.Failed != 0 {
				t.Errorf("%s: %+v", step.act, b.Counts)
			}
		}
		passwords := map[string]bool{}
		for _, name := range []string{"plain-00", "plain-01", "new-00", "new-01"} {
			_, texts := h.mails(h.stored(h.uk, name))
			for _, text := range texts {
				if found := temporaryPassword.FindString(text); found != "" {
					passwords[found] = true
				}
			}
		}
		if len(passwords) != 4 { // earlier ones no longer open anything, and are not kept
			t.Errorf("%d different passwords", len(passwords))
		}
	})
}

// Several processes work on an act at once: each user is acted on once.
func TestProcessesShareAnActOnMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		boss := h.leads(c.ID, "boss")
		h.users(h.uk, c.ID, allKinds)
		p := h.proposed(boss, gatehouse.ActDeactivate, everybody)
		if err := h.begin(boss, p); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for more := true; more; {
					var err error
					if more, err = h.actBatch(context.Background()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		h.now = h.now.Add(2 * time.Second) // what a claim still held
		b := h.worked(boss, p.ID)
		if b.State != gatehouse.RunDone || b.Counts.Changed != 180 || b.Counts.Done() != 201 {
			t.Errorf("%s %+v", b.State, b.Counts)
		}
		for _, name := range []string{"plain-00", "own-19", "locked-03"} {
			if n := len(h.events(h.stored(h.uk, name))); n != 1 {
				t.Errorf("%s: %d events", name, n)
			}
		}
	})
}
