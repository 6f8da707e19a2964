package systemd

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// manager is a service manager's socket; what is read from it are the messages.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return conn
}

func read(t *testing.T, conn *net.UnixConn, within time.Duration) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1000)
	n, err := conn.Read(buffer)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

func TestNotify(t *testing.T) {
	conn := manager(t)
	if err := Notify("READY=1", "STATUS=serving"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, conn, 5*time.Second); got != "READY=1\nSTATUS=serving" {
		t.Errorf("told %q", got)
	}
	conn.Close()
	if err := Notify("READY=1"); err == nil {
		t.Error("nobody listens, and there is no error")
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify("READY=1"); err != nil {
		t.Errorf("without a manager: %v", err)
	}
}

func TestAWatchdogIsToldOnlyByALivingProcess(t *testing.T) {
	conn := manager(t)
	t.Setenv("WATCHDOG_USEC", "40000")
	var faults []error
	life := error(nil)
	watch := func() {
		ctx, cancel := context.WithTimeout(t.Context(), 70*time.Millisecond)
		defer cancel()
		Watchdog(ctx, func(context.Context) error { return life }, func(err error) { faults = append(faults, err) })
	}
	watch()
	for range 2 {
		if got := read(t, conn, time.Second); got != "WATCHDOG=1" {
			t.Fatalf("told %q", got)
		}
	}
	for read(t, conn, time.Millisecond) != "" { // what is left of it
	}
	if len(faults) > 0 {
		t.Errorf("faults %v", faults)
	}
	life = errors.New("it hangs")
	watch()
	if got := read(t, conn, 10*time.Millisecond); got != "" || len(faults) == 0 {
		t.Errorf("a process that hangs: told %q, faults %v", got, faults)
	}
}

func TestNobodyIsWatched(t *testing.T) {
	for _, c := range []struct{ name, micros, pid string }{
		{"no manager", "", ""}, {"another process", "1000", "1"}, {"no number", "soon", ""}, {"never", "0", ""},
	} {
		t.Setenv("WATCHDOG_USEC", c.micros)
		t.Setenv("WATCHDOG_PID", c.pid)
		Watchdog(t.Context(), func(context.Context) error { t.Errorf("%s: asked", c.name); return nil }, func(error) {})
	}
}

// What is not for this process is not touched: descriptor 3 is somebody else's.
func TestSocketsOfAnotherProcess(t *testing.T) {
	t.Setenv("LISTEN_FDS", "1")
	for _, pid := range []string{"", "1", strconv.Itoa(os.Getppid())} {
		t.Setenv("LISTEN_PID", pid)
		if all, err := Handed(); len(all) != 0 || err != nil {
			t.Errorf("for %q: %v, %v", pid, all, err)
		}
	}
	t.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("LISTEN_FDS", "some")
	if _, err := Handed(); err == nil {
		t.Error("no number, and no error")
	}
}

func TestSocketsAreTakenByName(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	all := Sockets{"listen": l, "other": l}
	if all.Take("listen") != l || all.Take("listen") != nil {
		t.Error("a socket is taken once")
	}
	if left := all.Left(); len(left) != 1 || left[0] != "other" {
		t.Errorf("left %v", left)
	}
}
