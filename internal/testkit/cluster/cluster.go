// Package cluster runs a private PostgreSQL server in a temporary folder.
//
// The server listens on a free port of 127.0.0.1 and on a socket in its folder. It
// ends, and its folder is removed, when Close is called or when this process ends in
// any way: a panic, a timeout and kill -9 leave nothing behind.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed")

// Options are how a server runs.
type Options struct {
	// Durable writes commits to disk, as in production. Without it the server is
	// faster, and loses its data when the machine stops. A server that is killed while
	// the machine runs loses nothing in either case.
	Durable bool
}

// Cluster is a PostgreSQL server.
type Cluster struct {
	bin, folder string
	port        int
	options     Options
	as          *syscall.Credential
	janitor     *janitor

	mu     sync.Mutex // guards what follows
	server *exec.Cmd
	exited chan struct{}
}

// patience is how long a server may take to start or stop. A machine that is also
// compiling is slow.
const patience = 60 * time.Second

// New makes a cluster and starts it.
func New(options Options) (*Cluster, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, options: options}
	if c.as, err = credential(); err != nil {
		return nil, err
	}
	where := ""
	if !options.Durable {
		where = InMemory()
	}
	if c.folder, err = os.MkdirTemp(where, "gatehouse-postgres-"); err != nil {
		return nil, err
	}
	if c.janitor, err = c.hireJanitor(); err != nil {
		os.RemoveAll(c.folder)
		return nil, err
	}
	if err := c.create(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Find returns the folder of PostgreSQL's programs: the newest version where
// Debian and others put them, else where the PATH says.
func Find() (string, error) {
	best, bestVersion := "", -1
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		folders, _ := filepath.Glob(pattern)
		for _, folder := range folders {
			v := version(folder)
			if v > bestVersion && isProgram(filepath.Join(folder, "initdb")) && isProgram(filepath.Join(folder, "postgres")) {
				best, bestVersion = folder, v
			}
		}
	}
	if best != "" {
		return best, nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Dir(path), nil
}

var digits = regexp.MustCompile(`[0-9]+`)

// version is the number in a folder's name.
func version(folder string) int {
	n, _ := strconv.Atoi(digits.FindString(folder))
	return n
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// credential is the user for the server: PostgreSQL refuses to be root.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres to run it as: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// NotRoot makes a program run as PostgreSQL's user if this process is root: some refuse
// to run as root.
func NotRoot() (*syscall.SysProcAttr, error) {
	as, err := credential()
	return &syscall.SysProcAttr{Credential: as}, err
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// Log is the file that the server writes to.
func (c *Cluster) Log() string { return filepath.Join(c.folder, "log") }

// URL is the address of a database of this server; "postgres" always exists.
func (c *Cluster) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User("postgres"),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// create makes the data folder and starts the server on its own port.
func (c *Cluster) create() error {
	if c.as != nil {
		if err := os.Chown(c.folder, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return err
		}
	}
	args := []string{"-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"}
	if c.sortsLikeProduction() {
		args = append(args, "--locale-provider=icu", "--icu-locale=en-US")
	}
	if out, err := c.command("initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	var err error
	for range 3 { // a free port may be taken a moment later
		if c.port, err = freePort(); err != nil {
			return err
		}
		if err = c.Start(); err == nil {
			return nil
		}
	}
	return err
}

// sortsLikeProduction reports whether the server can sort by language, which is the
// default of most installations and differs from SQLite's order by bytes: a query that
// relies on an unspecified order fails here.
func (c *Cluster) sortsLikeProduction() bool {
	help, err := c.command("initdb", "--help").Output()
	return err == nil && strings.Contains(string(help), "--icu-locale")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// command is a program of PostgreSQL, run as the right user in the folder.
func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "TMPDIR=" + c.folder}
	// A separate session: the terminal's Ctrl-C is for the tests, which then stop the
	// server cleanly.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setsid: true}
	return cmd
}

func (c *Cluster) settings() []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(c.port), "unix_socket_directories=" + c.folder,
		"max_connections=300", "shared_buffers=64MB", "timezone=UTC", "log_line_prefix=%m %d ",
	}
	if c.options.Durable {
		return settings
	}
	// Commits stay synchronous: they reach the operating system, and so survive Kill.
	return append(settings, "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off")
}

// Start starts the server after a Stop or Kill, with the same data and address, and
// returns when it answers.
func (c *Cluster) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil {
		return errors.New("the server is running already")
	}
	// What a killed server leaves behind takes a moment to disappear.
	deadline := time.Now().Add(patience)
	for {
		err := c.start(deadline)
		if err == nil || time.Now().After(deadline) || !strings.Contains(err.Error(), "still in use") {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *Cluster) start(deadline time.Time) error {
	log, err := os.OpenFile(c.Log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", c.data()}
	for _, s := range c.settings() {
		args = append(args, "-c", s)
	}
	server := c.command("postgres", args...)
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		server.Wait() //nolint:errcheck // its log says why
		close(exited)
	}()
	c.server, c.exited = server, exited
	for {
		err := c.ping()
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			c.server = nil
			return fmt.Errorf("PostgreSQL does not start:\n%s", c.lastLog())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			c.end(syscall.SIGQUIT)
			return fmt.Errorf("PostgreSQL does not answer after %v: %w\n%s", patience, err, c.lastLog())
		}
	}
}

func (c *Cluster) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (c *Cluster) lastLog() string {
	text, _ := os.ReadFile(c.Log())
	return string(text[max(0, len(text)-2000):])
}

// Stop stops the server cleanly: it cuts all connections, keeps its data.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end(syscall.SIGINT)
}

// Kill ends the server as kill -9 does, without a clean shutdown.
func (c *Cluster) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end(syscall.SIGKILL)
}

func (c *Cluster) end(signal syscall.Signal) error {
	if c.server == nil {
		return nil
	}
	server, exited := c.server, c.exited
	c.server = nil
	if err := server.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-exited:
		return nil
	case <-time.After(patience):
		server.Process.Signal(syscall.SIGQUIT) //nolint:errcheck // the last resort
		return fmt.Errorf("PostgreSQL does not stop after %v:\n%s", patience, c.lastLog())
	}
}

// Close stops the server and removes its folder.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.end(syscall.SIGQUIT) // at once: nobody needs the data
	// Remains of a killed server may still write for a moment.
	removed := os.RemoveAll(c.folder)
	for range 50 {
		if removed == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
		removed = os.RemoveAll(c.folder)
	}
	c.janitor.dismiss()
	return errors.Join(err, removed)
}
