package demo

import (
	"errors"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	server "github.com/emersion/go-smtp"

	"gatehouse/internal/mail"
)

// reportsTaken is a mail server that accepts reports.
type reportsTaken struct {
	from, to string
	came     chan mail.Report
}

func (r *reportsTaken) Mail(from string, _ *server.MailOptions) error { r.from = from; return nil }
func (r *reportsTaken) Rcpt(to string, _ *server.RcptOptions) error   { r.to = to; return nil }
func (r *reportsTaken) Reset()                                        {}
func (r *reportsTaken) Logout() error                                 { return nil }

func (r *reportsTaken) Data(content io.Reader) error {
	report, err := mail.ReadReport(content)
	r.came <- report
	return err
}

func TestInboxBounces(t *testing.T) {
	const from, text = "bounces+abcdefghijklmnopqrstuvwxyz@mail.sender.example", "Subject: secret\r\n\r\nKepu-37fan\r\n"
	b := newInbox(t)
	to := func(address string) error {
		return smtp.SendMail(b.Addr(), nil, from, []string{address}, []byte(text))
	}
	var refused *textproto.Error
	if err := to("ann@Nobody.example"); !errors.As(err, &refused) || refused.Code != 550 || !strings.HasPrefix(refused.Msg, "5.1.1 ") {
		t.Errorf("a mail to nobody: %v", err)
	}
	must(t, to("ann@gone.example")) // nobody to tell

	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	taken := &reportsTaken{came: make(chan mail.Report, 1)}
	s := server.NewServer(server.BackendFunc(func(*server.Conn) (server.Session, error) { return taken, nil }))
	go s.Serve(l) //nolint:errcheck // it ends with Close
	defer s.Close()
	b.ReportTo(l.Addr().String())
	must(t, to("ann@gone.example"))
	select {
	case report := <-taken.came:
		if taken.from != "" || taken.to != from || len(report.Recipients) != 1 || report.Recipients[0].Action != "failed" ||
			report.Recipients[0].Email != "ann@gone.example" || report.Recipients[0].Status != "5.1.1" {
			t.Errorf("from %q to %q: %+v", taken.from, taken.to, report)
		}
	case <-time.After(time.Minute):
		t.Fatal("no report came")
	}
	if n := len(b.Mails("", "")); n != 0 {
		t.Errorf("%d mails are in the inbox", n)
	}
}
