package store

import (
	"context"
	"strconv"
	"strings"

	"gatehouse"
)

// afterAll is the first text after all that begin with a text, in the order of bytes.
func afterAll(start string) string { return start + "\U0010FFFF" }

// UsersNamed returns up to limit users of a site, whatever their state, whose username or address
// begins with a text, or who have names that begin with these words: one of them, or the first and the
// last name.
func (q Queries) UsersNamed(ctx context.Context, siteID, start string, words []string, limit int) ([]gatehouse.User, error) {
	args := []any{siteID, limit}
	from := func(column, start string) string {
		args = append(args, start, afterAll(start))
		return column + ` >= $` + strconv.Itoa(len(args)-1) + ` AND ` + column + ` < $` + strconv.Itoa(len(args))
	}
	const first, last = `first_name <> '' AND lower(first_name)`, `last_name <> '' AND lower(last_name)`
	key := gatehouse.NameKey(start)
	kinds := []string{from(`username_key`, key), from(`email_key <> '' AND email_key`, key)}
	switch len(words) {
	case 0:
	case 1:
		for _, w := range gatehouse.NameStarts(words[0]) {
			kinds = append(kinds, from(last, w), from(first, w))
		}
	default: // "Maria dos Santos", "Santos, Maria"
		a, b := words[0], words[len(words)-1]
		for _, names := range [][2]string{{a, b}, {b, a}} {
			for _, x := range gatehouse.NameStarts(names[0]) {
				for _, y := range gatehouse.NameStarts(names[1]) {
					kinds = append(kinds, from(first, x)+` AND `+from(last, y))
				}
			}
		}
	}
	selects := make([]string, len(kinds))
	for i, where := range kinds {
		selects[i] = `SELECT * FROM (SELECT ` + userColumns + ` FROM users WHERE site_id = $1 AND ` + where + ` LIMIT $2) AS k` + strconv.Itoa(i)
	}
	return q.users(ctx, strings.Join(selects, ` UNION `)+` LIMIT $2`, args...)
}

// CompaniesNamed returns up to limit companies of a site whose account number or name begins with a
// text.
func (q Queries) CompaniesNamed(ctx context.Context, siteID, start string, limit int) ([]gatehouse.Company, error) {
	args := []any{siteID, limit, start, afterAll(start)}
	selects := []string{`SELECT * FROM (SELECT ` + companyColumns + ` FROM companies WHERE site_id = $1 AND account_number >= $3 AND account_number < $4 LIMIT $2) AS numbered`}
	for i, s := range gatehouse.NameStarts(start) {
		args = append(args, s, afterAll(s))
		n := len(args)
		selects = append(selects, `SELECT * FROM (SELECT `+companyColumns+` FROM companies WHERE site_id = $1 AND lower(name) >= $`+strconv.Itoa(n-1)+
			` AND lower(name) < $`+strconv.Itoa(n)+` LIMIT $2) AS named`+strconv.Itoa(i))
	}
	var all []gatehouse.Company
	err := q.all(ctx, "companies named", strings.Join(selects, ` UNION `)+` LIMIT $2`, args, func(scan func(...any) error) error {
		var c gatehouse.Company
		err := scan(companyFields(&c)...)
		all = append(all, c)
		return err
	})
	return all, err
}

// EventsRefusedFrom returns events that did not work, on any site, from IP addresses that begin with a
// text: the newest of one address; of several, as many as there are up to the limit, by address.
func (q Queries) EventsRefusedFrom(ctx context.Context, start string, exact bool, limit int) ([]gatehouse.Event, error) {
	if exact {
		return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE address = $1 AND result <> 'ok' AND address <> ''
			ORDER BY id DESC LIMIT $2`, start, limit)
	}
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE address >= $1 AND address < $2 AND result <> 'ok' AND address <> ''
		ORDER BY address DESC, id DESC LIMIT $3`, start, afterAll(start), limit)
}
