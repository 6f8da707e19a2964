package mail

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What a mail server that brings reports may use of the listener's places. Without a
// recipient that has a message it is cut off soon, and sooner while all places are
// taken: anyone who only wants to hold the places knows no such recipient (ASVS
// 15.2.2).
const (
	visitsAtOnce    = 20
	visitsFromBlock = 4
	visitUnknown    = 30 * time.Second // until a recipient is accepted
	visitHurried    = 5 * time.Second  // the same, once all places are taken
	visitTime       = 2 * time.Minute  // all of it
)

// visits are the connections to the listener.
type visits struct {
	net.Listener
	ctx context.Context

	mu   sync.Mutex
	open []*visit // the oldest first
}

// visit is one connection. It ends when its time is over, and when the listener closes.
type visit struct {
	net.Conn
	from    netip.Prefix
	unknown *time.Timer
	leave   func()
	spoke   atomic.Bool
	// known: it has named a message. hurried: its time is short. visits guards both.
	known, hurried bool
	all            *visits
}

// Accept turns away at once those that already have their share of the places. If all
// are taken, a connection that has named no message gives way.
func (v *visits) Accept() (net.Conn, error) {
	for {
		c, err := v.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if one := v.enter(c, network(c.RemoteAddr())); one != nil {
			return one, nil
		}
		// One line always fits into the buffer of a new connection: this never blocks.
		io.WriteString(c, "421 4.7.0 Too many connections, try again later\r\n") //nolint:errcheck // it is gone in any case
		c.Close()
	}
}

// enter gives a connection a place; nil if there is none for it.
func (v *visits) enter(c net.Conn, from netip.Prefix) *visit {
	v.mu.Lock()
	var out *visit
	if len(v.open) >= visitsAtOnce {
		out = v.leastWanted()
	}
	full := len(v.open) >= visitsAtOnce && out == nil
	if full || v.held(from) >= visitsFromBlock {
		v.mu.Unlock()
		return nil
	}
	if out != nil {
		v.open = slices.DeleteFunc(v.open, func(o *visit) bool { return o == out })
	}
	one := v.begin(c, from)
	v.open = append(v.open, one)
	if len(v.open) >= visitsAtOnce {
		v.hurry()
	}
	v.mu.Unlock()
	if out != nil {
		out.Close()
	}
	return one
}

func (v *visits) begin(c net.Conn, from netip.Prefix) *visit {
	ctx, cancel := context.WithTimeout(v.ctx, visitTime)
	one := &visit{Conn: c, from: from, unknown: time.AfterFunc(visitUnknown, cancel), all: v}
	one.leave = sync.OnceFunc(func() {
		one.unknown.Stop()
		cancel()
		v.left(one)
	})
	context.AfterFunc(ctx, func() { one.Close() })
	return one
}

func (v *visits) held(from netip.Prefix) (n int) {
	for _, o := range v.open {
		if o.from == from {
			n++
		}
	}
	return n
}

// leastWanted is the connection that gives way: among those that have named no message,
// first those that have said nothing at all, then those that share a network with the
// most others, then the oldest. nil: all have named one.
func (v *visits) leastWanted() (least *visit) {
	for _, o := range v.open {
		if o.known {
			continue
		}
		silent, held := !o.spoke.Load(), v.held(o.from)
		if least == nil || silent && least.spoke.Load() || silent == !least.spoke.Load() && held > v.held(least.from) {
			least = o
		}
	}
	return least
}

// hurry shortens the time of all who have named no message yet.
func (v *visits) hurry() {
	for _, o := range v.open {
		if !o.known && !o.hurried {
			o.hurried = true
			o.unknown.Reset(visitHurried)
		}
	}
}

func (v *visits) left(one *visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = slices.DeleteFunc(v.open, func(o *visit) bool { return o == one })
}

// Read implements net.Conn.
func (v *visit) Read(p []byte) (int, error) {
	n, err := v.Conn.Read(p)
	if n > 0 {
		v.spoke.Store(true)
	}
	return n, err
}

// Close implements net.Conn.
func (v *visit) Close() error {
	v.leave()
	return v.Conn.Close()
}

// stay gives a mail server the full time: it has named a message.
func (v *visit) stay() {
	v.all.mu.Lock()
	defer v.all.mu.Unlock()
	v.known = true
	v.unknown.Stop()
}

// visitOf finds the visit of a connection, also behind STARTTLS.
func visitOf(c net.Conn) *visit {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return c.(*visit)
}

// network is what one owner has of the Internet: an IPv4 address, or 64 bits of IPv6. All
// without such an address share one.
func network(a net.Addr) netip.Prefix {
	from, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := from.Addr() // TCPAddr writes IPv4 in IPv6 as IPv4
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the bits fit
	return p
}
