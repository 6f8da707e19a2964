package jobs

import (
	"context"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// SigningKeys replaces old keys for sites' tokens with new ones.
func SigningKeys(provider *sso.Service, sites func() []*site.Site) Job {
	return Job{Name: "signing keys", Every: time.Hour, Run: func(ctx context.Context) error {
		return eachSite(sites, func(st *site.Site) error { return provider.RotateOldKeys(ctx, st) })
	}}
}
