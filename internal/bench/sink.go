package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"gatehouse"
)

// sink is a mail server that accepts everything, and keeps only how many mails came for
// whom, and codes. It shares the processors with the server, so it does as little as
// possible.
type sink struct {
	listen net.Listener

	mu    sync.Mutex
	taken taken
	codes map[string]chan string
}

// taken is what came since the sink was emptied.
type taken struct {
	to          map[string]int // by address
	mails       int
	first, last time.Time
}

// openSink accepts mail on a free port.
func openSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &sink{listen: l}
	k.empty()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer c.Close()
				k.serve(c) //nolint:errcheck // who hangs up is no news
			}()
		}
	}()
	return k, nil
}

// empty forgets what came so far.
func (k *sink) empty() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taken, k.codes = taken{to: map[string]int{}}, map[string]chan string{}
}

// count is how many mails came.
func (k *sink) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.taken.mails
}

// all is everything that came. Nothing may be on its way.
func (k *sink) all() taken {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.taken
}

// code waits for the next code that is mailed to an address.
func (k *sink) code(address string) (string, error) {
	select {
	case code := <-k.box(address):
		return code, nil
	case <-time.After(patience):
		return "", fmt.Errorf("no code has come to %s", address)
	}
}

// box has the codes for an address until somebody asks for them.
func (k *sink) box(address string) chan string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.codes[address] == nil {
		k.codes[address] = make(chan string, gatehouse.CodesAnHour)
	}
	return k.codes[address]
}

// serve speaks as much SMTP as the server needs.
func (k *sink) serve(c net.Conn) error {
	in := bufio.NewReaderSize(c, 32<<10)
	out := bufio.NewWriter(c)
	say := func(text string) error {
		_, err := out.WriteString(text + "\r\n")
		if err == nil && in.Buffered() == 0 { // pipelined commands get pipelined answers
			err = out.Flush()
		}
		return err
	}
	to, err := "", say("220 sink")
	for err == nil {
		var line []byte
		if line, err = in.ReadSlice('\n'); err != nil {
			break
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		switch verb {
		case "EHLO":
			err = say("250-sink\r\n250-PIPELINING\r\n250 SMTPUTF8")
		case "RCPT":
			to = strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>")
			err = say("250 yes")
		case "DATA":
			if err = say("354 go on"); err == nil {
				err = k.read(in, to)
			}
			if err == nil {
				err = say("250 taken")
			}
		case "QUIT":
			return say("221 bye")
		default:
			err = say("250 yes")
		}
	}
	return err
}

// read takes one mail.
func (k *sink) read(in *bufio.Reader, to string) error {
	code := ""
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if string(line) == ".\r\n" {
			break
		}
		if subject, found := bytes.CutPrefix(line, []byte("Subject: ")); found {
			code = codeIn(string(subject))
		}
	}
	k.mu.Lock()
	k.taken.last = time.Now()
	if k.taken.mails == 0 {
		k.taken.first = k.taken.last
	}
	k.taken.mails++
	k.taken.to[to]++
	k.mu.Unlock()
	if code != "" {
		k.box(to) <- code
	}
	return nil
}

// codeIn is the code that a subject begins with, "418 207 is …"; empty: none.
func codeIn(subject string) string {
	words := strings.Fields(subject)
	if len(words) < 2 {
		return ""
	}
	code, ok := gatehouse.ReadCode(words[0] + words[1])
	if !ok {
		return ""
	}
	return code
}
