package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// firstLogo is a door, until the site has its own.
const firstLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <path d="M4 29V14a12 12 0 0 1 24 0v15z" fill="currentColor"/>
  <path d="M12 29V16a4 4 0 0 1 8 0v13z" class="mark-fill"/>
</svg>
`

// quoted writes a text as YAML, whatever is in it.
func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(text) //nolint:errcheck // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// configYAML is gatehouse.yaml: what was answered, and what many change next, as comments.
func (c *initCmd) configYAML() []byte {
	var b bytes.Buffer
	if c.Trial {
		b.WriteString(`# Gatehouse, to look at on this machine only: http://trial.localhost:8080.
# "gatehouse init" replaces this file as long as nobody has changed it.
`)
	} else {
		b.WriteString("# Gatehouse: the settings of the server.\n")
	}
	fmt.Fprintf(&b, `# docs/configuration.md has every key. "gatehouse doctor" checks this file, and says what is missing.
# "systemctl restart gatehouse" applies it; for sites and certificates "systemctl reload" is enough.

# Where visitors connect.
listen: %s

# Health and metrics; never public.
management: 127.0.0.1:9090

%s
# One process: SQLite. Several: postgres://gatehouse:PASSWORD@db.acme.example/gatehouse?sslmode=verify-full
database: %s

# The keys that seal and sign. Keep a copy of the file apart from the backups of the database.
key_file: %s

# Each folder in it is a site.
sites: %s

# How mail leaves. The password is better kept in a credential of systemd, gatehouse_smtp_url.
smtp:
  url: %s
`, quoted(c.Listen), c.tlsYAML(), quoted(c.Database),
		quoted(filepath.Join(c.Directory, "keys")), quoted(filepath.Join(c.Directory, "sites")), quoted(c.Relay))
	if !c.Trial {
		fmt.Fprintf(&b, "  helo: %s\n", quoted(c.Host))
	}
	b.WriteString(`
# Signs mail, unless the relay does.
#dkim:
#  selector: gatehouse
#  domain: acme.example
#  key_file: dkim.pem

# Who is told when something needs a person.
#security_address: security@acme.example

# Where those who run the installation sign in: a host that no site has.
#operator_hosts: [console.acme.example]

#log:
#  level: info
`)
	return b.Bytes()
}

// tlsYAML says who has the certificate.
func (c *initCmd) tlsYAML() string {
	chain, key, _ := strings.Cut(c.Certificate, ",")
	switch {
	case c.Trial:
		return "# Without https: only for this machine.\nplain_http: true\n"
	case c.proxied():
		return "# The proxy has the certificate, and says to us who visits. It passes the host on unchanged.\nplain_http: true\ntrusted_proxies: [" + quoted(c.Certificate) + "]\n"
	case c.Certificate == "acme":
		return "# Certificates are ordered from Let's Encrypt, which must reach us at port 443 of each host.\ntls:\n  acme:\n    email: " +
			quoted(c.Support) + "\n    accept_terms: true\n    folder: " + quoted(filepath.Join(c.Data, "acme")) + "\n"
	}
	return "# The certificate with its chain, for the hosts of all sites, and its key.\ntls:\n  certificate: " + quoted(chain) + "\n  key: " + quoted(key) + "\n"
}

// siteYAML is the first site's.
func (c *initCmd) siteYAML() []byte {
	return fmt.Appendf(nil, `# A site: a host with its own look, policy and users. docs/configuration.md has every key.
# "systemctl reload gatehouse" applies changes. The folder's name is in every row of the site's data: it stays.
name: %s
hosts: [%s]

# What the first field of the sign-in takes: username, email or username-or-email.
sign_in_with: username-or-email
# How a forgotten password is replaced: by a link in a mail.
recovery: link
# What NIST SP 800-63B-4 and OWASP ASVS 5.0 ask for. classic is for portals that must keep old habits.
profile: modern
# New users get a link to choose their password.
invitation: link

languages: [en-GB]
zone: UTC

# The colour of buttons and links, and logo.svg beside this file.
look:
  brand: "#2245a8"

support:
  email: %s
  #phone: +44 131 496 0182

# Who the site's mail comes from: SPF, DKIM and DMARC of its domain must allow it.
sender:
  address: %s
`, quoted(c.Name), quoted(c.Host), quoted(c.Support), quoted(c.Sender))
}

// next says what to do now.
func (c *initCmd) next(a *app) error {
	config := filepath.Join(c.Directory, "gatehouse.yaml")
	if c.Trial {
		_, err := fmt.Fprintf(a.out, "Wrote %s for a trial at http://trial.localhost:%s. gatehouse init makes a real site of it.\n", config, c.Listen[strings.LastIndexByte(c.Listen, ':')+1:])
		return err
	}
	where := ""
	if config != packagedConfig {
		where = ", with GATEHOUSE_CONFIG=" + config
	}
	run := "gatehouse"
	if serviceAccount().known {
		run = "runuser -u gatehouse -- gatehouse"
	}
	_, err := fmt.Fprintf(a.out, `Wrote %s, keys and sites/%s.
Keep a copy of %s apart from the backups of the database.

Next%s:
  %s migrate
  %s company create "First company" --account-number 1
  %s user create YOUR-NAME --company 1 --role admin --email YOU@%s
  systemctl enable gatehouse && systemctl restart gatehouse      (or gatehouse serve)
  %s doctor      what is still missing: DNS, certificate, relay, SPF, DKIM, DMARC
Then open https://%s
`, config, c.Site, filepath.Join(c.Directory, "keys"), where, run, run, run, domainOf(c.Support), run, c.Host)
	return err
}
