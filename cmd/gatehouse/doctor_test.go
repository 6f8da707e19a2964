package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/secret"
)

func TestDoctor(t *testing.T) {
	in := install(t, "")
	in.expect(1, "doctor", "marked FAIL")
	if r := in.run("doctor"); !strings.Contains(r.out, "FAIL") || !strings.Contains(r.out, "Run gatehouse migrate") {
		t.Errorf("without a database:\n%s", r.out)
	}
	in.expect(0, "migrate")
	must(t, os.Chmod(in.database, 0o644))
	var findings []finding
	must(t, json.Unmarshal([]byte(in.expect(0, "doctor --json").out), &findings))
	got := map[string]health{}
	for _, f := range findings {
		got[f.Check] = f.State
		if f.State != well && f.Fix == "" {
			t.Errorf("nothing to fix %+v", f)
		}
	}
	for check, want := range map[string]health{"configuration": well, "keys": well, "database": well, "clock": well, "outbox": well, "usernames": well, "signing keys": well, "pkce": well,
		"disk": well, "certificate": well, "mail server": well, "database file": warn, "dkim": warn, "bounces inkwell": warn} {
		if got[check] != want {
			t.Errorf("%s is %q, want %q: %+v", check, got[check], want, findings)
		}
	}
	in.write("gatehouse.yaml", "listen: 1\n")
	if r := in.run("doctor"); r.status != 1 || !strings.Contains(r.out, "key_file") {
		t.Errorf("with a broken configuration: %d\n%s", r.status, r.out)
	}
}

func TestDoctorLooksAtThePlaces(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	if r := in.run("doctor"); strings.Contains(r.out, "geoip") {
		t.Errorf("without places:\n%s", r.out)
	}
	replaceInFile(t, in.file, "key_file: keys\n", "key_file: keys\ngeoip: places.mmdb\n")
	for _, c := range []struct {
		file   []byte
		status int
		says   string
	}{
		{placesFile(t, utc().Add(-50*time.Hour), "Leeds"), 0, "GeoLite2-City was built on " + utc().Add(-50*time.Hour).Format(time.DateOnly) + ", 2 days ago"},
		{placesFile(t, utc().Add(-200*24*time.Hour), "Leeds"), 0, "200 days ago: get a newer file"},
		{[]byte("no places"), 1, "geoip: " + filepath.Join(in.dir, "places.mmdb") + ": "},
	} {
		in.write("places.mmdb", string(c.file))
		if r := in.run("doctor"); r.status != c.status || !strings.Contains(r.out, c.says) {
			t.Errorf("status %d, no %q in\n%s", r.status, c.says, r.out)
		}
	}
	if r := in.run("serve"); r.status != 2 || !strings.Contains(r.err, "geoip: ") {
		t.Errorf("serve with a damaged file: %d\n%s", r.status, r.err)
	}
}

func TestDoctorLooksAtTextMessages(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	if r := in.run("doctor"); !strings.Contains(r.out, "offered by inkwell, meridian-uk, and there is no gateway") {
		t.Errorf("without a gateway:\n%s", r.out)
	}
	replaceInFile(t, in.file, "key_file: keys\n", "key_file: keys\ntext_messages: {url: 'https://gateway.example/', body: '{{json .Text}}'}\n")
	if r := in.run("doctor"); !strings.Contains(r.out, "there is a gateway for inkwell, meridian-uk") {
		t.Errorf("with one:\n%s", r.out)
	}
}

// The doctor names applications that are exempt from PKCE, and says when the key file has
// lost the line that signing keys are sealed with.
func TestDoctorLooksAtTheProvider(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(0, "app create Legacy -s inkwell --redirect-uri https://old.example/cb --without-pkce", "Created Legacy")
	in.expect(0, "keys rotate -s inkwell", "Made new keys")
	if out := in.expect(0, "doctor").out; !strings.Contains(out, "excused from it: inkwell: Legacy (app_") {
		t.Error(out)
	}
	path := filepath.Join(in.dir, "keys")
	old, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(secret.NewKeyFile(), old...), 0o600)) // as a key is changed
	if out := in.expect(0, "doctor").out; !strings.Contains(out, "the key file opens those that there are") {
		t.Error(out)
	}
	must(t, os.WriteFile(path, secret.NewKeyFile(), 0o600))
	if r := in.run("doctor"); r.status != 1 || !strings.Contains(r.out, "signing keys inkwell") || !strings.Contains(r.out, "the key file has no key") {
		t.Errorf("without the old line: %d\n%s", r.status, r.out)
	}
}

// Replies to support cases come back only where the domain of support.replies takes mail.
func TestDoctorLooksWhereRepliesGo(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	about := func() (found []finding) {
		var all []finding
		must(t, json.Unmarshal([]byte(in.run("doctor", "--json").out), &all))
		for _, f := range all {
			if f.Check == "replies inkwell" {
				found = append(found, f)
			}
		}
		return found
	}
	if got := about(); len(got) != 1 || got[0].State != warn || !strings.Contains(got[0].Detail, "mail.inkwell.example") || got[0].Fix == "" {
		t.Errorf("%+v", got)
	}
	replaceInFile(t, filepath.Join(in.dir, "sites", "inkwell", "site.yaml"), "  replies: support@mail.inkwell.example\n", "")
	if got := about(); len(got) != 0 {
		t.Errorf("without support.replies: %+v", got)
	}
}

// A database elsewhere has to show who it is, or its network could read every hash.
func TestWhichDatabasesProveThemselves(t *testing.T) {
	for url, good := range map[string]bool{
		"sqlite:///var/lib/gatehouse/gatehouse.db":                 true,
		"postgres://u:p@127.0.0.1:5432/x?sslmode=disable":          true,
		"postgres://u:p@localhost/x":                               true,
		"postgres://u@/x?host=/run/postgresql":                     true,
		"postgres://u:p@db.acme.example/x?sslmode=verify-full":     true,
		"postgres://u:p@db.acme.example/x?sslmode=require":         false,
		"postgres://u:p@db.acme.example/x?sslmode=prefer":          false,
		"postgres://u:p@db.acme.example/x?sslmode=disable":         false,
		"postgres://u:p@db.acme.example/x":                         false,
		"postgres://u:p@db.acme.example,db2.acme.example/x":        false,
		"postgres://u:p@a.example,b.example/x?sslmode=verify-full": true,
	} {
		if provesItself(url) != good {
			t.Errorf("%s: %v", url, !good)
		}
	}
}
