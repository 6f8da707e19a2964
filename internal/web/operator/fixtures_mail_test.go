package operator

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

func testMail(state directory.MessageState) directory.Message {
	m := directory.Message{SiteID: "uk", ID: "msg_1", UserID: "usr_o", Kind: "verification-code", Subject: "Your sign-in code", Recipient: "tom@northgate.example", MessageID: "abc@mail.example",
		State: state, Tries: 3, Reply: "451 4.7.1 Try again later", CreatedAt: fixture.Noon, DueAt: fixture.Noon.Add(time.Minute), ExpiresAt: fixture.Noon.Add(time.Hour)}
	for _, t := range []gatehouse.MailTry{{State: "deferred", Relay: "relay.example:587", Reply: "no connection"}, {State: "deferred", Relay: "relay.example:587", Reply: "451 4.7.1 later"}, {State: "sent", Reply: "250 ok"}} {
		t.At = fixture.Noon
		m.TryLog = gatehouse.AddMailTry(m.TryLog, t)
	}
	if state.Final() {
		m.DoneAt = fixture.Noon.Add(time.Second)
	}
	return m
}

// mailViews are the pages of mail in all their states.
func mailViews() map[string]ui.View {
	sites := []*site.Site{fixture.Sites()["uk"], fixture.Sites()["au"]}
	held := directory.MailHold{SiteID: sites[0].ID, HeldAt: fixture.Noon, By: "Owen Hale"}
	all := map[string]ui.View{"mail-empty": Mail{Sites: sites}, "bounced-empty": Bounced{}}
	full := Mail{Sites: sites, Changed: true, Done: "holds"}
	full.Held, full.Next, full.Before = []directory.MailHold{held}, "msg_0", "msg_2"
	for _, state := range directory.MessageStates {
		m := testMail(state)
		full.Messages = append(full.Messages, m)
		one := OneMail{QueuedMail: directory.QueuedMail{Message: m, User: testOperators()[0], Seen: "x", Hold: held}, Site: sites[0]}
		all["mail-held-"+string(state)] = one
		one.Hold, one.User = directory.MailHold{}, gatehouse.User{}
		all["mail-one-"+string(state)] = one
		one.Dropped = true
		all["mail-dropped-"+string(state)] = one
		full.Answers = append(full.Answers, directory.AnswerCount{State: state, Text: "550 5.7.1 Message rejected", N: 214}, directory.AnswerCount{State: state, N: 1})
	}
	long := testMail("deferred")
	long.Subject, long.Recipient, long.Reply = fixture.LongWord, fixture.LongWord+"@northgate.example", "451 "+fixture.LongWord
	full.Messages = append(full.Messages, long)
	all["mail-full"] = full
	for _, searched := range []bool{true, false} {
		v := Mail{Sites: sites}
		v.State, v.Site, v.Group, v.Searched, v.Next = "refused", sites[0].ID, gatehouse.MailCodes, searched, "msg_0"
		all[map[bool]string{true: "mail-searched", false: "mail-none"}[searched]] = v
	}
	for _, done := range []string{"retried", "dropped"} {
		all["mail-done-"+done] = OneMail{QueuedMail: directory.QueuedMail{Message: testMail("waiting")}, Site: sites[0], Done: done}
	}
	for _, why := range mailRefusals {
		all["mail-refused-"+why] = OneMail{QueuedMail: directory.QueuedMail{Message: testMail("waiting")}, Site: sites[0], Refused: why}
	}
	var b Bounced
	b.Site = "uk"
	for i, u := range testOperators() {
		u.Bounce = gatehouse.Bounce{At: fixture.Noon, Reason: "550 5.1.1 No such mailbox", Reported: i%2 == 0}
		b.Users = append(b.Users, directory.FoundUser{Site: sites[0], User: u})
	}
	b.More, b.Done, b.Changed = true, true, true
	all["bounced"] = b
	return all
}

// hostileMail puts a probe into what people and mail servers have written.
func hostileMail(v ui.View, probe string) ui.View {
	m := testMail("deferred")
	m.Subject, m.Recipient, m.Reply, m.Kind, m.MessageID = probe, probe, probe, probe, probe
	m.TryLog = gatehouse.AddMailTry("", gatehouse.MailTry{State: "refused", Relay: probe, Reply: "550 " + probe})
	u := testOperators()[0]
	u.FirstName, u.LastName, u.Username, u.Email = probe, probe, probe, probe
	u.Bounce = gatehouse.Bounce{At: fixture.Noon, Reason: probe}
	st := *fixture.Sites()["uk"]
	st.Name = probe
	hold := directory.MailHold{SiteID: st.ID, HeldAt: fixture.Noon, By: probe}
	switch v := v.(type) {
	case Mail:
		v.Sites, v.Held = []*site.Site{&st}, []directory.MailHold{hold}
		v.Messages, v.Answers = []directory.Message{m}, []directory.AnswerCount{{State: "refused", Text: probe, N: 1}}
		v.Before, v.Next = probe, probe
		return v
	case OneMail:
		v.Message, v.User, v.Seen, v.Hold, v.Site = m, u, probe, hold, &st
		return v
	case Bounced:
		v.Users = []directory.FoundUser{{Site: &st, User: u}}
		return v
	}
	return v
}
