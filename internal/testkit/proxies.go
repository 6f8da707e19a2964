package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Nginx runs nginx with a server block, and returns the port that it listens on, which the
// block calls PORT.
func Nginx(t testing.TB, server string) int {
	return proxy(t, "nginx", "nginx.conf", "daemon off; pid DIR/pid; error_log stderr; events {}\n"+
		"http { access_log off; client_body_temp_path DIR/a; proxy_temp_path DIR/b; fastcgi_temp_path DIR/c; uwsgi_temp_path DIR/d; scgi_temp_path DIR/e;\n"+
		server+"\n}\n", "-c", "FILE", "-p", "DIR")
}

// Caddy runs Caddy with a site block, and returns the port that it listens on, which the
// block calls PORT.
func Caddy(t testing.TB, block string) int {
	return proxy(t, "caddy", "Caddyfile", "{\n admin off\n auto_https off\n}\n"+block+"\n", "run", "--config", "FILE", "--adapter", "caddyfile")
}

// proxy runs a program that listens on a free port, with a configuration file. In the file
// and the arguments DIR, PORT and FILE are replaced; anything like NAME=value goes into the
// program's environment.
func proxy(t testing.TB, name, file, text string, args ...string) int {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		missing(t, name, "apt-get install "+name)
	}
	dir, port := t.TempDir(), freePort(t)
	file = filepath.Join(dir, file)
	fill := strings.NewReplacer("DIR", dir, "PORT", strconv.Itoa(port), "FILE", file)
	if err := os.WriteFile(file, []byte(fill.Replace(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	var words []string
	for _, arg := range args {
		if strings.Contains(arg, "=") {
			env = append(env, fill.Replace(arg))
		} else {
			words = append(words, fill.Replace(arg))
		}
	}
	cmd := exec.Command(program, words...)
	cmd.Env = env
	cmd.Stderr = &Log{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // it was told to end
		if t.Failed() {
			t.Logf("%s says:\n%s", name, cmd.Stderr)
		}
	})
	waitForPort(t, "127.0.0.1:"+strconv.Itoa(port))
	return port
}
