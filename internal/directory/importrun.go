package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// importBatch is how many lines one transaction writes: meanwhile, nobody else writes to SQLite.
	importBatch = 200
	// inviteBatch is how many invitations one transaction writes. Each needs a password hash, which
	// takes longer than everything else.
	inviteBatch = 20
	// importLease is how long an import waits for a process that died.
	importLease = 10 * time.Second
)

// RunImports continues confirmed imports (A04), batch by batch, while goOn says so. It reports
// whether there may be more to do at once. Any number of processes may call it, and be killed at any
// moment: what becomes of a line is written in one transaction with its progress.
func (s *Service) RunImports(ctx context.Context, sites func(id string) *site.Site, goOn func() bool) (more bool, err error) {
	now := s.Now()
	if due, err := s.Store.Read().ImportDue(ctx, now); err != nil || !due {
		return false, err
	}
	var i gatehouse.Import
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		i, err = q.ClaimImport(ctx, store.Claim{Lease: rand.Text(), Now: now, Until: now.Add(importLease)})
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	st := sites(i.SiteID)
	if st == nil { // another process may have it
		return false, fmt.Errorf("import %s: the site %q is not configured here", i.ID, i.SiteID)
	}
	r := &importing{s: s, st: st, Import: i}
	if err := r.asOperator(ctx); err != nil {
		return false, fmt.Errorf("import %s: %w", i.ID, err)
	}
	for on := true; on; {
		on = goOn()
		err := r.batch(ctx, on)
		if errors.Is(err, errNotAllowed) {
			err = r.end(ctx, gatehouse.ImportStopped)
		}
		if r.State.Over() || errors.Is(err, errOvertaken) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("import %s: %w", i.ID, err)
		}
	}
	return true, nil
}

// importing is an import that this process is working on.
type importing struct {
	gatehouse.Import
	s  *Service
	st *site.Site
	// role is the role of the operator, if it is one's import for a site.
	role gatehouse.Role
}

// forSite: an operator has confirmed it, for all companies of the site.
func (r *importing) forSite() bool { return r.CompanyID == "" }

// asOperator looks up the role in which an operator imports. Somebody who is gone has none; each part
// looks again (stillMay).
func (r *importing) asOperator(ctx context.Context) error {
	if !r.forSite() {
		return nil
	}
	u, err := r.s.Store.Read().User(ctx, gatehouse.OperatorsSite, r.UserID)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return nil
	}
	r.role = u.Role
	return err
}

// caller is the administrator, or the operator, who confirmed the import: in their name it is done.
func (r *importing) caller() gatehouse.Caller {
	by := gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: r.SiteID, CompanyID: r.CompanyID, UserID: r.UserID, Role: gatehouse.RoleAdmin,
		Name: r.By.Name, IPAddress: r.By.IPAddress, UserAgent: r.By.UserAgent, Reference: r.By.Reference}
	if r.forSite() {
		by.Kind, by.SiteID, by.Role = gatehouse.Operator, gatehouse.OperatorsSite, r.role
		by = by.For(gatehouse.OperatorCompanies)
	}
	return by
}

// batch does the next part of the import. on: this process continues with it afterwards.
func (r *importing) batch(ctx context.Context, on bool) error {
	next := r.Import
	until := r.s.Now()
	if on {
		until = until.Add(importLease)
	}
	q := r.s.Store.Read()
	if r.State == gatehouse.ImportInviting {
		return r.invite(ctx, q, next, until)
	}
	lines, err := q.LinesToImport(ctx, r.Import, importBatch)
	if err != nil {
		return err
	}
	if len(lines) > 0 {
		return r.write(ctx, next, lines, until)
	}
	if !r.Invite || r.Done.New == 0 {
		return r.end(ctx, gatehouse.ImportDone)
	}
	next.State, next.After = gatehouse.ImportInviting, 0
	return r.advance(ctx, r.caller(), next, until, func(*act.Unit, *gatehouse.Import) error { return nil })
}

// stillMay holds the companies of a part, and refuses to go on if the administrator who confirmed the
// import is one no longer, or the operator's role is not good for it.
func (r *importing) stillMay(tx *act.Unit, firms []string) error {
	if !r.forSite() {
		firms = []string{r.CompanyID}
	}
	err := holdFirms(tx, firms)
	if err == nil {
		err = stillLeads(tx, r.CompanyID)
	}
	if kind := gatehouse.KindOf(err); kind == gatehouse.Forbidden || kind == gatehouse.NotFound {
		err = errNotAllowed
	}
	return err
}

// advance does a part, with the progress that it makes, unless somebody else has done it.
func (r *importing) advance(ctx context.Context, by gatehouse.Caller, next gatehouse.Import, until time.Time, part func(*act.Unit, *gatehouse.Import) error) error {
	var at gatehouse.Import
	err := r.s.Do(ctx, r.st, by, func(tx *act.Unit) error {
		at = next
		if err := part(tx, &at); err != nil {
			return err
		}
		still, err := tx.AdvanceImport(tx, r.Import, at, until)
		if err == nil && !still {
			err = errOvertaken
		}
		return err
	})
	if err == nil {
		r.Import = at
	}
	return err
}

// end ends an import. Lines that it has not reached are left out.
func (r *importing) end(ctx context.Context, state gatehouse.ImportState) error {
	next := r.Import
	next.State, next.EndedAt = state, r.s.Now()
	next.ExpiresAt = next.EndedAt.Add(gatehouse.ImportKept)
	by := r.caller()
	if state == gatehouse.ImportStopped {
		by = itself(r.st)
	}
	return r.advance(ctx, by, next, next.EndedAt, func(tx *act.Unit, at *gatehouse.Import) error {
		result := gatehouse.ResultOK
		if state == gatehouse.ImportStopped {
			result = gatehouse.ResultInactive
			n, err := tx.StopImportLines(tx, r.Import)
			if err != nil {
				return err
			}
			at.Done.Refused += n
		}
		return tx.Record(gatehouse.User{CompanyID: r.CompanyID}, gatehouse.EventImport, result, totalsOf(*at))
	})
}

// totalsOf is what the event log keeps of an import by page.
func totalsOf(i gatehouse.Import) map[string]string {
	n := i.Done
	return map[string]string{"file": i.FileName, "lines": strconv.Itoa(i.Planned.Lines()), "bad": strconv.Itoa(n.Refused), "created": strconv.Itoa(n.New),
		"updated": strconv.Itoa(n.Changed), "unchanged": strconv.Itoa(n.Unchanged), "activated": strconv.Itoa(n.Activated), "deactivated": strconv.Itoa(n.Deactivated),
		"promoted": strconv.Itoa(n.Promoted), "demoted": strconv.Itoa(n.Demoted), "invited": strconv.Itoa(n.Invited), "companies": strconv.Itoa(n.Companies)}
}

// write writes lines. Each is decided again: one that would do something else than the preview said
// is left out.
func (r *importing) write(ctx context.Context, next gatehouse.Import, lines []gatehouse.ImportLine, until time.Time) error {
	firm, err := importFor(ctx, r.s.Store.Read(), r.st, r.caller(), r.CompanyID)
	if gatehouse.KindOf(err) == gatehouse.Forbidden {
		return errNotAllowed
	}
	if err != nil {
		return err
	}
	// A corrected address may need a new password, whose hash a transaction must not wait for.
	im := r.s.pageImporter(r.st, r.caller(), firm, nil)
	before, err := im.passOf(lines, r.s.Store.Read(), ImportHashing).plan(ctx)
	if err == nil {
		err = (&importPass{importer: im}).hashAll(ctx, before)
	}
	if err != nil {
		return err
	}
	return r.advance(ctx, r.caller(), next, until, func(tx *act.Unit, at *gatehouse.Import) error {
		if err := r.stillMay(tx, firmsOf(before)); err != nil {
			return err
		}
		im.tx = tx
		p := im.passOf(lines, tx.Queries, ImportWriting)
		p.recounted, p.hold = 1, true
		all, err := p.plan(tx)
		if err != nil {
			return err
		}
		done, good := r.settle(all, lines, &at.Done)
		at.Done.Invited = r.Done.Invited // counted when they are sent
		at.After = lines[len(lines)-1].Line
		if err := p.write(tx, good); err != nil {
			return err
		}
		if err := r.tell(tx, good); err != nil {
			return err
		}
		return tx.FinishImportLines(tx, r.Import, done)
	})
}

// settle says what becomes of lines that were decided again, and which of them are good.
func (r *importing) settle(all []importChange, shown []gatehouse.ImportLine, n *gatehouse.ImportCounts) (done []gatehouse.ImportLine, good []importChange) {
	founders := makers{}
	for at, ch := range all {
		l := lineOf(ch, r.forSite())
		if l.Mark == shown[at].Mark {
			founders.mark(&ch)
			l.UserID, l.Detail.Founds = ch.now.ID, ch.makes
			good = append(good, ch)
		} else {
			l.Outcome = gatehouse.ImportRefused
			why := ImportChangedSince
			if shown[at].Detail.Mailed && ch.company != nil && ch.company.Suspended() {
				why = ImportSuspended
			}
			l.Detail = gatehouse.ImportDetail{Company: l.Detail.Company, Account: l.Detail.Account, Faults: append(l.Detail.Faults, gatehouse.ImportFault{Code: why})}
		}
		done = append(done, l)
		countLine(n, ch, l)
	}
	return done, good
}

// tell mails those whose account is used differently from now on, and announces new administrators,
// as a page does. A changed role is told about where it is written.
func (r *importing) tell(tx *act.Unit, changes []importChange) (err error) {
	for _, ch := range changes {
		switch {
		case err != nil:
			return err
		case ch.isNew() && promotes(ch):
			err = r.s.announce(tx, ch.now)
		case ch.isNew() || ch.was.State == ch.now.State:
		case ch.now.State == gatehouse.Deactivated:
			err = r.s.tellAct(tx, ch.now, mail.AccountDeactivated, time.Time{})
		case ch.was.State == gatehouse.Deactivated:
			err = r.s.tellAct(tx, ch.now, mail.AccountActivated, time.Time{})
		}
	}
	return err
}

// passOf is a pass over lines that were read before.
func (im *importer) passOf(lines []gatehouse.ImportLine, q store.Queries, stage ImportStage) *importPass {
	p := im.newPass(q, stage)
	for _, l := range lines {
		p.rows = append(p.rows, (&rowReader{im: im, rec: recordOf(l)}).read())
	}
	return p
}

// invitation is a new user, with what the invitation needs.
type invitation struct {
	line  gatehouse.ImportLine
	ready prepared
	due   bool
}

// invite mails the next invitations.
func (r *importing) invite(ctx context.Context, q store.Queries, next gatehouse.Import, until time.Time) error {
	lines, err := q.LinesToInvite(ctx, r.Import, inviteBatch)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return r.end(ctx, gatehouse.ImportDone)
	}
	// Passwords are hashed before the transaction, because others wait for it.
	all, firms := make([]invitation, len(lines)), make([]string, len(lines))
	err = together(ctx, len(lines), func(ctx context.Context, n int) error {
		all[n].line = lines[n]
		u, err := q.User(ctx, r.SiteID, lines[n].UserID)
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			return nil
		}
		if all[n].due = err == nil && r.invitable(u); all[n].due {
			firms[n] = u.CompanyID
			all[n].ready, err = r.s.prepare(ctx, r.st, gatehouse.ActInvite, u)
		}
		return err
	})
	if err != nil {
		return err
	}
	firms = slices.DeleteFunc(firms, func(id string) bool { return id == "" })
	return r.advance(ctx, r.caller(), next, until, func(tx *act.Unit, at *gatehouse.Import) error {
		if err := r.stillMay(tx, firms); err != nil {
			return err
		}
		done := make([]gatehouse.ImportLine, len(all))
		for n, one := range all {
			sent, err := r.inviteOne(tx, one)
			if err != nil {
				return err
			}
			done[n] = one.line
			done[n].Invited = sent
			switch {
			case sent:
				at.Done.Invited++
			case one.line.Detail.Mailed:
				at.Done.Passed++
			}
		}
		at.After = lines[len(lines)-1].Line
		return tx.FinishImportLines(tx, r.Import, done)
	})
}

// invitable: nobody has invited or changed them since.
func (r *importing) invitable(u gatehouse.User) bool {
	return (r.forSite() || u.CompanyID == r.CompanyID) && !u.Suspended() && u.State == gatehouse.Invited && u.Password.Hash == "" && u.Password.SetAt.IsZero() && reachable(u)
}

func (r *importing) inviteOne(tx *act.Unit, one invitation) (bool, error) {
	if !one.due {
		return false, nil
	}
	u, err := tx.HoldUser(tx, r.SiteID, one.line.UserID)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && !r.invitable(u) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.s.perform(tx, gatehouse.ActInvite, u, one.ready)
}
