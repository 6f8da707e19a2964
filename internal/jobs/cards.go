package jobs

import (
	"context"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// Cards fetches the cards of those who opened home not long ago, from platforms that have
// them at an address of their own.
func Cards(provider *sso.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "cards", Every: 2 * time.Second, Run: func(ctx context.Context) error { return provider.FetchCards(ctx, sites) }}
}
