package demo

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"gatehouse"
)

// The limits of the inbox. It is for the demo and for tests only: its content is in
// memory, readable by everybody on this machine, and gone with the process.
const (
	keptMails    = 500
	mailBytes    = 1 << 20
	mailPeople   = 50
	mailPatience = time.Minute
)

// Inbox is an SMTP server that delivers nothing and shows everything: it keeps the
// newest 500 mails. It asks for no password and does not speak TLS. Mail for the
// addresses of bounce.go is not kept.
type Inbox struct {
	now     func() time.Time
	listen  net.Listener
	server  *smtp.Server
	bounces sync.WaitGroup // the reports that are on their way

	mu      sync.Mutex
	reports string  // where reports go; empty: nowhere
	last    int     // the number of the newest mail
	mails   []*Mail // oldest first
}

// Mail is one mail to one recipient.
type Mail struct {
	// ID is a number, in the order of arrival.
	ID string `json:"id"`
	// To is the address it was delivered to.
	To string `json:"to"`
	// From is what the mail says about its sender: name and address.
	From    string    `json:"from"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`

	number int
}

// OpenInbox accepts mail at an address, HOST:PORT. Without a host it is this machine
// only; port 0 is any free one.
func OpenInbox(address string, now func() time.Time) (*Inbox, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("demo inbox: %w", err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("demo inbox: %w", err)
	}
	b := &Inbox{now: now, listen: l}
	b.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{inbox: b}, nil }))
	b.server.Domain = "localhost"
	b.server.EnableSMTPUTF8 = true
	b.server.MaxMessageBytes, b.server.MaxRecipients = mailBytes, mailPeople
	b.server.ReadTimeout, b.server.WriteTimeout = mailPatience, mailPatience
	b.server.ErrorLog = log.New(io.Discard, "", 0) // connecting and hanging up is not worth logging
	go b.server.Serve(l)                           //nolint:errcheck // it ends with Close
	return b, nil
}

// Addr is where mail is accepted, HOST:PORT.
func (b *Inbox) Addr() string { return b.listen.Addr().String() }

// Close stops accepting mail.
func (b *Inbox) Close() error {
	err := b.listen.Close()
	if other := b.server.Close(); !errors.Is(other, net.ErrClosed) {
		err = errors.Join(err, other)
	}
	b.bounces.Wait()
	return err
}

// Mails returns the mails to an address, or all if it is empty, newest first; only those
// that came after the mail with the given ID, unless that is empty.
func (b *Inbox) Mails(to, after string) []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	from, err := strconv.Atoi(after)
	if err != nil || from > b.last {
		from = 0 // the ID is from an earlier demo, with mails that are gone
	}
	all := []Mail{}
	to = strings.TrimSpace(to)
	for _, m := range slices.Backward(b.mails) {
		if m.number > from && (to == "" || gatehouse.SameMailbox(m.To, to)) {
			all = append(all, *m)
		}
	}
	return all
}

// Mail returns a mail by its ID, and whether it exists.
func (b *Inbox) Mail(id string) (Mail, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mails {
		if m.ID == id {
			return *m, true
		}
	}
	return Mail{}, false
}

func (b *Inbox) add(to string, m Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m.number, m.ID, m.To, m.At = b.last, strconv.Itoa(b.last), to, b.now().UTC().Truncate(time.Millisecond)
	b.mails = append(b.mails, &m)
	if len(b.mails) > keptMails {
		b.mails = slices.Delete(b.mails, 0, len(b.mails)-keptMails)
	}
}

// delivery is one connection of a mail server.
type delivery struct {
	inbox *Inbox
	from  string
	to    []string
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.from = from
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if isAt(to, refusedDomain) {
		return errNobody
	}
	d.to = append(d.to, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	m, err := readMail(r)
	if err != nil {
		return err
	}
	for _, to := range d.to {
		if isAt(to, goneDomain) {
			d.inbox.bounce(d.from, to)
			continue
		}
		d.inbox.add(to, m)
	}
	return nil
}

func (d *delivery) Reset() { d.from, d.to = "", nil }

func (d *delivery) Logout() error { return nil }
