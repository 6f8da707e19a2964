package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// bench is a database with a site and an outbox.
type bench struct {
	t      testing.TB
	store  *store.Store
	keys   *secret.Keys
	clock  *testkit.Clock
	site   *site.Site
	outbox *mail.Outbox
}

func newBench(t testing.TB, url string) *bench {
	t.Helper()
	st, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if _, err := st.Migrate(t.Context(), mail.TestTime); err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeys(secret.NewKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	c := testkit.NewClock(mail.TestTime)
	return &bench{t, st, keys, c, mail.TestSite(), &mail.Outbox{Keys: keys, Now: c.Now}}
}

// send enqueues a message and returns its untouched row. Each has its own millisecond,
// so that they have an order.
func (b *bench) send(to mail.Recipient, msg mail.Message) (row store.Message) {
	b.t.Helper()
	b.clock.Add(time.Millisecond)
	err := b.store.Write(b.t.Context(), func(q store.Queries) error {
		if err := b.outbox.Enqueue(b.t.Context(), q, b.site, to, msg); err != nil {
			return err
		}
		all, err := q.MessagesOfUser(b.t.Context(), b.site.ID, to.UserID, "", 1)
		if len(all) == 1 {
			row = all[0]
		}
		return err
	})
	if err != nil || row.ID == "" {
		b.t.Fatalf("the user has no message: %v", err)
	}
	return row
}

// message enqueues one to the usual recipient.
func (b *bench) message(msg mail.Message) store.Message {
	b.t.Helper()
	return b.send(mail.TestRecipient(), msg)
}

func (b *bench) sender(c mail.SMTP) *mail.Sender {
	return &mail.Sender{Store: b.store, Keys: b.keys, SMTP: c, Now: b.clock.Now, Log: slog.New(slog.DiscardHandler),
		Refusals: b.refusals(slog.New(slog.DiscardHandler)),
		Sites: func(id string) *site.Site {
			if id != b.site.ID {
				return nil
			}
			return b.site
		}}
}

// run runs a sender until the test, or the function returned, ends it.
func (b *bench) run(s *mail.Sender) (stop func()) {
	b.t.Helper()
	return b.until("sender", s.Run)
}

// until runs a service until the test, or the function returned, ends it.
func (b *bench) until(what string, run func(context.Context) error) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				b.t.Errorf("the %s: %v", what, err)
			}
		case <-time.After(time.Minute):
			b.t.Errorf("the %s does not stop", what)
		}
	})
	b.t.Cleanup(stop)
	return stop
}

// await waits for a message to reach one of the states.
func (b *bench) await(s *mail.Sender, m store.Message, want ...store.MessageState) store.Message {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		s.Nudge()
		got, err := b.store.Read().Message(b.t.Context(), m.SiteID, m.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		if slices.Contains(want, got.State) {
			return got
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("the message is %s (%s), want %v", got.State, got.Reply, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func config(t testing.TB, server *testkit.SMTP) mail.SMTP {
	t.Helper()
	c, err := mail.ParseSMTPURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	c.Roots, c.Timeout = server.Roots(), patience
	return c
}

// What a scripted server can do instead of answering.
const (
	hangUp    = "hang up"
	sayNoting = "say nothing"
)

// patience is how long a sender waits for an answer that does come, however busy the
// machine; haste, for one that does not.
const (
	patience = 30 * time.Second
	haste    = 500 * time.Millisecond
)

// script is a mail server that behaves as a test tells it.
type script struct {
	greeting   string // instead of 220
	extensions []string
	tls        *tls.Config // nil: none
	// answer returns what to say to a line of a session (the first is 1); "" is the usual.
	// "." is the end of the content.
	answer func(session int, line string) string

	mu       sync.Mutex
	sessions int
	lines    []string
	taken    int
	open     []net.Conn
}

// start serves until the test ends and returns how to reach it.
func (s *script) start(t testing.TB) mail.SMTP {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.tls != nil {
		l = tls.NewListener(l, s.tls)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.sessions++
			n := s.sessions
			s.open = append(s.open, c)
			s.mu.Unlock()
			wg.Go(func() { s.serve(c, n) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.cut()
		wg.Wait()
	})
	host, port, _ := net.SplitHostPort(l.Addr().String())
	return mail.SMTP{Host: host, Port: port, Security: mail.Plain, Timeout: patience}
}

// cut ends all connections.
func (s *script) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		c.Close()
	}
	s.open = nil
}

func (s *script) serve(c net.Conn, session int) {
	defer c.Close()
	r := bufio.NewReader(c)
	if !s.say(c, s.greeting, "220 mail.test ready") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if !s.turn(c, r, session, line) {
			return
		}
	}
}

func (s *script) turn(c net.Conn, r *bufio.Reader, session int, line string) bool {
	s.note(line)
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	usual := "250 2.0.0 Ok"
	switch verb {
	case "EHLO":
		usual = "250-mail.test\r\n"
		for _, e := range s.extensions {
			usual += "250-" + e + "\r\n"
		}
		usual += "250 ENHANCEDSTATUSCODES"
	case "DATA":
		answer := s.ask(session, line)
		if !s.say(c, answer, "354 go on") || answer != "" {
			return answer != hangUp
		}
		if !readContent(r) {
			return false
		}
		answer = s.ask(session, ".")
		s.mu.Lock()
		if answer == "" || answer == hangUp {
			s.taken++
		}
		n := s.taken
		s.mu.Unlock()
		return s.say(c, answer, fmt.Sprintf("250 2.0.0 Ok: queued as %04X", n))
	case "QUIT":
		s.say(c, "", "221 2.0.0 Bye")
		return false
	}
	return s.say(c, s.ask(session, line), usual)
}

func readContent(r *bufio.Reader) bool {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			return true
		}
	}
}

func (s *script) ask(session int, line string) string {
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	if answer == nil {
		return ""
	}
	return answer(session, line)
}

// do changes what it answers from now on.
func (s *script) do(answer func(int, string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *script) say(c net.Conn, answer, usual string) bool {
	switch answer {
	case hangUp:
		return false
	case sayNoting:
		io.Copy(io.Discard, c) //nolint:errcheck // until the other side has had enough
		return false
	case "":
		answer = usual
	}
	_, err := io.WriteString(c, answer+"\r\n")
	return err == nil
}

func (s *script) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

// count is how many lines began with prefix.
func (s *script) count(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if strings.HasPrefix(strings.ToUpper(line), prefix) {
			n++
		}
	}
	return n
}

func (s *script) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

var errWanted = errors.New("rolled back on purpose")
