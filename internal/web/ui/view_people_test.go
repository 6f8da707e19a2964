package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
)

func TestUsersSayHowEachOneIs(t *testing.T) {
	all, reachable := people()
	doc := show(t, "uk", Users{List: all, Reachable: reachable, Found: len(all), Total: len(all)}, signedIn)
	want := []string{
		"TATom Adeyemiuser0 tom.adeyemi@northgate.example Administrator On Today, 09:32 Active",
		"TATom Adeyemiuser1 tom.adeyemi@northgate.example User Own choice Today, 09:32 Active",
		"TATom Adeyemiuser2 None User No address Today, 09:32 Active",
		"TATom Adeyemiuser3 tom.adeyemi@northgate.exampleMail comes back User Mail comes back Today, 09:32 Active",
		"TUTom Unreachableuser4 tom.adeyemi@northgate.exampleMail comes back User Mail comes back Today, 09:32 Active",
		"Uuser5 tom.adeyemi@northgate.exampleNot confirmed User On Today, 09:32 Active",
		"TATom Adeyemiuser6 tom.adeyemi@northgate.example User From the second sign-in on Never Invited",
		"TATom Adeyemiuser7 tom.adeyemi@northgate.example User On Today, 09:32 Locked",
		"TATom Adeyemiuser8 tom.adeyemi@northgate.example User None Today, 09:32 Deactivated",
	}
	doc.Find("tbody tr").Each(func(i int, row *goquery.Selection) {
		if got := squeeze(row.Text()); i < len(want) && got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	})
	off := show(t, "inkwell", Users{List: all[:1], Reachable: reachable, Found: 1}, signedIn, func(f *Frame) { f.Company.TwoFactor = false })
	if got := squeeze(off.Find("tbody tr").Text()); got != "TATom Adeyemi tom.adeyemi@northgate.example Administrator Off Today, 09:32 Active" {
		t.Error(got)
	}
}

func TestUsersKeepWhatWasAskedFor(t *testing.T) {
	all, reachable := people()
	v := Users{Search: "a&b", Role: gatehouse.RoleUser, Group: gatehouse.GroupOwn, List: all[:2], Reachable: reachable, More: true, Before: 50, Found: 98, Total: 100,
		Groups: map[gatehouse.PeopleGroup]int{gatehouse.GroupOwn: 98, gatehouse.GroupLocked: 3}}
	doc := show(t, "uk", v, signedIn)
	var links []string
	doc.Find(".chip, .pager a").Each(func(_ int, a *goquery.Selection) { links = append(links, squeeze(a.Text())+" "+a.AttrOr("href", "")) })
	want := "All 100 /company/users?q=a%26b&role=user\nLocked 3 /company/users?group=locked&q=a%26b&role=user\n" +
		"Own choice of two-factor 98 /company/users?group=own&q=a%26b&role=user\nFirst page /company/users?group=own&q=a%26b&role=user\n" +
		"Next page /company/users?after=user1&group=own&q=a%26b&role=user"
	if got := strings.Join(links, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if attr(doc, "#q", "value") != "a&b" || attr(doc, "#role [selected]", "value") != "user" || attr(doc, ".toolbar [name=group]", "value") != "own" || doc.Find(".pager p").Text() != "51 to 52 of 98" {
		t.Error("the filters do not show what was asked for")
	}
}

func TestAUsersMailInWords(t *testing.T) {
	all, _ := people()
	doc := show(t, "uk", UserDetail{Of: all[0], Reachable: true, Mails: everyMail()}, signedIn)
	rows := doc.Find("section[aria-labelledby=mails] .list > li")
	for i, want := range []string{
		"Waiting to be sent Try now", "Being sent now", "Deferred. Next try: Today, 14:33The mail server said: 451 4.7.1 Try again later <b> Try now",
		"Our mail server could not be reached. Try now", "Handed over: Today, 10:32", "Send a new password", "Not sent. It was of no use any more: Today, 14:32", "Came back: 18 November 2026, 14:32The mail server said: 5.1.1 550",
		"Not sent. It was of no use any more: Today, 14:32Our mail server could not be reached.",
		"Handed over: Today, 14:32Replaced by a newer message", "Handed over: Today, 14:32The password in it has expired Send a new password",
	} {
		if got := squeeze(rows.Eq(i).Text()); !strings.Contains(got, want) {
			t.Errorf("%d: %q lacks %q", i, got, want)
		}
	}
	if strings.Contains(doc.Text(), "10.0.0.7") {
		t.Error("why no connection came about names machines")
	}
	if n := rows.Find("details code").Length(); n != 2 || rows.Find("code:not([translate=no][dir=ltr])").Length() != 0 {
		t.Errorf("%d answers are folded", n)
	}
	if doc.Find("form[action$='/msg_4/resend']").Length() != 0 { // there is one way to send a password
		t.Error("a password is sent again without a question")
	}
	if got := attr(doc, "section[aria-labelledby=mails] a[href='/company/users/usr_p0/send-password']", "aria-label"); got != "Send a new password: Your temporary password" {
		t.Error(got)
	}
	if rows.Eq(9).Find("form, a").Length() != 0 {
		t.Error("what was replaced can be sent again")
	}
	if doc.Find("form[action$='/msg_3/resend'], form[action$='/msg_8/resend']").Length() != 0 {
		t.Error("a code can be sent again")
	}
}

func TestAUsersTroubleComesFirst(t *testing.T) {
	all, reachable := people()
	for id, want := range map[int]string{2: "This user has no email address", 3: "Mail to this address comes back", 4: "No mail can be sent to this address", 0: "", 8: ""} {
		doc := show(t, "uk", UserDetail{Of: all[id], Reachable: reachable[all[id].ID], Email: all[id].Email, Barriers: barriersOf(all[id], reachable[all[id].ID])}, signedIn)
		if got := doc.Find("main .alert-warn .alert-title").Text(); got != want || doc.Find("#email").Length() != 1 || doc.Find("main .alert-warn #email").Length() != map[bool]int{true: 1}[want != ""] {
			t.Errorf("%d: %q", id, got)
		}
	}
	if got := show(t, "uk", UserDetail{Of: all[3], Reachable: true, Barriers: barriersOf(all[3], true)}, signedIn).Find("main .alert-warn code").Text(); got != "550 5.1.1 unknown <b>" {
		t.Errorf("the reason is %q", got)
	}
	// What is refused here is not offered: the own account has its own pages.
	own := show(t, "uk", UserDetail{Of: *testUser(), Reachable: true, Trusted: trustedBrowsers()}, signedIn)
	if own.Find("main form[method=post]").Length() != 0 || own.Find("main a[href='/account/profile']").Length() != 1 || own.Find("main a[href='/account/security']").Length() != 1 {
		t.Error("the own account")
	}
	// Nothing can be reset where nothing is asked for.
	off := func(f *Frame) { f.Company.TwoFactor = false }
	if n := show(t, "uk", UserDetail{Of: all[0], Reachable: true}, signedIn, off).Find("[data-dialog=reset]").Length(); n != 0 {
		t.Error("a reset of nothing")
	}
	if n := show(t, "uk", UserDetail{Of: all[1], Reachable: true}, signedIn, off).Find("[data-dialog=reset]").Length(); n != 1 {
		t.Error("the own choice cannot be reset")
	}
}

// What keeps a user out stands at the top, in the order of its weight: what it is, since
// when and until when, what led to it, and what to do, each act once.
func TestBarriersInWords(t *testing.T) {
	all, _ := people()
	v := UserDetail{Of: all[1], Reachable: true, From: []From{{"192.0.2.44", "192.0.2.44"}, {"2001:db8::7", "2001:db8::/64"}, {"2001:db8::8", "2001:db8::/64"}},
		Lock: gatehouse.Event{UserAgent: firefox}, Shared: true, SharedAt: noon.AddDate(0, 0, -3)}
	unlock, password := []gatehouse.Remedy{gatehouse.RemedyUnlock}, []gatehouse.Remedy{gatehouse.RemedyPassword}
	v.Barriers = []gatehouse.Barrier{
		{Kind: gatehouse.BarrierAttempts, Shut: true, Since: noon.Add(-time.Hour), Remedies: unlock},
		{Kind: gatehouse.BarrierStrangers, Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour), Remedies: unlock},
		{Kind: gatehouse.BarrierTemporary, Since: noon.AddDate(0, 0, -1), Until: noon.Add(time.Hour), Remedies: password},
	}
	doc := show(t, "uk", v, signedIn)
	rows := doc.Find("main [data-barrier]")
	for i, want := range [][]string{
		{"Locked after too many wrong passwords", "Since: Today, 13:32. It does not end by itself.", "Device: Firefox on Windows.", "came from 192.0.2.44; 2001:db8::/64.", "every device is signed out", "Unlock"},
		{"Sign-in from new devices is blocked", "It ends by itself: Today, 15:32.", "own devices still work"},
		{"A temporary password has been issued", "Yesterday, 14:32", "valid until: Today, 15:32", "Send a new password"},
	} {
		for _, part := range want {
			if got := squeeze(rows.Eq(i).Text()); !strings.Contains(got, part) {
				t.Errorf("%d: %q lacks %q", i, got, part)
			}
		}
	}
	if n := doc.Find("main a[href='/company/users/usr_p1/unlock']").Length(); n != 1 || doc.Find("main a[href$='/send-password']").Length() != 1 || rows.Eq(1).Find("a").Length() != 0 {
		t.Errorf("Unlock is offered %d times", n)
	}
	if got := squeeze(doc.Find("main .alert").Last().Text()); !strings.Contains(got, "Several people use this sign-in") || !strings.Contains(got, "18 November 2026") ||
		doc.Find("main .alert a[href='/contact']").Length() != 1 {
		t.Error(got)
	}
	// A new password can be sent whatever the list of mails holds; not to oneself, not where
	// nothing would arrive or open.
	for name, c := range map[string]struct {
		v    UserDetail
		want int
	}{
		"plain":       {UserDetail{Of: all[0], Reachable: true}, 1},
		"no address":  {UserDetail{Of: all[2], Barriers: barriersOf(all[2], false)}, 0},
		"deactivated": {UserDetail{Of: all[8], Reachable: true, Barriers: barriersOf(all[8], true)}, 0},
		"own":         {UserDetail{Of: *testUser(), Reachable: true, Barriers: v.Barriers}, 0},
	} {
		doc := show(t, "uk", c.v, signedIn)
		if n := doc.Find("main a[href$='/send-password']").Length(); n != c.want {
			t.Errorf("%s: a new password is offered %d times", name, n)
		}
		if n := doc.Find("main a[href$='/deactivate']").Length(); n != c.want && name != "no address" {
			t.Errorf("%s: the end is offered %d times", name, n)
		}
	}
	end := UserDetail{Of: all[8], Reachable: true, Barriers: barriersOf(all[8], true), End: gatehouse.Event{ActorKind: gatehouse.SignedIn, ActorName: "imarchetti"}}
	end.Barriers[0].Since = noon
	if got := squeeze(show(t, "uk", end, signedIn).Find("[data-barrier=deactivated]").Text()); !strings.Contains(got, "imarchetti deactivated it: Today, 14:32.") || !strings.Contains(got, "Activate") {
		t.Error(got)
	}
}

// Before an act the page says what it comes to, and what it does not.
func TestActsSayWhatTheyDo(t *testing.T) {
	all, _ := people()
	locked := []gatehouse.Barrier{sampleBarrier(gatehouse.BarrierAttempts)}
	for name, c := range map[string]struct {
		v    UserAct
		want []string
	}{
		"unlock":     {UserAct{UserDetail: UserDetail{Of: all[0], Reachable: true, Barriers: locked}, Act: ActUnlock}, []string{"Unlock this account?", "told by email"}},
		"password":   {UserAct{UserDetail: UserDetail{Of: all[0], Reachable: true, Barriers: locked}, Act: ActPassword}, []string{"tom.adeyemi@northgate.example", "24 hours", "stop working at once", "stays locked"}},
		"bouncing":   {UserAct{UserDetail: UserDetail{Of: all[3], Reachable: true}, Act: ActPassword}, []string{"came back the last time"}},
		"activate":   {UserAct{UserDetail: UserDetail{Of: all[8], Barriers: locked}, Act: ActActivate}, []string{"same password as before", "stays locked"}},
		"deactivate": {UserAct{UserDetail: UserDetail{Of: all[0]}, Act: ActDeactivate}, []string{"signed out on every device", "Nothing is deleted"}},
	} {
		text := squeeze(show(t, "uk", c.v, signedIn).Find("main").Text())
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", name, text, want)
			}
		}
	}
}

// Where the password is asked for, no dialog passes by the page that has the field.
func TestAnOldSignInIsAskedForThePassword(t *testing.T) {
	all, reachable := people()
	for _, id := range []int{0, 3} { // the form is under the details, or in the note about trouble
		v := UserDetail{Of: all[id], Reachable: reachable[all[id].ID], Email: all[id].Email, Barriers: barriersOf(all[id], reachable[all[id].ID])}
		for ask, want := range map[bool]int{true: 1, false: 0} {
			v.AskPassword = ask
			doc := show(t, "uk", v, signedIn)
			if doc.Find("form[action$='/email'] #current_password").Length() != want || doc.Find("#current_password").Length() != want ||
				doc.Find("dialog#reset, a[data-dialog=reset]").Length() != 2-2*want || doc.Find("a[href$='/reset-second-step']").Length() != 1 {
				t.Errorf("%d: asked %v", id, ask)
			}
			if n := show(t, "uk", ResetTwoFactor{Of: all[id], AskPassword: ask}, signedIn).Find("form[action$='/reset-second-step'] #current_password").Length(); n != want {
				t.Errorf("%d: the reset asks %d times", id, n)
			}
		}
	}
}

func TestTrustedBrowsersAreShown(t *testing.T) {
	all, _ := people()
	doc := show(t, "uk", UserDetail{Of: all[0], Reachable: true, Trusted: trustedBrowsers()}, signedIn)
	row := doc.Find("ul[aria-labelledby=trusted] li").First()
	if got := squeeze(row.Text()); got != "Firefox on Windows192.0.2.44Last sign-in: Today, 13:32Not asked for a code until 6 December 2026 End trust" {
		t.Error(got)
	}
	if row.Find("form[method=post][action='/company/users/usr_p0/browsers/brw_1/end-trust'] button").Length() != 1 {
		t.Error("the trust cannot be ended")
	}
	devices := show(t, "uk", trustingDevices(), signedIn)
	if n := devices.Find("form[action$='/end-trust']").Length(); n != 7 || !strings.Contains(devices.Find("main .list li").First().Text(), "Not asked for a code until 22 November 2026") {
		t.Errorf("%d can be ended: %q", n, squeeze(devices.Find("main .list").Text()))
	}
}

func TestTheOwnChoiceOfTwoFactor(t *testing.T) {
	doc := show(t, "uk", OwnTwoFactor{Stored: *testUser(), Own: "off", Automatic: "on"}, signedIn)
	if attr(doc, "[name=own_two_factor][checked]", "value") != "off" || attr(doc, "[name=send_automatically][checked]", "value") != "on" || doc.Find("#current_password").Length() != 0 {
		t.Error("the choices are not those that are stored")
	}
	if text := doc.Find("main").Text(); !strings.Contains(text, "Enhanced security is on for Northgate") || !strings.Contains(text, "again after 15 days") {
		t.Error(squeeze(text))
	}
	ink := show(t, "inkwell", OwnTwoFactor{Stored: *testUser(), Own: "off", Automatic: "on"}, signedIn, func(f *Frame) { f.Company.TwoFactor = false })
	if text := ink.Find("main").Text(); strings.Contains(text, "Enhanced security is on") || strings.Contains(text, "days") || strings.Contains(text, "Trusted devices") {
		t.Error(squeeze(text))
	}
	soon := show(t, "uk", OwnTwoFactor{Stored: *testUser(), Own: "on", Automatic: "on", TooSoon: 61 * time.Second}, signedIn)
	if !strings.Contains(soon.Find("[data-focus]").Text(), "Wait 2 minutes") {
		t.Error(squeeze(soon.Find("main").Text()))
	}
}
