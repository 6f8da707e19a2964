package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// Secrets that the service manager hands over are settings, and its own modes are good enough.
func TestCredentialsAreSettings(t *testing.T) {
	path := configFolder(t, goodConfig)
	folder := t.TempDir()
	t.Setenv(credentialsVariable, folder)
	keys := filepath.Join(folder, "gatehouse_key_file")
	must(t, os.WriteFile(keys, secret.NewKeyFile(), 0o600))
	must(t, os.Chmod(keys, 0o440)) // as systemd makes them, with an ACL for the service's user
	must(t, os.WriteFile(filepath.Join(folder, "gatehouse_smtp_url"), []byte("smtp://us:hand%40ed@relay.example:587\n"), 0o400))
	must(t, os.WriteFile(filepath.Join(folder, "gatehouse_log_level"), []byte("debug"), 0o400))
	must(t, os.WriteFile(filepath.Join(folder, "gatehouse.yaml"), []byte("is not for us"), 0o400))
	environ := []string{credentialsVariable + "=" + folder, "GATEHOUSE_LOG_LEVEL=warn"}
	c, err := LoadConfig(path, environ)
	if err != nil {
		t.Fatal(err)
	}
	if c.KeyFile != keys || c.Mail.Host != "relay.example" || c.Mail.Password != "hand@ed" || c.Log.Level.String() != "WARN" {
		t.Errorf("keys %s, mail %s, level %s", c.KeyFile, c.Mail, c.Log.Level)
	}
	must(t, os.Chmod(keys, 0o444))
	if _, err := LoadConfig(path, environ); err == nil || !strings.Contains(err.Error(), "lets others") {
		t.Errorf("a key file that everybody reads: %v", err)
	}
	must(t, os.Chmod(keys, 0o440))
	must(t, os.WriteFile(filepath.Join(folder, "gatehouse_smtp_uri"), []byte("x"), 0o400))
	if _, err := LoadConfig(path, environ); err == nil || !strings.Contains(err.Error(), "GATEHOUSE_SMTP_URI: is not a setting") {
		t.Errorf("a credential that is no setting: %v", err)
	}
	t.Setenv(credentialsVariable, t.TempDir())
	if _, err := secret.LoadKeys(keys); err == nil {
		t.Error("a key file elsewhere that its group reads is taken")
	}
}
