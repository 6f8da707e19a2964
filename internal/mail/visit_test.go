package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/testkit"
)

// gate is a listener with connections from anywhere a test wants, in its time.
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

// One holder of connections gets four of them, and the others their places.
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

// A connection that names no message has half a minute, however busy; one that does has
// two.
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

// A holder of all places who says nothing gives way to one with something to say, and
// connections that have named a message stay.
func TestSilentVisitsGiveWay(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	m := b.message(mail.Samples()["locked"])
	b.visits(t, func(t *testing.T, g gate) {
		named := g.come("198.51.100.1")
		defer named.Close()
		named.hear()
		named.say("EHLO mx.lindenhof.example")
		named.say("MAIL FROM:<>")
		if got := named.say("RCPT TO:<" + pathOf(m) + ">"); !strings.HasPrefix(got, "250") {
			t.Fatal(got)
		}
		var silent []*visitor
		for i := range 19 {
			v := g.come(fmt.Sprintf("192.0.2.%d", 1+i))
			defer v.Close()
			if got := v.hear(); !strings.HasPrefix(got, "220 ") {
				t.Fatalf("silent visit %d: %q", i, got)
			}
			silent = append(silent, v)
		}
		if got := silent[0].say("EHLO stranger.example"); !strings.HasPrefix(got, "250") { // it has said something
			t.Fatal(got)
		}
		for i := range 8 {
			began := time.Now()
			v := g.come(fmt.Sprintf("203.0.113.%d", i))
			defer v.Close()
			if got := v.hear(); !strings.HasPrefix(got, "220 ") || time.Since(began) > time.Second {
				t.Fatalf("visit %d is greeted with %q after %s", i, got, time.Since(began))
			}
			if got := v.say("EHLO mx.lindenhof.example"); !strings.HasPrefix(got, "250") {
				t.Fatalf("visit %d: %q", i, got)
			}
			if silent[i+1].hear() != "" {
				t.Errorf("the oldest that is silent, %d, stays", i+1)
			}
		}
		if got := named.say("NOOP"); !strings.HasPrefix(got, "250") {
			t.Errorf("who has named a message gives way: %q", got)
		}
		if got := silent[0].say("NOOP"); !strings.HasPrefix(got, "250") {
			t.Errorf("who has said something gives way before who has not: %q", got)
		}
		time.Sleep(6 * time.Second)
		for i, v := range append(silent[9:], silent[0]) {
			if v.say("NOOP") != "" {
				t.Errorf("visit %d is still there after five seconds", i)
			}
		}
		if got := named.say("NOOP"); !strings.HasPrefix(got, "250") {
			t.Errorf("who has named a message is hurried: %q", got)
		}
	})
}

// If all have named a message, the next one is told to come back later.
func TestAllPlacesAreTakenInEarnest(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	m := b.message(mail.Samples()["locked"])
	b.visits(t, func(t *testing.T, g gate) {
		for i := range 20 {
			v := g.come(fmt.Sprintf("192.0.2.%d", 1+i/4))
			defer v.Close()
			v.hear()
			v.say("EHLO mx.lindenhof.example")
			v.say("MAIL FROM:<>")
			if got := v.say("RCPT TO:<" + pathOf(m) + ">"); !strings.HasPrefix(got, "250") {
				t.Fatal(got)
			}
		}
		late := g.come("203.0.113.1")
		defer late.Close()
		if got := late.hear(); !strings.HasPrefix(got, "421 4.7.0 ") {
			t.Errorf("greeted with %q", got)
		}
	})
}
