package portal

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func TestTheOwnChoiceOfTwoFactor(t *testing.T) {
	doc := show(t, "uk", OwnTwoFactor{Own: "off", Automatic: "on", Security: account.Security{User: *fixture.User()}}, pages.SignedIn)
	if pages.Attr(doc, "[name=own_two_factor][checked]", "value") != "off" || pages.Attr(doc, "[name=send_automatically][checked]", "value") != "on" || doc.Find("#current_password").Length() != 0 {
		t.Error("the choices are not those that are stored")
	}
	if text := doc.Find("main").Text(); !strings.Contains(text, "Enhanced Security is on for Northgate") || !strings.Contains(text, "again after 15 days") {
		t.Error(pages.Squeeze(text))
	}
	ink := show(t, "inkwell", OwnTwoFactor{Own: "off", Automatic: "on", Security: account.Security{User: *fixture.User()}}, pages.SignedIn, func(f *ui.Frame) { f.Company.TwoFactor = false })
	if text := ink.Find("main").Text(); strings.Contains(text, "Enhanced Security is on") || strings.Contains(text, "days") || strings.Contains(text, "Trusted devices") {
		t.Error(pages.Squeeze(text))
	}
	soon := show(t, "uk", OwnTwoFactor{Own: "on", Automatic: "on", TooSoon: 61 * time.Second, Security: account.Security{User: *fixture.User()}}, pages.SignedIn)
	if !strings.Contains(soon.Find("[data-focus]").Text(), "Wait 2 minutes") {
		t.Error(pages.Squeeze(soon.Find("main").Text()))
	}
}
