package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"gatehouse/internal/sms"
)

// Phones accepts text messages in place of a provider's gateway, and puts them into the
// inbox, which shows the messages of all the demo's phones. It has its own listener, so
// that the messages go over HTTP as those of an installation do.
type Phones struct {
	// Gateway sends to this server.
	Gateway *sms.Gateway

	inbox  *Inbox
	server *http.Server
}

// OpenPhones accepts text messages for an inbox, on any free port of this machine.
func OpenPhones(inbox *Inbox) (*Phones, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo phones: %w", err)
	}
	p := &Phones{inbox: inbox}
	p.Gateway, err = sms.New(sms.Settings{URL: "http://" + l.Addr().String() + "/messages", Method: http.MethodPost, Timeout: 10 * time.Second,
		Headers: map[string]string{"Content-Type": "application/json"},
		Body:    `{"to": {{json .To}}, "from": "Portal", "text": {{json .Text}}}`})
	if err != nil {
		l.Close()
		return nil, err
	}
	p.server = &http.Server{Handler: p, ReadTimeout: mailPatience, WriteTimeout: mailPatience}
	go p.server.Serve(l) //nolint:errcheck // it ends with Close
	return p, nil
}

// Close stops accepting messages.
func (p *Phones) Close() error { return p.server.Close() }

// ServeHTTP accepts a message.
func (p *Phones) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ To, From, Text string }
	if err := json.NewDecoder(io.LimitReader(r.Body, mailBytes)).Decode(&m); err != nil || m.To == "" {
		http.Error(w, "no message", http.StatusBadRequest)
		return
	}
	p.inbox.add(m.To, Mail{From: m.From, Subject: "Text message", Text: m.Text})
	w.WriteHeader(http.StatusAccepted)
}
