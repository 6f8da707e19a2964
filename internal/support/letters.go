package support

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"gatehouse"
	"gatehouse/internal/incoming"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Letters takes mail to cases. It writes no mail to whom it came from, whatever it is: a program would
// answer, and so on without end.
type Letters struct{ *Service }

// replyPurpose is that of the MAC in the address for replies to a case.
const replyPurpose = "case-reply"

// repliesTo is the address for replies to a case; empty if the site takes none. Only those have it who
// were mailed about the case.
func (s *Service) repliesTo(st *site.Site, one gatehouse.Case) string {
	local, domain, ok := strings.Cut(st.Support.Replies, "@")
	if !ok {
		return ""
	}
	return local + "+" + strings.ToLower(one.Number) + "." + s.Keys.AddressMAC(replyPurpose, st.ID, one.ID) + "@" + domain
}

// addressed finds the case that a mail is for. What is wrong with an address is told to nobody.
//
// Errors: mail.ErrNoMailbox, Unavailable.
func (l Letters) addressed(ctx context.Context, to string) (*site.Site, gatehouse.Case, error) {
	base, number, mac := parseAddress(to)
	if number == "" {
		return nil, gatehouse.Case{}, mail.ErrNoMailbox
	}
	for _, st := range l.AllSites() {
		if st.Support.Replies == "" || !gatehouse.SameMailbox(base, st.Support.Replies) {
			continue
		}
		one, err := l.Store.Read().CaseByNumber(ctx, st.ID, number)
		switch {
		case gatehouse.KindOf(err) == gatehouse.NotFound:
			continue
		case err != nil:
			return nil, one, err
		case l.Keys.CheckAddressMAC(replyPurpose, mac, st.ID, one.ID) && !one.Disowned:
			return st, one, nil
		}
	}
	return nil, gatehouse.Case{}, mail.ErrNoMailbox
}

// parseAddress takes an address apart: what it is without its number, the number, and the MAC.
func parseAddress(to string) (base, number, mac string) {
	at := strings.LastIndexByte(to, '@')
	if at < 0 {
		return "", "", ""
	}
	local, domain := to[:at], to[at:]
	plus := strings.LastIndexByte(local, '+')
	if plus < 0 {
		return "", "", ""
	}
	typed, mac, _ := strings.Cut(local[plus+1:], ".")
	number, _ = secret.ReadCaseNumber(typed)
	return local[:plus] + domain, number, mac
}

// Knows reports whether mail to an address is for a case.
func (l Letters) Knows(ctx context.Context, to string) error {
	_, _, err := l.addressed(ctx, to)
	return err
}

// Take reads a mail to a case. One from another address than the case's, or from one that nobody has
// confirmed, waits for a person. The same mail again changes nothing.
//
// Errors: mail.ErrNoMailbox; mail.ErrDropped; mail.ErrFull; mail.ErrLarge; TooMany and Unavailable, when
// it should be tried again later.
func (l Letters) Take(ctx context.Context, to string, content io.Reader) error {
	st, one, err := l.addressed(ctx, to)
	if err != nil {
		return err
	}
	if err := l.allow(ctx, l.Limits.Case.of("case:"+st.ID+":"+one.ID)); err != nil {
		return err
	}
	if err := begin(ctx, l.taking); err != nil {
		return err
	}
	defer func() { <-l.taking }()
	letter, err := incoming.Read(content, incoming.Limits{Bytes: mail.LetterBytes, Files: gatehouse.MostCaseFiles, FileBytes: gatehouse.MostCaseFile})
	switch {
	case errors.Is(err, incoming.ErrTooLarge):
		return mail.ErrLarge
	case errors.Is(err, incoming.ErrUnreadable):
		return fmt.Errorf("%w: it is no mail", mail.ErrDropped)
	case err != nil:
		return err
	}
	if err := l.fromAPerson(ctx, st, letter); err != nil {
		return err
	}
	return l.keep(ctx, st, one, letter)
}

// fromAPerson refuses what a program has written, and our own mail.
func (l Letters) fromAPerson(ctx context.Context, st *site.Site, letter incoming.Mail) error {
	from, _, _ := parseAddress(letter.From)
	switch {
	case letter.Automatic:
		return fmt.Errorf("%w: a program has written it", mail.ErrDropped)
	case gatehouse.SameMailbox(letter.From, st.Sender.Address), gatehouse.SameMailbox(letter.From, st.Support.Replies), from != "" && gatehouse.SameMailbox(from, st.Support.Replies):
		return fmt.Errorf("%w: it says that we have written it", mail.ErrDropped)
	case letter.Text == "" && letter.Subject == "" && len(letter.Files) == 0 && !letter.Left:
		return fmt.Errorf("%w: there is nothing in it", mail.ErrDropped)
	}
	_, err := l.Store.Read().MessageByToken(ctx, mail.TokenOf(letter.MessageID))
	switch {
	case err == nil:
		return fmt.Errorf("%w: it is our own", mail.ErrDropped)
	case gatehouse.KindOf(err) != gatehouse.NotFound:
		return err
	}
	return nil
}

// keep writes a mail into its case.
func (l Letters) keep(ctx context.Context, st *site.Site, one gatehouse.Case, letter incoming.Mail) error {
	a := addition{id: one.ID, number: one.Number, text: letter.Text, by: letter.From, mark: "mail:" + letter.Mark, byMail: true,
		held: !one.TakesReply(letter.From), left: letter.Left}
	if len(a.by) > gatehouse.MaxUsername { // it is no address
		a.by = ""
	}
	if a.text == "" {
		a.text = letter.Subject
	}
	for _, f := range letter.Files {
		files, faults, err := l.readFiles(ctx, []Upload{{Name: f.Name, Body: f.Body}})
		if err != nil {
			return err
		}
		if len(faults) > 0 || one.Files+len(a.files)+len(files) > gatehouse.MostCaseFilesInAll {
			a.left = true
			continue
		}
		a.files = append(a.files, files...)
	}
	err := l.add(ctx, st, gatehouse.Caller{Kind: gatehouse.System}, a)
	if e, ok := errors.AsType[*gatehouse.Error](err); ok && e.Reason == ReasonCaseFull {
		return mail.ErrFull
	}
	return err
}
