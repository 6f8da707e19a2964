package directory

import (
	"context"
	"fmt"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// importChange is the change that a line makes, or why it makes none.
type importChange struct {
	row     importRow
	company *importCompany
	// was is the user as it is; ID is empty for a new one. now is as it will be.
	was, now gatehouse.User
	// replaced: the password changes. kept: the file's password is ignored.
	replaced, kept bool
	// problems are what is wrong with the line: then nothing is changed.
	problems []ImportProblem
	// makes: by page, it is the first line of a new company.
	makes bool
}

func (ch importChange) isNew() bool { return ch.was.ID == "" }

// hashes reports whether the line's temporary password must be hashed, or its hash wrapped.
func (ch importChange) hashes() bool { return ch.replaced && (ch.row.temporary != "" || ch.row.weak) }

// moves reports whether the line corrects the address of an existing user.
func (ch importChange) moves() bool {
	return !ch.isNew() && !gatehouse.SameMailbox(ch.was.Email, ch.now.Email)
}

// reissues reports whether a temporary password that was mailed to the wrong address is replaced
// by a new one to the right address.
func (ch importChange) reissues() bool {
	return ch.moves() && !ch.replaced && mailedPassword(ch.was) && ch.now.State != gatehouse.Deactivated
}

// flush processes the waiting lines.
func (p *importPass) flush(ctx context.Context) error {
	all, err := p.plan(ctx)
	if err != nil {
		return err
	}
	p.rows = p.rows[:0]
	changes := make([]importChange, 0, len(all))
	for _, ch := range all {
		if len(ch.problems) > 0 {
			p.bad(ch.problems...)
			continue
		}
		changes = append(changes, ch)
	}
	p.tally(changes)
	if p.opts.each != nil {
		p.opts.each(all)
	}
	if err := p.rehearse(ctx, changes); err != nil {
		return err
	}
	switch p.stage {
	case ImportHashing:
		err = p.hashAll(ctx, changes)
	case ImportWriting:
		err = p.write(ctx, changes)
	}
	if err == nil && p.opts.Progress != nil {
		p.opts.Progress(p.stage, p.report.Lines)
	}
	return err
}

// plan decides on the waiting lines, each of them, by what the database has now.
func (p *importPass) plan(ctx context.Context) ([]importChange, error) {
	keys := make([]string, len(p.rows))
	for i, row := range p.rows {
		keys[i] = row.key
	}
	users, err := p.q.UsersByKeys(ctx, p.st.ID, keys, p.hold)
	if err != nil {
		return nil, err
	}
	if err := p.lookAlikes(ctx, users); err != nil {
		return nil, err
	}
	if err := p.compare(ctx, users); err != nil {
		return nil, err
	}
	changes := make([]importChange, len(p.rows))
	for i, row := range p.rows {
		if changes[i], err = p.judge(ctx, row, users[row.key]); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// judge decides on a line, or returns all that is wrong with it: one fault does not hide another.
func (p *importPass) judge(ctx context.Context, row importRow, was gatehouse.User) (importChange, error) {
	ch := importChange{row: row, problems: row.bad}
	if row.lost {
		return ch, nil
	}
	firm, problem, err := p.companyOf(ctx, row)
	if err == nil && problem == nil && row.key != "" {
		ch, problem = p.decide(row, firm, was)
		ch.problems = row.bad
	}
	if problem != nil {
		ch.problems = append(ch.problems, *problem)
	}
	return ch, err
}

// lookAlikes looks up again the users whose keys may collide with another's because a migration
// left one of the two its former key: a line must not change the wrong one.
func (p *importPass) lookAlikes(ctx context.Context, users map[string]gatehouse.User) error {
	for _, row := range p.rows {
		if row.key == "" || gatehouse.FormerNameKey(row.user.Username) == row.key {
			continue
		}
		switch u, err := p.q.UserByUsername(ctx, p.st.ID, row.user.Username); {
		case err == nil:
			users[row.key] = u
		case gatehouse.KindOf(err) != gatehouse.NotFound:
			return err
		}
	}
	return nil
}

func (r importRow) problem(c column, code, name, format string, args ...any) *ImportProblem {
	said := map[string]string{"value": fmt.Sprintf("%.60s", r.rec.cells[c])}
	if name != "" {
		said["name"] = name
	}
	return &ImportProblem{r.line, c.String(), fmt.Sprintf(format, args...), code, said}
}

// companyOf finds the company of a line, or makes a new one that is written with its first user.
func (p *importPass) companyOf(ctx context.Context, row importRow) (*importCompany, *ImportProblem, error) {
	firm := p.companies[row.account]
	if firm == nil {
		found, err := p.q.CompanyByAccount(ctx, p.st.ID, row.account)
		switch {
		case err == nil:
			found.Name = oneForm(found.Name)
			firm = &importCompany{Company: found, sound: true, counted: true, written: true}
		case gatehouse.KindOf(err) != gatehouse.NotFound:
			return nil, nil, err
		case !operates(p.caller):
			return nil, row.problem(colAccount, ImportNotYours, "", "%.60q is not your company's account number", row.account), nil
		case row.company == "":
			return nil, row.noCompany(), nil
		default:
			firm = &importCompany{line: row.line, Company: gatehouse.Company{ID: store.NewID("com", p.now), SiteID: p.st.ID,
				Name: row.company, AccountNumber: row.account, CreatedAt: p.now}}
		}
		p.companies[row.account] = firm
	}
	switch {
	case !p.caller.MayManage(p.st.ID, firm.ID): // before the name, which would reveal whose number it is
		return nil, row.problem(colAccount, ImportNotYours, "", "%.60q is not your company's account number", row.account), nil
	case row.company != "" && row.company != firm.Name:
		where := "the site"
		if firm.line > 0 {
			where = fmt.Sprintf("line %d", firm.line)
		}
		return nil, row.problem(colCompany, ImportCompanyName, firm.Name, "%.60q: %s has %q for the account number %.60q", row.company, where, firm.Name, row.account), nil
	case row.company == "" && !firm.sound: // only a line that is left out names it
		return nil, row.noCompany(), nil
	}
	firm.sound = firm.sound || len(row.bad) == 0
	return firm, nil, nil
}

func (r importRow) noCompany() *ImportProblem {
	return r.problem(colCompany, ImportNoCompany, "", "is missing: there is no company with the account number %.60q yet", r.account)
}

// decide returns the change that a line makes to a user, who is new if was has no ID.
func (p *importPass) decide(row importRow, firm *importCompany, was gatehouse.User) (importChange, *ImportProblem) {
	ch := importChange{row: row, company: firm, was: was}
	if ch.isNew() {
		p.create(&ch)
		return ch, nil
	}
	if was.CompanyID != firm.ID {
		return ch, row.problem(colUsername, ImportElsewhere, "", "%.60q is in use by another company of this site", row.user.Username)
	}
	if was.Deleted() {
		return ch, row.problem(colUsername, ImportDeleted, "", "%.60q belongs to a user who was deleted: restore the user first, or use another username", row.user.Username)
	}
	if gatehouse.IsAddress(was.Username) && !gatehouse.SameMailbox(was.Username, row.user.Username) {
		return ch, row.problem(colUsername, ImportLooksLike, was.Username, "%.60q looks like the username %.60q, which is another mailbox", row.user.Username, was.Username)
	}
	p.update(&ch)
	if ch.now != ch.was && notOwn(p.caller, was) != nil {
		return ch, row.problem(colUsername, ImportOwn, "", "%.60q is your own account, which you change in your own pages", row.user.Username)
	}
	if p.asksSecond(ch) {
		return ch, row.problem(colEmail, ImportSecondOperator, "", "%.60q: correcting an administrator's address takes a second operator", row.user.Email)
	}
	return ch, nil
}

// create makes the user of a line.
func (p *importPass) create(ch *importChange) {
	f := ch.row.user
	ch.now = gatehouse.User{
		ID: store.NewID("usr", p.now), SiteID: p.st.ID, CompanyID: ch.company.ID, Username: f.Username, FirstName: f.FirstName,
		LastName: f.LastName, Email: f.Email, Role: f.Role, State: gatehouse.Active, CreatedAt: p.now,
		Password: gatehouse.Password{Origin: gatehouse.PasswordInitial},
	}
	switch {
	case !ch.row.active:
		ch.now.State = gatehouse.Deactivated
	case p.opts.invited:
		ch.now.State = gatehouse.Invited
	}
	p.password(ch)
}

// update changes what differs in the file; see Import for what stays.
func (p *importPass) update(ch *importChange) {
	u, f := ch.was, ch.row.user
	if f.FirstName != "" {
		u.FirstName = f.FirstName
	}
	if f.LastName != "" {
		u.LastName = f.LastName
	}
	if f.Email != "" && !u.EmailConfirmed && p.st.SignInWith != gatehouse.WithEmail {
		u.Email = gatehouse.KeepSpelling(u.Email, f.Email)
	}
	if ch.row.roleGiven {
		u.Role = f.Role
	}
	ch.now = u
	p.password(ch)
	switch {
	case !ch.row.activeGiven:
	case !ch.row.active:
		ch.now.State = gatehouse.Deactivated
	case u.State == gatehouse.Deactivated:
		ch.now.State = reactivated(ch.now)
	}
}

// password decides on the password of a line.
func (p *importPass) password(ch *importChange) {
	old := ch.was.Password
	fresh := old.Hash == "" && ch.was.FirstSignInAt.IsZero()
	switch row := ch.row; {
	case row.same, row.hash == "" && row.temporary == "":
	case row.hash != "" && (fresh || unused(ch.was)):
		ch.replaced = true
		// The time of the first import marks it as the import's own: unused.
		ch.now.Password = gatehouse.Password{Origin: gatehouse.PasswordChosen, SetAt: ch.now.CreatedAt}
		if !row.weak { // a weak one is wrapped before it is written
			ch.now.Password.Hash = row.stored
		}
	case row.temporary != "" && fresh:
		ch.replaced = true
		ch.now.Password = gatehouse.Password{Origin: gatehouse.PasswordInitial, SetAt: p.now,
			ExpiresAt: p.now.Add(p.st.Policy.TemporaryPassword)}
	default:
		ch.kept = row.hash != ""
	}
}

// unused reports whether a user's password is still the hash that an import wrote: nobody has
// finished a sign-in with it, chosen or been given another one, or proved it, which makes it one
// of our own hashes.
func unused(u gatehouse.User) bool {
	w := u.Password
	return u.FirstSignInAt.IsZero() && w.Origin == gatehouse.PasswordChosen && w.SetAt.Equal(u.CreatedAt) && !secret.Own(w.Hash)
}

// tally counts the changes.
func (p *importPass) tally(changes []importChange) {
	for _, ch := range changes {
		if !ch.company.counted {
			ch.company.counted = true
			p.report.CompaniesCreated++
		}
		if p.stage == ImportChecking && (ch.hashes() || ch.reissues()) {
			p.toHash++
		}
		p.count(ch)
	}
}

func (p *importPass) count(ch importChange) {
	r := &p.report
	switch {
	case ch.isNew():
		r.Created++
		if !ch.replaced {
			r.WithoutPassword++
		}
		return
	case ch.now == ch.was:
		r.Unchanged++
	default:
		r.Updated++
	}
	if ch.replaced {
		r.PasswordsReplaced++
	}
	if ch.kept {
		r.PasswordsKept++
	}
	if ch.now.State != ch.was.State {
		if ch.now.State == gatehouse.Deactivated {
			r.Deactivated++
		} else {
			r.Activated++
		}
	}
}
