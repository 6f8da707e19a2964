package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// patience is how long a request may take.
const patience = time.Minute

// client is a kept connection. It shares the processors with the server, so it does as
// little as possible: net/http writes and reads, but without a transport, as its
// goroutines take longer than everything else that a client does.
type client struct {
	address, host string
	// from is the visitor's address, as a proxy in front reports it, with https; empty:
	// there is none.
	from string
	// remembers: it keeps the device cookie, as browsers do, and so is known after its
	// first sign-in.
	remembers bool
	device    string // the cookie
	// authorization is how a program authenticates itself; empty: it does not.
	authorization string

	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
	body bytes.Buffer // reused
}

func newClient(address, host string) *client { return &client{address: address, host: host} }

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// answer is the relevant part of an answer. The body is valid until the next one.
type answer struct {
	status     int
	retryAfter string
	session    string // cookies
	signIn     string
	recovery   string
	device     string
	body       []byte
}

// get requests a path, with or without a line of cookies.
func (c *client) get(path, cookies string) (answer, error) {
	return c.send(http.MethodGet, path, cookies, nil)
}

// post sends a form.
func (c *client) post(path, cookies, form string) (answer, error) {
	return c.send(http.MethodPost, path, cookies, strings.NewReader(form))
}

func (c *client) send(method, path, cookies string, form io.Reader) (a answer, err error) {
	r, err := http.NewRequest(method, "http://"+c.host+path, form)
	if err != nil {
		return a, err
	}
	r.Header["User-Agent"] = []string{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	r.Header["Accept-Language"] = []string{"en-GB"}
	if c.from != "" {
		r.Header["X-Forwarded-Proto"], r.Header["X-Forwarded-For"] = []string{"https"}, []string{c.from}
	}
	if cookies != "" {
		r.Header["Cookie"] = []string{cookies}
	}
	if c.authorization != "" {
		r.Header["Authorization"] = []string{c.authorization}
	}
	if form != nil {
		r.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	}
	w, err := c.exchange(r)
	if err != nil {
		c.close()
		return a, err
	}
	if w.Close {
		c.close()
	}
	a.read(w)
	a.body = c.body.Bytes()
	if c.remembers && a.device != "" {
		c.device = a.device
	}
	return a, nil
}

// exchange sends a request and reads the answer, with its body.
func (c *client) exchange(r *http.Request) (*http.Response, error) {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.address, patience)
		if err != nil {
			return nil, err
		}
		c.conn, c.in, c.out = conn, bufio.NewReaderSize(conn, 16<<10), bufio.NewWriter(conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if err := errors.Join(r.Write(c.out), c.out.Flush()); err != nil {
		return nil, err
	}
	w, err := http.ReadResponse(c.in, r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	c.body.Reset()
	_, err = c.body.ReadFrom(w.Body)
	return w, err
}

// read takes the relevant parts of the header.
func (a *answer) read(w *http.Response) {
	a.status, a.retryAfter = w.StatusCode, w.Header.Get("Retry-After")
	for _, line := range w.Header["Set-Cookie"] {
		pair, _, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		switch strings.TrimPrefix(name, "__Host-") {
		case "gatehouse-session":
			a.session = value
		case "gatehouse-signin":
			a.signIn = value
		case "gatehouse-recovery":
			a.recovery = value
		case "gatehouse-device":
			a.device = value
		}
	}
}

// tried is the result of a sign-in.
type tried struct {
	answer
	took time.Duration // from sending the form to the answer
}

// signIn opens the sign-in page as a browser without cookies, except for the one that it
// may remember, and sends its form.
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
// bound to and the form's token, ready to send.
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

// formToken is the token of the form on a page, ready to send, and whether there is one.
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

// unexpected is the error of an unwanted answer.
func (t tried) unexpected() error {
	text := fmt.Sprintf("POST /sign-in: status %d, session %t, Retry-After %q", t.status, t.session != "", t.retryAfter)
	if strings.Contains(string(t.body), "signin.failed") || t.status == 401 {
		text += " (refused)"
	}
	return errors.New(text)
}
