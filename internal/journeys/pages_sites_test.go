package journeys

import (
	"maps"

	"gatehouse"
)

// sitesNotLookedAt are rows of notLookedAt.
var sitesNotLookedAt = map[string]string{
	"POST /operator/addresses/{site}/{proposal}/withdraw":          "nothing is typed",
	"POST /operator/sites/{site}/terms":                            "nothing is typed",
	"GET /operator/sites/{site}/platforms/{platform}/enable":       "the page of disable, with other words",
	"GET /operator/sites/{site}/platforms/{platform}/secret":       "the page of disable, with other words",
	"GET /operator/sites/{site}/platforms/{platform}/end-secrets":  "the page of disable, with other words",
	"GET /operator/sites/{site}/platforms/{platform}/restore":      "the page of disable, with other words",
	"POST /operator/sites/{site}/platforms/{platform}/disable":     "nothing is typed",
	"POST /operator/sites/{site}/platforms/{platform}/enable":      "nothing is typed",
	"POST /operator/sites/{site}/platforms/{platform}/secret":      "nothing is typed",
	"POST /operator/sites/{site}/platforms/{platform}/end-secrets": "nothing is typed",
	"POST /operator/sites/{site}/platforms/{platform}/delete":      "nothing is typed",
	"POST /operator/sites/{site}/platforms/{platform}/restore":     "nothing is typed",
}

func init() { maps.Copy(notLookedAt, sitesNotLookedAt) }

// ofSites looks at the operators' pages of what belongs to a site as a whole.
func ofSites(w *walker, u gatehouse.User) {
	terms := "/operator/sites/meridian-uk/terms"
	w.all([]string{terms, terms + "?q=zebra", terms + "/" + w.s.Sites.ByID("meridian-uk").TermsVersion}, nil)
	list := "/operator/sites/meridian-uk/platforms"
	w.all([]string{list}, nil)
	shop := newPlatform(w.t, w.s, nil)
	one := list + "/" + shop.app.ID
	w.all([]string{list, one, one + "/users", one + "/edit", one + "/disable", one + "/delete"}, nil)
	w.at(one + "/edit")
	w.failing([][2]string{{"name", ""}, {"redirect_uris", "https://*.example/"}}, "name", "redirect_uris")
	w.at(list + "/new")
	w.failing([][2]string{{"name", "Orders"}, {"redirect_uris", "nowhere"}, {"scopes", "profile"}}, "redirect_uris", "scopes")
	w.b.Fill("redirect_uris", "https://orders.example/back")
	w.b.Fill("scopes", "openid")
	w.b.Press("Add a platform")
	w.b.See("it is shown only once")
	w.look()
}
