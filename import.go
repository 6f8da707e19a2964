package gatehouse

import "time"

// Import is a file of users that a company's administrator, or an operator for a site, brings in by page:
// uploaded, its columns named, previewed, confirmed, done in the background, and then forgotten.
type Import struct {
	ID, SiteID string
	// CompanyID is empty if it is for the whole site: then a column says the company of each line.
	CompanyID string
	// UserID is the administrator, or the operator, who alone sees it. By is who that was for the event
	// log.
	UserID string
	By     ImportCaller
	// FileName is what the administrator's computer called the file.
	FileName string
	// Merged: it was a workbook with merged cells, of which only the first has a value.
	Merged bool
	State  ImportState
	// CreatedAt, StartedAt and EndedAt are the times of upload, confirmation and end. At ExpiresAt it
	// is removed with everything that came from the file.
	CreatedAt, StartedAt, EndedAt, ExpiresAt time.Time
	// Headed: the first line has the names of the columns. Columns are what those of the file are
	// for; empty: nothing.
	Headed  bool
	Columns []string
	// Invite: new users who have an address are mailed an invitation.
	Invite bool
	// Planned is what the preview said, and Mark a hash of every line of it. Moved is how many lines
	// turned out differently than in the preview before.
	Planned ImportCounts
	Mark    string
	Moved   int
	// Done is what has become of it so far, up to the line After. In the state ImportInviting, After
	// counts again.
	Done  ImportCounts
	After int
}

// ImportCaller is what the event log keeps of the request that confirmed an import.
type ImportCaller struct{ Name, IPAddress, UserAgent, Reference string }

// ImportState is the state of an import by page.
type ImportState string

// The states.
const (
	// ImportUploaded: its columns have to be named.
	ImportUploaded ImportState = "uploaded"
	// ImportChecked: it has a preview.
	ImportChecked  ImportState = "checked"
	ImportRunning  ImportState = "running"
	ImportInviting ImportState = "inviting"
	ImportDone     ImportState = "done"
	// ImportStopped: the one who confirmed it is no longer an administrator of the company, or an
	// operator who may do it.
	ImportStopped ImportState = "stopped"
)

// Runs reports whether it is worked on in the background.
func (s ImportState) Runs() bool { return s == ImportRunning || s == ImportInviting }

// Over reports whether nothing more will happen.
func (s ImportState) Over() bool { return s == ImportDone || s == ImportStopped }

// How long an import is kept that nobody goes on with, or that is over.
const ImportKept = time.Hour

// ImportOutcome is what an import does with a line.
type ImportOutcome string

// The outcomes.
const (
	ImportNew       ImportOutcome = "new"
	ImportChanged   ImportOutcome = "changed"
	ImportUnchanged ImportOutcome = "unchanged"
	ImportRefused   ImportOutcome = "refused"
)

// ImportOutcomes are all of them, in the order in which they are shown.
var ImportOutcomes = []ImportOutcome{ImportNew, ImportChanged, ImportUnchanged, ImportRefused}

// ImportCounts are how many lines have an outcome, and what else is worth knowing about them.
type ImportCounts struct {
	New, Changed, Unchanged, Refused int
	// Invited are new users with an address for the invitation: those who will get it, and in
	// Import.Done, those who have got it. Passed are those who did not get one after all.
	Invited, Passed int
	// Promoted become administrators, also as new users; Demoted no longer are.
	Promoted, Demoted int
	// Activated and Deactivated are changed users.
	Activated, Deactivated int
	// Companies are new ones, in an import for a site.
	Companies int
}

// Add counts n more lines with an outcome.
func (c *ImportCounts) Add(o ImportOutcome, n int) {
	switch o {
	case ImportNew:
		c.New += n
	case ImportChanged:
		c.Changed += n
	case ImportUnchanged:
		c.Unchanged += n
	case ImportRefused:
		c.Refused += n
	}
}

// Of returns how many lines have an outcome.
func (c ImportCounts) Of(o ImportOutcome) int {
	switch o {
	case ImportNew:
		return c.New
	case ImportChanged:
		return c.Changed
	case ImportUnchanged:
		return c.Unchanged
	case ImportRefused:
		return c.Refused
	}
	return 0
}

// Lines is how many lines are counted.
func (c ImportCounts) Lines() int { return c.New + c.Changed + c.Unchanged + c.Refused }

// Work is how many lines change something.
func (c ImportCounts) Work() int { return c.New + c.Changed }

// Steps returns how much of an import is done, and how much there is to do: one step for each line
// that changes something, and one for each invitation.
func (i Import) Steps() (done, all int) {
	all = i.Planned.Work()
	done = i.Done.Lines() - i.Planned.Unchanged - i.Planned.Refused
	if i.Invite {
		all += i.Planned.Invited
		done += i.Done.Invited + i.Done.Passed
	}
	if i.State == ImportDone {
		done = all
	}
	return min(max(done, 0), all), all
}

// Left estimates the remaining time from the time so far; 0: nothing to go by yet.
func (i Import) Left(now time.Time) time.Duration {
	done, all := i.Steps()
	spent := now.Sub(i.StartedAt)
	if !i.State.Runs() || done == 0 || spent <= 0 {
		return 0
	}
	return spent / time.Duration(done) * time.Duration(all-done)
}

// ImportLine is a line of an import.
type ImportLine struct {
	Line int
	// Username and Name are what the line calls the user.
	Username, Name string
	// Outcome is what the preview says or, once Reached, what has become of it.
	Outcome ImportOutcome
	Reached bool
	// Detail says more: what changes, or what is wrong.
	Detail ImportDetail
	// Mark is a hash of what the line does; another one means that it does something else.
	Mark string
	// Moved: the preview before said something else.
	Moved bool
	// Cells are the cells that are used, by the name of the column; nil once they are forgotten.
	Cells map[string]string
	// UserID is the new user, once there is one. Invited: an invitation was sent.
	UserID  string
	Invited bool
}

// ImportDetail says what a line does, or what is wrong with it.
type ImportDetail struct {
	// Fields are what changes about a user; of a new one, only role and state, if they are not the
	// usual ones.
	Fields []ImportField `json:",omitempty"`
	// Faults are what is wrong.
	Faults []ImportFault `json:",omitempty"`
	// Mailed: a new user gets an invitation, if invitations are sent.
	Mailed bool `json:",omitempty"`
	// Company and Account are the company of the line, in an import for a site. Founds: the line makes
	// it.
	Company string `json:",omitempty"`
	Account string `json:",omitempty"`
	Founds  bool   `json:",omitempty"`
}

// ImportField is a field that changes.
type ImportField struct{ Name, Before, After string }

// ImportFault is one thing that is wrong with a line.
type ImportFault struct {
	// Column is empty if the line as a whole is wrong.
	Column string `json:",omitempty"`
	Code   string
	Args   map[string]string `json:",omitempty"`
}
