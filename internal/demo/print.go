package demo

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes what somebody who has just started the demo needs: where it is, and for
// each site a few accounts to begin with.
func Print(w io.Writer, a Accounts, at Addresses) error {
	out := &printer{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	out.line("The Gatehouse demo is running. Begin with the tour:")
	out.line("")
	out.line("  Tour\t%s", at.Tour)
	out.line("  Inbox\t%s", at.Inbox)
	out.line("  SMTP\t%s", at.SMTP)
	out.flush() // each block has its own columns
	for _, s := range a.Sites {
		out.line("")
		out.line("%s  %s/sign-in", s.Site.Name, s.Site.Origin)
		out.flush()
		for _, first := range beginners(s.Accounts) {
			out.line("  %s\t%s\t%s", first.Username, first.Password, first.label())
		}
		out.flush()
	}
	if o := a.Operators; o != nil && len(o.Accounts) > 0 {
		out.line("")
		out.line("%s  %s/sign-in", o.Site.Name, o.Site.Origin)
		out.line("  %s\t%s\towner; the tour shows the code of the app", o.Accounts[0].Username, o.Accounts[0].Password)
		out.flush()
	}
	out.line("")
	out.line("All others: on the tour page.")
	if a.Reused {
		out.line("The data is from an earlier start: passwords may have been changed since.")
	}
	out.line("Stop with Ctrl+C.")
	out.flush()
	return out.err
}

// beginners are the accounts to begin with: an administrator, a user, and a temporary
// password.
func beginners(all []Account) []Account {
	wanted := []func(Account) bool{
		func(a Account) bool { return a.State == StateActive && a.Role == admin },
		func(a Account) bool { return a.State == StateActive && a.Role == user },
		func(a Account) bool { return a.State == StateTemporary },
	}
	var found []Account
	for _, fits := range wanted {
		for _, a := range all {
			if fits(a) {
				found = append(found, a)
				break
			}
		}
	}
	return found
}

func (a Account) label() string {
	switch {
	case a.State == StateTemporary:
		return "temporary password"
	case a.Role == admin:
		return "administrator"
	}
	return "user"
}

// printer keeps the first error of many lines.
type printer struct {
	w   *tabwriter.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format+"\n", args...); p.err == nil {
		p.err = err
	}
}

func (p *printer) flush() {
	if err := p.w.Flush(); p.err == nil {
		p.err = err
	}
}
