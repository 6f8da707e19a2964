package ui

import (
	"strings"
	"time"

	"gatehouse"
)

// Code asks for the code that was mailed (B05 to B12).
type Code struct {
	InSteps
	// Address is masked (B10); empty: there is none that a code could be sent to.
	Address string
	// SentAt and ExpiresAt are those of the newest code; zero: none was sent yet.
	SentAt, ExpiresAt time.Time
	// NextAt is when another one may be sent.
	NextAt time.Time
	// Lost: the newest did not reach the person's mail server, and will not.
	Lost bool
	// Again: it was sent at the press of the button, just now.
	Again bool
	// Typed, Trust and Automatic are what is in the form.
	Typed            string
	Trust, Automatic bool
	Errors           []gatehouse.FieldError
	// TooSoon says what was done before its time: SoonSend (NextAt is its time) or
	// SoonEnter (Until is); empty: nothing was.
	TooSoon string
	Until   time.Time
}

// What Code.TooSoon can be; the texts are code.soon_….
const (
	SoonSend  = "send"
	SoonEnter = "enter"
)

func (Code) template() string                      { return "code" }
func (v Code) failed() bool                        { return len(v.Errors) > 0 || v.TooSoon != "" }
func (v Code) fieldErrors() []gatehouse.FieldError { return v.Errors }

func (v Code) title(p *page) string {
	switch state := v.State(p.Now); state {
	case codeNowhere, codeUnsent, codeLost, codeOver:
		return p.T("code.title_" + state)
	}
	return p.T("code.title")
}

// The states of the page.
const (
	codeNowhere = "nowhere" // no address
	codeUnsent  = "unsent"
	codeLost    = "lost"
	codeOver    = "over" // its time is
	codeSent    = "sent"
)

// State names the words of the page.
func (v Code) State(now time.Time) string {
	switch {
	case v.Address == "":
		return codeNowhere
	case v.SentAt.IsZero():
		return codeUnsent
	case v.Lost:
		return codeLost
	case !now.Before(v.ExpiresAt):
		return codeOver
	}
	return codeSent
}

// Takes reports whether the page has the field for a code: there is none to enter before
// one was sent. Somebody may have posted one all the same.
func (v Code) Takes(now time.Time) bool {
	return v.State(now) != codeUnsent || v.Typed != "" || len(v.Errors) > 0
}

// Wait is how long it takes until the next code may be sent, in whole seconds.
func (v Code) Wait(now time.Time) time.Duration {
	wait := max(0, v.NextAt.Sub(now))
	return (wait + time.Second - 1).Truncate(time.Second)
}

// WaitShort reports whether the wait is one to count down; a longer one has a time of
// the clock.
func (v Code) WaitShort(now time.Time) bool { return v.Wait(now) <= 2*time.Minute }

// WaitSeconds is Wait for the script.
func (v Code) WaitSeconds(now time.Time) int { return int(v.Wait(now) / time.Second) }

func (v Code) fields(p *page) []field {
	return []field{
		{Name: "code", Label: p.T("code.field"), Value: v.Typed, InputMode: "numeric", Autocomplete: "one-time-code", Digits: true, Missing: "code"},
		{Name: "trust_device", Label: p.T("code.trust", "days", p.Site.Policy.TrustedBrowser), Hint: p.T("code.trust_hint"), Control: box, Optional: true, Ticked: v.Trust},
		{Name: "send_automatically", Label: p.T("code.automatic"), Hint: p.T("code.automatic_hint"), Control: box, Optional: true, Ticked: v.Automatic},
	}
}

// SenderDomain is what a company's mail system has to let in.
func (p *page) SenderDomain() string {
	_, domain, _ := strings.Cut(p.Site.Sender.Address, "@")
	return domain
}

// CodesOver says that a sign-in has ended after too many wrong codes (B06).
type CodesOver struct{}

func (CodesOver) template() string     { return "codes_over" }
func (CodesOver) title(p *page) string { return p.T("code.ended_title") }
func (CodesOver) failed() bool         { return true }

// Tries is how many codes a sign-in takes.
func (CodesOver) Tries() int { return gatehouse.CodeTries }
