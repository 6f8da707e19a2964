package assembly

import (
	"bytes"
	"net"
	"strings"
)

// What net/http writes by itself, before any handler sees the request (a header that is
// too large, a line that is none, two hosts), has none of the headers that every answer of
// ours carries. It writes such an answer with one call, straight to the connection, and
// always in the same form: so the connection adds them. Over TLS it does not: net/http needs
// its own kind of connection there, and what is below it is encrypted.

// bareAnswer is how those answers go on after their first line.
const bareAnswer = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"

// addedHeaders are what is added.
const addedHeaders = "Cache-Control: no-store\r\n" +
	"Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" +
	"Cross-Origin-Opener-Policy: same-origin\r\n" +
	"Cross-Origin-Resource-Policy: same-origin\r\n" +
	"Referrer-Policy: no-referrer\r\n" +
	"X-Content-Type-Options: nosniff\r\n" +
	"X-Frame-Options: DENY\r\n" +
	"X-Robots-Tag: noindex\r\n"

// dressed is a listener whose connections add headers to bare answers.
type dressed struct{ net.Listener }

func (d dressed) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &dressedConn{Conn: c}, nil
}

type dressedConn struct{ net.Conn }

// Write adds the headers where an answer begins as net/http's own do. No handler's answer
// does: theirs have Cache-Control before Content-Type.
func (c *dressedConn) Write(b []byte) (int, error) {
	line, _, found := bytes.Cut(b, []byte("\r\n"))
	if !found || !strings.HasPrefix(string(line[:min(len(line), 9)]), "HTTP/1.1 ") || !bytes.HasPrefix(b[len(line):], []byte(bareAnswer)) {
		return c.Conn.Write(b)
	}
	at := len(line) + len(bareAnswer)
	whole := append(append(append([]byte(nil), b[:at]...), addedHeaders...), b[at:]...)
	if _, err := c.Conn.Write(whole); err != nil {
		return 0, err
	}
	return len(b), nil
}

// CloseWrite is what net/http asks a TCP connection for before it closes it.
func (c *dressedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
