package console

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func TestUsersSayHowEachOneIs(t *testing.T) {
	all, reachable := testUsers()
	doc := show(t, "uk", Users{FoundUsers: directory.FoundUsers{Users: all, Reachable: reachable, Found: len(all), Total: len(all)}}, pages.SignedIn)
	want := []string{
		"TATom Adeyemiuser0 tom.adeyemi@northgate.example Administrator On Today, 09:32 Active",
		"TATom Adeyemiuser1 tom.adeyemi@northgate.example User User’s choice Today, 09:32 Active",
		"TATom Adeyemiuser2 None User No address Today, 09:32 Active",
		"TATom Adeyemiuser3 tom.adeyemi@northgate.exampleNot delivered User Email not delivered Today, 09:32 Active",
		"TUTom Unreachableuser4 tom.adeyemi@northgate.exampleNot delivered User Email not delivered Today, 09:32 Active",
		"Uuser5 tom.adeyemi@northgate.exampleNot confirmed User On Today, 09:32 Active",
		"TATom Adeyemiuser6 tom.adeyemi@northgate.example User From second sign-in Never Invited",
		"TATom Adeyemiuser7 tom.adeyemi@northgate.example User On Today, 09:32 Locked",
		"TATom Adeyemiuser8 tom.adeyemi@northgate.example User None Today, 09:32 Deactivated",
	}
	doc.Find("tbody tr").Each(func(i int, row *goquery.Selection) {
		row.Find(".cell-check").Remove()
		if got := pages.Squeeze(row.Text()); i < len(want) && got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	})
	off := show(t, "inkwell", Users{FoundUsers: directory.FoundUsers{Users: all[:1], Reachable: reachable, Found: 1}}, pages.SignedIn, func(f *ui.Frame) { f.Company.TwoFactor = false })
	off.Find("tbody .cell-check").Remove()
	if got := pages.Squeeze(off.Find("tbody tr").Text()); got != "TATom Adeyemi tom.adeyemi@northgate.example Administrator Off Today, 09:32 Active" {
		t.Error(got)
	}
}

func TestUsersKeepWhatWasAskedFor(t *testing.T) {
	all, reachable := testUsers()
	counts := directory.UserCounts{Ungrouped: 100, Groups: map[gatehouse.UserGroup]int{gatehouse.GroupOwn: 98, gatehouse.GroupLocked: 3}, Roles: map[gatehouse.Role]int{gatehouse.RoleUser: 98}}
	v := Users{FoundUsers: directory.FoundUsers{Users: all[:2], Reachable: reachable, Preceding: 50, Found: 98, Total: 200, UserCounts: counts,
		Places: map[string]string{all[0].ID: "usr_p0.7", all[1].ID: "usr_p1.7"}}, List: listOf("q=a%26b&role=user&group=own&sort=seen&col=email&col=created&col=nonsense&after=x")}
	doc := show(t, "uk", v, pages.SignedIn)
	var links []string
	doc.Find(".chip, thead a, .pager a").Each(func(_ int, a *goquery.Selection) {
		links = append(links, pages.Squeeze(a.Text())+" "+strings.ReplaceAll(a.AttrOr("href", ""), "/company/users?col=email&col=created&", ""))
	})
	want := "All 100 q=a%26b&role=user&sort=seen\nLocked 3 group=locked&group=own&q=a%26b&role=user&sort=seen\n" +
		"Chose two-factor 98 q=a%26b&role=user&sort=seen\nName group=own&q=a%26b&role=user\nAdded group=own&order=down&q=a%26b&role=user&sort=created\n" +
		"First page group=own&q=a%26b&role=user&sort=seen\nPrevious page before=usr_p0.7&group=own&q=a%26b&role=user&sort=seen\n" +
		"Next page after=usr_p1.7&group=own&q=a%26b&role=user&sort=seen"
	got := strings.ReplaceAll(strings.Join(links, "\n"), "/company/users?after=usr_p1.7&col=email&col=created&", "after=usr_p1.7&")
	got = strings.ReplaceAll(got, "/company/users?before=usr_p0.7&col=email&col=created&", "before=usr_p0.7&")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if pages.Attr(doc, "#q", "value") != "a&b" || pages.Attr(doc, "#role [selected]", "value") != "user" || pages.Attr(doc, ".toolbar [name=group]", "value") != "own" || doc.Find(".pager p").Text() != "51 to 52 of 98" {
		t.Error("the filters do not show what was asked for")
	}
	if text := pages.Squeeze(doc.Find("#role [selected]").Text()); text != "User (98)" {
		t.Errorf("%q", text)
	}
	if n := doc.Find("tbody tr").First().Find("td:not(.cell-check)").Length(); n != 2 {
		t.Errorf("%d columns", n)
	}
}

// A list sorted by a column says so, and the column turns it around.
func TestUsersAreSorted(t *testing.T) {
	all, reachable := testUsers()
	for query, want := range map[string]string{"": "Name ascending /company/users?order=down", "order=down": "Name descending /company/users",
		"sort=seen&order=down": "Last sign-in descending /company/users?sort=seen", "sort=nonsense": "Name ascending /company/users?order=down"} {
		th := show(t, "uk", Users{FoundUsers: directory.FoundUsers{Users: all, Reachable: reachable, Found: len(all)}, List: listOf(query)}, pages.SignedIn).Find("th[aria-sort]")
		if got := pages.Squeeze(th.Text()) + " " + th.AttrOr("aria-sort", "") + " " + th.Find("a").AttrOr("href", ""); got != want || th.Length() != 1 {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestAUsersMailInWords(t *testing.T) {
	all, _ := testUsers()
	doc := show(t, "uk", UserDetail{Of: all[0], Mails: everyMail(), UserTwoFactor: directory.UserTwoFactor{Reachable: true}}, pages.SignedIn)
	rows := doc.Find("section[aria-labelledby=mails] .list > li")
	for i, want := range []string{
		"Waiting to be sent Try now", "Being sent", "Delayed. Next try: Today, 14:33The mail server said: 451 4.7.1 Try again later <b> 2 tries Today, 11:01, Deferred451 4.7.1 Try again later <b> Today, 11:00, DeferredOur mail server could not be reached. Try now",
		"Our mail server could not be reached. Try now", "Sent: Today, 10:32", "Send a new password", "Expired before sending: Today, 14:32", "Could not be delivered: 18 November 2026, 14:32The mail server said: 5.1.1 550",
		"Expired before sending: Today, 14:32Our mail server could not be reached.",
		"Sent: Today, 14:32Replaced by a newer email", "Sent: Today, 14:32The password in it has expired Send a new password",
	} {
		if got := pages.Squeeze(rows.Eq(i).Text()); !strings.Contains(got, want) {
			t.Errorf("%d: %q lacks %q", i, got, want)
		}
	}
	if strings.Contains(doc.Text(), "10.0.0.7") || strings.Contains(doc.Text(), "relay.example") {
		t.Error("why no connection came about names machines")
	}
	if n := rows.Find("details code").Length(); n != 3 || rows.Find("code:not([translate=no][dir=ltr])").Length() != 0 {
		t.Errorf("%d answers are folded", n)
	}
	if doc.Find("form[action$='/msg_4/resend']").Length() != 0 { // there is only one way to send a password
		t.Error("a password is sent again without a question")
	}
	if got := pages.Attr(doc, "section[aria-labelledby=mails] a[href='/company/users/usr_p0/send-password']", "aria-label"); got != "Send a new password: Your temporary password" {
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
	all, reachable := testUsers()
	for id, want := range map[int]string{2: "This user has no email address", 3: "Email to this address could not be delivered", 4: "Email cannot be sent to this address", 0: "", 8: ""} {
		doc := show(t, "uk", UserDetail{Of: all[id], Email: all[id].Email, UserTwoFactor: directory.UserTwoFactor{Reachable: reachable[all[id].ID]}, Standing: directory.Standing{Barriers: barriersOf(all[id], reachable[all[id].ID])}}, pages.SignedIn)
		if got := doc.Find("main .alert-warn .alert-title").Text(); got != want || doc.Find("#email").Length() != 1 || doc.Find("main .alert-warn #email").Length() != map[bool]int{true: 1}[want != ""] {
			t.Errorf("%d: %q", id, got)
		}
	}
	if got := show(t, "uk", UserDetail{Of: all[3], UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{Barriers: barriersOf(all[3], true)}}, pages.SignedIn).Find("main .alert-warn code").Text(); got != "550 5.1.1 unknown <b>" {
		t.Errorf("the reason is %q", got)
	}
	// What would be refused here is not offered: users have their own pages for their
	// own account.
	own := show(t, "uk", UserDetail{Of: *fixture.User(), UserTwoFactor: directory.UserTwoFactor{Reachable: true, Trusted: trustedDevices()}}, pages.SignedIn)
	if own.Find("main form[method=post]").Length() != 0 || own.Find("main a[href='/account/profile']").Length() != 1 || own.Find("main a[href='/account/security']").Length() != 1 {
		t.Error("the own account")
	}
	// Nothing can be reset if nothing is required.
	off := func(f *ui.Frame) { f.Company.TwoFactor = false }
	if n := show(t, "uk", UserDetail{Of: all[0], Proved: true, UserTwoFactor: directory.UserTwoFactor{Reachable: true}}, pages.SignedIn, off).Find("[data-dialog=reset]").Length(); n != 0 {
		t.Error("a reset of nothing")
	}
	if n := show(t, "uk", UserDetail{Of: all[1], Proved: true, UserTwoFactor: directory.UserTwoFactor{Reachable: true}}, pages.SignedIn, off).Find("[data-dialog=reset]").Length(); n != 1 {
		t.Error("the own choice cannot be reset")
	}
}

// Before an act the page says what it does, and what it does not do.
func TestActsSayWhatTheyDo(t *testing.T) {
	all, _ := testUsers()
	locked := []gatehouse.Barrier{sampleBarrier(gatehouse.BarrierAttempts)}
	for name, c := range map[string]struct {
		v    UserAct
		want []string
	}{
		"unlock":     {UserAct{UserDetail: UserDetail{Of: all[0], UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{Barriers: locked}}, Act: gatehouse.ActUnlock}, []string{"Unlock this account?", "told by email"}},
		"password":   {UserAct{UserDetail: UserDetail{Of: all[0], UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{Barriers: locked}}, Act: gatehouse.ActPassword}, []string{"tom.adeyemi@northgate.example", "24 hours", "stop working at once", "stays locked"}},
		"bouncing":   {UserAct{UserDetail: UserDetail{Of: all[3], UserTwoFactor: directory.UserTwoFactor{Reachable: true}}, Act: gatehouse.ActPassword}, []string{"The last email to this address"}},
		"activate":   {UserAct{UserDetail: UserDetail{Of: all[8], Standing: directory.Standing{Barriers: locked}}, Act: gatehouse.ActActivate}, []string{"same password as before", "stays locked"}},
		"deactivate": {UserAct{UserDetail: UserDetail{Of: all[0]}, Act: gatehouse.ActDeactivate}, []string{"signed out on every device", "Nothing is deleted"}},
	} {
		text := pages.Squeeze(show(t, "uk", UserAct{withActs(c.v.UserDetail), c.v.Act}, pages.SignedIn).Find("main").Text())
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", name, text, want)
			}
		}
	}
}

// A dialog asks only an administrator who has just proved who they are; the link leads others to the
// page that asks for it.
func TestADialogNeedsFreshProof(t *testing.T) {
	all, reachable := testUsers()
	for proved, want := range map[bool]int{true: 2, false: 0} {
		v := UserDetail{Of: all[0], Proved: proved, UserTwoFactor: directory.UserTwoFactor{Reachable: reachable[all[0].ID]}}
		doc := show(t, "uk", v, pages.SignedIn)
		if doc.Find("dialog#reset, a[data-dialog=reset]").Length() != want || doc.Find("a[href$='/reset-two-factor']").Length() != 1 {
			t.Errorf("proved %v", proved)
		}
	}
}

func TestTrustedDevicesAreShown(t *testing.T) {
	all, _ := testUsers()
	doc := show(t, "uk", UserDetail{Of: all[0], UserTwoFactor: directory.UserTwoFactor{Reachable: true, Trusted: trustedDevices()}}, pages.SignedIn)
	row := doc.Find("ul[aria-labelledby=trusted] li").First()
	if got := pages.Squeeze(row.Text()); got != "Firefox on Windows192.0.2.44Last sign-in: Today, 13:32Not asked for a code until 6 December 2026 Stop trusting" {
		t.Error(got)
	}
	if row.Find("form[method=post][action='/company/users/usr_p0/devices/dev_1/end-trust'] button").Length() != 1 {
		t.Error("the trust cannot be ended")
	}
}
