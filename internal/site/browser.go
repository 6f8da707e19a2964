package site

import "strings"

// named is a name and the sign of it in a User-Agent header.
type named struct{ sign, name string }

// browsers and systems in the order of the search: every Edge also says Chrome, every
// Chrome also says Safari, every Android also says Linux. Product names are the same in
// all languages.
var (
	browsers = []named{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Vivaldi", "Vivaldi"},
		{"FxiOS", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS", "Chrome"}, {"HeadlessChrome", "Chrome"},
		{"Chrome/", "Chrome"}, {"Chromium", "Chromium"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systems = []named{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"CrOS", "ChromeOS"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
	}
)

func find(list []named, header string) string {
	for _, n := range list {
		if strings.Contains(header, n.sign) {
			return n.name
		}
	}
	return ""
}

// Browser says in words what a User-Agent header claims, for pages and mails:
// "Firefox on Windows".
func (s *Site) Browser(lang, userAgent string) string {
	browser, system := find(browsers, userAgent), find(systems, userAgent)
	switch {
	case browser != "" && system != "":
		return s.Text(lang, "device.both", "browser", browser, "system", system)
	case browser != "":
		return browser
	case system != "":
		return s.Text(lang, "device.system", "system", system)
	}
	return s.Text(lang, "device.unknown")
}
