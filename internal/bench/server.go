package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// server is a running server.
type server struct {
	cmd                *exec.Cmd
	db                 *database
	public, management string // addresses
	host               string // of the measured site, with port
	from               string // what clients send; see client
	log                string
	profile            string // folder for its profiles; empty: none
}

const config = `listen: %q
management: %q
plain_http: true
database: %q
smtp:
  url: smtp+plain://%s
key_file: %q
sites: %q
limits:
  sign_ins_per_ip_per_minute: 1000000
  sign_ins_per_username_per_minute: 1000000
  sign_ins_per_site_per_minute: 1000000
%s`

// behindProxy makes the server trust the client's statement of the visitor's address,
// so that every request can have a different one.
const behindProxy = "trusted_proxies: [127.0.0.1/32]\n"

// configure writes a configuration, with more lines, and returns its name.
func (b *bench) configure(name, public, management, database, more string) (string, error) {
	path := filepath.Join(b.dir, name+".yaml")
	text := fmt.Sprintf(config, public, management, database, b.sink.listen.Addr(), filepath.Join(b.dir, "keys"), filepath.Join(b.dir, "sites"), more)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// start starts a server, as an operator would: with a log at level info, in a file.
func (b *bench) start(ctx context.Context, db *database, more string) (s *server, err error) {
	s = &server{db: db, log: filepath.Join(b.dir, "server.log")}
	for s.public == s.management { // the second may get the port that the first gave back
		for _, address := range []*string{&s.public, &s.management} {
			if *address, err = freeAddress(); err != nil {
				return nil, err
			}
		}
	}
	_, port, _ := net.SplitHostPort(s.public)
	s.host = siteHost + ":" + port
	if more == behindProxy {
		s.from = "192.0.2.1"
	}
	path, err := b.configure("server", s.public, s.management, db.url, more)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd = b.command(ctx, "serve", "--config", path)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if b.profiles != "" {
		s.profile = filepath.Join(b.profiles, filepath.FromSlash(b.group))
		if err := os.MkdirAll(s.profile, 0o755); err != nil {
			return nil, err
		}
		s.cmd.Env = append(s.cmd.Env, "GATEHOUSE_PROFILE="+s.profile)
	}
	return s, s.cmd.Start()
}

// command is the server's program. It ends cleanly, or after half a minute, and with us.
func (b *bench) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	endWithUs(cmd)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GATEHOUSE_") || strings.HasPrefix(v, "GATEHOUSE_LIMITS_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// begin starts a server and waits until it answers.
func (b *bench) begin(ctx context.Context, db *database, more string) (*server, error) {
	s, err := b.start(ctx, db, more)
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// await waits until the server is well and shows the sign-in page.
func (s *server) await(ctx context.Context) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		health, err := once(s.management, "localhost", "/healthz")
		if err == nil && health.status == 200 {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer: %w\n%s", err, s.lastLog())
		}
		time.Sleep(time.Millisecond)
	}
	c := s.client(s.host)
	defer c.close()
	page, err := c.get("/sign-in", "")
	if err == nil && page.status != 200 {
		err = fmt.Errorf("GET /sign-in: status %d", page.status)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.lastLog())
	}
	return nil
}

// client is a client of one of the server's sites.
func (s *server) client(host string) *client {
	c := newClient(s.public, host)
	c.from = s.from
	return c
}

// once sends a request on a separate connection.
func once(address, host, path string) (answer, error) {
	c := newClient(address, host)
	defer c.close()
	return c.get(path, "")
}

// hashing is the processor time of the server's hashes, from its metrics.
func (s *server) hashing() time.Duration {
	if s == nil {
		return 0
	}
	a, err := once(s.management, "localhost", "/metrics")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(a.body), "\ngatehouse_hash_cpu_seconds_total ")
	line, _, _ := strings.Cut(rest, "\n")
	seconds, _ := strconv.ParseFloat(line, 64)
	return time.Duration(seconds * float64(time.Second))
}

func (s *server) lastLog() string {
	text, _ := os.ReadFile(s.log)
	return string(text[max(0, len(text)-2000):])
}

// stop ends the server cleanly.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended with %w\n%s", err, s.lastLog())
	}
	return nil
}

// during runs a measurement against a fresh server.
func (b *bench) during(ctx context.Context, db *database, measure func(*server) error) error {
	return b.duringWith(ctx, db, "", measure)
}

// duringWith is during with more lines in the configuration.
func (b *bench) duringWith(ctx context.Context, db *database, more string, measure func(*server) error) error {
	s, err := b.begin(ctx, db, more)
	if err != nil {
		return err
	}
	if err := measure(s); err != nil {
		return errors.Join(fmt.Errorf("%w\n%s", err, s.logged(`"ERROR"`)), s.stop())
	}
	return errors.Join(s.stop(), b.summarise(ctx, s.profile))
}

// logged is the last line of the log with a word in it: among thousands that say that
// all is well, the reason for a failure.
func (s *server) logged(word string) (last string) {
	text, _ := os.ReadFile(s.log)
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, word) {
			last = line
		}
	}
	return last
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// serveEmpty is what session checks are compared with: net/http in a separate process,
// and nothing else. What is PUT there it answers from memory. It ends with its standard input.
func serveEmpty() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Println(l.Addr())
	var kept atomic.Pointer[remembered]
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:errcheck,gosec // ends with the process
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			for _, own := range []string{"User-Agent", "Accept-Encoding"} {
				r.Header.Del(own)
			}
			kept.Store(&remembered{r.URL.Path, r.Header, body})
		} else if same := kept.Load(); same != nil && same.path == r.URL.Path {
			maps.Copy(w.Header(), same.header)
			w.Write(same.body) //nolint:errcheck // a client that has gone
		}
	}))
	io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is what counts
}

// remembered is an answer that the empty handler gives on a path.
type remembered struct {
	path   string
	header http.Header
	body   []byte
}

// remember has the empty handler give the same answer as the server on a path.
func remember(ctx context.Context, s *server, empty, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.public+path, nil)
	if err != nil {
		return err
	}
	r.Host = s.host
	as, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer as.Body.Close()
	put, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+empty+path, as.Body)
	if err != nil {
		return err
	}
	put.Header = as.Header
	kept, err := http.DefaultClient.Do(put)
	if err != nil {
		return err
	}
	return kept.Body.Close()
}

// startEmpty starts this program as the empty handler.
func startEmpty() (address string, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self, "-empty-handler")
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(in.Close(), cmd.Wait()) }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return strings.TrimSpace(line), stop, nil
}
