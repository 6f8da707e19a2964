package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"text/template"
	"time"

	"go.yaml.in/yaml/v3"
)

type object = map[string]any

// render renders the chart as Helm does, with those of Helm's functions that it uses.
func render(values object) ([]object, error) {
	all := template.New("chart").Option("missingkey=zero")
	var chart object
	text, err := os.ReadFile("chart/Chart.yaml")
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(text, &chart); err != nil {
		return nil, err
	}
	asJSON := func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err }
	all.Funcs(template.FuncMap{
		"quote": func(v any) string { return fmt.Sprintf("%q", fmt.Sprint(v)) }, "toJson": asJSON,
		"toYaml": func(v any) (string, error) {
			b, err := yaml.Marshal(v)
			return strings.TrimSuffix(string(b), "\n"), err
		},
		"nindent": func(n int, s string) string {
			return "\n" + strings.Repeat(" ", n) + strings.ReplaceAll(s, "\n", "\n"+strings.Repeat(" ", n))
		},
		"default": func(d, v any) any {
			if truth, _ := template.IsTrue(v); !truth {
				return d
			}
			return v
		},
		"list": func(v ...any) []any { return v }, "dict": func(pairs ...any) object {
			o := object{}
			for i := 0; i+1 < len(pairs); i += 2 {
				o[fmt.Sprint(pairs[i])] = pairs[i+1]
			}
			return o
		},
		"fail":      func(s string) (string, error) { return "", errors.New(s) },
		"sha256sum": func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) },
		"include": func(name string, data any) (string, error) {
			var b strings.Builder
			err := all.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
	})
	if all, err = all.ParseGlob("chart/templates/*"); err != nil {
		return nil, err
	}
	data := object{"Values": values, "Release": object{"Name": "x", "Namespace": "default"}, "Chart": object{"AppVersion": chart["appVersion"]}, "Files": chartFiles{}}
	var objects []object
	for _, t := range all.Templates() {
		if !strings.HasSuffix(t.Name(), ".yaml") {
			continue
		}
		var b bytes.Buffer
		if err := t.Execute(&b, data); err != nil {
			return nil, err
		}
		for decoder := yaml.NewDecoder(&b); ; {
			var o object
			if err := decoder.Decode(&o); err != nil {
				break
			}
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// chartFiles are the chart's files, as templates get them.
type chartFiles struct{}

func (chartFiles) Get(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join("chart", name))
	return string(text), err
}

// chartValues are the chart's, with those of the example laid over them.
func chartValues(t *testing.T) object {
	t.Helper()
	values, over := object{}, object{}
	for path, into := range map[string]*object{"chart/values.yaml": &values, "chart/example.yaml": &over} {
		text, err := os.ReadFile(path)
		must(t, err)
		must(t, yaml.Unmarshal(text, into))
	}
	return merged(values, over)
}

func merged(values, over object) object {
	for key, value := range over {
		below, is := value.(object)
		if old, was := values[key].(object); is && was {
			value = merged(old, below)
		}
		values[key] = value
	}
	return values
}

// at walks into an object: "spec", "ports", 0.
func at(o any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, _ := o.(object)
			o = m[key]
		case int:
			l, _ := o.([]any)
			if key >= len(l) {
				return nil
			}
			o = l[key]
		}
	}
	return o
}

func TestTheChart(t *testing.T) {
	objects, err := render(chartValues(t))
	must(t, err)
	by := map[string]object{}
	for _, o := range objects {
		by[fmt.Sprint(o["kind"], " ", at(o, "metadata", "name"))] = o
	}
	if len(objects) != 10 || len(by) != 10 {
		t.Fatalf("%d objects: %v", len(objects), by)
	}
	deployment := by["Deployment x-gatehouse"]
	pod := at(deployment, "spec", "template", "spec")
	container := at(pod, "containers", 0)
	for what, good := range map[string]bool{
		"several replicas":        at(deployment, "spec", "replicas") == 2,
		"its selector":            reflect.DeepEqual(at(deployment, "spec", "selector", "matchLabels"), at(deployment, "spec", "template", "metadata", "labels")),
		"no root":                 at(pod, "securityContext", "runAsNonRoot") == true,
		"no variables of others":  at(pod, "enableServiceLinks") == false,
		"no token of the cluster": at(pod, "automountServiceAccountToken") == false,
		"read-only root":          at(container, "securityContext", "readOnlyRootFilesystem") == true,
		"the image":               at(container, "image") == "registry.example.com/gatehouse:0.0.0",
		"readiness":               at(container, "readinessProbe", "httpGet", "path") == "/readyz",
		"liveness":                at(container, "livenessProbe", "httpGet", "path") == "/healthz",
		"an existing secret":      at(pod, "volumes", 1, "projected", "sources", 0, "secret", "name") == "gatehouse-keys",
		"keys as a setting":       at(pod, "volumes", 1, "projected", "sources", 0, "secret", "items", 0, "path") == "gatehouse_key_file",
		"the webhook's secret":    at(pod, "volumes", 1, "projected", "sources", 3, "secret", "items", 0, "path") == "gatehouse_alerts_webhook_secret",
		"the collector's secret":  at(pod, "volumes", 1, "projected", "sources", 4, "secret", "name") == "gatehouse-collector",
		"the collector's headers": at(pod, "volumes", 1, "projected", "sources", 4, "secret", "items", 0, "path") == "gatehouse_tracing_headers_file",
		"the site":                at(pod, "volumes", 3, "configMap", "name") == "gatehouse-site-acme",
		"a disruption budget":     at(by["PodDisruptionBudget x-gatehouse"], "spec", "minAvailable") == 1,
		"a network policy":        at(by["NetworkPolicy x-gatehouse"], "spec", "podSelector", "matchLabels", "app.kubernetes.io/name") == "gatehouse",
		"an ingress":              at(by["Ingress x-gatehouse"], "spec", "rules", 0, "host") == "accounts.acme.example",
	} {
		if !good {
			t.Errorf("the chart lacks %s", what)
		}
	}
	settings, _ := at(by["ConfigMap x-gatehouse"], "data", "gatehouse.yaml").(string)
	text := doctor(t, settings, map[string]string{
		"gatehouse_database": "postgres://us@127.0.0.1:1/x\n", "gatehouse_smtp_url": "smtp://127.0.0.1:1",
		"gatehouse_alerts_webhook_secret": "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 24)),
		"gatehouse_tracing_headers_file":  "Authorization: Bearer a-secret\n",
	})
	if strings.Contains(text, "FAIL   configuration") || !strings.Contains(text, "configuration") {
		t.Errorf("the server does not take the chart's settings:\n%s", text)
	}
	for _, missing := range []string{"trustedProxies", "sites"} {
		values := chartValues(t)
		values[missing] = nil
		if _, err := render(values); err == nil || !strings.Contains(err.Error(), missing+": give") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
	values := chartValues(t)
	at(values, "secrets", "others").(object)["dkim_key_file"] = object{"name": "gatehouse-dkim"}
	if _, err := render(values); err == nil || !strings.Contains(err.Error(), "secrets.others.dkim_key_file: give name and key") {
		t.Errorf("a secret without its key: %v", err)
	}
}

// Helm itself makes the same of the chart.
func TestTheChartWithHelm(t *testing.T) {
	helm := os.Getenv("GATEHOUSE_HELM")
	if helm == "" {
		t.Skip("it takes minutes to build Helm: make release-test")
	}
	if out, err := exec.Command(helm, "lint", "chart", "--strict", "--values", "chart/example.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	out, err := exec.Command(helm, "template", "x", "chart", "--values", "chart/example.yaml", "--kube-version", "1.31.0").Output()
	must(t, err)
	ours, err := render(chartValues(t))
	must(t, err)
	theirs := map[string]object{}
	for decoder := yaml.NewDecoder(bytes.NewReader(out)); ; {
		var o object
		if decoder.Decode(&o) != nil {
			break
		}
		theirs[fmt.Sprint(o["kind"], at(o, "metadata", "name"))] = o
	}
	for _, o := range ours {
		other := theirs[fmt.Sprint(o["kind"], at(o, "metadata", "name"))]
		if o["kind"] == "ConfigMap" || o["kind"] == "Deployment" { // toYaml has other lines, and so another checksum
			o, other = object{"spec": at(o, "spec", "template", "spec")}, object{"spec": at(other, "spec", "template", "spec")}
		}
		if !reflect.DeepEqual(o, other) {
			t.Errorf("Helm makes %v\nof %v", other, o)
		}
	}
}

// doctor lets the program look at settings, with keys, a site and a certificate at hand, and these
// credentials besides the keys.
func doctor(t *testing.T, settings string, secrets map[string]string) string {
	t.Helper()
	r := built(t)
	dir := t.TempDir()
	folder := filepath.Join(dir, "sites", "acme")
	must(t, os.MkdirAll(folder, 0o700))
	var compose object
	text, err := os.ReadFile("files/compose.yaml")
	must(t, err)
	must(t, yaml.Unmarshal(text, &compose))
	for _, name := range []string{"site", "logo"} {
		content, _ := at(compose, "configs", name, "content").(string)
		must(t, os.WriteFile(filepath.Join(folder, map[string]string{"site": "site.yaml", "logo": "logo.svg"}[name]), []byte(content), 0o600))
	}
	certify(t, dir)
	settings = strings.ReplaceAll(strings.ReplaceAll(settings, "/etc/gatehouse/sites", filepath.Join(dir, "sites")), "/etc/gatehouse/tls/", dir+"/")
	must(t, os.WriteFile(filepath.Join(dir, "gatehouse.yaml"), []byte(settings), 0o600))
	credentials := filepath.Join(dir, "credentials")
	must(t, os.Mkdir(credentials, 0o700))
	keys := filepath.Join(credentials, "gatehouse_key_file")
	if out, err := exec.Command(r.program(here), "keys", "new", keys).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, secret := range secrets {
		must(t, os.WriteFile(filepath.Join(credentials, name), []byte(secret), 0o440))
	}
	must(t, os.Chmod(keys, 0o440)) // as mounts have it
	cmd := exec.Command(r.program(here), "doctor", "--config", filepath.Join(dir, "gatehouse.yaml"))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CREDENTIALS_DIRECTORY=" + credentials}
	out, _ := cmd.CombinedOutput() // it finds much that is not there
	return string(out)
}

// certify writes a certificate for the example's host.
func certify(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"accounts.acme.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "fullchain.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "privkey.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

// The server takes the settings and the site of the compose file, and nothing there runs as root.
func TestTheComposeFile(t *testing.T) {
	var compose object
	text, err := os.ReadFile("files/compose.yaml")
	must(t, err)
	must(t, yaml.Unmarshal(text, &compose))
	settings, _ := at(compose, "configs", "settings", "content").(string)
	said := doctor(t, settings, map[string]string{"gatehouse_database": "postgres://us@127.0.0.1:1/x"})
	for _, check := range []string{"configuration", "keys"} {
		if !strings.Contains(said, "ok     "+check+" ") {
			t.Errorf("the doctor says of the compose file:\n%s", said)
		}
	}
	ours := at(compose, "services", "gatehouse")
	if at(ours, "read_only") != true || at(ours, "user") != "65532:65532" || len(at(compose, "services").(object)) != 3 {
		t.Errorf("%v", ours)
	}
}
