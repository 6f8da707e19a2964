package store

import (
	"context"
	"time"

	"gatehouse"
)

// PutCard stores a card, replacing the previous one.
func (q Queries) PutCard(ctx context.Context, c gatehouse.PlatformCard) error {
	_, err := q.exec(ctx, "put card", `INSERT INTO platform_cards (site_id, user_id, application_id, card, body, as_of, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (site_id, user_id, application_id, card) DO UPDATE SET body = excluded.body, as_of = excluded.as_of, expires_at = excluded.expires_at`,
		c.SiteID, c.UserID, c.ApplicationID, c.Card, asText(c.Body), micros(c.AsOf), micros(c.ExpiresAt))
	return err
}

// OtherCards returns how many cards an application supplies for a user, apart from this one and
// the fetched one.
func (q Queries) OtherCards(ctx context.Context, c gatehouse.PlatformCard, now time.Time) (n int, err error) {
	err = q.one(ctx, "other cards", `SELECT COUNT(*) FROM platform_cards
		WHERE site_id = $1 AND user_id = $2 AND application_id = $3 AND card <> $4 AND card <> '' AND expires_at > $5`,
		[]any{c.SiteID, c.UserID, c.ApplicationID, c.Card, micros(now)}, &n)
	return n, err
}

// DeleteCard removes a card, and reports whether there was one.
func (q Queries) DeleteCard(ctx context.Context, siteID, userID, applicationID, card string) (bool, error) {
	n, err := q.exec(ctx, "delete card", `DELETE FROM platform_cards WHERE site_id = $1 AND user_id = $2 AND application_id = $3 AND card = $4`,
		siteID, userID, applicationID, card)
	return n == 1, err
}

// DeleteCardsOf removes all cards that an application supplies.
func (q Queries) DeleteCardsOf(ctx context.Context, siteID, applicationID string) error {
	for _, text := range []string{`DELETE FROM platform_cards WHERE site_id = $1 AND application_id = $2`, `DELETE FROM card_fetches WHERE site_id = $1 AND application_id = $2`} {
		if _, err := q.exec(ctx, "delete cards of application", text, siteID, applicationID); err != nil {
			return err
		}
	}
	return nil
}

// CardsOf returns the cards that platforms supply for a user, and which of them are fetched.
func (q Queries) CardsOf(ctx context.Context, siteID, userID string, now time.Time) (cards []gatehouse.PlatformCard, fetches []gatehouse.CardFetch, err error) {
	err = q.all(ctx, "cards of user", `SELECT application_id, card, body, as_of, expires_at, 0 AS opened_at FROM platform_cards WHERE site_id = $1 AND user_id = $2 AND expires_at > $3
		UNION ALL SELECT application_id, '', '', 0, 0, opened_at FROM card_fetches WHERE site_id = $1 AND user_id = $2
		ORDER BY application_id, card`, []any{siteID, userID, micros(now)}, func(scan func(...any) error) error {
		c := gatehouse.PlatformCard{SiteID: siteID, UserID: userID}
		var body string
		var opened time.Time
		if err := scan(&c.ApplicationID, &c.Card, &body, when{&c.AsOf}, when{&c.ExpiresAt}, when{&opened}); err != nil {
			return err
		}
		if !opened.IsZero() {
			fetches = append(fetches, gatehouse.CardFetch{SiteID: siteID, UserID: userID, ApplicationID: c.ApplicationID, OpenedAt: opened})
			return nil
		}
		cards = append(cards, c)
		return inText{&cards[len(cards)-1].Body}.Scan(body)
	})
	return cards, fetches, err
}

// DropOldCards removes expired cards, and those fetched for users who have not opened home since.
func (q Queries) DropOldCards(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "drop old cards", `DELETE FROM platform_cards WHERE expires_at <= $1`, micros(now))
	return err
}

// WantCard requests that a user's card is fetched: at once, unless it is due anyway.
func (q Queries) WantCard(ctx context.Context, siteID, userID, applicationID string, now time.Time) error {
	_, err := q.exec(ctx, "want card", `INSERT INTO card_fetches (site_id, user_id, application_id, opened_at, due_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (site_id, user_id, application_id) DO UPDATE SET opened_at = excluded.opened_at,
		due_at = CASE WHEN card_fetches.due_at = 0 THEN excluded.due_at ELSE card_fetches.due_at END`, siteID, userID, applicationID, micros(now))
	return err
}

// DueCards returns up to limit cards to fetch now.
func (q Queries) DueCards(ctx context.Context, now time.Time, limit int) (all []gatehouse.CardFetch, err error) {
	err = q.all(ctx, "due cards", `SELECT site_id, user_id, application_id, opened_at, due_at, failures FROM card_fetches
		WHERE due_at > 0 AND due_at <= $1 AND due_at <> 0 ORDER BY due_at LIMIT $2`, []any{micros(now), limit}, func(scan func(...any) error) error {
		var f gatehouse.CardFetch
		err := scan(&f.SiteID, &f.UserID, &f.ApplicationID, when{&f.OpenedAt}, when{&f.DueAt}, &f.Failures)
		all = append(all, f)
		return err
	})
	return all, err
}

// MoveFetch sets when a card is fetched next, if it has not changed since it was read: of several
// processes, one gets true.
func (q Queries) MoveFetch(ctx context.Context, f gatehouse.CardFetch, due time.Time, failures int) (bool, error) {
	n, err := q.exec(ctx, "move fetch", `UPDATE card_fetches SET due_at = $5, failures = $6
		WHERE site_id = $1 AND user_id = $2 AND application_id = $3 AND due_at = $4`,
		f.SiteID, f.UserID, f.ApplicationID, micros(f.DueAt), micros(due), failures)
	return n == 1, err
}

// DeleteFetch stops fetching a user's card.
func (q Queries) DeleteFetch(ctx context.Context, f gatehouse.CardFetch) error {
	_, err := q.exec(ctx, "delete fetch", `DELETE FROM card_fetches WHERE site_id = $1 AND user_id = $2 AND application_id = $3`, f.SiteID, f.UserID, f.ApplicationID)
	return err
}
