package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"gatehouse"
)

// ImportBatch is how many usernames one query looks up. An import does everything in batches: on
// PostgreSQL each statement is a network round trip. All batches of a kind have the same size, so
// there is one text for each.
const ImportBatch = 500

var (
	usersByKeysText   = sync.OnceValue(func() string { return makeUsersBy("username_key") })
	usersHeldText     = sync.OnceValue(func() string { return makeUsersBy("username_key") + " ORDER BY id " })
	usersByIDsText    = sync.OnceValue(func() string { return makeUsersBy("id") + " ORDER BY id " })
	usersByEmailsText = sync.OnceValue(func() string { return makeUsersBy("email_key") })
)

func makeUsersBy(column string) string {
	return `SELECT ` + userColumns + ` FROM users WHERE site_id = $1 AND ` + column + ` IN (` + batchOfMarks() + `) AND ` + column + ` <> ''`
}

// batchOfMarks returns the placeholders of a batch, in a statement in which $1 is the site.
func batchOfMarks() string {
	marks := make([]string, ImportBatch)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+2)
	}
	return strings.Join(marks, ", ")
}

// PrepareImport prepares the database for an import: statements that a transaction uses for the
// first time are only prepared after it ends, and an import is a single transaction.
func (s *Store) PrepareImport(ctx context.Context) {
	s.prepare(ctx, insertUsers().one, insertEvents().one)
}

// ImportGrew must be called when an import has written several times as many rows as at the last
// call.
func (q Queries) ImportGrew(ctx context.Context) error {
	if q.d.recount == "" {
		return nil
	}
	_, err := q.exec(ctx, "recount", q.d.recount)
	return err
}

// UsersByKeys returns the users of a site that have one of at most ImportBatch
// usernames, given and returned under gatehouse.NameKey. hold: nobody else changes them until the
// transaction ends.
func (q Queries) UsersByKeys(ctx context.Context, siteID string, keys []string, hold bool) (map[string]gatehouse.User, error) {
	found := map[string]gatehouse.User{}
	if len(keys) == 0 {
		return found, nil
	}
	text := usersByKeysText()
	if hold {
		text = usersHeldText() + q.d.hold
	}
	users, err := q.users(ctx, text, batchOfKeys(siteID, keys)...)
	for _, u := range users {
		found[gatehouse.NameKey(u.Username)] = u
	}
	return found, err
}

// HoldUsers is HoldUser for at most ImportBatch users, who are returned by ID: all are held in one
// order, so two transactions that hold some of the same ones do not wait for each other.
func (q Queries) HoldUsers(ctx context.Context, siteID string, ids []string) (map[string]gatehouse.User, error) {
	held := make(map[string]gatehouse.User, len(ids))
	if len(ids) == 0 {
		return held, nil
	}
	users, err := q.users(ctx, usersByIDsText()+q.d.hold, batchOfKeys(siteID, ids)...)
	for _, u := range users {
		held[u.ID] = u
	}
	return held, err
}

// batchOfKeys returns the arguments for keys; the text has as many placeholders as a batch, and
// repeating a key finds nothing twice.
func batchOfKeys(siteID string, keys []string) []any {
	args := make([]any, 1, ImportBatch+1)
	args[0] = siteID
	for _, key := range keys {
		args = append(args, key)
	}
	for len(args) < ImportBatch+1 {
		args = append(args, keys[0])
	}
	return args
}

// UsersByEmails calls back for every user of a site who has one of at most ImportBatch addresses,
// compared by gatehouse.NameKey.
func (q Queries) UsersByEmails(ctx context.Context, siteID string, addresses []string, tell func(gatehouse.User)) error {
	if len(addresses) == 0 {
		return nil
	}
	keys := make([]string, len(addresses))
	for i, address := range addresses {
		keys[i] = gatehouse.NameKey(address)
	}
	users, err := q.users(ctx, usersByEmailsText(), batchOfKeys(siteID, keys)...)
	for _, u := range users {
		tell(u)
	}
	return err
}
