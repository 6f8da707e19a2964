package testkit

import (
	_ "embed"
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

// NodePlatform runs a platform built with openid-client, at node.localhost and the port that
// it returns. Its pages are in openid-client/platform.mjs.
func NodePlatform(t testing.TB, s *Server, issuer, clientID, clientSecret string) int {
	t.Helper()
	library := openIDClient(t)
	return proxy(t, "node", "platform.mjs", nodePlatform, "FILE", "OPENID_CLIENT="+library, "ISSUER="+issuer, "SERVER="+s.Addr,
		"CLIENT_ID="+clientID, "CLIENT_SECRET="+clientSecret, "AT=PORT")
}

// openIDClient is where `make prepare` has put openid-client: it is not part of the program,
// and not in this repository.
func openIDClient(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "gatehouse-tests", "openid-client")
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil || string(lock) != string(openIDClientLock) {
		missing(t, "openid-client", "make prepare")
	}
	return filepath.Join(dir, "node_modules", "openid-client", "build", "index.js")
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
