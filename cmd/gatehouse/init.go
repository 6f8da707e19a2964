package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/mail"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	outmail "gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// initCmd writes a first configuration, keys and a site, which start.
type initCmd struct {
	Host        string `help:"The host that users open, such as accounts.acme.example." placeholder:"HOST"`
	Name        string `help:"What people call the site, such as Acme Trade." placeholder:"NAME"`
	Support     string `help:"The email address where users get help." placeholder:"ADDRESS"`
	Relay       string `help:"How mail leaves: smtp://user:password@relay.example:587." placeholder:"URL"`
	Certificate string `help:"acme, with which you accept the terms of Let's Encrypt; or CHAIN,KEY, two files; or the network of the proxy that speaks https, such as 10.0.0.5/32." placeholder:"HOW"`
	Trial       bool   `help:"Ask nothing: a site for this machine only, at http://trial.localhost:8080."`
	Sender      string `help:"The address that mail comes from; otherwise no-reply at the domain of --support." placeholder:"ADDRESS"`
	Site        string `help:"The site's ID and folder; otherwise made from its name." placeholder:"ID"`
	Listen      string `help:"Where visitors connect; otherwise :443, or 127.0.0.1:8080 behind a proxy and for a trial." placeholder:"ADDRESS"`
	Directory   string `help:"The folder to write to." default:"/etc/gatehouse" placeholder:"DIR"`
	Database    string `help:"A PostgreSQL database, for several processes: postgres://gatehouse:PASSWORD@db.acme.example/gatehouse?sslmode=verify-full; otherwise SQLite." placeholder:"URL"`
	Data        string `help:"The folder of the SQLite database, and of certificates from ACME." default:"/var/lib/gatehouse" placeholder:"DIR"`
}

// trial is what --trial answers.
var trial = initCmd{Host: "trial.localhost", Name: "Trial", Support: "help@trial.localhost", Relay: "smtp+plain://127.0.0.1:25", Certificate: "none", Site: "trial", Listen: "127.0.0.1:8080"}

// question is one that init asks if its flag is missing.
type question struct {
	flag, text string
	answer     *string
	check      func(string) error
}

func (c *initCmd) questions() []question {
	return []question{
		{"--host", "Which host will users open? (accounts.acme.example)", &c.Host, checkHost},
		{"--name", "What do people call the site? (Acme Trade)", &c.Name, checkName},
		{"--support", "At which email address do users get help?", &c.Support, checkAddress},
		{"--relay", "Through which server does mail leave? (smtp://user:password@relay.example:587)", &c.Relay, checkRelay},
		{"--certificate", "Who has the certificate? acme: it is ordered from Let's Encrypt, whose terms you accept;\nCHAIN,KEY: two files; or the network of the proxy that has it (10.0.0.5/32)", &c.Certificate, checkCertificate},
	}
}

func (c *initCmd) Run(a *app) error {
	if c.Trial {
		answers := trial
		answers.Trial, answers.Directory, answers.Data, answers.Database = true, c.Directory, c.Data, c.Database
		if c.Listen != "" {
			answers.Listen = c.Listen
		}
		*c = answers
	} else if err := c.ask(a); err != nil {
		return err
	}
	if err := c.settle(); err != nil {
		return usageError{err}
	}
	if err := c.write(a); err != nil {
		return err
	}
	return c.next(a)
}

// ask asks for what no flag says, until the answer is one.
func (c *initCmd) ask(a *app) error {
	for _, q := range c.questions() { // before anybody has typed an answer
		if *q.answer != "" {
			if err := q.check(*q.answer); err != nil {
				return usageError{fmt.Errorf("%s: %w", q.flag, err)}
			}
		}
	}
	in := bufio.NewReader(os.Stdin)
	for _, q := range c.questions() {
		for *q.answer == "" || q.check(*q.answer) != nil {
			fmt.Fprint(a.out, q.text+"\n> ")
			line, err := in.ReadString('\n')
			*q.answer = strings.TrimSpace(line)
			fault := q.check(*q.answer)
			if fault == nil {
				break
			}
			if errors.Is(err, io.EOF) {
				return usageError{fmt.Errorf("%s: %w\nAnswer the questions, or give the flags --host, --name, --support, --relay and --certificate", q.flag, fault)}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "That %v.\n", fault)
		}
	}
	return nil
}

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func checkHost(text string) error {
	if _, err := netip.ParseAddr(text); err == nil || len(text) > 253 || !hostName.MatchString(text) {
		return errors.New("must be a host name in lower case, without a port, such as accounts.acme.example")
	}
	return nil
}

func checkName(text string) error {
	if text == "" || len(text) > 100 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return errors.New("must be one line of at most 100 bytes")
	}
	return nil
}

func checkAddress(text string) error {
	if _, err := mail.ParseAddress(text); err != nil || !isAddress(text) {
		return errors.New("must be an email address such as help@acme.example")
	}
	return nil
}

func checkRelay(text string) error {
	if _, err := outmail.ParseSMTPURL(text); err != nil {
		return fmt.Errorf("is no relay: %w", err)
	}
	return nil
}

func checkCertificate(text string) error {
	chain, key, two := strings.Cut(text, ",")
	switch _, err := netip.ParsePrefix(text); {
	case err == nil, text == "acme":
		return nil
	case two && filepath.IsAbs(chain) && filepath.IsAbs(key):
		return nil
	}
	return errors.New("must be acme, or two files /path/chain.pem,/path/key.pem, or a network such as 10.0.0.5/32")
}

// proxied reports whether a proxy has the certificate.
func (c *initCmd) proxied() bool {
	_, err := netip.ParsePrefix(c.Certificate)
	return err == nil
}

// settle fills in what follows from the answers, and makes paths absolute.
func (c *initCmd) settle() (err error) {
	if c.Site == "" {
		c.Site = siteID(c.Name)
	}
	if c.Sender == "" {
		c.Sender = "no-reply@" + domainOf(c.Support)
	}
	if c.Listen == "" {
		if c.Listen = ":443"; c.proxied() {
			c.Listen = "127.0.0.1:8080"
		}
	}
	if c.Directory, err = filepath.Abs(c.Directory); err != nil {
		return err
	}
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return err
	}
	switch {
	case c.Database == "":
		c.Database = "sqlite://" + filepath.ToSlash(filepath.Join(c.Data, "gatehouse.db"))
	case c.Trial:
		return errors.New("--trial is on SQLite: leave --database out")
	}
	return nil
}

var noLetters = regexp.MustCompile(`[^a-z0-9]+`)

// siteID makes an ID from a name: Acme Trade becomes acme-trade.
func siteID(name string) string {
	id := strings.Trim(noLetters.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(id) > 30 {
		id = strings.Trim(id[:30], "-")
	}
	if id == "" || id == "operators" {
		return "portal"
	}
	return id
}

// write writes everything, and takes it back if it would not start.
func (c *initCmd) write(a *app) error {
	if err := c.makeRoom(); err != nil {
		return err
	}
	owner := serviceAccount()
	folder := filepath.Join(c.Directory, "sites", c.Site)
	config := filepath.Join(c.Directory, "gatehouse.yaml")
	keys := filepath.Join(c.Directory, "keys")
	err := errors.Join(owner.folder(c.Directory, 0o750, false), owner.folder(c.Data, 0o700, true),
		owner.folder(filepath.Dir(folder), 0o750, false), owner.folder(folder, 0o750, false))
	if _, there := os.Stat(keys); errors.Is(there, fs.ErrNotExist) && err == nil {
		err = owner.file(keys, secret.NewKeyFile(), 0o600, true)
	}
	if err == nil {
		err = errors.Join(owner.file(filepath.Join(folder, "site.yaml"), c.siteYAML(), 0o640, false),
			owner.file(filepath.Join(folder, "logo.svg"), []byte(firstLogo), 0o640, false),
			owner.file(config, c.configYAML(), 0o640, false))
	}
	if err == nil {
		var cfg *Config
		if cfg, err = LoadConfig(config, nil); err == nil {
			_, err = site.Open(cfg.Sites, cfg.SiteEnv())
		}
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(folder), removeIfThere(config))
	}
	return nil
}

// makeRoom refuses to write over a configuration, but for one of a trial that nobody has changed.
func (c *initCmd) makeRoom() error {
	config := filepath.Join(c.Directory, "gatehouse.yaml")
	old, err := os.ReadFile(config)
	t := trial
	t.Trial, t.Directory, t.Data = true, c.Directory, c.Data
	if err := t.settle(); err != nil {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !bytes.Equal(old, t.configYAML()):
		return fmt.Errorf("%s is there already and stays as it is\nChange it by hand: gatehouse doctor says what is missing. Or move it away first", config)
	case c.Trial:
		return fmt.Errorf("%s is that of a trial already", config)
	default:
		return errors.Join(os.Remove(config), os.RemoveAll(filepath.Join(c.Directory, "sites", t.Site)))
	}
	if _, err := os.Stat(filepath.Join(c.Directory, "sites", c.Site)); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already and stays as it is\nChoose another --site", filepath.Join(c.Directory, "sites", c.Site))
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// account is the server's, to whom files are given if we may; the zero account is ourselves.
type account struct {
	uid, gid int
	known    bool
}

func serviceAccount() account {
	u, err := user.Lookup("gatehouse")
	if os.Geteuid() != 0 || err != nil {
		return account{}
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	return account{uid, gid, errUID == nil && errGID == nil}
}

// give gives a path to the account: as its own, or to read.
func (o account) give(path string, own bool) error {
	switch {
	case !o.known:
		return nil
	case own:
		return os.Chown(path, o.uid, o.gid)
	}
	return os.Chown(path, 0, o.gid)
}

// folder makes a folder; one that is there stays as it is.
func (o account) folder(path string, mode fs.FileMode, own bool) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	return o.give(path, own)
}

// file writes a file that is not there yet.
func (o account) file(path string, content []byte, mode fs.FileMode, own bool) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close(), o.give(path, own), syncFolder(path))
}
