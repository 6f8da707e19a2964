package testkit

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"gatehouse/internal/testkit/cluster"
)

// PooledURL is PostgresURL through a pgbouncer in transaction mode, with fewer server
// sessions than a store has connections: every transaction may get another one.
func PooledURL(t testing.TB) string {
	t.Helper()
	direct, err := url.Parse(PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		missing(t, "pgbouncer", "apt-get install pgbouncer")
	}
	port := freePort(t)
	folder, err := os.MkdirTemp("", "gatehouse-pgbouncer-") // another user reads it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) }) //nolint:errcheck // it is temporary
	settings := filepath.Join(folder, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=%s port=%s user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n", direct.Hostname(), direct.Port(), port)
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-q", settings)
	if cmd.SysProcAttr, err = cluster.NotRoot(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck // it was killed
	})
	direct.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	waitForPort(t, direct.Host)
	return direct.String()
}

// freePort returns a port for a program that listens on a number. It is below those that the system
// hands out: another test's server or connection could get one of these before the program does.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(12_000))
		if err != nil {
			t.Fatal(err)
		}
		port := 20_000 + int(n.Int64())
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free from 20000 to 31999")
	return 0
}

func waitForPort(t testing.TB, address string) {
	t.Helper()
	for range 500 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nothing answers at %s", address)
}
