package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asItself in the environment makes the program of the tests the bench.
const asItself = "BENCH_AS_ITSELF"

func TestMain(m *testing.M) {
	if os.Getenv(asItself) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// However the bench ends, no server goes on and takes the processor from who measures next. Only
// SIGKILL leaves files.
func TestServersEndWithTheBench(t *testing.T) {
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE}
	if runtime.GOOS == "linux" {
		signals = append(signals, syscall.SIGKILL)
	}
	for _, signal := range signals {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			bench, server, files := runningBench(t)
			if err := bench.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- bench.Wait() }()
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Fatal("the bench does not end")
			}
			soon(t, "the server goes on", func() bool { return syscall.Kill(server, 0) != nil })
			left, err := os.ReadDir(files)
			if err != nil || len(left) > 0 && signal != syscall.SIGKILL {
				t.Errorf("it leaves %v (%v)", left, err)
			}
		})
	}
}

// runningBench is a bench that has started a server, which never answers; the server's process, and
// the folder that the bench puts its files in.
func runningBench(t *testing.T) (bench *exec.Cmd, server int, files string) {
	t.Helper()
	dir := t.TempDir()
	files = filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	program, number := filepath.Join(dir, "server"), filepath.Join(dir, "number")
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%[1]s.new && mv %[1]s.new %[1]s\nexec sleep 300\n", number)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bench = exec.Command(self, "-quick", "-binary", program, "-only", "session/sqlite", "-json", "")
	bench.Env = append(os.Environ(), asItself+"=yes", "TMPDIR="+files)
	if err := bench.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		bench.Process.Kill()           //nolint:errcheck // it has ended unless the test failed
		if t.Failed() && server != 0 { // otherwise its number may be somebody else's by now
			syscall.Kill(server, syscall.SIGKILL) //nolint:errcheck // as above
		}
	})
	soon(t, "no server is started", func() bool {
		text, _ := os.ReadFile(number)
		server, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return server != 0
	})
	return bench, server, files
}

// soon waits until something is so.
func soon(t *testing.T, otherwise string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}
