package gatehouse

import (
	"slices"
	"strings"
	"time"
)

// Case is what somebody has asked the site's support, and everything that was said about it (C07).
type Case struct {
	SiteID, ID string
	// Number is what people call it: "CS-7F3K-29QX". It is no secret and opens nothing.
	Number string
	// UserID and CompanyID are those of a user who was signed in; empty for a stranger, no matter whose
	// address it was that the stranger typed.
	UserID, CompanyID string
	// Email is where answers go, Name is as typed, and Locale the language of the page.
	Email, Name, Locale string
	// Reference is that of an error page; empty if none was given.
	Reference string
	// Title is the beginning of what was asked, which is kept sealed.
	Title []byte
	State CaseState
	// Confirmed: the address is known to be read by the one who asked. A stranger's is not until the
	// link in a mail was used: until then nobody gets to read there what the stranger wrote.
	// Disowned: somebody who reads its mail has said that they did not write.
	Confirmed, Disowned bool
	// AssignedTo and Assignee are the operator who looks after it; empty: nobody does.
	AssignedTo, Assignee string
	// Version counts the changes. An operator changes what the page showed, or nothing.
	Version int
	// Files is how many files it has, and Held how many messages wait for a person to let them in.
	Files, Held int
	CreatedAt   time.Time
	// WaitingSince is when the side that has to do something next got to know it: support for
	// CaseOpen, the customer for CaseAnswered, nobody for CaseClosed.
	WaitingSince time.Time
	// AnsweredAt is when support first answered; zero: not yet. ClosedAt is zero while it is open.
	AnsweredAt, ClosedAt time.Time
}

// CaseState is whose turn it is.
type CaseState string

// The states of a case.
const (
	CaseOpen     CaseState = "open"     // support has to answer
	CaseAnswered CaseState = "answered" // the customer has, if there is more to say
	CaseClosed   CaseState = "closed"
)

// CaseStates are all states.
var CaseStates = []CaseState{CaseOpen, CaseAnswered, CaseClosed}

// CaseMessage is one thing that was said about a case. Its words are kept sealed.
type CaseMessage struct {
	SiteID, CaseID, ID string
	Kind               CaseMessageKind
	// By is the name of the operator, or the address that a mail came from.
	ByID, By string
	ByMail   bool
	// Held: a mail from an address that is not the case's. A person has to accept it.
	Held bool
	// Words are sealed: forms like this get passwords written into them.
	Words []byte
	// Mark identifies a mail, so that one that comes twice counts once; empty: it was no mail.
	Mark string
	At   time.Time
}

// CaseMessageKind is who speaks.
type CaseMessageKind string

// The kinds of messages.
const (
	CaseFromCustomer CaseMessageKind = "customer"
	CaseFromSupport  CaseMessageKind = "support"
	// CaseNote is for support only.
	CaseNote CaseMessageKind = "note"
)

// CaseWords are the words of a message. The last three are those of the form that begins a case.
type CaseWords struct {
	Text  string `json:"text"`
	Since string `json:"since,omitempty"`
	Tried string `json:"tried,omitempty"`
	// Left says that a mail had files that were not taken.
	Left bool `json:"left,omitempty"`
}

// Paragraphs are the lines of the text that are not empty.
func (w CaseWords) Paragraphs() []string { return paragraphs(w.Text) }

// Attempts are those of what was tried.
func (w CaseWords) Attempts() []string { return paragraphs(w.Tried) }

func paragraphs(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// CaseFile is a file of a message.
type CaseFile struct {
	SiteID, CaseID, MessageID, ID string
	// Name is one that we gave it, from the one that it came with.
	Name string
	Kind CaseFileKind
	Size int
	At   time.Time
}

// CaseFileKind is what a file is, by its content.
type CaseFileKind string

// The kinds of files. Pictures of other kinds become one of these.
const (
	CasePNG  CaseFileKind = "png"
	CaseJPEG CaseFileKind = "jpeg"
	CasePDF  CaseFileKind = "pdf"
)

// The limits of a case.
const (
	// MostCaseText is how long a message may be, and MostCaseLine a short answer, in characters.
	MostCaseText, MostCaseLine = 5000, 200
	// MostCaseFiles is how many files a message may have, and MostCaseFile how large one may be.
	MostCaseFiles, MostCaseFile = 5, 5 << 20
	// MostCaseFilesInAll and MostCaseMessages are those of a whole case.
	MostCaseFilesInAll, MostCaseMessages = 30, 200
	// CaseSilence is how long an answered case waits for the customer before it is closed.
	CaseSilence = 14 * 24 * time.Hour
	// CaseFilesFor is how long after the end of a case its files are kept, because a reply opens it
	// again; and CaseFor the case itself.
	CaseFilesFor = 7 * 24 * time.Hour
	CaseFor      = 365 * 24 * time.Hour
)

// AfterReply is a case after its customer has said more, which opens it again.
func (c Case) AfterReply(at time.Time) Case {
	if c.State != CaseOpen {
		c.State, c.WaitingSince, c.ClosedAt = CaseOpen, at, time.Time{}
	}
	c.Version++
	return c
}

// AfterAnswer is a case after support has answered. The first answer counts for the time that
// customers waited for one.
func (c Case) AfterAnswer(at time.Time) Case {
	if c.AnsweredAt.IsZero() {
		c.AnsweredAt = at
	}
	c.State, c.WaitingSince, c.ClosedAt = CaseAnswered, at, time.Time{}
	c.Version++
	return c
}

// AfterClosing is a case that is over.
func (c Case) AfterClosing(at time.Time) Case {
	c.State, c.WaitingSince, c.ClosedAt = CaseClosed, at, at
	c.Version++
	return c
}

// Overdue reports whether a case has waited long enough for its customer to be closed.
func (c Case) Overdue(now time.Time) bool {
	return c.State == CaseAnswered && !now.Before(c.WaitingSince.Add(CaseSilence))
}

// FirstAnswer is how long the customer waited for the first answer; ok is false as long as there is
// none.
func (c Case) FirstAnswer() (wait time.Duration, ok bool) {
	return c.AnsweredAt.Sub(c.CreatedAt), !c.AnsweredAt.IsZero()
}

// OwnsCase reports whether the caller is the user who has asked. A stranger's case belongs to
// nobody's session, only to the one who gets its mail.
func (c Caller) OwnsCase(one Case) bool {
	return c.Kind == SignedIn && c.UserID != "" && c.UserID == one.UserID && c.SiteID == one.SiteID
}

// TakesReply reports whether a mail to a case is in the conversation at once: it comes from the
// case's own address, which is known to be the customer's. The sender of a mail can be forged, so
// this only decides who reads it first, never what somebody may do.
func (c Case) TakesReply(from string) bool { return c.Confirmed && SameMailbox(from, c.Email) }

// IsCaseState reports whether a word is a state.
func IsCaseState(s CaseState) bool { return slices.Contains(CaseStates, s) }
