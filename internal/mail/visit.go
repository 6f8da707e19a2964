package mail

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// What a mail server that brings reports may take of the listener's places. Without a
// recipient that has a message it is gone soon: whoever only wants to hold the places
// knows none (ASVS 15.2.2).
const (
	visitsFromBlock = 4
	visitUnknown    = 30 * time.Second // until a recipient is taken
	visitTime       = 2 * time.Minute  // all of it
)

// visits are the connections to the listener.
type visits struct {
	net.Listener
	ctx context.Context

	mu   sync.Mutex
	open map[netip.Prefix]int
}

// visit is one connection. It ends when its time is over, and when the listener's is.
type visit struct {
	net.Conn
	unknown *time.Timer
	leave   func()
}

// Accept turns those away at once who have their share of the places already.
func (v *visits) Accept() (net.Conn, error) {
	for {
		c, err := v.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := network(c.RemoteAddr())
		if v.enter(from) {
			return v.begin(c, from), nil
		}
		// One line always fits into the buffer of a new connection: nobody is waited for.
		io.WriteString(c, "421 4.7.0 Too many connections from your address, try again later\r\n") //nolint:errcheck // it is gone in any case
		c.Close()
	}
}

func (v *visits) begin(c net.Conn, from netip.Prefix) *visit {
	ctx, cancel := context.WithTimeout(v.ctx, visitTime)
	unknown := time.AfterFunc(visitUnknown, cancel)
	one := &visit{Conn: c, unknown: unknown, leave: sync.OnceFunc(func() {
		unknown.Stop()
		cancel()
		v.left(from)
	})}
	context.AfterFunc(ctx, func() { one.Close() })
	return one
}

func (v *visits) enter(from netip.Prefix) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open[from] >= visitsFromBlock {
		return false
	}
	v.open[from]++
	return true
}

func (v *visits) left(from netip.Prefix) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open[from]--; v.open[from] == 0 {
		delete(v.open, from)
	}
}

// Close implements net.Conn.
func (v *visit) Close() error {
	v.leave()
	return v.Conn.Close()
}

// stay lets a mail server have all of its time: it has named a message.
func (v *visit) stay() { v.unknown.Stop() }

// visitOf finds the visit of a connection, also behind STARTTLS.
func visitOf(c net.Conn) *visit {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return c.(*visit)
}

// network is what one owner has of the Internet: an address of IPv4, or 64 bits of IPv6. All
// that have no such address are one.
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
