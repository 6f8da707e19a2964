package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"gatehouse"
	"gatehouse/internal/strictyaml"
)

// LoadEnv is what the server says about all its sites.
type LoadEnv struct {
	// Scheme and Port are how visitors reach the server; port 0: the scheme's own.
	Scheme string
	Port   int
	// Staging marks an installation that is not the real one (B20).
	Staging bool
	// Operators are the hosts that no site may have.
	Operators OperatorHosts
}

// HeadFonts are the heading faces a look can name.
var HeadFonts = []string{"Source Serif 4"}

// loader reads one folder and collects its problems.
type loader struct {
	dir      string
	env      LoadEnv
	site     *Site
	file     settings
	problems []strictyaml.Problem
}

// Load reads a site's folder, named after the site's ID. The error is a
// *strictyaml.Error with everything that is wrong.
func Load(dir string, env LoadEnv) (*Site, error) {
	l := &loader{dir: dir, env: env, site: &Site{Folder: dir}}
	l.site.ID = filepath.Base(filepath.Clean(dir))
	if !siteID.MatchString(l.site.ID) {
		l.add(dir, "the folder's name is the site's ID: must be lower-case letters, digits and hyphens")
	}
	if l.site.ForOperators() {
		l.add(dir, "the folder's name is the site's ID, and %s is that of the operators' pages; choose another one", gatehouse.OperatorsSite)
	}
	if l.settings() {
		l.entries()
		l.mark()
		l.terms()
		l.texts()
		l.help()
	}
	if len(l.problems) > 0 {
		return nil, &strictyaml.Error{Problems: l.problems}
	}
	return l.site, nil
}

func (l *loader) add(file, format string, args ...any) {
	l.problems = append(l.problems, strictyaml.Problem{File: file, Text: fmt.Sprintf(format, args...)})
}

// settings reads site.yaml; false if nothing of it could be read.
func (l *loader) settings() bool {
	path := filepath.Join(l.dir, "site.yaml")
	doc, err := strictyaml.Read(path, &l.file)
	if doc == nil {
		l.problems = append(l.problems, strictyaml.Problems(path, err)...)
		return false
	}
	l.site.doc = doc
	l.identity(doc)
	l.policy(doc)
	l.languages(doc)
	l.look(doc)
	l.contacts(doc)
	l.news(doc)
	l.security(doc)
	l.forwardAuth(doc)
	l.textMessages(doc)
	l.words(doc)
	l.problems = append(l.problems, strictyaml.Problems(path, doc.Err())...)
	return true
}

// check reports what a check says about the value of a key. Empty values are not
// checked: a required one has been reported as missing already.
func check(doc *strictyaml.Doc, key, value string, checks ...func(string) string) {
	for _, c := range checks {
		if problem := c(value); value != "" && problem != "" {
			doc.Problem(key, "is %q, %s", value, problem)
			return
		}
	}
}

func (l *loader) identity(doc *strictyaml.Doc) {
	s, f := l.site, &l.file
	s.Name, s.Brand, s.Country, s.Tagline = f.Name, f.Brand, f.Country, f.Tagline
	if s.Brand == "" {
		s.Brand = s.Name
	}
	check(doc, "name", f.Name, checkLine)
	check(doc, "brand", f.Brand, checkLine)
	check(doc, "country", f.Country, checkLine)
	for i, host := range f.Hosts {
		key := fmt.Sprintf("hosts[%d]", i)
		check(doc, key, host, checkHost)
		if host == "" || slices.Contains(f.Hosts[:i], host) {
			doc.Problem(key, "is empty or in the list already")
		}
		if slices.Contains(l.env.Operators.Hosts, host) {
			doc.Problem(key, "%s is one of operator_hosts in the configuration, which no site may have", host)
		}
	}
	s.Hosts, s.Staging, s.SignInWith, s.AsksSoleUser = f.Hosts, l.env.Staging, f.SignInWith, f.SoleUser
	s.InvitesByLink = f.Invitation == "link"
	if len(s.Hosts) > 0 {
		s.Origin = l.env.origin(s.Hosts[0])
	}
}

// origin is how links to a host begin.
func (e LoadEnv) origin(host string) string {
	if e.Port == 0 || e.Scheme == "https" && e.Port == 443 || e.Scheme == "http" && e.Port == 80 {
		return e.Scheme + "://" + host
	}
	return e.Scheme + "://" + host + ":" + strconv.Itoa(e.Port)
}

// policy reports what Policy.Check finds, at the matching key of site.yaml.
func (l *loader) policy(doc *strictyaml.Doc) {
	s := l.site
	s.Recovery, s.Policy = l.file.Recovery, l.file.policy()
	for _, bad := range s.Policy.Check() {
		doc.Problem(bad.Key, "%s", bad.Problem)
	}
	if s.Policy.Profile == gatehouse.Modern && s.Recovery == gatehouse.RecoverByChallenge {
		doc.Problem("recovery", "challenge is not allowed in the modern profile; must be link")
	}
}

func (l *loader) languages(doc *strictyaml.Doc) {
	s := l.site
	s.Languages = l.file.Languages
	if len(s.Languages) == 0 {
		s.Languages = []string{baseLanguage}
	}
	var tags []language.Tag
	for i, name := range s.Languages {
		tag, err := language.Parse(name)
		key := fmt.Sprintf("languages[%d]", i)
		if err != nil || tag.String() != name {
			doc.Problem(key, "is %q, must be a language tag such as en-GB or de", name)
		} else if slices.Contains(s.Languages[:i], name) {
			doc.Problem(key, "%s is in the list already", name)
		}
		tags = append(tags, tag)
	}
	s.matcher = language.NewMatcher(tags)

	zone := l.file.Zone
	if zone == "" {
		zone = "UTC"
	}
	var err error
	if s.Zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		doc.Problem("zone", "is %q, must be a time zone such as Europe/London", zone)
	}
}

func (l *loader) look(doc *strictyaml.Doc) {
	f := l.file.Look
	look := palette{doc}.colours(f)
	look.Radius, look.HeadFont, look.Art = f.Radius, f.HeadFont, f.Art
	if look.Art == "" {
		look.Art = "arches"
	}
	if f.Radius < 0 || f.Radius > 0.75 {
		doc.Problem("look.radius", "is %g, must be 0 to 0.75 (rem)", f.Radius)
	}
	if f.HeadFont != "" && !slices.Contains(HeadFonts, f.HeadFont) {
		doc.Problem("look.head_font", "is %q, must be one of: %s", f.HeadFont, strings.Join(HeadFonts, ", "))
	}
	l.site.Look = look
}

func (l *loader) contacts(doc *strictyaml.Doc) {
	support, sender := l.file.Support, l.file.Sender
	check(doc, "support.email", support.Email, checkEmail)
	check(doc, "support.phone", support.Phone, checkPhone)
	check(doc, "support.hours", support.Hours, checkLine)
	check(doc, "support.replies", support.Replies, checkReplies)
	check(doc, "sender.name", sender.Name, checkLine)
	check(doc, "sender.address", sender.Address, checkEmail)
	check(doc, "sender.reply_to", sender.ReplyTo, checkEmail)
	check(doc, "sender.bounces", sender.Bounces, checkBounces)
	if sender.Name == "" {
		sender.Name = l.file.Name
	}
	l.site.Support = gatehouse.Support(support)
	l.site.Sender = gatehouse.Sender(sender)
}

func (l *loader) news(doc *strictyaml.Doc) {
	s, n := l.site, l.file.Notice
	s.Notice = Notice(n)
	check(doc, "notice.link_url", n.LinkURL, checkURL)
	if n.Title == "" && n != (noticeSettings{}) {
		doc.Problem("notice.title", "is missing; without it the notice is not shown")
	}
	if (n.LinkText == "") != (n.LinkURL == "") {
		doc.Problem("notice", "needs both link_text and link_url, or neither")
	}
	s.Links = links(doc, "links", l.file.Links)
	s.QuickLinks = links(doc, "quick_links", l.file.QuickLinks)
	if n := len(s.QuickLinks); n > mostQuickLinks {
		doc.Problem("quick_links", "has %d links, must be at most %d", n, mostQuickLinks)
	}
	if m := l.file.Maintenance; m != nil {
		s.Maintenance = &Maintenance{From: m.From, Until: m.Until, Reference: m.Reference, StatusURL: m.StatusURL}
		check(doc, "maintenance.status_url", m.StatusURL, checkURL)
		if !m.Until.After(m.From) {
			doc.Problem("maintenance.until", "must be after from")
		}
	}
}

// mostQuickLinks are as many as a menu shows without scrolling.
const mostQuickLinks = 12

func links(doc *strictyaml.Doc, key string, list []linkSettings) (all []Link) {
	for i, link := range list {
		check(doc, fmt.Sprintf("%s[%d].url", key, i), link.URL, checkURL)
		all = append(all, Link(link))
	}
	return all
}

// mark reads the logo.
func (l *loader) mark() {
	path := filepath.Join(l.dir, "logo.svg")
	text, ok := l.read(path)
	if !ok {
		return
	}
	mark, err := parseMark([]byte(text))
	var at markError
	if errors.As(err, &at) {
		l.problems = append(l.problems, strictyaml.Problem{File: path, Line: at.line, Text: at.text})
	}
	l.site.Look.Mark = mark
}

// read returns the text of a required file.
func (l *loader) read(path string) (string, bool) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.add(path, "is missing")
	case err != nil:
		l.add(path, "cannot be read: %v", errors.Unwrap(err))
	case !utf8.Valid(data) || len(strings.TrimSpace(string(data))) == 0:
		l.add(path, "is empty or not UTF-8 text")
	default:
		return string(data), true
	}
	return "", false
}

var folderEntries = []string{"site.yaml", "logo.svg", "terms", "help", "texts", "README.md"}

// entries reports unexpected entries in the folder: "term/" would otherwise be a site
// without terms.
func (l *loader) entries() {
	for _, name := range l.list("") {
		if slices.Contains(folderEntries, name) {
			continue
		}
		hint := "known are: " + strings.Join(folderEntries, ", ")
		if near := strictyaml.Nearest(name, folderEntries); near != "" {
			hint = "did you mean " + near + "?"
		}
		l.add(filepath.Join(l.dir, name), "is no part of a site's folder; %s", hint)
	}
}

// list returns the names in an optional part of the folder, without what editors and
// mounts leave behind.
func (l *loader) list(part string) []string {
	path := filepath.Join(l.dir, part)
	found, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.add(path, "cannot be read: %v", errors.Unwrap(err))
	}
	var names []string
	for _, e := range found {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "~") {
			names = append(names, name)
		}
	}
	return names
}

// fileLanguage is the language of the file NAME.md or NAME.LANGUAGE.md: without one, it is the
// site's first. It reports whether the file may have that name.
func (l *loader) fileLanguage(path, name, lang string) (string, bool) {
	first := l.site.Languages[0]
	switch {
	case lang == "":
		return first, true
	case lang == first:
		l.add(path, "%s is the site's first language; its file is %s.md", lang, name)
		return "", false
	case !slices.Contains(l.site.Languages, lang):
		l.add(path, "%s is not one of the site's languages: %s", lang, strings.Join(l.site.Languages, ", "))
		return "", false
	}
	return lang, true
}

// documents calls each for the texts of a folder: Markdown files with a name, and a language unless it is
// the site's first. fault says what is wrong with the name of any other file.
func (l *loader) documents(folder string, named *regexp.Regexp, fault string, each func(path, name, lang, text string)) {
	for _, file := range l.list(folder) {
		path := filepath.Join(l.dir, folder, file)
		part := named.FindStringSubmatch(file)
		if part == nil {
			l.add(path, "%s", fault)
			continue
		}
		if lang, ok := l.fileLanguage(path, part[1], part[2]); ok {
			if text, ok := l.read(path); ok {
				each(path, part[1], lang, text)
			}
		}
	}
}
