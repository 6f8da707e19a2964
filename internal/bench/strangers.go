package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// kind is a kind of name that a stranger can ask about.
type kind struct {
	name string
	none bool // there is no such account
	// change makes the account differ; nil: it is active and complete.
	change func(u *gatehouse.User, now time.Time)
	// wrong is how many wrong passwords strangers have tried before.
	wrong           int
	own, noQuestion bool // the challenge question
	wrongEmail      bool // the typed address is not the account's
	// shared is how many accounts of other companies have the same address.
	shared int
	// administrators is how many each company has; 0: one.
	administrators int
}

// none administrators.
const none = -1

func locked(u *gatehouse.User, now time.Time) {
	u.LockedAt, u.LockReason = now, gatehouse.LockedByAttempts
}

func lockedByOperator(u *gatehouse.User, now time.Time) {
	u.LockedAt, u.LockReason = now, gatehouse.LockedByOperator
}

func deactivated(u *gatehouse.User, _ time.Time) { u.State = gatehouse.Deactivated }

func noEmail(u *gatehouse.User, _ time.Time) { u.Email, u.EmailConfirmed = "", false }

func invited(u *gatehouse.User, now time.Time) {
	u.State, u.FirstSignInAt, u.LastSignInAt = gatehouse.Invited, time.Time{}, time.Time{}
	u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, now.Add(24*time.Hour)
}

// typed is what a stranger types about the nth name of a kind.
func (p path) typed(k kind, n int) (name, email string) {
	name = fmt.Sprintf("%s-%s-%03d", p.name, k.name, n)
	if email = name + "@northgate.example"; k.wrongEmail {
		email = "wrong." + email
	}
	return name, email
}

// sower puts the accounts of a path into a database.
type sower struct {
	*bench
	q    store.Queries
	site *site.Site
	path path
	now  time.Time
}

func (b *bench) seed(ctx context.Context, db *database, p path) error {
	s, err := b.load(p.siteID)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, db.url)
	if err != nil {
		return err
	}
	defer st.Close()
	return st.Write(ctx, func(q store.Queries) error {
		w := &sower{b, q, s, p, time.Now().UTC().Truncate(time.Microsecond)}
		for _, k := range p.kinds {
			if err := w.kind(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// kind adds the accounts of a kind: one of each name in each of its companies.
func (w *sower) kind(ctx context.Context, k kind) error {
	for c := range 1 + k.shared {
		company, err := w.company(ctx, k, c)
		if err != nil {
			return err
		}
		for n := range mostRounds {
			name, _ := w.path.typed(k, n)
			u := w.user(w.site, company, name, w.now)
			if c > 0 {
				u.Username = fmt.Sprintf("%s-%d", name, c)
			}
			if k.change != nil {
				k.change(&u, w.now)
			}
			if err := w.account(ctx, k, u); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *sower) company(ctx context.Context, k kind, n int) (gatehouse.Company, error) {
	name := fmt.Sprintf("%s-%s-%d", w.path.name, k.name, n)
	company := gatehouse.Company{ID: store.NewID("com", w.now), SiteID: w.site.ID, Name: "Northgate " + name, AccountNumber: name, CreatedAt: w.now}
	err := w.q.InsertCompany(ctx, company)
	administrators := max(1, k.administrators)
	if k.administrators == none {
		administrators = 0
	}
	for a := range administrators {
		u := w.user(w.site, company, fmt.Sprintf("administrator-%s-%d", name, a), w.now)
		u.Role = gatehouse.RoleAdmin
		err = errors.Join(err, w.q.InsertUser(ctx, u))
	}
	return company, err
}

// account adds an account, or only the attempts at a nonexistent name.
func (w *sower) account(ctx context.Context, k kind, u gatehouse.User) error {
	// The service counts attempts at a nonexistent name like this.
	subject := "name:" + secret.HashToken(gatehouse.NameKey(u.Username))
	if !k.none {
		subject = u.ID
		u.ChallengeSet = !k.noQuestion
		if err := w.q.InsertUser(ctx, u); err != nil {
			return err
		}
		if err := w.question(ctx, k, u); err != nil {
			return err
		}
	}
	if k.wrong == 0 {
		return nil
	}
	counts, err := w.q.HoldAttempts(ctx, w.site.ID, subject, "", w.now)
	if err != nil {
		return err
	}
	for range k.wrong {
		counts = counts.Wrong(w.site.Policy.Lockout, w.now)
	}
	return w.q.SaveAttempts(ctx, w.site.ID, subject, "", counts)
}

func (w *sower) question(ctx context.Context, k kind, u gatehouse.User) error {
	if k.noQuestion || w.site.Recovery != gatehouse.RecoverByChallenge {
		return nil
	}
	c := gatehouse.Challenge{Question: "pet", SetAt: w.now}
	if k.own {
		c.Question, c.Own = "", "Which song did we sing on the way to the coast?"
	}
	sealed, err := signin.SealAnswer(w.keys, u.ID, w.hash)
	if err != nil {
		return err
	}
	return w.q.SetChallenge(ctx, w.site.ID, u.ID, c, sealed)
}
