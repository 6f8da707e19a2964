package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// patience is how long a request may take.
const patience = time.Minute

// client is a connection that is kept. It shares the processors with the server, so
// it does no more than it must.
type client struct {
	address, host string
	// from is the visitor's address, as a proxy in front says it, with https; empty: there
	// is none.
	from string
	// remembers: it keeps the device cookie, as browsers do, and so is known from its first
	// sign-in on.
	remembers bool
	device    string // the cookie
	conn      net.Conn
	in        *bufio.Reader

	out, body []byte // reused
}

func newClient(address, host string) *client { return &client{address: address, host: host} }

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// answer is what matters of an answer. The body is good until the next one.
type answer struct {
	status     int
	retryAfter string
	session    string // cookies
	signIn     string
	recovery   string
	device     string
	body       []byte
	hangUp     bool
}

// get asks for a path, with a line of cookies or without.
func (c *client) get(path, cookies string) (answer, error) {
	c.begin("GET", path, cookies)
	c.out = append(c.out, "\r\n"...)
	return c.send()
}

// post sends a form.
func (c *client) post(path, cookies, form string) (answer, error) {
	c.begin("POST", path, cookies)
	c.out = append(c.out, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(form)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, form...)
	return c.send()
}

func (c *client) begin(method, path, cookies string) {
	c.out = append(c.out[:0], method+" "+path+" HTTP/1.1\r\nHost: "+c.host+
		"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept-Language: en-GB\r\n"...)
	if c.from != "" {
		c.out = append(c.out, "X-Forwarded-Proto: https\r\nX-Forwarded-For: "+c.from+"\r\n"...)
	}
	if cookies != "" {
		c.out = append(c.out, "Cookie: "+cookies+"\r\n"...)
	}
}

func (c *client) send() (a answer, err error) {
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.address, patience); err != nil {
			return a, err
		}
		c.in = bufio.NewReaderSize(c.conn, 16<<10)
	}
	if err = c.conn.SetDeadline(time.Now().Add(patience)); err == nil {
		_, err = c.conn.Write(c.out)
	}
	if err == nil {
		err = c.read(&a)
	}
	if err != nil || a.hangUp {
		c.close()
	}
	if c.remembers && a.device != "" {
		c.device = a.device
	}
	return a, err
}

func (c *client) read(a *answer) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	if len(line) < len("HTTP/1.1 200") {
		return fmt.Errorf("status line %q", line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return err
	}
	length, chunked := 0, false
	for {
		if line, err = c.line(); err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		case "Transfer-Encoding":
			chunked = true
		case "Connection":
			a.hangUp = string(value) == "close"
		case "Retry-After":
			a.retryAfter = string(value)
		case "Set-Cookie":
			a.setCookie(value)
		}
	}
	c.body = c.body[:0]
	if chunked {
		err = c.readChunks()
	} else {
		err = c.readBody(length)
	}
	a.body = c.body
	return err
}

func (a *answer) setCookie(value []byte) {
	pair, _, _ := bytes.Cut(value, []byte(";"))
	name, value, _ := bytes.Cut(pair, []byte("="))
	switch string(bytes.TrimPrefix(name, []byte("__Host-"))) {
	case "gatehouse-session":
		a.session = string(value)
	case "gatehouse-signin":
		a.signIn = string(value)
	case "gatehouse-recovery":
		a.recovery = string(value)
	case "gatehouse-device":
		a.device = string(value)
	}
}

func (c *client) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func (c *client) readBody(length int) error {
	n := len(c.body)
	if cap(c.body) < n+length {
		c.body = append(make([]byte, 0, n+length), c.body...)
	}
	c.body = c.body[:n+length]
	_, err := io.ReadFull(c.in, c.body[n:])
	return err
}

func (c *client) readChunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return err
		}
		if err := c.readBody(int(size)); err != nil {
			return err
		}
		if _, err := c.line(); err != nil || size == 0 {
			return err
		}
	}
}

// tried is what became of a sign-in.
type tried struct {
	answer
	took time.Duration // from the form's sending to the answer
}

// signIn opens the sign-in page as a browser without cookies, but for the one that it may
// remember, and sends its form.
func (c *client) signIn(username, password string) (t tried, err error) {
	signIn, token, err := c.open("/sign-in")
	if err != nil {
		return t, err
	}
	form := "form_token=" + token + "&username=" + url.QueryEscape(username) + "&password=" + url.QueryEscape(password)
	begun := time.Now()
	cookies := c.cookie("gatehouse-signin", signIn)
	if c.device != "" {
		cookies += "; " + c.cookie("gatehouse-device", c.device)
	}
	t.answer, err = c.post("/sign-in", cookies, form)
	t.took = time.Since(begun)
	return t, err
}

// open opens a page as a browser without cookies, and returns the cookie that its form is
// bound to and the form's token, ready to be sent.
func (c *client) open(path string) (signIn, token string, err error) {
	page, err := c.get(path, "")
	if err != nil {
		return "", "", err
	}
	token, found := page.formToken()
	if page.status != 200 || page.signIn == "" || !found {
		return "", "", fmt.Errorf("GET %s: status %d, cookie %t, form %t", path, page.status, page.signIn != "", found)
	}
	return page.signIn, token, nil
}

// formToken is the token of the form on a page, ready to be sent, and whether there is one.
func (a *answer) formToken() (string, bool) {
	_, rest, _ := bytes.Cut(a.body, []byte(`name="form_token" value="`))
	value, _, found := bytes.Cut(rest, []byte(`"`))
	return url.QueryEscape(html.UnescapeString(string(value))), found
}

// cookie is a cookie for a request. Over https its name has a prefix.
func (c *client) cookie(name, value string) string {
	if c.from != "" {
		name = "__Host-" + name
	}
	return name + "=" + value
}

// newSession signs in and returns the line of cookies of the session.
func (c *client) newSession(username string) (string, error) {
	t, err := c.signIn(username, password)
	if err != nil {
		return "", err
	}
	if t.status != 303 || t.session == "" {
		return "", t.unexpected()
	}
	return "gatehouse-session=" + t.session, nil
}

// unexpected is the error of an answer that nobody wants.
func (t tried) unexpected() error {
	text := fmt.Sprintf("POST /sign-in: status %d, session %t, Retry-After %q", t.status, t.session != "", t.retryAfter)
	if strings.Contains(string(t.body), "signin.failed") || t.status == 401 {
		text += " (refused)"
	}
	return errors.New(text)
}
