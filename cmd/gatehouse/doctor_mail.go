package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// mail checks how mail is sent and whether recipients will believe it. DNS problems are
// only warnings, except for a DKIM record that contradicts our key: such mail is
// refused.
func (d *doctor) mail(sites []*site.Site) {
	if err := mail.Check(d.ctx, d.cfg.Mail); err != nil {
		what, fix, _ := strings.Cut(err.Error(), "; ")
		if fix == "" {
			fix = "check smtp.url"
		}
		d.add("mail server", fail, what, fix)
	} else {
		d.add("mail server", well, d.cfg.Mail.String()+" takes our connection", "")
	}
	var questions []func() finding
	for _, domain := range domainsOf(sites, func(st *site.Site) string { return cmp.Or(st.Sender.Bounces, st.Sender.Address) }) {
		questions = append(questions, func() finding { return d.spf(domain) })
	}
	for _, domain := range domainsOf(sites, func(st *site.Site) string { return st.Sender.Address }) {
		questions = append(questions, func() finding { return d.dmarc(domain) })
	}
	for _, st := range sites {
		questions = append(questions, func() finding { return d.bounces(st) })
		if st.Support.Replies != "" {
			questions = append(questions, func() finding {
				return d.comesBack("replies "+st.ID, "replies", st.Support.Replies, "enter an MX record for the mail system that hands replies over to us, or take support.replies away")
			})
		}
	}
	for _, key := range d.cfg.DKIMKeys {
		questions = append(questions, func() finding { return d.dkim(key) })
	}
	d.askAll(questions)
	if len(d.cfg.DKIMKeys) == 0 {
		d.add("dkim", warn, "mail leaves here without a signature", "set dkim, unless the mail server signs")
	}
}

// domainsOf are the domains of an address of each site, each once.
func domainsOf(sites []*site.Site, address func(*site.Site) string) (domains []string) {
	for _, st := range sites {
		if domain := domainOf(address(st)); !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	return domains
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// bounces checks where reports about a site's bounced mail go.
func (d *doctor) bounces(st *site.Site) finding {
	address, check := st.Sender.Bounces, "bounces "+st.ID
	if address == "" {
		return finding{check, warn, "what becomes of mail after it is handed over is not seen", "set sender.bounces in the site's site.yaml"}
	}
	return d.comesBack(check, "reports", address, "enter an MX record for the mail system that hands reports over to us")
}

// comesBack checks that the domain of an address takes mail, which is handed over to us.
func (d *doctor) comesBack(check, what, address, fix string) finding {
	ctx, cancel := context.WithTimeout(d.ctx, networkTime)
	defer cancel()
	domain := domainOf(address)
	found, err := d.dns.LookupMX(ctx, domain)
	switch {
	case err != nil && !isMissing(err):
		return unasked(check, domain, dnsProblem(err))
	case len(found) == 0, found[0].Host == ".": // RFC 7505
		return finding{check, warn, domain + " takes no mail, so no " + what + " come back", fix}
	}
	return finding{check, well, fmt.Sprintf("%s to %s go to %s", what, address, strings.TrimSuffix(found[0].Host, ".")), ""}
}

// txt returns the texts of a name that begin as wanted; known is false if the DNS could
// not be asked.
func (d *doctor) txt(name, begins string) (found []string, known bool, problem string) {
	ctx, cancel := context.WithTimeout(d.ctx, networkTime)
	defer cancel()
	all, err := d.dns.LookupTXT(ctx, name)
	if err != nil && !isMissing(err) {
		return nil, false, dnsProblem(err)
	}
	for _, text := range all {
		if strings.HasPrefix(strings.ToLower(text), begins) {
			found = append(found, text)
		}
	}
	return found, true, ""
}

func unasked(check, name, problem string) finding {
	return finding{check, warn, "the DNS could not be asked for " + name + ": " + problem, "check this machine's name servers"}
}

func (d *doctor) spf(domain string) finding {
	found, known, problem := d.txt(domain, "v=spf1")
	switch {
	case !known:
		return unasked("spf", domain, problem)
	case len(found) == 0:
		return finding{"spf", warn, domain + " has no SPF record", `enter a TXT record "v=spf1 … -all" that names the mail server`}
	case len(found) > 1:
		return finding{"spf", warn, domain + " has more than one SPF record, which counts as a mistake", "make one of them"}
	case strings.Contains(found[0], "+all"):
		return finding{"spf", warn, domain + " lets everybody send in its name (+all)", "end the record with -all or ~all"}
	}
	return finding{"spf", well, domain + ": " + found[0], ""}
}

// dmarc asks for the domain, then for its parents, as receivers do.
func (d *doctor) dmarc(domain string) finding {
	for name := domain; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		found, known, problem := d.txt("_dmarc."+name, "v=dmarc1")
		switch {
		case !known:
			return unasked("dmarc", "_dmarc."+name, problem)
		case len(found) == 1:
			return finding{"dmarc", well, name + ": " + found[0], ""}
		case len(found) > 1:
			return finding{"dmarc", warn, name + " has more than one DMARC record, so none counts", "leave one"}
		}
	}
	return finding{"dmarc", warn, domain + " has no DMARC record", `enter a TXT record "v=DMARC1; p=quarantine" at _dmarc.` + domain}
}

func (d *doctor) dkim(key mail.DKIM) finding {
	name := key.Selector + "._domainkey." + key.Domain
	public, err := publicKey(key)
	if err != nil {
		return finding{"dkim", fail, err.Error(), "make another key"}
	}
	record := fmt.Sprintf("v=DKIM1; k=%s; p=%s", key.Type(), public)
	found, known, problem := d.txt(name, "")
	if !known {
		return unasked("dkim", name, problem)
	}
	for _, text := range found {
		if tag(text, "p") == public {
			return finding{"dkim", well, name + " has our key", ""}
		}
	}
	if len(found) == 0 {
		return finding{"dkim", fail, name + " is not in the DNS, so our signatures count for nothing", "enter the TXT record: " + record}
	}
	return finding{"dkim", fail, name + " has another key than ours, so our mail looks forged", "enter the TXT record: " + record}
}

// publicKey is the p= of a DKIM record.
func publicKey(key mail.DKIM) (string, error) {
	if k, ok := key.Key.Public().(ed25519.PublicKey); ok {
		return base64.StdEncoding.EncodeToString(k), nil
	}
	der, err := x509.MarshalPKIXPublicKey(key.Key.Public())
	return base64.StdEncoding.EncodeToString(der), err
}

// tag returns a tag's value of a DKIM record, without the spaces that may break it up.
func tag(record, name string) string {
	for part := range strings.SplitSeq(record, ";") {
		if key, value, _ := strings.Cut(part, "="); strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}
