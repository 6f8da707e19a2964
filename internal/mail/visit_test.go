package mail_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/testkit"
)

// gate is a listener whose connections come from wherever a test wants, in its time.
type gate struct {
	visitors chan net.Conn
	closed   chan struct{}
}

func (g gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.visitors:
		return c, nil
	case <-g.closed:
		return nil, net.ErrClosed
	}
}

func (g gate) Close() error {
	select {
	case <-g.closed:
		return errors.New("closed already")
	default:
		close(g.closed)
		return nil
	}
}

func (g gate) Addr() net.Addr { return &net.TCPAddr{} }

// come connects from an address.
func (g gate) come(from string) *visitor {
	here, there := net.Pipe()
	g.visitors <- far{there, &net.TCPAddr{IP: net.ParseIP(from), Port: 4711}}
	return &visitor{here, bufio.NewReader(here)}
}

// far is a connection from another address.
type far struct {
	net.Conn
	from net.Addr
}

func (f far) RemoteAddr() net.Addr { return f.from }

type visitor struct {
	net.Conn
	lines *bufio.Reader
}

// hear is the last line of an answer; "" at the end of the connection.
func (v *visitor) hear() string {
	for {
		line, err := v.lines.ReadString('\n')
		if err != nil || len(line) < 4 || line[3] != '-' {
			return line
		}
	}
}

func (v *visitor) say(line string) string {
	if _, err := io.WriteString(v, line+"\r\n"); err != nil {
		return ""
	}
	return v.hear()
}

// visits runs a receiver in a bubble of time, with b's messages.
func (b *bench) visits(t *testing.T, test func(t *testing.T, g gate)) {
	synctest.Test(t, func(t *testing.T) {
		g := gate{make(chan net.Conn), make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.receiver(io.Discard).Serve(ctx, g, nil) }()
		test(t, g)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Who holds connections has four of them, and the others their places.
func TestVisitsFromOneNetwork(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	for name, c := range map[string]struct {
		same  [5]string
		other string
	}{
		"IPv4": {[5]string{"192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"}, "192.0.2.2"},
		"IPv6": {[5]string{"2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::", "2001:db8:1:2:ffff::", "2001:db8:1:2::9"}, "2001:db8:1:3::1"},
	} {
		t.Run(name, func(t *testing.T) {
			b.visits(t, func(t *testing.T, g gate) {
				var first *visitor
				for i, from := range c.same {
					v := g.come(from)
					defer v.Close()
					if i == 0 {
						first = v
					}
					want := "220 "
					if i == 4 {
						want = "421 4.7.0 "
					}
					if got := v.hear(); !strings.HasPrefix(got, want) {
						t.Errorf("number %d is greeted with %q", i+1, got)
					}
				}
				other := g.come(c.other)
				defer other.Close()
				if got := other.hear(); !strings.HasPrefix(got, "220 ") {
					t.Errorf("somebody else is greeted with %q", got)
				}
				first.Close()
				synctest.Wait()
				next := g.come(c.same[4])
				defer next.Close()
				if got := next.hear(); !strings.HasPrefix(got, "220 ") {
					t.Errorf("in the place of one that has gone: %q", got)
				}
			})
		})
	}
}

// Whoever names no message has half a minute, however busy; who names one has two.
func TestVisitsEnd(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	m := b.message(mail.Samples()["locked"])
	stranger := m
	stranger.MessageID = "aaaaaaaaaaaaaaaaaaaaaaaaaa@uk.meridian.example"
	for name, c := range map[string]struct {
		to   string
		want time.Duration
	}{
		"only NOOP":             {"", 30 * time.Second},
		"an address of nobody":  {pathOf(stranger), 30 * time.Second},
		"a message, then NOOPs": {pathOf(m), 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			b.visits(t, func(t *testing.T, g gate) {
				began := time.Now()
				v := g.come("192.0.2.1")
				defer v.Close()
				v.hear()
				v.say("EHLO mx.lindenhof.example")
				if c.to != "" {
					v.say("MAIL FROM:<>")
					v.say("RCPT TO:<" + c.to + ">")
				}
				for v.say("NOOP") != "" {
					time.Sleep(time.Second)
				}
				if took := time.Since(began).Round(time.Second); took != c.want && took != c.want+time.Second {
					t.Errorf("it was there for %s, want %s", took, c.want)
				}
			})
		})
	}
}
