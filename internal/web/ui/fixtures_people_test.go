package ui

import (
	"fmt"
	"strings"
	"time"

	"gatehouse"
)

const longWord = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe"

// people are users in every state that the list has words for.
func people() (all []gatehouse.User, reachable map[string]bool) {
	reachable = map[string]bool{}
	add := func(change func(*gatehouse.User)) {
		n := len(all)
		u := gatehouse.User{ID: fmt.Sprintf("usr_p%d", n), Username: fmt.Sprintf("user%d", n), FirstName: "Tom", LastName: "Adeyemi", Email: "tom.adeyemi@northgate.example",
			EmailConfirmed: true, Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon.AddDate(-1, 0, 0), FirstSignInAt: noon.AddDate(0, -1, 0), LastSignInAt: noon.Add(-5 * time.Hour)}
		change(&u)
		reachable[u.ID] = u.Email != "" && u.LastName != "Unreachable"
		all = append(all, u)
	}
	add(func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	add(func(u *gatehouse.User) { u.OwnTwoFactor = true })
	add(func(u *gatehouse.User) { u.Email, u.EmailConfirmed = "", false })
	add(func(u *gatehouse.User) { u.Bounce = gatehouse.Bounce{At: noon, Reason: "550 5.1.1 unknown <b>"} })
	add(func(u *gatehouse.User) { u.LastName = "Unreachable" })
	add(func(u *gatehouse.User) { u.EmailConfirmed, u.FirstName, u.LastName = false, "", "" })
	add(func(u *gatehouse.User) {
		u.State, u.FirstSignInAt, u.LastSignInAt = gatehouse.Invited, time.Time{}, time.Time{}
	})
	add(func(u *gatehouse.User) { u.LockedAt = noon })
	add(func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
	add(func(u *gatehouse.User) {
		u.FirstName, u.LastName, u.Username, u.Email = longWord, longWord, strings.ToLower(longWord), longWord+"@"+longWord[:60]+".example"
	})
	return all, reachable
}

// barriersOf are what stands before one of the people.
func barriersOf(u gatehouse.User, reachable bool) []gatehouse.Barrier {
	return gatehouse.Barriers(gatehouse.ClassicPolicy(), gatehouse.BarrierFacts{User: u, Reachable: reachable, Browsers: 1}, noon)
}

// sampleBarrier is one of a kind, as it may be.
func sampleBarrier(k gatehouse.BarrierKind) gatehouse.Barrier {
	b := gatehouse.Barrier{Kind: k, Shut: strings.HasPrefix(string(k), "locked-"), Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour), Remedies: []gatehouse.Remedy{gatehouse.RemedyPassword}}
	switch k {
	case gatehouse.BarrierDeactivated:
		b.Remedies = []gatehouse.Remedy{gatehouse.RemedyActivate}
	case gatehouse.BarrierOperator:
		b.Until, b.Remedies = time.Time{}, []gatehouse.Remedy{gatehouse.RemedySupport}
	case gatehouse.BarrierStrangers, gatehouse.BarrierAttempts:
		b.Remedies = []gatehouse.Remedy{gatehouse.RemedyUnlock}
	}
	return b
}

// trustedBrowsers are two that were trusted an hour and a week ago.
func trustedBrowsers() []gatehouse.Browser {
	return []gatehouse.Browser{
		{ID: "brw_1", UserAgent: firefox, SeenAt: noon.Add(-time.Hour), Address: "192.0.2.44", TrustedAt: noon.Add(-time.Hour)},
		{ID: "brw_2", UserAgent: longAgent, SeenAt: noon, TrustedAt: noon.AddDate(0, 0, -7)},
	}
}

// everyMail has a message in each state.
func everyMail() []UserMail {
	long := "550 5.7.1 " + strings.Repeat("Message rejected. See https://postmaster.example/help for details. ", 6)
	return []UserMail{
		{ID: "msg_9", Subject: "Codes at each sign-in of yours", To: "tom@northgate.example", State: "waiting", CreatedAt: noon, Resend: ResendNow},
		{ID: "msg_8", Subject: "Your sign-in code", To: "tom@northgate.example", State: "sending", CreatedAt: noon},
		{ID: "msg_7", Subject: "Your sign-in code", To: "tom@northgate.example", State: "deferred", Reply: "451 4.7.1 Try again later <b>", CreatedAt: noon, DueAt: noon.Add(time.Minute), Resend: ResendNow},
		{ID: "msg_6", Subject: "Your sign-in code", To: "tom@northgate.example", State: "deferred", Reply: "dial tcp 10.0.0.7:25: connection refused", CreatedAt: noon, DueAt: noon.Add(time.Minute), Resend: ResendNow},
		{ID: "msg_5", Subject: "Codes at each sign-in of yours", To: "tom@northgate.example", State: "sent", Reply: "250 2.0.0 Ok: queued as 4XYZ", CreatedAt: noon, DoneAt: noon.Add(-4 * time.Hour), Resend: ResendAgain},
		{ID: "msg_4", Subject: "Your temporary password", To: "tom@northgate.example", State: "refused", Reply: long, CreatedAt: noon, DoneAt: noon, Resend: ResendPassword},
		{ID: "msg_3", Subject: "Your sign-in code", To: "tom@northgate.example", State: "expired", CreatedAt: noon, DoneAt: noon},
		{ID: "msg_2", Subject: longWord, To: longWord + "@northgate.example", State: "bounced", Reply: "5.1.1 550 5.1.1 unknown", CreatedAt: noon, DoneAt: noon.AddDate(0, 0, -3)},
		{ID: "msg_1b", Subject: "Your sign-in code", To: "tom@northgate.example", State: "expired", Reply: "read tcp 10.0.0.7:25: connection reset", CreatedAt: noon, DoneAt: noon},
		{ID: "msg_1", Subject: "Your temporary password", To: "tom@northgate.example", State: "sent", Void: "replaced", CreatedAt: noon, DoneAt: noon},
		{ID: "msg_0", Subject: "Your temporary password", To: "tom@northgate.example", State: "sent", Void: "expired", CreatedAt: noon, DoneAt: noon, Resend: ResendPassword},
	}
}

// peopleSamples are the pages about a company's users, and the own two-factor sign-in.
func peopleSamples() []sample {
	all, reachable := people()
	groups := map[gatehouse.PeopleGroup]int{gatehouse.GroupEnrolled: 9876, gatehouse.GroupNoAddress: 1, gatehouse.GroupBouncing: 12}
	list := []sample{
		{name: "users", view: Users{List: all, Reachable: reachable, Found: len(all), Total: len(all), Groups: groups}},
		{name: "users-middle", view: Users{Search: "a&b", Role: gatehouse.RoleUser, List: all[:2], Reachable: reachable, More: true, Before: 50, Found: 9998, Total: 10000, Groups: groups}},
		{name: "users-group", view: Users{Group: gatehouse.GroupLocked, List: all[7:8], Reachable: reachable, Found: 1, Total: 10, Groups: groups}},
		{name: "users-none", view: Users{Search: "marchetty", Total: 152, Groups: groups}},
		{name: "users-none-here", view: Users{Group: gatehouse.GroupOwn, Total: 152}},
		{name: "user-reset", view: ResetTwoFactor{Of: all[9]}},
		{name: "user-reset-wrong", view: ResetTwoFactor{Of: all[9], AskPassword: true, Fields: []gatehouse.FieldError{{Field: "current_password", Code: "password-wrong"}}}},
	}
	for _, u := range all {
		list = append(list, sample{name: "user-" + u.ID, view: UserDetail{Of: u, Reachable: reachable[u.ID], Email: u.Email, Barriers: barriersOf(u, reachable[u.ID])}})
	}
	full := UserDetail{Of: all[0], Reachable: true, Email: all[0].Email, Trusted: trustedBrowsers(), Mails: everyMail()}
	with := func(name string, change func(*UserDetail)) {
		v := full
		change(&v)
		list = append(list, sample{name: "user-" + name, view: v})
	}
	with("full", func(*UserDetail) {})
	for _, done := range []string{UserCorrected, UserAsked, UserResent, UserUntrusted, UserReset, UserUnlocked, UserActivated, UserDeactivated, UserPasswordSent, UserSame, "<b>"} {
		with("done-"+done, func(v *UserDetail) { v.Done = done })
	}
	with("also", func(v *UserDetail) { v.Done, v.Also = UserCorrected, append(Alsos, "<b>") })
	for _, why := range []string{RefusedResend, RefusedAddress, RefusedSoon, RefusedOften, RefusedOwn, RefusedUnlock, RefusedDeactivated, RefusedOperator} {
		with("refused-"+why, func(v *UserDetail) { v.Refused, v.Wait = why, 11*time.Minute+time.Second })
	}
	with("wrong", func(v *UserDetail) {
		v.Email, v.Fields = "tom@", []gatehouse.FieldError{{Field: "email", Code: "email"}}
	})
	with("password", func(v *UserDetail) {
		v.Email, v.AskPassword, v.Fields = "tom@right.example", true, []gatehouse.FieldError{{Field: "current_password", Code: "required"}}
	})
	with("wrong-bouncing", func(v *UserDetail) {
		v.Of, v.Email, v.Fields = all[3], "", []gatehouse.FieldError{{Field: "email", Code: "required"}}
	})
	for _, k := range gatehouse.BarrierKinds {
		with("barrier-"+string(k), func(v *UserDetail) { v.Barriers, v.Shared = []gatehouse.Barrier{sampleBarrier(k)}, true })
	}
	with("barriers", func(v *UserDetail) {
		for _, k := range gatehouse.BarrierKinds {
			if k != gatehouse.BarrierNoAddress && k != gatehouse.BarrierBadAddress { // there is one address
				v.Barriers = append(v.Barriers, sampleBarrier(k))
			}
		}
		v.Of.Bounce.Reason, v.Shared, v.SharedAt = "550 5.1.1 unknown <b>", true, noon.AddDate(0, -1, 0)
		v.From = []From{{"192.0.2.44", "192.0.2.44"}, {"2001:db8::7", "2001:db8::/64"}, {"2001:db8::8", "2001:db8::/64"}}
		v.Lock = gatehouse.Event{UserAgent: longAgent}
		v.End = gatehouse.Event{ActorKind: gatehouse.SignedIn, ActorName: longWord}
	})
	for _, act := range []string{ActUnlock, ActActivate, ActDeactivate, ActPassword} {
		list = append(list, sample{name: "act-" + act, view: UserAct{UserDetail: full, Act: act}},
			sample{name: "act-" + act + "-wrong", view: UserAct{UserDetail: full, Act: act, AskPassword: true, Fields: []gatehouse.FieldError{{Field: "current_password", Code: "password-wrong"}}}})
	}
	with("own", func(v *UserDetail) { v.Of = *testUser() })
	list = append(list, ownTwoFactorSamples()...)
	for i := range list {
		list[i].signedIn = true
	}
	return list
}

func ownTwoFactorSamples() []sample {
	on := *testUser()
	on.OwnTwoFactor = true
	list := []sample{
		{name: "own-off", view: OwnTwoFactor{Stored: *testUser(), Own: "off", Automatic: "on"}},
		{name: "own-on", view: OwnTwoFactor{Stored: on, Own: "on", Automatic: "off", AskPassword: true, Trusted: 2, Saved: true}},
		{name: "own-one", view: OwnTwoFactor{Stored: on, Own: "on", Automatic: "on", Trusted: 1, TooSoon: 61 * time.Second}},
		{name: "own-wrong", view: OwnTwoFactor{Stored: on, Own: "off", Automatic: "maybe", AskPassword: true,
			Fields: []gatehouse.FieldError{{Field: "send_automatically", Code: "choice"}, {Field: "current_password", Code: "password-wrong"}}}},
	}
	for _, reason := range []gatehouse.OutcomeReason{gatehouse.ReasonNoAddress, gatehouse.ReasonBadAddress, gatehouse.ReasonBouncing, gatehouse.ReasonUnconfirmed} {
		list = append(list,
			sample{name: "own-before-" + string(reason), view: OwnTwoFactor{Stored: *testUser(), Own: "off", Automatic: "on", Before: reason}},
			sample{name: "own-late-" + string(reason), view: OwnTwoFactor{Stored: *testUser(), Own: "on", Automatic: "on", Before: reason,
				Fields: []gatehouse.FieldError{{Field: "own_two_factor", Code: "two-factor-" + string(reason)}}}})
	}
	return list
}
