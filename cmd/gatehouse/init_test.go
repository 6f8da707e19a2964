package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/site"
	"gatehouse/internal/testkit"
)

// initialised runs gatehouse init in a folder.
func initialised(t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	binary, err := serverBinary()
	must(t, err)
	cmd := exec.Command(binary, append([]string{"init", "--directory", filepath.Join(dir, "etc"), "--data", filepath.Join(dir, "data")}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err = cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// Whatever is answered, what is written passes every check of the server's start.
func TestInitWritesWhatStarts(t *testing.T) {
	files := t.TempDir()
	s := &served{t: t, dir: files}
	s.certify()
	for _, c := range []struct{ name, certificate, has string }{
		{"by ACME", "acme", "accept_terms: true"},
		{"behind a proxy", "10.0.0.5/32", "trusted_proxies"},
		{"from files", filepath.Join(files, "cert.pem") + "," + filepath.Join(files, "key.pem"), "certificate: "},
	} {
		dir := t.TempDir()
		answers := "accounts.acme.example\nAcme \"Trade\": north & south\nhelp@acme.example\nsmtp://us:p%40ss@relay.example:587\n" + c.certificate + "\n"
		if r := initialised(t, dir, answers); r.status != 0 || !strings.Contains(r.out, "Which host") || !strings.Contains(r.out, "gatehouse doctor") {
			t.Fatalf("%s: %d\n%s%s", c.name, r.status, r.out, r.err)
		}
		path := filepath.Join(dir, "etc", "gatehouse.yaml")
		text, err := os.ReadFile(path)
		must(t, err)
		cfg, err := LoadConfig(path, nil)
		must(t, err)
		sites, err := site.Open(cfg.Sites, cfg.SiteEnv())
		must(t, err)
		st := sites.All()[0]
		if !strings.Contains(string(text), c.has) || st.ID != "acme-trade-north-south" || st.Name != `Acme "Trade": north & south` || st.Hosts[0] != "accounts.acme.example" || st.Sender.Address != "no-reply@acme.example" {
			t.Errorf("%s: %+v\n%s", c.name, st, text)
		}
		if info, err := os.Stat(filepath.Join(dir, "etc", "keys")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: keys %v %v", c.name, info, err)
		}
		if r := initialised(t, dir, answers); r.status != 1 || !strings.Contains(r.err, "is there already and stays as it is") {
			t.Errorf("%s, again: %d %s", c.name, r.status, r.err)
		}
	}
}

// A wrong answer is asked for again, and a wrong flag says which; nothing is written.
// With a PostgreSQL database, the first process and the second have the same file.
func TestInitForPostgreSQL(t *testing.T) {
	const url = "postgres://gatehouse:p%40ss@db.acme.example/gatehouse?sslmode=verify-full"
	dir := t.TempDir()
	answers := []string{"--host", "accounts.acme.example", "--name", "Acme", "--support", "help@acme.example", "--relay", "smtp://relay.example:587", "--certificate", "10.0.0.5/32"}
	if r := initialised(t, dir, "", append(answers, "--database", "mysql://db.acme.example/x")...); r.status != 2 || !strings.Contains(r.err, "database: must be sqlite:///path/to/file") {
		t.Errorf("%d %s", r.status, r.err)
	}
	if r := initialised(t, dir, "", append(answers, "--database", url)...); r.status != 0 {
		t.Fatalf("%d %s", r.status, r.err)
	}
	cfg, err := LoadConfig(filepath.Join(dir, "etc", "gatehouse.yaml"), nil)
	must(t, err)
	if cfg.Database != url {
		t.Errorf("the database is %s", cfg.Database)
	}
	if r := initialised(t, t.TempDir(), "", "--trial", "--database", url); r.status != 2 || !strings.Contains(r.err, "leave --database out") {
		t.Errorf("%d %s", r.status, r.err)
	}
}

func TestInitAsksAgain(t *testing.T) {
	dir := t.TempDir()
	r := initialised(t, dir, "https://acme.example\nAccounts.Acme.example\n192.0.2.1\naccounts.acme.example\n", "--name", "Acme")
	if r.status != exitUsage || strings.Count(r.out, "must be a host name") != 3 || !strings.Contains(r.err, "--support: must be an email address") {
		t.Errorf("%d\n%s%s", r.status, r.out, r.err)
	}
	for flag, value := range map[string]string{"--host": "localhost", "--support": "help", "--relay": "relay.example", "--certificate": "letsencrypt"} {
		if r := initialised(t, dir, "", flag, value); r.status != exitUsage || !strings.Contains(r.err, flag+": ") {
			t.Errorf("%s %s: %d %s", flag, value, r.status, r.err)
		}
	}
	missing := initialised(t, dir, "", "--host", "a.acme.example", "--name", "Acme", "--support", "help@acme.example", "--relay", "smtp://relay.example:587", "--certificate", "/none/chain.pem,/none/key.pem")
	if missing.status != exitUsage || !strings.Contains(missing.err, "/none/chain.pem") {
		t.Errorf("a certificate that is not there: %d %s", missing.status, missing.err)
	}
	if _, err := os.Stat(filepath.Join(dir, "etc", "gatehouse.yaml")); err == nil {
		t.Error("what does not start was written")
	}
}

// A trial starts as it is; a real site takes its place and keeps its keys.
func TestInitOfATrial(t *testing.T) {
	dir := t.TempDir()
	free := freeAddresses(t, 2)
	if r := initialised(t, dir, "", "--trial", "--listen", free[0]); r.status != 0 {
		t.Fatalf("%d %s", r.status, r.err)
	}
	config := filepath.Join(dir, "etc", "gatehouse.yaml")
	s := &served{t: t, dir: filepath.Join(dir, "etc"), public: free[0], management: free[1], log: &testkit.Log{}}
	t.Setenv("GATEHOUSE_MANAGEMENT", free[1])
	s.start()
	answer, body := s.ask("trial.localhost")
	if answer != 200 || !strings.Contains(body, "Sign in to Trial") {
		t.Errorf("the trial: %d %s", answer, body)
	}
	must(t, s.cmd.Process.Signal(os.Interrupt))
	must(t, s.cmd.Wait())

	keys, err := os.ReadFile(filepath.Join(dir, "etc", "keys"))
	must(t, err)
	real := []string{"--host", "a.acme.example", "--name", "Acme", "--support", "help@acme.example", "--relay", "smtp://relay.example:587", "--certificate", "acme"}
	if r := initialised(t, dir, "", real...); r.status != 1 { // its listen address is not the trial's own
		t.Errorf("over a trial that was changed: %d", r.status)
	}
	replaceInFile(t, config, free[0], trial.Listen)
	if r := initialised(t, dir, "", real...); r.status != 0 {
		t.Fatalf("in the trial's place: %d %s", r.status, r.err)
	}
	if now, err := os.ReadFile(filepath.Join(dir, "etc", "keys")); err != nil || !bytes.Equal(now, keys) {
		t.Errorf("the keys were replaced: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "etc", "sites", "trial")); err == nil {
		t.Error("the trial's site is there still")
	}
}

// ask asks a host over plain http.
func (s *served) ask(host string) (int, string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+s.public+"/sign-in", nil)
	must(s.t, err)
	request.Host = host + s.public[strings.LastIndexByte(s.public, ':'):]
	answer, err := http.DefaultClient.Do(request)
	must(s.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(s.t, err)
	return answer.StatusCode, string(body)
}
