package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"gatehouse"
	"gatehouse/internal/directory"
)

// importTotals are the totals as scripts see them.
type importTotals struct {
	Lines             int `json:"lines"`
	Bad               int `json:"bad"`
	Created           int `json:"created"`
	Updated           int `json:"updated"`
	Unchanged         int `json:"unchanged"`
	Activated         int `json:"activated"`
	Deactivated       int `json:"deactivated"`
	CompaniesCreated  int `json:"companies_created"`
	PasswordsReplaced int `json:"passwords_replaced"`
	PasswordsKept     int `json:"passwords_kept"`
	WithoutPassword   int `json:"without_password"`
	// Rehearsal is there after a dry run.
	Rehearsal *rehearsalTotals `json:"rehearsal,omitempty"`
}

func totalsOf(r directory.ImportReport) importTotals {
	return importTotals{r.Lines, r.Bad, r.Created, r.Updated, r.Unchanged, r.Activated, r.Deactivated,
		r.CompaniesCreated, r.PasswordsReplaced, r.PasswordsKept, r.WithoutPassword, rehearsalOf(r.Rehearsal)}
}

// rehearsalTotals is a rehearsal as scripts see it.
type rehearsalTotals struct {
	Accounts     int               `json:"accounts"`
	CanSignIn    int               `json:"can_sign_in"`
	Kinds        []directory.Tally `json:"kinds"`
	Wrapped      int               `json:"wrapped"`
	Shut         []directory.Tally `json:"cannot_sign_in"`
	LeftOut      []directory.Tally `json:"lines_left_out"`
	Asked        []directory.Tally `json:"asked_for"`
	AskedNothing int               `json:"asked_for_nothing"`
	Addresses    addressTotals     `json:"addresses"`
}

type addressTotals struct {
	None           int                     `json:"none"`
	Invalid        int                     `json:"invalid"`
	Shared         int                     `json:"shared"`
	SharedAccounts int                     `json:"shared_accounts"`
	SharedFirst    []directory.SharedEmail `json:"shared_first"`
	Spelled        int                     `json:"spelled_twice"`
	SpelledFirst   []directory.SharedEmail `json:"spelled_twice_first"`
}

func rehearsalOf(r *directory.Rehearsal) *rehearsalTotals {
	if r == nil {
		return nil
	}
	a := r.Addresses
	return &rehearsalTotals{r.Accounts, r.CanSignIn, r.Kinds, r.Wrapped, r.Shut, r.LeftOut, r.Asked, r.AskedNothing,
		addressTotals{a.None, a.Invalid, a.SharedCount, a.SharedAccounts, a.Shared, a.Spelled, a.SpelledTwice}}
}

// shutWords say why nobody can sign in to an account, and what to do about it.
var shutWords = map[string]string{
	string(gatehouse.BarrierDeactivated):    "deactivated",
	string(gatehouse.BarrierSuspended):      "the company is suspended: gatehouse company resume",
	string(gatehouse.BarrierOperator):       "locked by an operator: gatehouse user unlock",
	string(gatehouse.BarrierAdministrator):  "locked by an administrator: gatehouse user unlock",
	string(gatehouse.BarrierTotal):          "locked after too many wrong passwords: gatehouse user unlock",
	string(gatehouse.BarrierAttempts):       "locked after wrong passwords: gatehouse user unlock",
	string(gatehouse.BarrierNoPassword):     "no password: gatehouse user reset makes a temporary one",
	string(gatehouse.BarrierNeverInvited):   "no password: gatehouse user reset makes a temporary one",
	string(gatehouse.BarrierDeleted):        "deleted, and not yet removed",
	string(gatehouse.BarrierExpired):        "the temporary password has expired: gatehouse user reset",
	string(gatehouse.BarrierInvitedExpired): "the temporary password has expired: gatehouse user reset",
	string(gatehouse.BarrierNoEmail):        "a code is asked for, and there is no address to mail it to",
	string(gatehouse.BarrierBadEmail):       "a code is asked for, and no mail can be sent to the address",
	directory.ShutUnreadable:                "the stored hash cannot be read: gatehouse user reset",
}

var stepWords = map[string]string{
	string(gatehouse.StepCode):      "a code by mail",
	string(gatehouse.StepPassword):  "a new password",
	string(gatehouse.StepFactor):    "setting up an app or a passkey",
	string(gatehouse.StepChallenge): "a challenge question",
	string(gatehouse.StepTerms):     "the terms",
	string(gatehouse.StepSoleUser):  "whether they are the only user of the account",
}

func in(words map[string]string, name string) string {
	if said := words[name]; said != "" {
		return said
	}
	return name
}

// rehearsalText prints a rehearsal for people.
func rehearsalText(w io.Writer, r *directory.Rehearsal) error {
	if r == nil {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(n int, what string) { fmt.Fprintf(t, "  %d\t  %s\n", n, what) }
	fmt.Fprintf(t, "\nRehearsal: the first sign-ins, if this were imported now\n\n%d of %d accounts can sign in, with\n", r.CanSignIn, r.Accounts)
	for _, k := range r.Kinds {
		row(k.Count, k.Name)
	}
	if r.Wrapped > 0 {
		fmt.Fprintf(t, "Weak hashes among these, stored wrapped in argon2id: %d\n", r.Wrapped)
	}
	if n := r.Accounts - r.CanSignIn; n > 0 {
		fmt.Fprintf(t, "\n%d cannot sign in:\n", n)
		for _, k := range r.Shut {
			row(k.Count, in(shutWords, k.Name))
		}
	}
	if len(r.LeftOut) > 0 {
		fmt.Fprint(t, "\nLines that are left out:\n")
		for _, k := range r.LeftOut {
			row(k.Count, harmless(in(map[string]string{directory.LeftOutOther: "for other reasons than the hash"}, k.Name)))
		}
	}
	if r.CanSignIn > 0 {
		fmt.Fprint(t, "\nAt the first sign-in they are asked for\n")
		for _, k := range r.Asked {
			row(k.Count, in(stepWords, k.Name))
		}
		if r.AskedNothing > 0 {
			row(r.AskedNothing, "nothing")
		}
	}
	addressText(t, row, r.Addresses)
	return t.Flush()
}

func addressText(t io.Writer, row func(int, string), a directory.EmailFindings) {
	if a.None+a.Invalid+a.SharedCount+a.Spelled == 0 {
		fmt.Fprint(t, "\nEvery account has an email address of its own.\n")
		return
	}
	fmt.Fprint(t, "\nEmail addresses\n")
	if a.None > 0 {
		row(a.None, "without an address")
	}
	if a.Invalid > 0 {
		row(a.Invalid, "not an address that mail can be sent to")
	}
	if a.SharedCount > 0 {
		row(a.SharedCount, fmt.Sprintf("shared, by %d accounts in all", a.SharedAccounts))
		sharedText(t, a.Shared, a.SharedCount)
	}
	if a.Spelled > 0 {
		row(a.Spelled, "spelled in more than one way")
		sharedText(t, a.SpelledTwice, a.Spelled)
	}
}

// sharedText names the first addresses, and where they are.
func sharedText(t io.Writer, first []directory.SharedEmail, all int) {
	for _, s := range first {
		lines := strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Lines), " ", ", "), "[]")
		more := ""
		if s.Accounts > len(s.Lines) {
			more = fmt.Sprintf(", %d accounts in all", s.Accounts)
		}
		fmt.Fprintf(t, "  \t    %s: line %s%s\n", harmless(s.Email), lines, more)
	}
	if all > len(first) {
		fmt.Fprintf(t, "  \t    and %d more\n", all-len(first))
	}
}
