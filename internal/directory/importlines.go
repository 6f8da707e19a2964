package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash/maphash"
	"strconv"

	"gatehouse"
	"gatehouse/internal/site"
)

// planImport decides on every line of an import, by what the database has now, and puts the counts
// and the mark into i. It is the pass of Import that checks a file.
func (s *Service) planImport(ctx context.Context, st *site.Site, c gatehouse.Caller, i *gatehouse.Import) ([]gatehouse.ImportLine, error) {
	firm, err := importFor(ctx, s.Store.Read(), st, c, i.CompanyID)
	if err != nil {
		return nil, err
	}
	text, err := s.importText(ctx, *i)
	if err != nil {
		return nil, err
	}
	t, err := openPage(text, *i)
	if err != nil {
		return nil, fileFault("no-heading")
	}
	var lines []gatehouse.ImportLine
	i.Planned = gatehouse.ImportCounts{}
	founders, promoted := makers{}, map[string]int{}
	im := s.pageImporter(st, c, firm, func(all []importChange) {
		for _, ch := range all {
			if promotes(ch) {
				if promoted[ch.company.ID]++; promoted[ch.company.ID] > mostPromoted {
					ch.problems = append(ch.problems, *ch.row.problem(colRole, ImportManyAdmins, strconv.Itoa(mostPromoted), "too many administrators"))
				}
			}
			founders.mark(&ch)
			l := lineOf(ch, i.CompanyID == "")
			lines = append(lines, l)
			countLine(&i.Planned, ch, l)
		}
	})
	p := im.newPass(s.Store.Read(), ImportChecking)
	if err := p.readAll(ctx, t); err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, l := range lines {
		sum.Write([]byte(l.Mark)) //nolint:errcheck // never fails
	}
	i.Mark = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15])
	return lines, nil
}

// mostPromoted is how many administrators one file makes at a company: each is announced to the others by
// mail.
const mostPromoted = 20

func promotes(ch importChange) bool {
	return len(ch.problems) == 0 && ch.now.Role == gatehouse.RoleAdmin && ch.was.Role != gatehouse.RoleAdmin
}

// pageImporter is the importer of a file of one company or, with none, of a site, whose new users are
// invited.
func (s *Service) pageImporter(st *site.Site, c gatehouse.Caller, firm gatehouse.Company, each func([]importChange)) *importer {
	return &importer{Service: s, caller: c, st: st, own: firm.AccountNumber, now: s.Now(), opts: ImportOptions{each: each, invited: true},
		hashes: map[int]string{}, again: map[int]string{}, compared: map[int]comparison{}, comparing: maphash.MakeSeed()}
}

// lineOf is what is kept of a line: what it says, and what it does. forSite: also at which company.
func lineOf(ch importChange, forSite bool) gatehouse.ImportLine {
	l := gatehouse.ImportLine{Line: ch.row.line, Outcome: gatehouse.ImportUnchanged, Cells: map[string]string{},
		Username: shown(ch.row.user.Username, gatehouse.MaxName), Name: shown(ch.row.user.FirstName+" "+ch.row.user.LastName, gatehouse.MaxName)}
	for c, cell := range ch.row.rec.cells {
		if cell != "" {
			l.Cells[ImportColumns[c]] = cell
		}
	}
	if l.Username == "" {
		l.Username = shown(ch.row.rec.cells[colUsername]+ch.row.rec.cells[colEmail], gatehouse.MaxName)
	}
	switch {
	case len(ch.problems) > 0:
		l.Outcome = gatehouse.ImportRefused
		for _, p := range ch.problems {
			l.Detail.Faults = append(l.Detail.Faults, gatehouse.ImportFault{Column: p.Column, Code: p.Code, Args: p.shownArgs()})
		}
	case ch.isNew():
		l.Outcome = gatehouse.ImportNew
		l.Detail.Mailed = ch.now.State == gatehouse.Invited && reachable(ch.now) && !ch.company.Suspended()
	case ch.now != ch.was:
		l.Outcome = gatehouse.ImportChanged
	}
	if l.Outcome != gatehouse.ImportRefused {
		l.Detail.Fields = fieldsOf(ch)
	}
	if forSite && ch.company != nil {
		l.Detail.Company, l.Detail.Account, l.Detail.Founds = shown(ch.company.Name, gatehouse.MaxName), ch.company.AccountNumber, ch.makes
	}
	l.Mark = markOf(ch, l)
	return l
}

func (p ImportProblem) shownArgs() map[string]string {
	args := map[string]string{}
	for name, value := range p.Args {
		args[name] = shown(value, 60)
	}
	return args
}

// fieldsOf is what changes about a user.
func fieldsOf(ch importChange) (all []gatehouse.ImportField) {
	note := func(name, before, after string) {
		if before != after {
			all = append(all, gatehouse.ImportField{Name: name, Before: shown(before, gatehouse.MaxName), After: shown(after, gatehouse.MaxName)})
		}
	}
	was, now := ch.was, ch.now
	if ch.isNew() {
		note("email", "", now.Email)
		if now.Role == gatehouse.RoleAdmin {
			note("role", "", string(now.Role))
		}
		if now.State == gatehouse.Deactivated {
			note("state", "", string(now.State))
		}
		return all
	}
	note("username", was.Username, now.Username)
	note("first_name", was.FirstName, now.FirstName)
	note("last_name", was.LastName, now.LastName)
	note("email", was.Email, now.Email)
	note("role", string(was.Role), string(now.Role))
	note("state", string(was.State), string(now.State))
	return all
}

// markOf is a hash of what a line does: the same line does the same to the same user. It leaves out
// the ID of a new user, which is another one each time, and which of its lines makes a new company: if
// that one is left out, the next one does.
func markOf(ch importChange, l gatehouse.ImportLine) string {
	l.Detail.Founds = false
	text, err := json.Marshal([]any{l.Line, l.Outcome, l.Detail, ch.was.ID, ch.was.EmailConfirmed, ch.now.Username, ch.now.FirstName, ch.now.LastName, ch.now.Email, ch.now.Role, ch.now.State})
	if err != nil { // texts can always be encoded
		panic(err)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// countLine counts a line of a preview.
func countLine(n *gatehouse.ImportCounts, ch importChange, l gatehouse.ImportLine) {
	n.Add(l.Outcome, 1)
	if l.Detail.Mailed {
		n.Invited++
	}
	if ch.makes {
		n.Companies++
	}
	if l.Outcome != gatehouse.ImportNew && l.Outcome != gatehouse.ImportChanged {
		return
	}
	switch {
	case promotes(ch):
		n.Promoted++
	case ch.was.Role == gatehouse.RoleAdmin && ch.now.Role != gatehouse.RoleAdmin:
		n.Demoted++
	}
	if off := ch.now.State == gatehouse.Deactivated; !ch.isNew() && ch.now.State != ch.was.State {
		if off {
			n.Deactivated++
		} else {
			n.Activated++
		}
	}
}

// recordOf is a line as it was read from the file.
func recordOf(l gatehouse.ImportLine) record {
	rec := record{line: l.Line}
	for c, name := range ImportColumns {
		rec.cells[c] = l.Cells[name]
	}
	return rec
}
