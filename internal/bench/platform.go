package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
)

// leastExchanges are the limits for exchanges of codes, by engine, a second.
var leastExchanges = map[string]float64{"sqlite": 1500, "postgres": 1000}

// The other limits.
const (
	mostOfExchange   = 1    // millisecond of the server's processor time
	leastForItself   = 5000 // tokens that applications get for themselves, a second
	leastOfTokens    = 0.3  // of an empty handler: userinfo, introspection
	leastOfDocuments = 0.8  // of an empty handler: discovery, JWKS
)

const (
	platformClients  = 8
	clientsForItself = 32 // limits that name no number of clients: with 8, the wait for the disk was what was measured
	platformRounds   = 6
	codesOfRound     = 2000
	platformRedirect = "https://shop.example/cb"
	platformVerifier = "verifier-verifier-verifier-verifier-verifier-0123"
)

// platforms are applications, and the users who sign in to them.
type platforms struct {
	*bench
	st     *store.Store
	sso    *sso.Service
	server *server
	empty  string // address of the empty handler
	made   int    // users
}

// platform is an application, with its credentials.
type platform struct {
	gatehouse.Application
	authorization string
}

// measurePlatform measures what applications ask of the OpenID provider.
func measurePlatform(ctx context.Context, b *bench, db *database) error {
	return b.withStore(ctx, db, func(st *store.Store) error {
		return b.duringBesideEmpty(ctx, db, func(s *server, empty string) error {
			p := &platforms{bench: b, st: st, sso: &sso.Service{Desk: &act.Desk{Store: st, Now: time.Now}, Keys: b.keys}, server: s, empty: empty}
			for _, alg := range []gatehouse.SigningAlg{gatehouse.ES256, gatehouse.RS256} {
				if err := p.measureExchange(ctx, alg); err != nil {
					return err
				}
			}
			for _, measure := range []func(context.Context) error{p.measureForItself, p.measureTokens, p.measureDocuments} {
				if err := measure(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// platform adds an application.
func (p *platforms) platform(ctx context.Context, change func(*gatehouse.ApplicationSettings)) (platform, error) {
	settings := gatehouse.DefaultApplication()
	settings.RedirectURIs = []string{platformRedirect}
	settings.Grants = append(settings.Grants, gatehouse.GrantRefresh, gatehouse.GrantClientCredentials)
	change(&settings)
	a, clientSecret, err := p.sso.Create(ctx, p.site, gatehouse.Caller{Kind: gatehouse.Operator, Name: "bench"}, "Shop", settings)
	pair := url.QueryEscape(a.ID) + ":" + url.QueryEscape(clientSecret)
	return platform{a, "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))}, err
}

// codes makes this many codes, as the authorization endpoint does: each in the session of a
// user who is new to the platform, so that there is no row yet, and no user has an unrealistic
// number of sessions.
func (p *platforms) codes(ctx context.Context, a platform, count int) ([]string, error) {
	sum := sha256.Sum256([]byte(platformVerifier))
	terms := gatehouse.FamilyTerms{Scopes: gatehouse.Scopes(), RedirectURI: platformRedirect, Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Nonce: secret.NewToken()}
	before := p.made
	all, err := p.settle(ctx, p.st, fmt.Sprintf("Southgate %d Ltd", before), count, func(i int) string { return fmt.Sprintf("customer-%06d", before+i) }, nil)
	if err != nil {
		return nil, err
	}
	p.made += count
	now := time.Now().UTC()
	codes := make([]string, count)
	return codes, p.st.Write(ctx, func(q store.Queries) error {
		for i := range codes {
			u := all.users[i]
			session, err := insertSession(ctx, q, u, now, now.Add(time.Hour))
			if err != nil {
				return err
			}
			codes[i] = secret.NewToken()
			err = q.InsertFamily(ctx, secret.HashToken(codes[i]), gatehouse.TokenFamily{ID: store.NewID("fam", now), SiteID: u.SiteID, ApplicationID: a.ID, UserID: u.ID,
				SessionID: session, Subject: u.ID, Terms: terms, CreatedAt: now, EndsAt: now.Add(time.Hour)})
			if err != nil {
				return err
			}
		}
		// What autovacuum does within a minute: without it, PostgreSQL takes the table of users
		// for empty, and reads all of it for each code.
		return q.ImportGrew(ctx)
	})
}

// redeem gets tokens for a code.
func (p *platforms) redeem(c *client, a platform, code string) (tokens sso.Tokens, err error) {
	c.authorization = a.authorization
	answer, err := c.post(sso.TokenPath, "", "grant_type=authorization_code&code="+code+"&redirect_uri="+url.QueryEscape(platformRedirect)+"&code_verifier="+platformVerifier)
	if err == nil {
		err = answer.expect("POST "+sso.TokenPath, `"id_token":"`)
	}
	if err == nil {
		err = json.Unmarshal(answer.body, &tokens)
	}
	return tokens, err
}

// expect is an error unless the answer is 200 and contains a text.
func (a *answer) expect(asked, text string) error {
	if a.status != 200 || !bytes.Contains(a.body, []byte(text)) {
		return fmt.Errorf("%s: status %d: %.300s", asked, a.status, a.body)
	}
	return nil
}

// measureTokens compares userinfo and introspection with an empty handler, for tokens that are
// looked up and for those that are signed.
func (p *platforms) measureTokens(ctx context.Context) error {
	for _, signed := range []bool{false, true} {
		kind := map[bool]string{false: "random token", true: "JWT"}[signed]
		a, err := p.platform(ctx, func(s *gatehouse.ApplicationSettings) { s.JWTAccessTokens = signed })
		if err != nil {
			return err
		}
		err = p.compare(ctx, a, "userinfo, "+kind, `"sub":"`, func(c *client, token string) (answer, error) {
			c.authorization = "Bearer " + token
			return c.get(sso.UserinfoPath, "")
		})
		if err != nil {
			return err
		}
		err = p.compare(ctx, a, "introspection, "+kind, `"active":true`, func(c *client, token string) (answer, error) {
			c.authorization = a.authorization
			return c.post(sso.IntrospectPath, "", "token="+token)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compare compares a request with a new access token for each client with an empty handler.
func (p *platforms) compare(ctx context.Context, a platform, name, says string, ask func(c *client, token string) (answer, error)) error {
	codes, err := p.codes(ctx, a, platformClients)
	if err != nil {
		return err
	}
	c := newClient(p.server.public, p.server.host)
	defer c.close()
	access := make([]string, len(codes))
	for i, code := range codes {
		tokens, err := p.redeem(c, a, code)
		if err != nil {
			return err
		}
		access[i] = tokens.Access
		answer, err := ask(c, tokens.Access) // later ones are not read
		if err == nil {
			err = answer.expect(name, says)
		}
		if err != nil {
			return err
		}
	}
	return p.compareWithEmpty(ctx, p.server, p.empty, question{name: name, least: leastOfTokens, rounds: platformRounds, clients: platformClients,
		ask: func(c *client, i int) error {
			answer, err := ask(c, access[i])
			if err == nil {
				err = answer.expect(name, "")
			}
			return err
		}})
}

// measureDocuments compares public documents with an empty handler, and with one that has the same
// answer in memory: the difference is what the answer itself costs, to write and to read.
func (p *platforms) measureDocuments(ctx context.Context) error {
	for _, one := range []struct{ name, path string }{{"discovery", sso.DiscoveryPath}, {"JWKS", sso.JWKSPath}} {
		q := question{name: one.name, least: leastOfDocuments, rounds: platformRounds, clients: platformClients, ask: func(c *client, _ int) error {
			answer, err := c.get(one.path, "")
			if err == nil {
				err = answer.expect(one.path, "")
			}
			return err
		}}
		if err := p.compareWithEmpty(ctx, p.server, p.empty, q); err != nil {
			return err
		}
		if err := remember(ctx, p.server, p.empty, one.path); err != nil {
			return err
		}
		q.of = "the same answer from memory"
		if err := p.compareWithEmpty(ctx, p.server, p.empty, q); err != nil {
			return err
		}
	}
	return nil
}

// measureForItself measures how many tokens per second applications get for themselves.
func (p *platforms) measureForItself(ctx context.Context) error {
	for _, signed := range []bool{false, true} {
		kind := map[bool]string{false: "random token", true: "JWT"}[signed]
		a, err := p.platform(ctx, func(s *gatehouse.ApplicationSettings) { s.JWTAccessTokens = signed })
		if err != nil {
			return err
		}
		ask := question{clients: clientsForItself, ask: func(c *client, _ int) error {
			c.authorization = a.authorization
			answer, err := c.post(sso.TokenPath, "", "grant_type=client_credentials")
			if err == nil {
				err = answer.expect("POST "+sso.TokenPath, `"access_token":"`)
			}
			return err
		}}
		all, disturbed, err := quietly(ctx, p.count(platformRounds), func() (round, processor, error) {
			r, err := p.answers(ctx, p.server, p.server.public, ask)
			return r, r.spent, err
		})
		if err != nil {
			return err
		}
		p.report.add(perSecond("client_credentials, "+kind+", "+p.server.db.engine, leastForItself, ask.clients, all, disturbed))
	}
	return nil
}
