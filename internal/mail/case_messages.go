package mail

import (
	"strings"
	"time"
)

// CaseLink is how the customer gets from a message to the case.
type CaseLink struct {
	Number string
	// Token opens the case; empty for users, who sign in.
	Token string
	// Answers is the address at which replies are taken; empty: they are not.
	Answers string
}

// Secret implements Message.
func (l CaseLink) Secret() string { return l.Token }

// Expires implements Message.
func (CaseLink) Expires(now time.Time) time.Time { return now.Add(3 * 24 * time.Hour) }

// ReplyTo is where a reply goes.
func (l CaseLink) ReplyTo() string { return l.Answers }

// CaseOpened confirms that support has got a message. It may go to somebody who has written nothing:
// it has no word that anybody typed.
type CaseOpened struct {
	CaseLink
	At time.Time
}

// Kind implements Message.
func (CaseOpened) Kind() string { return "case-opened" }

// CaseAnswer brings the answer of support.
type CaseAnswer struct {
	CaseLink
	// Text is what support has written. By is who did; empty: nobody in particular.
	Text Lines
	By   string
	// Closed: there is nothing more to do. Until is when a case without an answer is closed.
	Closed bool
	Until  time.Time
}

// Kind implements Message.
func (CaseAnswer) Kind() string { return "case-answer" }

// Lines are a text that support has written. Each line is a paragraph.
type Lines string

// Paragraphs are the lines that are not empty.
func (l Lines) Paragraphs() (all []string) {
	for line := range strings.Lines(string(l)) {
		if line = oneLine(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// CaseForSupport tells the site's support about a case.
type CaseForSupport struct {
	notice
	Number string
	What   CaseNews
	// Email, Name and Text were typed by somebody who need not have signed in.
	Email, Name, Text string
	SignedIn          bool
	Reference         string
	Files             int
	At                time.Time
}

// Kind implements Message.
func (CaseForSupport) Kind() string { return "case-for-support" }

// CaseNews is what support is told about a case.
type CaseNews string

// The news.
const (
	CaseNew   CaseNews = "new"
	CaseReply CaseNews = "reply"
	// CaseHeld: a mail from another address waits for a person.
	CaseHeld CaseNews = "held"
)
