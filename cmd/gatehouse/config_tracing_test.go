package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Where traces go, and with what.
func TestTracingSettings(t *testing.T) {
	path := configFolder(t, goodConfig+"tracing: {endpoint: 'http://127.0.0.1:4318', headers_file: headers, ratio: 0.25}\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "headers"), []byte("# of the collector\nauthorization: Bearer of-the-collector\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Traces.Endpoint != "http://127.0.0.1:4318/v1/traces" || c.Traces.Header.Get("Authorization") != "Bearer of-the-collector" || c.Traces.Ratio != .25 || c.Traces.FromProxies {
		t.Errorf("%+v", c.Traces)
	}
	if c.tracer(nil) == nil {
		t.Error("no traces")
	}
	if c, err = LoadConfig(configFolder(t, goodConfig+"tracing: {endpoint: 'https://c.example/otlp'}\n"), nil); err != nil || c.Traces.Endpoint != "https://c.example/otlp" || c.Traces.Ratio != 1 {
		t.Errorf("%v", err)
	}
	if c, err = LoadConfig(configFolder(t, goodConfig), nil); err != nil || c.tracer(nil) != nil {
		t.Errorf("traces nobody asked for: %v", err)
	}
}
