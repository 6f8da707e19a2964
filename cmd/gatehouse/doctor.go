package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/strictyaml"
)

type doctorCmd struct {
	configFlag
	JSON bool `name:"json" help:"Print JSON."`
}

// finding is one line of the doctor's report.
type finding struct {
	Check  string `json:"check"`
	State  health `json:"state"`
	Detail string `json:"detail"`
	// Fix says what to do; empty if all is well.
	Fix string `json:"fix,omitempty"`
}

type health string

const (
	well health = "ok"
	warn health = "warn"
	fail health = "FAIL"
)

// doctor collects findings. Network questions are asked in parallel, and reported in
// the order of the questions.
type doctor struct {
	ctx      context.Context
	cfg      *Config
	dns      *net.Resolver
	hosts    []siteHost
	findings []finding
}

// networkTime is how long a DNS answer may take.
const networkTime = 3 * time.Second

// errSick is what the doctor exits with; the findings have said why.
var errSick = errors.New("something needs fixing: see the lines marked FAIL")

func (c *doctorCmd) Run(a *app) error {
	d := newDoctor(a.ctx)
	d.examine(c.Config, a.environ)
	if err := a.ctx.Err(); err != nil {
		return err
	}
	err := d.print(a, c.JSON)
	if err == nil && slices.ContainsFunc(d.findings, func(f finding) bool { return f.State == fail }) {
		err = errSick
	}
	return err
}

func newDoctor(ctx context.Context) *doctor { return &doctor{ctx: ctx, dns: net.DefaultResolver} }

func (d *doctor) print(a *app, json bool) error {
	if json {
		return asJSON(a.out, d.findings)
	}
	rows := make([][]string, len(d.findings))
	for i, f := range d.findings {
		rows[i] = []string{string(f.State), f.Check, f.Detail}
		if f.Fix != "" {
			rows[i][2] += ": " + f.Fix
		}
	}
	return table(a.out, "STATE CHECK FINDING", rows)
}

func (d *doctor) add(check string, state health, detail, fix string) {
	d.findings = append(d.findings, finding{check, state, detail, fix})
}

// examine checks everything. Without a configuration there is nothing more to check.
func (d *doctor) examine(config string, environ []string) {
	cfg, err := LoadConfig(config, environ)
	if err != nil {
		for _, p := range strictyaml.Problems(config, err) {
			d.add("configuration", fail, p.String(), "change it there")
		}
		return
	}
	d.cfg = cfg
	d.add("configuration", well, config, "")
	d.add("keys", well, fmt.Sprintf("%s is read by its owner only", cfg.KeyFile), "")
	sites := d.sites()
	d.database(sites)
	d.certificate()
	d.places()
	d.mail(sites)
	d.texts(sites)
}

// placesOld is when so many networks have changed hands that places begin to mislead.
const placesOld = 180 * 24 * time.Hour

// places checks the file that knows where addresses are; if none is set there is
// nothing to say.
func (d *doctor) places() {
	if d.cfg.GeoIP == "" {
		return
	}
	places, err := d.cfg.Places()
	if err != nil {
		d.add("geoip", fail, err.Error(), "get the file again, or remove the key")
		return
	}
	age := utc().Sub(places.Built())
	detail := fmt.Sprintf("%s was built on %s, %d days ago", places.Type(), places.Built().UTC().Format(time.DateOnly), int(age/(24*time.Hour)))
	if age > placesOld {
		d.add("geoip", warn, detail, "get a newer file, then send the server SIGHUP")
		return
	}
	d.add("geoip", well, detail, "")
}

func (d *doctor) sites() []*site.Site {
	sites, err := site.Open(d.cfg.Sites, d.cfg.SiteEnv())
	if err != nil {
		for _, p := range strictyaml.Problems(d.cfg.Sites, err) {
			d.add("sites", fail, p.String(), "change it there")
		}
		return nil
	}
	var questions []func() finding
	ask := func(st *site.Site) {
		for _, host := range st.Hosts {
			d.hosts = append(d.hosts, siteHost{host, st.ID})
			questions = append(questions, func() finding { return d.host(st, host) })
		}
	}
	for _, st := range sites.All() {
		ask(st)
	}
	if own := sites.Operators(); own != nil {
		ask(own)
	}
	d.askAll(questions)
	return sites.All()
}

// askAll asks questions in parallel.
func (d *doctor) askAll(questions []func() finding) {
	answers := make([]finding, len(questions))
	var all sync.WaitGroup
	for i, ask := range questions {
		all.Go(func() { answers[i] = ask() })
	}
	all.Wait()
	d.findings = append(d.findings, answers...)
}

// host only warns: visitors may know a name that this machine does not.
func (d *doctor) host(st *site.Site, host string) finding {
	ctx, cancel := context.WithTimeout(d.ctx, networkTime)
	defer cancel()
	f := finding{Check: "site " + st.ID, State: warn, Fix: "enter it in the DNS, unless this machine cannot see the names that visitors use"}
	addresses, err := d.dns.LookupHost(ctx, host)
	switch {
	case isMissing(err):
		f.Detail = host + " is not in the DNS"
	case err != nil:
		f.Detail, f.Fix = "the DNS could not be asked for "+host+": "+dnsProblem(err), "check this machine's name servers"
	default:
		return finding{f.Check, well, fmt.Sprintf("%s is %s", host, addresses[0]), ""}
	}
	return f
}

func isMissing(err error) bool {
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

// dnsProblem is a DNS error without the name servers' addresses.
func dnsProblem(err error) string {
	var e *net.DNSError
	if errors.As(err, &e) {
		return e.Err
	}
	return err.Error()
}
