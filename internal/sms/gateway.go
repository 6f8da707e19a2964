// Package sms hands text messages to a gateway: an HTTP address of a provider that the
// operator has a contract with. Every provider wants something else, so requests are
// made from templates in the configuration.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// Settings are a gateway's settings, as the operator writes them.
type Settings struct {
	// URL, Headers and Body are templates: see Message for what they can name.
	URL     string
	Method  string
	Headers map[string]string
	Body    string
	// Accepted is a regular expression that matches the body of an answer if the gateway
	// has accepted the message; empty: every answer with a success status means so.
	Accepted string
	// Timeout is how long a request may take in all.
	Timeout time.Duration
	// Env returns an environment variable, for secrets.
	Env func(name string) (string, bool)
}

// Message is what templates can name: {{.To}}, {{json .Text}}.
type Message struct {
	// ID is the same each time the same message is tried again.
	ID string
	// To is the number with its plus, Digits without.
	To, Digits string
	Text       string
	// Site is the site's ID, for a separate sender or contract.
	Site string
}

// Error is why a message was not accepted. It contains the gateway's answer, shortened.
type Error struct {
	// Final: another try would have the same result.
	Final  bool
	Reason string
}

func (e *Error) Error() string { return e.Reason }

// Gateway hands over messages.
type Gateway struct {
	method   string
	parts    map[string]*template.Template
	accepted *regexp.Regexp
	http     *http.Client
}

// most is how much of an answer is read, and mostReply how much of it is kept.
const (
	most      = 64 << 10
	mostReply = 200
)

// The names of the templates other than those of headers.
const (
	urlPart  = "url"
	bodyPart = "body"
)

// New makes a gateway; its error says what to do about a setting. Templates are tried at
// once, so that a fault shows at startup and not when somebody waits for a code.
func New(s Settings) (*Gateway, error) {
	g := &Gateway{method: s.Method, parts: map[string]*template.Template{}, http: &http.Client{
		Timeout:       s.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	texts := map[string]string{urlPart: s.URL, bodyPart: s.Body}
	for name, text := range s.Headers {
		texts["headers."+name] = text
	}
	functions := template.FuncMap{"json": inJSON, "query": url.QueryEscape, "env": func(name string) (string, error) {
		if value, ok := s.Env(name); ok && value != "" {
			return value, nil
		}
		return "", fmt.Errorf("the environment has no %s", name)
	}}
	for name, text := range texts {
		t, err := template.New(name).Funcs(functions).Option("missingkey=error").Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		g.parts[name] = t
	}
	if s.Accepted != "" {
		pattern, err := regexp.Compile(s.Accepted)
		if err != nil {
			return nil, fmt.Errorf("accepted: %w", err)
		}
		g.accepted = pattern
	}
	_, err := g.request(context.Background(), Message{ID: "msg_1", To: "+447400123456", Digits: "447400123456", Text: "Test", Site: "site"})
	return g, err
}

func inJSON(text string) (string, error) {
	b, err := json.Marshal(text)
	return string(b), err
}

// request makes the request for a message.
func (g *Gateway) request(ctx context.Context, m Message) (*http.Request, error) {
	made := map[string]string{}
	for name, t := range g.parts {
		var b bytes.Buffer
		if err := t.Execute(&b, m); err != nil {
			return nil, err
		}
		made[name] = b.String()
	}
	u, err := url.Parse(strings.TrimSpace(made[urlPart]))
	switch {
	case err != nil:
		return nil, errors.New("url: it is no URL") // it may contain a secret: it is not repeated
	case u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return nil, errors.New("url: it has to begin with https://, or with http:// for this machine itself")
	}
	r, err := http.NewRequestWithContext(ctx, g.method, u.String(), strings.NewReader(made[bodyPart]))
	if err != nil {
		return nil, errors.New("method: it is none of HTTP")
	}
	r.Header.Set("User-Agent", "Gatehouse")
	for name, value := range made {
		if header, ok := strings.CutPrefix(name, "headers."); ok {
			r.Header.Set(header, strings.TrimSpace(value))
		}
	}
	return r, nil
}

func loopback(host string) bool {
	return host == "127.0.0.1" || host == "::1" || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Send hands over a message, and returns the gateway's answer. secret is the part of the
// text that must not be kept if the gateway repeats it. Every error is an *Error.
func (g *Gateway) Send(ctx context.Context, m Message, secret string) (reply string, err error) {
	r, err := g.request(ctx, m)
	if err != nil {
		return "", &Error{true, err.Error()}
	}
	answer, err := g.http.Do(r)
	if err != nil {
		var of *url.Error // names the URL, which may contain a secret
		if errors.As(err, &of) {
			err = of.Err
		}
		return "", &Error{false, "the gateway cannot be reached: " + err.Error()}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		// It may have accepted the message. The user can ask for another one; a message
		// that comes twice costs less than one that never comes.
		return "", &Error{false, "the gateway's answer broke off"}
	}
	reply = answer.Status + " " + short(body, secret)
	switch {
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusRequestTimeout || answer.StatusCode >= 500:
		return "", &Error{false, reply}
	case answer.StatusCode < 200 || answer.StatusCode >= 300:
		return "", &Error{true, reply}
	case g.accepted != nil && !g.accepted.Match(body):
		return "", &Error{true, reply}
	}
	return reply, nil
}

// short is the part of an answer that is kept: one line, without the secret.
func short(body []byte, secret string) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(string(body), "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if secret != "" { // also as it may be grouped: 418 207, 418-207
		line = regexp.MustCompile(strings.Join(strings.Split(regexp.QuoteMeta(secret), ""), `[^0-9A-Za-z]{0,2}`)).ReplaceAllString(line, "…")
	}
	if runes := []rune(line); len(runes) > mostReply {
		line = string(runes[:mostReply]) + "…"
	}
	return line
}
