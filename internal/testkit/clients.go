package testkit

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nodePlatform is a platform built with openid-client.
//
//go:embed openid-client/platform.mjs
var nodePlatform string

// openIDClientLock pins openid-client and its dependencies.
//
//go:embed openid-client/package-lock.json
var openIDClientLock []byte

// simpleWebAuthnLock pins @simplewebauthn/server and its dependencies, and simpleWebAuthnVerify asks
// it.
//
//go:embed simplewebauthn/package-lock.json
var simpleWebAuthnLock []byte

//go:embed simplewebauthn/verify.mjs
var simpleWebAuthnVerify []byte

// NodePlatform runs a platform built with openid-client, at node.localhost and the port that
// it returns. Its pages are in openid-client/platform.mjs.
func NodePlatform(t testing.TB, s *Server, issuer, clientID, clientSecret string) int {
	t.Helper()
	library := fetched(t, "openid-client", openIDClientLock, "openid-client/build/index.js")
	return proxy(t, "node", "platform.mjs", nodePlatform, "FILE", "OPENID_CLIENT="+library, "ISSUER="+issuer, "SERVER="+s.Addr,
		"CLIENT_ID="+clientID, "CLIENT_SECRET="+clientSecret, "AT=PORT")
}

// SimpleWebAuthn verifies ceremonies of passkeys with @simplewebauthn/server, all in one run of
// node, and returns what it says of each: see simplewebauthn/verify.mjs.
func SimpleWebAuthn(t testing.TB, ceremonies any) (said []string) {
	t.Helper()
	library := fetched(t, "simplewebauthn", simpleWebAuthnLock, "@simplewebauthn/server/esm/index.js")
	program, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "apt-get install nodejs")
	}
	script := filepath.Join(t.TempDir(), "verify.mjs")
	asked, err := json.Marshal(ceremonies)
	if err == nil {
		err = os.WriteFile(script, simpleWebAuthnVerify, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, script)
	cmd.Env = append(os.Environ(), "SIMPLEWEBAUTHN="+library)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(asked), &Log{}
	answer, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(answer, &said)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	return said
}

// fetched is a file of a library of Node's that `make prepare` has fetched, as its lock file says:
// it is not part of the program, and not in this repository.
func fetched(t testing.TB, name string, lock []byte, file string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "gatehouse-tests", name)
	there, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil || !bytes.Equal(there, lock) {
		missing(t, name, "make prepare")
	}
	return filepath.Join(dir, "node_modules", filepath.FromSlash(file))
}

// apacheModules are what Apache needs to sign users in and to forward requests.
var apacheModules = []string{"mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"}

// Apache runs Apache with mod_auth_openidc and some directives, and returns the port that it
// listens on, which the directives call PORT.
func Apache(t testing.TB, directives string) int {
	t.Helper()
	const folder = "/usr/lib/apache2/modules"
	if _, err := os.Stat(filepath.Join(folder, "mod_auth_openidc.so")); err != nil {
		missing(t, "mod_auth_openidc", "apt-get install apache2-bin libapache2-mod-auth-openidc")
	}
	if _, err := exec.LookPath("apache2"); err != nil {
		missing(t, "apache2", "apt-get install apache2-bin libapache2-mod-auth-openidc")
	}
	var b strings.Builder
	b.WriteString("ServerRoot DIR\nDefaultRuntimeDir DIR\nPidFile DIR/pid\nErrorLog /dev/stderr\nListen 127.0.0.1:PORT\n")
	if os.Geteuid() == 0 {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	for _, name := range apacheModules {
		b.WriteString("LoadModule " + name + "_module " + folder + "/mod_" + name + ".so\n")
	}
	return proxy(t, "apache2", "apache.conf", b.String()+directives+"\n", "-f", "FILE", "-D", "FOREGROUND")
}
