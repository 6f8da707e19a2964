package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/testkit"
)

// managed is a server that a service manager runs, which the test plays.
type managed struct {
	*served
	told *net.UnixConn
}

// manage starts a server with a socket that was opened for it under a name.
func manage(t *testing.T, s *served, name string, socket net.Listener) *managed {
	t.Helper()
	binary, err := serverBinary()
	must(t, err)
	path := filepath.Join(t.TempDir(), "notify")
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	must(t, err)
	t.Cleanup(func() { told.Close() })
	file, err := socket.(*net.TCPListener).File()
	must(t, err)
	defer file.Close()
	s.cmd = exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$@"`, "sh", binary, "serve", "--config", filepath.Join(s.dir, "gatehouse.yaml"))
	s.cmd.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES="+name, "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=400000")
	s.cmd.ExtraFiles = []*os.File{file}
	s.cmd.Stderr, s.cmd.Stdout = s.log, s.log
	must(t, s.cmd.Start())
	process := s.cmd.Process
	t.Cleanup(func() { process.Kill() }) //nolint:errcheck // it may have ended
	return &managed{s, told}
}

// hears waits for a message that begins with a line.
func (m *managed) hears(line string) {
	m.t.Helper()
	must(m.t, m.told.SetReadDeadline(time.Now().Add(20*time.Second)))
	buffer := make([]byte, 1000)
	for {
		n, err := m.told.Read(buffer)
		if err != nil {
			m.t.Fatalf("waiting for %s: %v\n%s", line, err, m.log)
		}
		if first, _, _ := strings.Cut(string(buffer[:n]), "\n"); first == line {
			return
		}
	}
}

// A service manager opens the socket before the server is there, and is told when it is ready,
// that it is alive, that it reloads and that it stops.
func TestServeUnderAServiceManager(t *testing.T) {
	s := prepare(t, "sqlite://gatehouse.db")
	socket, err := net.Listen("tcp", s.public)
	must(t, err)
	m := manage(t, s, "listen", socket)
	must(t, socket.Close()) // the server has its own now; connections wait in it
	answer, err := s.client.Get("https://uk.localhost:" + strings.Split(s.public, ":")[1] + "/sign-in")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("asked before it was ready: %v, %v\n%s", answer, err, s.log)
	}
	answer.Body.Close()
	for _, line := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"} {
		m.hears(line)
	}
	must(t, s.cmd.Process.Signal(syscall.SIGHUP))
	m.hears("RELOADING=1")
	m.hears("READY=1")
	must(t, s.cmd.Process.Signal(syscall.SIGTERM))
	m.hears("STOPPING=1")
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, s.log)
	}
}

// What was checked about an address holds for the socket: plain http for this machine only is not
// served to everybody because the socket's unit says so.
func TestServeRefusesSocketsThatAreNotConfigured(t *testing.T) {
	for _, c := range []struct{ name, address, says string }{
		{"listen", "", "listen: is "},
		{"gatehouse.socket", "same", "FileDescriptorName= of its unit must be"},
	} {
		s := prepare(t, "sqlite://gatehouse.db")
		address := "127.0.0.1:0"
		if c.address == "same" {
			address = s.public
		}
		socket, err := net.Listen("tcp", address)
		must(t, err)
		if c.address == "same" { // nobody has the address that it opens by itself
			replaceInFile(t, filepath.Join(s.dir, "gatehouse.yaml"), "listen: "+s.public, "listen: 127.0.0.1:0")
		}
		m := manage(t, s, c.name, socket)
		must(t, socket.Close())
		err = s.cmd.Wait()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitUsage || !strings.Contains(m.log.String(), c.says) {
			t.Errorf("%s: %v\n%s", c.name, err, m.log)
		}
	}
}

func TestTheSocketIsWhereTheConfigurationSays(t *testing.T) {
	at := func(ip string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: port} }
	for _, c := range []struct {
		address string
		socket  net.Addr
		same    bool
	}{
		{":443", at("::", 443), true},
		{":443", at("0.0.0.0", 443), true},
		{"0.0.0.0:443", at("::", 443), true},
		{"127.0.0.1:8080", at("127.0.0.1", 8080), true},
		{"127.0.0.1:8080", at("::", 8080), false},
		{":443", at("127.0.0.1", 443), false},
		{":443", at("::", 8443), false},
		{":443", &net.UnixAddr{Name: "/run/gatehouse.sock", Net: "unix"}, false},
	} {
		if err := sameAddress("listen", c.address, c.socket); (err == nil) != c.same {
			t.Errorf("%s and %s: %v", c.address, c.socket, err)
		}
	}
}

// A server whose management address takes no connections is not alive.
func TestALivingServerAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	d := &doors{management: l}
	status := http.StatusOK
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })}
	go server.Serve(l) //nolint:errcheck // it is closed
	if err := d.alive(t.Context()); err != nil {
		t.Errorf("it answers: %v", err)
	}
	status = http.StatusInternalServerError
	if err := d.alive(t.Context()); err == nil {
		t.Error("500 counts as life")
	}
	must(t, server.Close())
	testkit.Eventually(t, "no sign of life", func() bool { return d.alive(t.Context()) != nil })
}
