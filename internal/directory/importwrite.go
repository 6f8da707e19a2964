package directory

import (
	"context"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
)

// write writes a batch. It must be fast: on SQLite everybody else waits.
func (p *importPass) write(ctx context.Context, changes []importChange) error {
	var users []gatehouse.User
	var events []gatehouse.Event
	var ends []importEnding
	for _, ch := range changes {
		if ch.hashes() {
			hash := p.hashes[ch.row.line]
			if hash == "" { // the user had a password when this one should have been hashed
				return errMoved
			}
			ch.now.Password.Hash = hash
		}
		if !ch.company.written {
			ch.company.written = true
			if err := p.tx.InsertCompany(ctx, ch.company.Company); err != nil {
				return err
			}
			events = append(events, p.event(gatehouse.EventCompanyCreated, gatehouse.User{CompanyID: ch.company.ID}, nil))
		}
		if ch.isNew() {
			users = append(users, ch.now)
			events = append(events, p.event(gatehouse.EventUserImported, ch.now, ch.facts()))
			continue
		}
		told, ended, err := p.rewrite(ctx, ch)
		if err != nil {
			return err
		}
		events, ends = append(events, told...), append(ends, ended...)
	}
	if err := p.tx.InsertUsers(ctx, users); err != nil {
		return err
	}
	if err := p.end(ctx, ends); err != nil {
		return err
	}
	if err := p.tx.RecordMany(events); err != nil || p.report.Lines < 4*p.recounted {
		return err
	}
	p.recounted = p.report.Lines
	return p.tx.ImportGrew(ctx)
}

func (p *importPass) event(kind gatehouse.EventKind, u gatehouse.User, detail map[string]string) gatehouse.Event {
	return p.tx.Event(u, kind, gatehouse.ResultOK, detail)
}

// facts returns what the event log keeps of a new user: the role, and the kind of password it came
// with.
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

// importEnding is a change of a user that ends other things.
type importEnding struct {
	was    gatehouse.User
	change gatehouse.Change
}

// rewrite changes an existing user. It returns the events, and what the change ends.
func (p *importPass) rewrite(ctx context.Context, ch importChange) (events []gatehouse.Event, ends []importEnding, err error) {
	detail := changed(ch.was, ch.now)
	if detail["fields"] != "" {
		if err := p.tx.UpdateProfile(ctx, ch.now, p.now); err != nil {
			return nil, nil, err
		}
	}
	if ch.was.Role != ch.now.Role {
		change := func() error { return p.tx.EndClosedLoginsOf(ctx, ch.now, p.now) }
		if p.opts.invited { // by page, and told as any change by page
			change = func() error { return p.roleChanged(p.tx, ch.now) }
		}
		if err := change(); err != nil {
			return nil, nil, err
		}
	}
	if ch.moves() {
		if err := p.move(ch); err != nil {
			return nil, nil, err
		}
	}
	if ch.replaced {
		detail["fields"] = strings.TrimSpace(detail["fields"] + " password")
		if err := p.tx.SetPassword(ctx, p.st.ID, ch.now.ID, ch.now.Password); err != nil {
			return nil, nil, err
		}
		ends = append(ends, importEnding{ch.was, gatehouse.PasswordIssued})
	}
	if detail["fields"] != "" {
		detail["by"] = "import"
		events = append(events, p.event(gatehouse.EventUserChanged, ch.now, detail))
	}
	if ch.now.State == ch.was.State {
		return events, ends, nil
	}
	kind, change := gatehouse.EventUserActivated, gatehouse.TurnedOn
	if ch.now.State == gatehouse.Deactivated {
		kind, change = gatehouse.EventUserDeactivated, gatehouse.TurnedOff
	}
	return append(events, p.event(kind, ch.now, nil)), append(ends, importEnding{ch.was, change}), p.tx.SetUserState(ctx, p.st.ID, ch.now.ID, ch.now.State)
}

// move does what any correction of an address does.
func (p *importPass) move(ch importChange) error {
	var again reissue
	if ch.reissues() {
		again = reissue{plain: p.again[ch.row.line], password: ch.was.Password}
		if again.plain == "" { // the user got the password after another one should have been hashed
			return errMoved
		}
		again.password.Hash, again.password.SetAt = p.hashes[ch.row.line], p.now
		again.password.ExpiresAt = p.now.Add(p.st.Policy.TemporaryPassword)
	}
	return p.moveMail(p.tx, ch.was, ch.now, again)
}

// end ends what the changes of a batch end. Most users of a file have nothing that could end, so
// one query checks that for all of them: after their changes, so nothing more can be opened with
// their old credentials.
func (p *importPass) end(ctx context.Context, ends []importEnding) error {
	ids := make([]string, len(ends))
	for i, e := range ends {
		ids[i] = e.was.ID
	}
	open, err := p.tx.Open(ctx, p.st.ID, slices.Compact(ids))
	for _, e := range ends {
		if err == nil && open[e.was.ID] {
			err = p.tx.EndAll(e.was, e.change)
		}
	}
	return err
}
