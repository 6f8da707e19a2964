package directory

import (
	"context"
	"errors"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
)

// write writes a batch. Nothing slow happens here: on SQLite everybody else waits.
func (p *importPass) write(ctx context.Context, changes []importChange) error {
	var users []gatehouse.User
	var events []gatehouse.Event
	for _, ch := range changes {
		if ch.hashes() {
			hash := p.hashes[ch.row.line]
			if hash == "" { // the user had a password when it was time to hash this one
				return errMoved
			}
			ch.now.Password.Hash = hash
		}
		if !ch.company.written {
			ch.company.written = true
			if err := p.q.InsertCompany(ctx, ch.company.Company); err != nil {
				return err
			}
			events = append(events, p.event(gatehouse.EventCompanyCreated, gatehouse.User{CompanyID: ch.company.ID}, nil))
		}
		if ch.isNew() {
			users = append(users, ch.now)
			events = append(events, p.event(gatehouse.EventUserImported, ch.now, ch.facts()))
			continue
		}
		more, err := p.rewrite(ctx, ch)
		if err != nil {
			return err
		}
		events = append(events, more...)
	}
	if err := p.q.InsertUsers(ctx, users); err != nil {
		return err
	}
	if err := p.q.InsertEvents(ctx, events); err != nil || p.report.Lines < 4*p.recounted {
		return err
	}
	p.recounted = p.report.Lines
	return p.q.ImportGrew(ctx)
}

func (p *importPass) event(kind gatehouse.EventKind, u gatehouse.User, detail map[string]string) gatehouse.Event {
	return event(p.caller, p.st, p.now, kind, u.CompanyID, u.ID, detail)
}

// facts is what the event log keeps of a new user: the role, and what sort of password
// it came with.
func (ch importChange) facts() map[string]string {
	password := "none"
	switch {
	case ch.row.hash != "":
		password, _ = secret.Inspect(ch.row.hash)
	case ch.row.temporary != "":
		password = "temporary"
	}
	return map[string]string{"role": string(ch.now.Role), "password": password}
}

// rewrite changes a user who is there already, and returns the events of it.
func (p *importPass) rewrite(ctx context.Context, ch importChange) (events []gatehouse.Event, err error) {
	detail := changed(ch.was, ch.now)
	if detail["fields"] != "" {
		if err := p.q.UpdateProfile(ctx, ch.now); err != nil {
			return nil, err
		}
	}
	if !gatehouse.SameMailbox(ch.was.Email, ch.now.Email) {
		// A link or a code in the old mailbox must not open the account any more, nor a
		// browser that a code from there made trusted.
		if err := errors.Join(p.q.EndRecoveries(ctx, p.st.ID, ch.now.ID), p.q.EndCodes(ctx, p.st.ID, ch.now.ID, p.now),
			p.q.EndTrust(ctx, p.st.ID, ch.now.ID), p.q.DeleteSignInsOf(ctx, p.st.ID, ch.now.ID), p.q.DropMessages(ctx, p.st.ID, ch.now.ID, ch.was.Email, p.now),
			recordMove(ctx, p.q, p.now, ch.was, ch.now)); err != nil {
			return nil, err
		}
	}
	if ch.replaced {
		detail["fields"] = strings.TrimSpace(detail["fields"] + " password")
		if err := p.q.SetPassword(ctx, p.st.ID, ch.now.ID, ch.now.Password); err != nil {
			return nil, err
		}
		if err := p.q.EndAccess(ctx, ch.now.SiteID, ch.now.ID); err != nil { // invariant 5
			return nil, err
		}
	}
	if detail["fields"] != "" {
		detail["by"] = "import"
		events = append(events, p.event(gatehouse.EventUserChanged, ch.now, detail))
	}
	if ch.now.State == ch.was.State {
		return events, nil
	}
	if ch.now.State != gatehouse.Deactivated {
		return append(events, p.event(gatehouse.EventUserActivated, ch.now, nil)), bringBack(ctx, p.q, ch.now, ch.now.State)
	}
	if err := p.q.SetUserState(ctx, p.st.ID, ch.now.ID, ch.now.State); err != nil {
		return nil, err
	}
	return append(events, p.event(gatehouse.EventUserDeactivated, ch.now, nil)), p.q.EndAccess(ctx, ch.now.SiteID, ch.now.ID)
}
