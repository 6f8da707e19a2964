package portal

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit/pages"
)

func TestDevices(t *testing.T) {
	doc := show(t, "uk", fullDevices(2, 1), pages.SignedIn)
	rows := doc.Find("section[aria-labelledby=signed-in] li")
	if got := pages.Squeeze(rows.First().Text()); got != "Firefox on Windows192.0.2.44Signed in: Today, 13:58Tied to this device. The sign-in cannot be used anywhere else. This device" {
		t.Error(got)
	}
	if rows.First().Find("form").Length() != 0 {
		t.Error("this device can be removed")
	}
	if got := pages.Squeeze(rows.Eq(2).Text()); got != "Browser on AndroidUnknown locationSigned in: Today, 04:32. Last used: Today, 14:31.Tied to this device. The sign-in cannot be used anywhere else. Sign out" {
		t.Error(got)
	}
	if strings.Contains(rows.Eq(1).Text(), "Tied to") {
		t.Error("a session that is not tied to its device says that it is")
	}
	if pages.Attr(doc, "section[aria-labelledby=signed-in] li:nth-child(2) form", "action") != "/account/devices/ses_0/remove" ||
		pages.Attr(doc, "section[aria-labelledby=known] form", "action") != "/account/devices/dev_0/remove" {
		t.Error("the forms")
	}
	if pages.Attr(doc, "[data-dialog]", "href") != "/account/sign-out-everywhere" || pages.Attr(doc, "dialog form", "action") != "/account/sign-out-everywhere" {
		t.Error("signing out everywhere is not asked for")
	}
}

// Two hundred devices: the first few are there, the rest is folded.
func TestManyDevicesAreFolded(t *testing.T) {
	doc := show(t, "uk", fullDevices(199, 0), pages.SignedIn)
	if shown, folded := doc.Find("section ul.list > li").Not("details li").Length(), doc.Find("details li").Not("details.menu li").Length(); shown != 1+shownDevices || folded != 199-shownDevices {
		t.Errorf("%d shown, %d folded", shown, folded)
	}
	if got := pages.Squeeze(doc.Find("details.disclose summary").Text()); got != "Show 179 more" {
		t.Error(got)
	}
}

func TestTheTrustInADeviceCanBeEnded(t *testing.T) {
	devices := show(t, "uk", trustingDevices(), pages.SignedIn)
	if n := devices.Find("form[action$='/end-trust']").Length(); n != 7 || !strings.Contains(devices.Find("main .list li").First().Text(), "Not asked for a code until 22 November 2026") {
		t.Errorf("%d can be ended: %q", n, pages.Squeeze(devices.Find("main .list").Text()))
	}
}
