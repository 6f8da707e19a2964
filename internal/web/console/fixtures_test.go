package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// testUsers are users in every state that the list has words for.
func testUsers() (all []gatehouse.User, reachable map[string]bool) {
	reachable = map[string]bool{}
	add := func(change func(*gatehouse.User)) {
		n := len(all)
		u := gatehouse.User{ID: fmt.Sprintf("usr_p%d", n), Username: fmt.Sprintf("user%d", n), FirstName: "Tom", LastName: "Adeyemi", Email: "tom.adeyemi@northgate.example",
			EmailConfirmed: true, Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: fixture.Noon.AddDate(-1, 0, 0), FirstSignInAt: fixture.Noon.AddDate(0, -1, 0), LastSignInAt: fixture.Noon.Add(-5 * time.Hour)}
		change(&u)
		reachable[u.ID] = u.Email != "" && u.LastName != "Unreachable"
		all = append(all, u)
	}
	add(func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	add(func(u *gatehouse.User) { u.OwnTwoFactor = true })
	add(func(u *gatehouse.User) { u.Email, u.EmailConfirmed = "", false })
	add(func(u *gatehouse.User) {
		u.Bounce = gatehouse.Bounce{At: fixture.Noon, Reason: "550 5.1.1 unknown <b>"}
	})
	add(func(u *gatehouse.User) { u.LastName = "Unreachable" })
	add(func(u *gatehouse.User) { u.EmailConfirmed, u.FirstName, u.LastName = false, "", "" })
	add(func(u *gatehouse.User) {
		u.State, u.FirstSignInAt, u.LastSignInAt = gatehouse.Invited, time.Time{}, time.Time{}
	})
	add(func(u *gatehouse.User) { u.LockedAt = fixture.Noon })
	add(func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
	add(func(u *gatehouse.User) {
		u.FirstName, u.LastName, u.Username, u.Email = fixture.LongWord, fixture.LongWord, strings.ToLower(fixture.LongWord), fixture.LongWord+"@"+fixture.LongWord[:60]+".example"
	})
	return all, reachable
}

// barriersOf are what blocks one of the users.
func barriersOf(u gatehouse.User, reachable bool) []gatehouse.Barrier {
	return gatehouse.Barriers(gatehouse.ClassicPolicy(), gatehouse.BarrierFacts{User: u, Reachable: reachable, Devices: 1}, fixture.Noon)
}

// detail is the page of one of the users.
func detail(u gatehouse.User, reachable bool) UserDetail {
	return withActs(UserDetail{Of: u, Email: u.Email, UserTwoFactor: directory.UserTwoFactor{Reachable: reachable}, Standing: directory.Standing{Barriers: barriersOf(u, reachable)}})
}

// withActs adds the acts that apply to the user.
func withActs(v UserDetail) UserDetail {
	f := gatehouse.ActFacts{Own: v.Of.ID == fixture.User().ID, Reachable: v.Reachable, OthersLead: true}
	for _, b := range v.Barriers {
		f.Locked = f.Locked || slices.Contains(b.Remedies, gatehouse.RemedyUnlock)
	}
	v.Allowed = nil
	for _, a := range gatehouse.UserActs {
		if gatehouse.ActAllowed(a, v.Of, f, fixture.Noon) == "" {
			v.Allowed = append(v.Allowed, a)
		}
	}
	return v
}

// someLife is what may have happened with a user.
func someLife() directory.UserLife {
	return directory.UserLife{Next: "evt_1",
		Sessions: []gatehouse.Session{{ID: "ses_1", UserAgent: fixture.Firefox, IPAddress: "192.0.2.44", CreatedAt: fixture.Noon.Add(-time.Hour), SeenAt: fixture.Noon}, {ID: "ses_2", UserAgent: fixture.LongAgent, CreatedAt: fixture.Noon.Add(-time.Hour), SeenAt: fixture.Noon}},
		Terms:    []gatehouse.Acceptance{{Version: "2026-09", AcceptedAt: fixture.Noon}},
		Events: []gatehouse.Event{
			{ID: "evt_3", Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, At: fixture.Noon, IPAddress: "192.0.2.44", UserAgent: fixture.LongAgent, ActorKind: gatehouse.Visitor},
			{ID: "evt_2", Kind: gatehouse.EventUserDeactivated, Result: gatehouse.ResultOK, At: fixture.Noon, ActorKind: gatehouse.SignedIn, ActorID: "usr_1", ActorName: fixture.LongName},
			{ID: "evt_1", Kind: gatehouse.EventSignOut, Result: gatehouse.ResultOK, At: fixture.Noon, ActorKind: gatehouse.Operator},
		}}
}

// sampleBarrier is one of a kind, as it could be.
func sampleBarrier(k gatehouse.BarrierKind) gatehouse.Barrier {
	b := gatehouse.Barrier{Kind: k, Shut: strings.HasPrefix(string(k), "locked-"), Since: fixture.Noon.Add(-time.Hour), Until: fixture.Noon.Add(time.Hour), Remedies: []gatehouse.Remedy{gatehouse.RemedyPassword}}
	switch k {
	case gatehouse.BarrierDeleted:
		b.Remedies = []gatehouse.Remedy{gatehouse.RemedyRestore}
	case gatehouse.BarrierInvited, gatehouse.BarrierLink, gatehouse.BarrierNeverInvited:
		b.Remedies = []gatehouse.Remedy{gatehouse.RemedyInvite}
	case gatehouse.BarrierDeactivated:
		b.Remedies = []gatehouse.Remedy{gatehouse.RemedyActivate}
	case gatehouse.BarrierOperator:
		b.Until, b.Remedies = time.Time{}, []gatehouse.Remedy{gatehouse.RemedySupport}
	case gatehouse.BarrierStrangers, gatehouse.BarrierAttempts:
		b.Remedies = []gatehouse.Remedy{gatehouse.RemedyUnlock}
	}
	return b
}

// trustedDevices are two that were trusted an hour and a week ago.
func trustedDevices() []gatehouse.Device {
	return []gatehouse.Device{
		{ID: "dev_1", UserAgent: fixture.Firefox, SeenAt: fixture.Noon.Add(-time.Hour), IPAddress: "192.0.2.44", TrustedAt: fixture.Noon.Add(-time.Hour)},
		{ID: "dev_2", UserAgent: fixture.LongAgent, SeenAt: fixture.Noon, TrustedAt: fixture.Noon.AddDate(0, 0, -7)},
	}
}

// everyMail has a message in each state.
func everyMail() []directory.Mailed {
	long := "550 5.7.1 " + strings.Repeat("Message rejected. See https://postmaster.example/help for details. ", 6)
	return []directory.Mailed{
		{Message: directory.Message{ID: "msg_9", Subject: "Codes at each sign-in of yours", Recipient: "tom@northgate.example", State: "waiting", CreatedAt: fixture.Noon}, Way: directory.WayNow},
		{Message: directory.Message{ID: "msg_8", Subject: "Your sign-in code", Recipient: "tom@northgate.example", State: "sending", CreatedAt: fixture.Noon}},
		{Message: directory.Message{ID: "msg_7", Subject: "Your sign-in code", Recipient: "tom@northgate.example", State: "deferred", Reply: "451 4.7.1 Try again later <b>",
			TryLog: `[{"at":"2026-11-21T11:00:00Z","relay":"relay.example:587","state":"deferred","reply":"no connection"},{"at":"2026-11-21T11:01:00Z","relay":"relay.example:587","state":"deferred","reply":"451 4.7.1 Try again later <b>"}]`, CreatedAt: fixture.Noon, DueAt: fixture.Noon.Add(time.Minute)}, Way: directory.WayNow},
		{Message: directory.Message{ID: "msg_6", Subject: "Your sign-in code", Recipient: "tom@northgate.example", State: "deferred", Reply: "dial tcp 10.0.0.7:25: connection refused", CreatedAt: fixture.Noon, DueAt: fixture.Noon.Add(time.Minute)}, Way: directory.WayNow},
		{Message: directory.Message{ID: "msg_5", Subject: "Codes at each sign-in of yours", Recipient: "tom@northgate.example", State: "sent", Reply: "250 2.0.0 Ok: queued as 4XYZ", CreatedAt: fixture.Noon, DoneAt: fixture.Noon.Add(-4 * time.Hour)}, Way: directory.WayAgain},
		{Message: directory.Message{ID: "msg_4", Subject: "Your temporary password", Recipient: "tom@northgate.example", State: "refused", Reply: long, CreatedAt: fixture.Noon, DoneAt: fixture.Noon}, Way: directory.WayPassword},
		{Message: directory.Message{ID: "msg_3", Subject: "Your sign-in code", Recipient: "tom@northgate.example", State: "expired", CreatedAt: fixture.Noon, DoneAt: fixture.Noon}},
		{Message: directory.Message{ID: "msg_2", Subject: fixture.LongWord, Recipient: fixture.LongWord + "@northgate.example", State: "bounced", Reply: "5.1.1 550 5.1.1 unknown", CreatedAt: fixture.Noon, DoneAt: fixture.Noon.AddDate(0, 0, -3)}},
		{Message: directory.Message{ID: "msg_1b", Subject: "Your sign-in code", Recipient: "tom@northgate.example", State: "expired", Reply: "read tcp 10.0.0.7:25: connection reset", CreatedAt: fixture.Noon, DoneAt: fixture.Noon}},
		{Message: directory.Message{ID: "msg_1", Subject: "Your temporary password", Recipient: "tom@northgate.example", State: "sent", CreatedAt: fixture.Noon, DoneAt: fixture.Noon}, Void: "replaced"},
		{Message: directory.Message{ID: "msg_0", Subject: "Your temporary password", Recipient: "tom@northgate.example", State: "sent", CreatedAt: fixture.Noon, DoneAt: fixture.Noon}, Void: "expired", Way: directory.WayPassword},
	}
}

// besides are the saved searches next to one, of which the second is for locked users.
func besides(address string) ui.Searches {
	return ui.SearchesOf([]gatehouse.SavedSearch{
		{ID: "sea_1", Name: string([]rune(fixture.LongName + fixture.LongName)[:gatehouse.MostSearchName]), Search: gatehouse.Search{Place: gatehouse.SearchUsers, UserFilter: gatehouse.UserFilter{Text: "smith", Role: gatehouse.RoleAdmin}}},
		{ID: "sea_2", Name: "Locked out", Search: gatehouse.Search{Place: gatehouse.SearchUsers, UserFilter: gatehouse.UserFilter{Groups: gatehouse.SetOf(gatehouse.GroupLocked)}}},
		{ID: "sea_3", Name: "Elsewhere", Search: gatehouse.Search{Place: gatehouse.SearchHelp, UserFilter: gatehouse.UserFilter{Text: "locked"}}},
	}, []gatehouse.SharedSearch{{By: gatehouse.User{FirstName: fixture.LongName, LastName: "Santos"}, SavedSearch: gatehouse.SavedSearch{ID: "sea_4", Name: "Not seen for long", Search: gatehouse.Search{Place: gatehouse.SearchUsers, UserLook: gatehouse.UserLook{Sort: gatehouse.SortSeen}}}}}, address)
}

// listOf is what an address of the list asks for.
func listOf(query string) userList {
	asked, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	return readList(asked)
}

// userSamples are the pages about a company's users, and about the user's own two-factor
// authentication.
func userSamples() []pages.Sample {
	all, reachable := testUsers()
	counts := directory.UserCounts{Ungrouped: 10000, Bare: 3, Groups: map[gatehouse.UserGroup]int{gatehouse.GroupEnrolled: 9876, gatehouse.GroupNoEmail: 1, gatehouse.GroupBouncing: 12},
		Roles: map[gatehouse.Role]int{"": 9998, gatehouse.RoleAdmin: 1, gatehouse.RoleUser: 9997}, Factors: map[gatehouse.FactorFilter]int{"": 9998, gatehouse.TwoFactorIsOn: 9876}}
	list := []pages.Sample{
		{Name: "users", View: Users{FoundUsers: directory.FoundUsers{Users: all, Reachable: reachable, Found: len(all), Total: len(all), UserCounts: counts, Asked: map[string]time.Time{all[0].ID: fixture.Noon}}}},
		{Name: "users-middle", View: Users{directory.FoundUsers{Users: all[:2], Reachable: reachable, Preceding: 50, Found: 9998, Total: 10000, UserCounts: counts}, listOf("q=a%26b&role=user&sort=created&order=down&col=username&col=email&col=role&col=two_factor&col=last_sign_in&col=created&col=state"), besides("/company/users?q=a%26b"), true}},
		{Name: "users-group", View: Users{directory.FoundUsers{Users: all[7:8], Reachable: reachable, Found: 1, Total: 10, UserCounts: counts}, listOf("group=locked&group=never"), besides("/company/users?group=locked"), false}},
		{Name: "users-none", View: Users{directory.FoundUsers{Total: 152, UserCounts: counts}, listOf("q=marchetty"), ui.Searches{}, false}},
		{Name: "users-none-here", View: Users{directory.FoundUsers{Total: 152}, listOf("group=own"), ui.Searches{}, false}},
		{Name: "user-reset", View: ResetTwoFactor{Of: all[9]}},
	}
	for _, u := range all {
		list = append(list, pages.Sample{Name: "user-" + u.ID, View: detail(u, reachable[u.ID])})
	}
	full := UserDetail{Of: all[0], UserTwoFactor: directory.UserTwoFactor{Reachable: true, Trusted: trustedDevices(), Factors: everyFactor()}, Email: all[0].Email, Mails: everyMail(), Life: someLife()}
	full = withActs(full)
	with := func(name string, change func(*UserDetail)) {
		v := full
		change(&v)
		list = append(list, pages.Sample{Name: "user-" + name, View: v})
	}
	with("full", func(*UserDetail) {})
	for _, done := range []string{UserCorrected, UserAsked, UserResent, UserUntrusted, UserReset, UserUnlocked, UserActivated, UserDeactivated, UserPasswordSent, UserSame,
		UserInvited, UserMadeAdmin, UserUnmadeAdmin, UserDeleted, UserRestored, UserSignedOut, UserSessionEnded, UserAdded, UserSaved, UserProposed, "<b>"} {
		with("done-"+done, func(v *UserDetail) { v.Done = done })
	}
	with("also", func(v *UserDetail) { v.Done, v.Also = UserCorrected, append(Alsos, "<b>") })
	for _, why := range []string{RefusedResend, RefusedAddress, RefusedSoon, RefusedOften, RefusedOwn, RefusedUnlock, RefusedDeactivated, RefusedOperator, RefusedChanged, RefusedLast, RefusedDeleted, RefusedNot, RefusedProposed} {
		with("refused-"+why, func(v *UserDetail) { v.Refused, v.Wait = why, 11*time.Minute+time.Second })
	}
	with("wrong", func(v *UserDetail) {
		v.Email, v.Fields = "tom@", []gatehouse.FieldError{{Field: "email", Reason: "email"}}
	})
	with("asked", func(v *UserDetail) { v.Asked = &gatehouse.FactorAsk{AskedAt: fixture.Noon, ByName: fixture.LongName} })
	with("proposed", func(v *UserDetail) {
		v.Proposal.ID, v.Proposal.New, v.Proposal.ByName = "prp_1", fixture.LongWord+"@new.example", fixture.LongName
	})
	with("proposing", func(v *UserDetail) {
		v.On = Place{Site: fixture.Sites()["uk"], By: gatehouse.Caller{Kind: gatehouse.Operator, SiteID: gatehouse.OperatorsSite, UserID: "usr_o", Role: gatehouse.RoleSupport}, Users: "/operator/sites/uk/users",
			Firm: gatehouse.Company{ID: "com_1", Name: fixture.LongName, AccountNumber: "10482"}}
		v.Why, v.Fields = fixture.LongWord, []gatehouse.FieldError{{Field: "email", Reason: "same"}, {Field: "why", Reason: "required"}}
	})
	with("proved", func(v *UserDetail) { v.Proved = true })
	with("waiting", func(v *UserDetail) {
		v.Waiting = &gatehouse.FactorReset{ByKind: gatehouse.SignedIn, ByName: fixture.LongName, AskedAt: fixture.Noon, DueAt: fixture.Noon.Add(24 * time.Hour)}
	})
	with("waiting-support", func(v *UserDetail) {
		v.Waiting = &gatehouse.FactorReset{ByKind: gatehouse.Operator, ByName: "root", AskedAt: fixture.Noon, DueAt: fixture.Noon.Add(24 * time.Hour)}
	})
	with("wrong-bouncing", func(v *UserDetail) {
		v.Of, v.Email, v.Fields = all[3], "", []gatehouse.FieldError{{Field: "email", Reason: "required"}}
	})
	for _, k := range gatehouse.BarrierKinds {
		with("barrier-"+string(k), func(v *UserDetail) { v.Barriers, v.Shared = []gatehouse.Barrier{sampleBarrier(k)}, true })
	}
	with("barriers", func(v *UserDetail) {
		for _, k := range gatehouse.BarrierKinds {
			if k != gatehouse.BarrierNoEmail && k != gatehouse.BarrierBadEmail && k != gatehouse.BarrierCodeMail { // there is one address
				v.Barriers = append(v.Barriers, sampleBarrier(k))
			}
		}
		v.Of.Bounce.Reason, v.Shared, v.SharedAt = "550 5.1.1 unknown <b>", true, fixture.Noon.AddDate(0, -1, 0)
		v.From = []string{"192.0.2.44", "2001:db8::7", "2001:db8::8"}
		v.Lock = gatehouse.Event{UserAgent: fixture.LongAgent}
		v.End = gatehouse.Event{ActorKind: gatehouse.SignedIn, ActorName: fixture.LongWord}
	})
	with("changed", func(v *UserDetail) { v.Refused, v.Changed = RefusedChanged, someLife().Events[1] })
	with("deleted", func(v *UserDetail) {
		v.Of.State, v.Of.DeletedAt = gatehouse.Deactivated, fixture.Noon
		v.Barriers = barriersOf(v.Of, true)
		*v = withActs(*v)
	})
	for _, act := range Acts() {
		list = append(list, pages.Sample{Name: "act-" + string(act), View: UserAct{UserDetail: full, Act: act}})
	}
	with("own", func(v *UserDetail) { v.Of = *fixture.User(); *v = withActs(*v) })
	typed := directory.UserFields{Username: fixture.LongWord, FirstName: fixture.LongName, LastName: fixture.LongWord, Email: "tom@", Role: gatehouse.RoleAdmin, Locale: "de"}
	list = append(list,
		pages.Sample{Name: "user-new", View: UserForm{Typed: directory.UserFields{Role: gatehouse.RoleUser}}},
		pages.Sample{Name: "user-new-wrong", View: UserForm{Typed: typed, Fields: []gatehouse.FieldError{{Field: "username", Reason: "taken"}, {Field: "email", Reason: "required"}, {Field: "role", Reason: "role"}}}},
		pages.Sample{Name: "user-new-many", View: UserForm{Typed: typed, TooMany: true}},
		pages.Sample{Name: "user-edit", View: UserForm{Of: all[0], Typed: typed, Seen: "0123"}},
		pages.Sample{Name: "user-edit-changed", View: UserForm{Of: all[0], Typed: typed, Seen: "0123", IsChanged: true, Changed: someLife().Events[1]}},
		pages.Sample{Name: "user-edit-changed-unknown", View: UserForm{Of: all[0], Typed: typed, Seen: "0123", IsChanged: true}},
		pages.Sample{Name: "requests-none", View: Requests{}},
		pages.Sample{Name: "requests", View: Requests{Done: "yes", Asked: directory.Asked{Users: []directory.AskedByUser{
			{UserRequest: gatehouse.UserRequest{Kind: gatehouse.RequestUsername, UserID: "usr_1", At: fixture.Noon}, User: all[0]},
			{UserRequest: gatehouse.UserRequest{Kind: gatehouse.RequestShared, UserID: "usr_2", At: fixture.Noon}, User: all[9]}},
			Access: fullPlatforms("Desk", all[0]).Requests}}},
		pages.Sample{Name: "requests-done", View: Requests{Done: "no"}},
		pages.Sample{Name: "deleted", View: DeletedUsers{all}},
		pages.Sample{Name: "deleted-none", View: DeletedUsers{}},
		pages.Sample{Name: "user-activity", View: UserActivity{Of: all[0], Life: someLife(), Before: "evt_9"}},
		pages.Sample{Name: "user-activity-none", View: UserActivity{Of: all[9]}})
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}

// everyFactor is one of each kind.
func everyFactor() (all []gatehouse.Factor) {
	for _, kind := range []gatehouse.FactorKind{gatehouse.FactorApp, gatehouse.FactorPasskey, gatehouse.FactorText} {
		all = append(all, gatehouse.Factor{Kind: kind, ConfirmedAt: fixture.Noon, UsedAt: fixture.Noon})
	}
	return all
}
