package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// credentialsVariable names the folder in which the service manager hands secrets over
// (LoadCredential= of systemd): it is readable by this service only, and gone with it.
const credentialsVariable = "CREDENTIALS_DIRECTORY"

// fileSettings are the settings that name a file: the credential is that file. All other
// settings have the content of the credential as their value.
var fileSettings = []string{"GATEHOUSE_KEY_FILE", "GATEHOUSE_TLS_CERTIFICATE", "GATEHOUSE_TLS_KEY", "GATEHOUSE_DKIM_KEY_FILE", "GATEHOUSE_SMTP_CA_FILE", "GATEHOUSE_TRACING_HEADERS_FILE"}

// withCredentials adds to an environment what the service manager hands over: a credential
// gatehouse_smtp_url is the variable GATEHOUSE_SMTP_URL. A variable that is set stays.
func withCredentials(environ []string) ([]string, error) {
	folder := variable(environ, credentialsVariable)
	if folder == "" {
		return environ, nil
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return environ, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the credentials of the service manager cannot be read: %w", err)
	}
	environ = slices.Clone(environ)
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if !strings.HasPrefix(name, "GATEHOUSE_") || variable(environ, name) != "" {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		value := path
		if !slices.Contains(fileSettings, name) {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("the credential %s cannot be read: %w", entry.Name(), err)
			}
			value = strings.TrimRight(string(text), "\r\n")
		}
		environ = append(environ, name+"="+value)
	}
	return environ, nil
}

// variable is the value of a variable in an environment.
func variable(environ []string, name string) string {
	for _, entry := range environ {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}
