package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/demo"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// before builds the program of the version before: the last one with an older database.
func before(t *testing.T) (binary string) {
	t.Helper()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", "../.."}, args...)...).Output()
		if err != nil {
			t.Fatalf("git %v: %v; a shallow clone has no version before: git fetch --unshallow", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	newest := git("log", "-1", "--format=%H", "--diff-filter=A", "--", "internal/store/migrations")
	source, archive := t.TempDir(), filepath.Join(t.TempDir(), "source.tar")
	git("archive", "--output", archive, newest+"^")
	if out, err := exec.Command("tar", "-xf", archive, "-C", source).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	binary = filepath.Join(t.TempDir(), "gatehouse-before")
	build := exec.Command("go", "build", "-o", binary, "./cmd/gatehouse")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the version before: %v\n%s", err, out)
	}
	return binary
}

// beside is a process of one version.
type beside struct {
	address string
	log     *testkit.Log
}

// startBeside starts a program in an installation, at an address of its own.
func startBeside(t *testing.T, binary, dir string) *beside {
	t.Helper()
	free := freeAddresses(t, 2)
	p := &beside{free[0], &testkit.Log{}}
	cmd := exec.Command(binary, "serve")
	cmd.Dir, cmd.Stderr = dir, p.log
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GATEHOUSE_") }), "GATEHOUSE_CONFIG="+filepath.Join(dir, "gatehouse.yaml"), "GATEHOUSE_LISTEN="+free[0], "GATEHOUSE_MANAGEMENT="+free[1])
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		cmd.Wait() //nolint:errcheck // its log says why
		close(ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		<-ended
	})
	testkit.Eventually(t, "a server", func() bool {
		select {
		case <-ended:
			t.Fatalf("it did not start:\n%s", p.log)
		default:
		}
		return strings.Contains(p.log.String(), `"serving"`)
	})
	return p
}

// browser is a browser that the load balancer sends to this process.
func (p *beside) browser(jar http.CookieJar) *http.Client {
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, p.address)
		}}}
}

// visitBoth signs in at one process, goes on at the other, signs out there, and is out at the first.
func visitBoth(ctx context.Context, from, to *beside, of *site.Site, name, password string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	one, two := from.browser(jar), to.browser(jar)
	defer one.CloseIdleConnections()
	defer two.CloseIdleConnections()
	if reached, err := signInPages(ctx, one, of, name, password); err != nil || reached != "/" {
		return fmt.Errorf("signing in: %q %w", reached, err)
	}
	fields, err := openForm(ctx, two, of, "/account/profile", "/sign-out")
	if err != nil {
		return fmt.Errorf("the session at the other process: %w", err)
	}
	if _, err := sendForm(ctx, two, of, "/sign-out", fields); err != nil {
		return fmt.Errorf("signing out at the other process: %w", err)
	}
	if _, err := openForm(ctx, one, of, "/account/profile", "/sign-out"); err == nil {
		return fmt.Errorf("the session lives on at the process that made it")
	}
	return nil
}

// The version before goes on while the new one has migrated the database and serves beside it:
// sessions of each are good at the other and end there, both send mail, each message once, and
// neither has an error in its log.
func TestTheVersionBeforeAndThisOneSideBySide(t *testing.T) {
	if os.Getenv("GATEHOUSE_TEST_RELEASE") == "" {
		t.Skip("it builds the version before: make release-test")
	}
	url, dir, mail := testkit.EmptyPostgresURL(t), t.TempDir(), testkit.NewSMTP(t)
	must(t, demo.WriteSites(filepath.Join(dir, "sites")))
	must(t, os.WriteFile(filepath.Join(dir, "keys"), secret.NewKeyFile(), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "gatehouse.yaml"), fmt.Appendf(nil, `listen: 127.0.0.1:1
plain_http: true
public: {port: 8080}
database: %s
key_file: keys
smtp: {url: "%s"}
limits: {sign_ins_per_ip_per_minute: 100000, sign_ins_per_username_per_minute: 100000, sign_ins_per_site_per_minute: 100000, hash_memory_kib: 19456}
`, url, mail.URL()), 0o600))
	binary, err := serverBinary()
	must(t, err)
	old := startBeside(t, before(t), dir)
	now := startBeside(t, binary, dir) // migrates

	cfg, err := LoadConfig(filepath.Join(dir, "gatehouse.yaml"), nil)
	must(t, err)
	sites, err := site.Open(cfg.Sites, cfg.SiteEnv())
	must(t, err)
	st, err := store.Open(t.Context(), url)
	must(t, err)
	defer st.Close()
	of := sites.ByID("meridian-uk")
	var all sync.WaitGroup
	var visits atomic.Int64
	end := time.Now().Add(10 * time.Second)
	for worker := range 6 {
		name, password, err := testAccount(t.Context(), cfg, st, of)
		must(t, err)
		from, to := old, now
		if worker%2 == 1 {
			from, to = now, old
		}
		all.Go(func() {
			for time.Now().Before(end) {
				if err := visitBoth(t.Context(), from, to, of, name, password); err != nil {
					t.Errorf("%d: %v", worker, err)
					return
				}
				visits.Add(1)
			}
		})
	}
	all.Wait()
	testkit.Eventually(t, "the mail", func() bool {
		n, _, err := st.Read().MailQueue(t.Context(), utc())
		return err == nil && n == 0
	})
	if visits.Load() < 12 {
		t.Errorf("only %d visits", visits.Load())
	}
	sent := map[string]bool{}
	for _, m := range mail.All() {
		if sent[m.Header.Get("Message-ID")] {
			t.Errorf("a message was sent twice: %s", m.Header.Get("Message-ID"))
		}
		sent[m.Header.Get("Message-ID")] = true
	}
	if len(sent) < int(visits.Load()) { // each is from a device that is not known yet
		t.Errorf("%d messages for %d visits", len(sent), visits.Load())
	}
	for name, p := range map[string]*beside{"the version before": old, "this version": now} {
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}
