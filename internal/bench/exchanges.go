package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/sso"
)

// exchanged is a round of exchanges, and the cost of the one signature that each of them
// needs, measured alone right after them.
type exchanged struct {
	round
	signature float64 // milliseconds of a processor
}

// measureExchange measures how many codes become tokens in a second, and the processor time of
// each: an access token and a refresh token that are looked up, and an ID token that is
// signed.
//
// An RSA signature takes longer than the rest of an exchange, and on many machines more than
// half of what the limits allow: there, the figures for RS256 are informational. The server's
// time beyond the signature keeps to the limit on every machine.
func (p *platforms) measureExchange(ctx context.Context, alg gatehouse.SigningAlg) error {
	a, err := p.platform(ctx, func(s *gatehouse.ApplicationSettings) { s.IDTokenAlg = alg })
	if err != nil {
		return err
	}
	key, err := p.keyLike(alg)
	if err != nil {
		return err
	}
	if _, err := p.exchanges(ctx, a); err != nil { // to warm up
		return err
	}
	rounds := platformRounds
	if alg == gatehouse.RS256 { // each takes several times as long
		rounds /= 2
	}
	all, disturbed, err := quietly(ctx, p.count(rounds), func() (exchanged, processor, error) {
		r, err := p.exchanges(ctx, a)
		if err != nil {
			return exchanged{}, r.spent, err
		}
		each, err := costOfSigning(key)
		return exchanged{r, each}, r.spent, err
	})
	if err != nil {
		return err
	}
	p.reportExchange(alg, all, disturbed)
	return nil
}

func (p *platforms) reportExchange(alg gatehouse.SigningAlg, all []exchanged, disturbed bool) {
	var rounds []round
	var each, beyond, database, signature []float64
	for _, r := range all {
		server, _, db := r.beyond()
		rounds, each, database = append(rounds, r.round), append(each, server), append(database, db)
		beyond, signature = append(beyond, server-r.signature), append(signature, r.signature)
	}
	engine, signs := p.server.db.engine, median(signature)
	most := 1000 * float64(runtime.NumCPU()) / signs
	rate := perSecond(fmt.Sprintf("codes exchanged, %s, %s", alg, engine), leastExchanges[engine], platformClients, rounds, disturbed)
	rate.Informational = alg == gatehouse.RS256 && most < 2*rate.Limit
	rate.Detail += fmt.Sprintf("; the machine makes %.0f signatures a second", most)
	p.report.add(rate)
	cost := figure{Name: fmt.Sprintf("code exchanged, %s, processor time of the server, %s", alg, engine), Value: median(each), Unit: "ms", Limit: mostOfExchange, Bound: below,
		Informational: engine != "sqlite" || alg == gatehouse.RS256 && 2*signs > mostOfExchange, Disturbed: disturbed,
		Detail: fmt.Sprintf("database %.2f ms; a signature alone %.2f ms; %d rounds, quartiles %.2f and %.2f", median(database), signs, len(all), quantile(each, 0.25), quantile(each, 0.75))}
	p.report.add(cost)
	if alg == gatehouse.RS256 {
		cost.Detail = fmt.Sprintf("%.2f ms with a signature of %.2f ms; database %.2f ms", median(each), signs, median(database))
		cost.Name, cost.Value = "code exchanged, RS256, processor time of the server beyond the signature, "+engine, median(beyond)
		cost.Informational = engine != "sqlite"
		p.report.add(cost)
	}
}

// perSecond is a rate.
func perSecond(name string, limit float64, clients int, rounds []round, disturbed bool) figure {
	var rates, server, database, own []float64
	for _, r := range rounds {
		each := func(d time.Duration) float64 { return millis(d) / max(1, r.count) }
		rates, server, database, own = append(rates, r.perSecond), append(server, each(r.spent.server)), append(database, each(r.spent.database)), append(own, each(r.spent.own))
	}
	return figure{Name: name, Value: median(rates), Unit: "/s", Limit: limit, Bound: atLeast, Disturbed: disturbed,
		Detail: fmt.Sprintf("%d clients, %d rounds, quartiles %.0f/s and %.0f/s; processor ms each: server %.2f, database %.2f, client %.2f",
			clients, len(rounds), quantile(rates, 0.25), quantile(rates, 0.75), median(server), median(database), median(own))}
}

// exchanges makes clients exchange codes that were made before the clock starts.
func (p *platforms) exchanges(ctx context.Context, a platform) (r round, err error) {
	codes, err := p.codes(ctx, a, p.count(codesOfRound))
	if err != nil {
		return r, err
	}
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, platformClients)
	begun, before := time.Now(), processorTime(p.server)
	for range platformClients {
		all.Go(func() {
			c := newClient(p.server.public, p.server.host)
			defer c.close()
			for i := next.Add(1) - 1; int(i) < len(codes); i = next.Add(1) - 1 {
				tokens, err := p.redeem(c, a, codes[i])
				if err == nil && (tokens.Access == "" || tokens.Refresh == "" || tokens.ID == "") {
					err = fmt.Errorf("POST %s: a token is missing", sso.TokenPath)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	took := time.Since(begun)
	return round{float64(len(codes)) / took.Seconds(), float64(len(codes)), processorTime(p.server).minus(before)}, <-errs
}

// keyLike makes a key as strong as the site's signing key for an algorithm.
func (p *platforms) keyLike(alg gatehouse.SigningAlg) (crypto.Signer, error) {
	a, err := once(p.server.public, p.server.host, sso.JWKSPath)
	if err != nil {
		return nil, err
	}
	var published jose.JSONWebKeySet
	if err := json.Unmarshal(a.body, &published); err != nil {
		return nil, err
	}
	for _, k := range published.Keys {
		switch key := k.Key.(type) {
		case *ecdsa.PublicKey:
			if alg == gatehouse.ES256 {
				return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			}
		case *rsa.PublicKey:
			if alg == gatehouse.RS256 {
				return rsa.GenerateKey(rand.Reader, key.N.BitLen())
			}
		}
	}
	return nil, fmt.Errorf("GET %s: no key for %s", sso.JWKSPath, alg)
}

// costOfSigning is the cost of one signature, in milliseconds of processor time, with all
// processors signing.
func costOfSigning(key crypto.Signer) (float64, error) {
	const length = 500 * time.Millisecond // processor time is counted in hundredths of a second
	sum := sha256.Sum256([]byte(platformVerifier))
	var all sync.WaitGroup
	var done atomic.Int64
	errs := make(chan error, runtime.NumCPU())
	before, begun := processorTime(nil), time.Now()
	for range runtime.NumCPU() {
		all.Go(func() {
			for time.Since(begun) < length {
				if _, err := key.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	close(errs)
	return millis(processorTime(nil).minus(before).own) / max(1, float64(done.Load())), <-errs
}
