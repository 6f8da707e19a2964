package strictyaml

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

type sample struct {
	Listen string         `yaml:"listen,required"`
	Port   int            `yaml:"port"`
	Small  uint8          `yaml:"small"`
	Ratio  float64        `yaml:"ratio"`
	Plain  bool           `yaml:"plain"`
	Idle   time.Duration  `yaml:"idle"`
	From   time.Time      `yaml:"from"`
	Level  slog.Level     `yaml:"level"`
	Mode   string         `yaml:"mode,oneof=fast|safe"`
	Nets   []netip.Prefix `yaml:"nets"`
	Hosts  []string       `yaml:"hosts"`
	SMTP   struct {
		URL  string `yaml:"url"`
		Helo string `yaml:"helo"`
	} `yaml:"smtp"`
	DKIM *struct {
		Selector string `yaml:"selector,required"`
		KeyFile  string `yaml:"key_file"`
	} `yaml:"dkim"`
	Links []struct {
		Text string `yaml:"text,required"`
	} `yaml:"links"`
	Words map[string]string `yaml:"words"`
	Own   string
}

func TestDecode(t *testing.T) {
	var got sample
	_, err := Decode("x.yaml", []byte(`
listen: ":8080"
port: 25
small: 255
ratio: .1875
plain: true
idle: 1d12h
from: 2026-11-22T02:00:00+11:00
level: warn
mode: safe
nets: [10.0.0.0/8, "fd00::/8"]
hosts: [a.example, b.example]
smtp: {url: "smtp://h:587"}
dkim: {selector: s1}
links: [{text: Privacy}]
words: {"a.b": "x {n}", "c": ""}
`), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Idle != 36*time.Hour || got.Ratio != .1875 || got.Level != slog.LevelWarn || len(got.Nets) != 2 || got.Small != 255 ||
		got.DKIM == nil || got.DKIM.Selector != "s1" || got.Links[0].Text != "Privacy" || got.Words["a.b"] != "x {n}" ||
		got.From.UTC().Hour() != 15 || !reflect.DeepEqual(got.Hosts, []string{"a.example", "b.example"}) {
		t.Errorf("got %+v", got)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"unknown key", "listen: a\nsmpt: {}", "x.yaml:2: smpt: is not a known key; did you mean smtp?"},
		{"unknown key, nothing near", "listen: a\nsmtp:\n  zzzzzz: 1", "x.yaml:3: smtp.zzzzzz: is not a known key; known are: helo, url"},
		{"field without tag", "listen: a\nOwn: b", "x.yaml:2: Own: is not a known key"},
		{"duplicate", "listen: a\nport: 1\nlisten: b", "x.yaml:3: listen: is written twice; it is in line 1 already"},
		{"duplicate word", "listen: a\nwords:\n  k: 1\n  k: 2", "x.yaml:4: words.k: is written twice"},
		{"missing", "port: 1", "x.yaml:1: listen: is missing"},
		{"missing inside", "listen: a\n\ndkim:\n  key_file: k", "x.yaml:3: dkim.selector: is missing"},
		{"missing in a list", "listen: a\nlinks:\n  - {}", "x.yaml:3: links[0].text: is missing"},
		{"empty file", "", "x.yaml:1: listen: is missing"},
		{"empty required", `listen: ""`, "x.yaml:1: listen: must not be empty"},
		{"null", "listen: a\nport:", "x.yaml:2: port: has no value"},
		{"whole number", "listen: a\nport: six", `x.yaml:2: port: is "six", must be a whole number`},
		{"overflow", "listen: a\nsmall: 256", `x.yaml:2: small: is "256", must be a whole number, 0 or more`},
		{"number", "listen: a\nratio: nan", `x.yaml:2: ratio: is "nan", must be a number`},
		{"boolean", "listen: a\nplain: yes", `x.yaml:2: plain: is "yes", must be true or false`},
		{"duration", "listen: a\nidle: 15", `x.yaml:2: idle: is "15", must be a time span such as 90s`},
		{"negative duration", "listen: a\nidle: -15m", `x.yaml:2: idle: is "-15m", must be a time span`},
		{"time", "listen: a\nfrom: tomorrow", `x.yaml:2: from: is "tomorrow", must be a time with its zone`},
		{"text unmarshaler", "listen: a\nlevel: loud", "x.yaml:2: level: is wrong: "},
		{"one of", "listen: a\nmode: slow", `x.yaml:2: mode: is "slow", must be one of: fast, safe`},
		{"network", "listen: a\nnets:\n  - 10.0.0.0/8\n  - 10.0.0.1", `x.yaml:4: nets[1]: is "10.0.0.1", must be a network`},
		{"list", "listen: a\nhosts: b", "x.yaml:2: hosts: must be a list"},
		{"scalar", "listen: [a]", "x.yaml:1: listen: must be one value"},
		{"group", "listen: a\nsmtp: b", "x.yaml:2: smtp: must be a group of keys"},
		{"not a group", "- a", "x.yaml:1: must be a group of keys"},
		{"second document", "listen: a\n---\nlisten: b", "x.yaml:2: a second document begins here"},
		{"alias", "listen: &a b\nmode: *a", "x.yaml:2: mode: uses an anchor or alias"},
		{"merge", "listen: a\n<<: {port: 1}", "x.yaml:2: <<: is not a known key"},
		{"syntax", "listen: a\n\tport: 1", "x.yaml:2: is not YAML: "},
		{"control character", `listen: "a\u0007"`, "x.yaml:1: listen: holds a control character"},
		{"list as key", "listen: a\n[a]: b", "x.yaml:2: has a key that is not a word"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode("x.yaml", []byte(c.in), &sample{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	doc, err := Decode("x.yaml", []byte("smpt: 1\nport: x\nidle: y\nhosts:\n  - a\n"), &sample{})
	if n := len(Problems("x.yaml", err)); n != 4 {
		t.Errorf("%d problems, want 4: %v", n, err)
	}
	doc.Problem("port", "is not judged, as it could not be read")
	doc.Problem("listen", "is not judged, as it is missing")
	doc.Problem("hosts[0]", "is no host")
	doc.Problem("smtp.url", "is needed")
	got := doc.Err().Error()
	for _, want := range []string{"x.yaml:5: hosts[0]: is no host", "x.yaml:1: smtp.url: is needed"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "not judged") {
		t.Errorf("judged what could not be read:\n%s", got)
	}
}

func TestEnv(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("port: 1\nsmtp:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got sample
	doc, err := ReadEnv(path, "GATEHOUSE", []string{
		"GATEHOUSE_LISTEN=:1", "GATEHOUSE_PORT=2", "GATEHOUSE_SMTP_URL=smtp://h", "GATEHOUSE_DKIM_SELECTOR=s",
		"GATEHOUSE_NETS=10.0.0.0/8, fd00::/8", "GATEHOUSE_IDLE=", "HOME=/", "GATEHOUSEKEEPER=x",
	}, &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != ":1" || got.Port != 2 || got.SMTP.URL != "smtp://h" || got.DKIM.Selector != "s" || len(got.Nets) != 2 {
		t.Errorf("got %+v", got)
	}
	doc.Problem("smtp.url", "is not reachable")
	if want := "environment: GATEHOUSE_SMTP_URL: is not reachable"; doc.Err().Error() != want {
		t.Errorf("got %v, want %s", doc.Err(), want)
	}
}

func TestEnvProblems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("listen: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ entry, want string }{
		{"GATEHOUSE_SMTP_ULR=x", "environment: GATEHOUSE_SMTP_ULR: is not a setting; did you mean GATEHOUSE_SMTP_URL?"},
		{"GATEHOUSE_PORT=x", `environment: GATEHOUSE_PORT: is "x", must be a whole number`},
		{"GATEHOUSE_NETS=10.0.0.0/8,x", `environment: GATEHOUSE_NETS: is "x", must be a network`},
		{"GATEHOUSE_WORDS=x", "environment: GATEHOUSE_WORDS: is not a setting"},
		{"GATEHOUSE_PORT_80_TCP=tcp://10.0.0.1:80", "enableServiceLinks: false"},
	} {
		_, err := ReadEnv(path, "GATEHOUSE", []string{c.entry}, &sample{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.entry, err, c.want)
		}
	}
}

func TestReadMissingFile(t *testing.T) {
	doc, err := Read(filepath.Join(t.TempDir(), "none.yaml"), &sample{})
	if doc != nil || err == nil || !strings.Contains(err.Error(), "none.yaml: cannot be read: no such file") {
		t.Errorf("got %v, %v", doc, err)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "15m": 15 * time.Minute, "24h": 24 * time.Hour, "15d": 15 * 24 * time.Hour, "1d1h": 25 * time.Hour,
	} {
		if got, ok := ParseDuration(text); !ok || got != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "d", "15", "-1h", "+1h", "1d-1h", "1.5d", "99999d", "1dd", "2562047h"} {
		if got, ok := ParseDuration(text); ok {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("listen: a\nnets: [10.0.0.0/8]\nlinks:\n- {text: x}\n"))
	f.Add([]byte("? [a]\n: &x {<<: *x}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { Decode("x.yaml", data, &sample{}) }) //nolint:errcheck // must not panic
}
