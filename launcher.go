package gatehouse

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ApplicationHome is what the home page needs of an application (A06).
type ApplicationHome struct {
	// Names are its names in languages other than that of its name.
	Names map[string]string `json:"names,omitempty"`
	// Logos are the file names of its logos by language; "" is for all others.
	Logos map[string]string `json:"logos,omitempty"`
	// LaunchURL is where the launcher links to; empty: it is not on the launcher.
	LaunchURL string `json:"launch_url,omitempty"`
	// CardsURL is where a user's card is fetched; empty: nowhere.
	CardsURL string `json:"cards_url,omitempty"`
	// Order is its default place on the launcher: small numbers first.
	Order int `json:"order,omitempty"`
}

// NameIn returns the application's name in a language.
func (a Application) NameIn(lang string) string {
	return cmp.Or(inLanguage(a.Settings.Home.Names, lang), a.Name)
}

// LogoIn returns the file name of the application's logo in a language; empty: it has none.
func (a Application) LogoIn(lang string) string {
	return cmp.Or(inLanguage(a.Settings.Home.Logos, lang), a.Settings.Home.Logos[""])
}

// inLanguage returns the text for a language, or else for its base language.
func inLanguage(said map[string]string, lang string) string {
	for ; lang != ""; lang = lang[:max(0, strings.LastIndexByte(lang, '-'))] {
		if text := said[lang]; text != "" {
			return text
		}
	}
	return ""
}

// checkHome returns the faults in what the home page needs of an application.
func checkHome(s ApplicationSettings) []FieldError {
	var wrong Faults
	h := s.Home
	for lang, name := range h.Names {
		if !languageTag(lang) || !nameGood(name) {
			wrong.Add("names", "invalid")
		}
	}
	for lang := range h.Logos {
		if lang != "" && !languageTag(lang) {
			wrong.Add("logos", "language")
		}
	}
	if h.LaunchURL != "" && !(webAddress(h.LaunchURL) && s.ownAddress(h.LaunchURL)) {
		wrong.Add("launch_url", "own-origin")
	}
	if h.CardsURL != "" && !webAddress(h.CardsURL) {
		wrong.Add("cards_url", "redirect-uri")
	}
	if h.Order < -1000 || h.Order > 1000 {
		wrong.Add("order", "range")
	}
	return wrong
}

// mostOfAddress is the maximum length of an address that pages link to.
const mostOfAddress = 2000

// webAddress: an address that a link or a request may lead to.
func webAddress(address string) bool {
	return len(address) <= mostOfAddress && RedirectURIGood(address, false)
}

// ownAddress reports whether an address has the origin of a redirect address, or a host behind a
// proxy: only those are known to be the application's. An application without redirect addresses
// has none to compare with.
func (s ApplicationSettings) ownAddress(address string) bool {
	own := len(s.ForwardHosts) > 0
	if u, err := url.Parse(address); err == nil && slices.Contains(s.ForwardHosts, strings.ToLower(u.Hostname())) {
		return true
	}
	for _, uri := range s.RedirectURIs {
		if webAddress(uri) {
			if own = true; originOf(uri) == originOf(address) {
				return true
			}
		}
	}
	return !own
}

// originOf is scheme, host and port.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	for scheme, port := range map[string]string{"https": ":443", "http": ":80"} {
		if u.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	return u.Scheme + "://" + host
}

// languageTag: a tag of the form that sites use (BCP 47), such as en-GB.
func languageTag(tag string) bool {
	parts := strings.Split(tag, "-")
	for i, part := range parts {
		short := i == 0 && (len(part) < 2 || len(part) > 3)
		if short || len(part) == 0 || len(part) > 8 || strings.IndexFunc(part, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) >= 0 {
			return false
		}
	}
	return true
}

// MayReach reports whether a user may go to an application. It decides what home shows, and for
// whom the application may supply cards. said is the setting of the user's company.
func MayReach(a Application, said Reach, u User) bool {
	return a.Usable() && a.SiteID == u.SiteID && u.MaySignIn() && ClosedTo(a, said, u.Role) == ""
}

// Platform is an application that a user may reach, as home shows it.
type Platform struct {
	Application
	// UsedAt is when the user last went there; zero: not yet.
	UsedAt time.Time
}

// ArrangePlatforms sorts platforms in the user's order; those never arranged come after them, in
// the operator's order.
func ArrangePlatforms(all []Platform, liked []string) []Platform {
	all = slices.Clone(all)
	place := func(p Platform) int {
		if i := slices.Index(liked, p.ID); i >= 0 {
			return i
		}
		return len(liked)
	}
	slices.SortStableFunc(all, func(a, b Platform) int {
		return cmp.Or(place(a)-place(b), a.Settings.Home.Order-b.Settings.Home.Order, strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return all
}

// MovePlatform moves one of the platforms past its neighbour, and returns the order of all. It
// returns false for an unknown platform, and for an action that moves nothing.
func MovePlatform(arranged []Platform, id string, action CardAction) (order []string, ok bool) {
	for _, p := range arranged {
		order = append(order, p.ID)
	}
	at := slices.Index(order, id)
	to := at
	switch action {
	case CardUp:
		to--
	case CardDown:
		to++
	default:
		return nil, false
	}
	if at < 0 {
		return nil, false
	}
	if to >= 0 && to < len(order) {
		order[at], order[to] = order[to], order[at]
	}
	return order, true
}

// nameGood: a valid display name.
func nameGood(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.RuneCountInString(name) <= 100 && printable(name)
}
