package journeys

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// device is a user's device with passkeys, for one tab: it behaves as its options say, and asks
// nobody.
type device struct {
	t  *testing.T
	b  *testkit.Tab
	id webauthn.AuthenticatorID
}

// newDevice connects a device to a tab. It verifies its user, and is the one that the browser
// runs on.
func newDevice(t *testing.T, b *testkit.Tab, change func(*webauthn.VirtualAuthenticatorOptions)) device {
	t.Helper()
	options := webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
		Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}
	if change != nil {
		change(&options)
	}
	b.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{})
		return chromedp.Void{}, err
	})
	d := device{t: t, b: b}
	d.do(func(ctx context.Context) error {
		made, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &options})
		d.id = made.AuthenticatorID
		return err
	})
	return d
}

func (d device) do(act func(ctx context.Context) error) {
	d.t.Helper()
	if err := act(d.b.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// verifies sets whether the device verifies its user from now on.
func (d device) verifies(does bool) {
	d.t.Helper()
	d.do(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: d.id, IsUserVerified: does})
		return err
	})
}

// keeps are the passkeys on the device.
func (d device) keeps() (all []*webauthn.Credential) {
	d.t.Helper()
	d.do(func(ctx context.Context) error {
		found, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: d.id})
		all = found.Credentials
		return err
	})
	return all
}

// unplug takes the device away.
func (d device) unplug() {
	d.t.Helper()
	d.do(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: d.id})
		return err
	})
}

// put puts a passkey of another device onto this one. The command's own type also asks for what the
// devices of this Chromium do not have.
func (d device) put(c *webauthn.Credential) {
	d.t.Helper()
	add := cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}
	d.do(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, add, map[string]any{"authenticatorId": d.id, "credential": map[string]any{"credentialId": c.CredentialID,
			"isResidentCredential": true, "rpId": c.RpID, "privateKey": c.PrivateKey, "userHandle": c.UserHandle, "signCount": c.SignCount}})
		return err
	})
}

// noAutofill makes the pages of a tab believe that the browser fills in no passkeys.
func noAutofill(t *testing.T, b *testkit.Tab) {
	t.Helper()
	beforePages(t, b, "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false")
}

// beforePages runs a script in each page of a tab before its own.
func beforePages(t *testing.T, b *testkit.Tab, script string) {
	t.Helper()
	_, err := chromedp.Call(b.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		t.Fatal(err)
	}
}

// createPasskey creates one on My account's pages, and waits until the browser's script has sent
// it and the recovery codes are there.
func createPasskey(b *testkit.Tab, s *testkit.Server, u gatehouse.User) {
	b.Open(s.URL(u.SiteID, "/account/security"))
	b.Follow("Create a passkey")
	b.Press("Create a passkey")
	b.See("I have saved them")
}

// leave signs out through the account's menu.
func leave(b *testkit.Tab) {
	b.Click(".user-btn")
	b.Press("Sign out")
}

// addPasskey creates one on My account's pages, without a browser.
func addPasskey(c *testkit.Client, d *testkit.Device) *testkit.Page {
	p := c.Get("/account/security/passkeys").Want(200)
	form := p.MustFind("form[data-options]")
	return c.Submit(p, "form[data-options]", testkit.Values{"answer": d.Create(form.AttrOr("data-options", ""))})
}

// passkeySignIn signs in with one from the sign-in page, without a browser.
func passkeySignIn(c *testkit.Client, d *testkit.Device) *testkit.Page {
	p := c.Get("/sign-in")
	options := c.Get("/sign-in/passkey/options").Want(200)
	return c.Submit(p, "form[data-autofill]", testkit.Values{"answer": d.Answer(string(options.Body))})
}

// impatient makes the browser give up prompts of a tab's pages soon after they come up, while no
// device is touched: pages learn of that what they learn of a user who cancels (NotAllowedError).
func impatient(t *testing.T, b *testkit.Tab) {
	t.Helper()
	beforePages(t, b, `if (navigator.credentials) for (const name of ["get", "create"]) {
		const ask = navigator.credentials[name].bind(navigator.credentials);
		navigator.credentials[name] = (o) => ask(window.touched ? o : { ...o, publicKey: { ...o.publicKey, timeout: 200 } });
	}`)
}

// touched sets whether somebody touches the device when it asks; the page in the tab waits as long
// as others do if so.
func (d device) touched(does bool) {
	d.t.Helper()
	d.do(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: d.id, Enabled: does})
		return err
	})
	if got := testkit.Read[bool](d.b, fmt.Sprintf("window.touched = %t", does)); got != does {
		d.t.Fatal("the page has not heard of it")
	}
}
