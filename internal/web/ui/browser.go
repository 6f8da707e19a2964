package ui

import "strings"

// Browser says in words what a User-Agent header claims: "Firefox on Windows".
func (w *Words) Browser(userAgent string) string { return w.site.Browser(w.lang, userAgent) }

// DeviceIcon is the icon of what a User-Agent header claims to be.
func (w *Words) DeviceIcon(userAgent string) string {
	switch {
	case strings.Contains(userAgent, "iPhone"), strings.Contains(userAgent, "Android"), strings.Contains(userAgent, "Mobile"):
		return "smartphone"
	case strings.Contains(userAgent, "Windows"), strings.Contains(userAgent, "Macintosh"), strings.Contains(userAgent, "Linux"):
		return "laptop"
	}
	return "monitor"
}
