package jobs

import (
	"context"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// Cards fetches the cards of users who opened home recently, from platforms that serve them at
// their own address.
func Cards(provider *sso.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "cards", Every: 2 * time.Second, Run: func(ctx context.Context) error { return provider.FetchCards(ctx, sites) }}
}
