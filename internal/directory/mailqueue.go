package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Operators watch the mail of all sites: what waits and why, what came back, and what relays say
// (C13). Contents are for nobody: they have codes and passwords in them.

const (
	mailPage = 25
	// mailWindow is how many messages of a site a page looks at for those that fit.
	mailWindow = 5000
	// mostAnswers is how many messages of a site are looked at for what relays say, of those that wait
	// and of those that never arrived.
	mostAnswers = 5000
	answersOf   = 24 * time.Hour
	answersKept = 20
	bouncesPage = 50
)

// MessageStates are those by which operators look at the queue.
var MessageStates = store.MessageStates

// MailFilter selects messages of all sites, or of one.
type MailFilter struct {
	Site  string
	State MessageState
	Group gatehouse.MailGroup
	// Before is the ID of the last message of the page before.
	Before string
}

// MailQueue is a page of messages.
type MailQueue struct {
	MailFilter
	// Messages are in order, newest first; without their content.
	Messages []Message
	// Next is the Before of the next page; empty on the last one. Searched: only a part was searched,
	// down to where the next page begins.
	Next     string
	Searched bool
	// Answers are what relays have said on the last day, the most frequent first.
	Answers []AnswerCount
	// Held are the sites of which nothing is sent.
	Held []MailHold
}

// MailHold is that nothing of a site is sent.
type MailHold = store.MailHold

// AnswerCount is an answer of mail servers, and to how many messages.
type AnswerCount struct {
	State MessageState
	Text  string
	N     int
}

// MailQueue returns messages, newest first, with what relays say.
//
// Errors: Forbidden, Unavailable.
func (s *Service) MailQueue(ctx context.Context, c gatehouse.Caller, sites []*site.Site, f MailFilter) (m MailQueue, err error) {
	if !c.Operates(gatehouse.OperatorSee) {
		return m, errForbidden
	}
	if !slices.Contains(MessageStates, f.State) {
		f.State = ""
	}
	if !slices.Contains(gatehouse.MailGroups, f.Group) {
		f.Group = ""
	}
	m.MailFilter = f
	q := s.Store.Read()
	if m.Held, err = q.MailHolds(ctx); err != nil {
		return m, err
	}
	pages := newest[Message]{id: func(m Message) string { return m.ID }}
	for _, st := range sitesOf(sites, f.Site) {
		p := store.MailPage{State: f.State, Kinds: gatehouse.KindsOfMail(f.Group), Others: f.Group == gatehouse.MailOther, Before: f.Before, Limit: mailPage + 1, Window: mailWindow}
		all, end, err := q.MessagesOfSite(ctx, st.ID, p)
		if err != nil {
			return m, err
		}
		pages.add(all, end)
	}
	m.Messages, m.Next, m.Searched = pages.first(mailPage)
	for i := range m.Messages {
		m.Messages[i] = withoutContent(m.Messages[i])
	}
	m.Answers, err = s.answers(ctx, q, sitesOf(sites, f.Site))
	return m, err
}

func sitesOf(sites []*site.Site, id string) []*site.Site {
	if id == "" {
		return sites
	}
	return slices.DeleteFunc(slices.Clone(sites), func(st *site.Site) bool { return st.ID != id })
}

// withoutContent is a message for operators: without its content; of a phone, the last digits; of a report,
// which anybody may have made who has the mail, the numbers.
func withoutContent(m Message) Message {
	m.Body, m.Lease = nil, ""
	if m.ByText() {
		m.Recipient = gatehouse.MaskPhone(m.Recipient)
	}
	if m.State == store.MessageBounced {
		m.Reply = gatehouse.AnswerCodes(m.Reply)
	}
	return m
}

// answers groups what relays have said on the last day.
func (s *Service) answers(ctx context.Context, q store.Queries, sites []*site.Site) ([]AnswerCount, error) {
	counts := map[AnswerCount]int{}
	for _, st := range sites {
		for _, waiting := range []bool{true, false} {
			all, err := q.Answers(ctx, st.ID, s.Now().Add(-answersOf), waiting, mostAnswers)
			if err != nil {
				return nil, err
			}
			for _, a := range all {
				text := gatehouse.AnswerGroup(a.Reply)
				if a.State == store.MessageBounced {
					text = gatehouse.AnswerCodes(a.Reply)
				}
				if a.State == store.MessageSending {
					a.State = store.MessageDeferred
				}
				counts[AnswerCount{State: a.State, Text: text}] += a.N
			}
		}
	}
	var all []AnswerCount
	for a, n := range counts {
		a.N = n
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b AnswerCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Text, b.Text), strings.Compare(string(a.State), string(b.State)))
	})
	return all[:min(len(all), answersKept)], nil
}

// QueuedMail is one message of a site, as operators see it.
type QueuedMail struct {
	Message
	User gatehouse.User
	// Hold is that nothing of the site is sent; zero: it is.
	Hold MailHold
	// Seen is what the message was like, for RetryMail and DropMail.
	Seen string
	// Dropped: it was ended before its time.
	Dropped bool
}

// Waits reports whether something can be done about the message.
func (m QueuedMail) Waits() bool { return !m.State.Final() && m.State != store.MessageSending }

// QueuedMail returns a message without its content.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) QueuedMail(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (m QueuedMail, err error) {
	if err := knock(st, c.For(gatehouse.OperatorSee)); err != nil {
		return m, err
	}
	if !operates(c) {
		return m, errForbidden
	}
	q := s.Store.Read()
	if m.Message, err = q.Message(ctx, st.ID, id); err != nil {
		return m, err
	}
	m.Seen = seen(m.Message)
	m.Dropped = m.State == store.MessageExpired && m.DoneAt.Before(m.ExpiresAt)
	m.Message = withoutContent(m.Message)
	if m.Hold, err = holdOf(ctx, q, st.ID); err != nil || m.UserID == "" {
		return m, err
	}
	u, err := q.User(ctx, st.ID, m.UserID)
	if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
		err = nil
	}
	m.User = bare(u)
	return m, err
}

// seen tells two states of a message apart.
func seen(m Message) string {
	return fmt.Sprintf("%s.%d.%d", m.State, m.Tries, m.DueAt.UnixMicro())
}

func holdOf(ctx context.Context, q store.Queries, siteID string) (store.MailHold, error) {
	holds, err := q.MailHolds(ctx)
	for _, h := range holds {
		if h.SiteID == siteID {
			return h, err
		}
	}
	return store.MailHold{}, err
}

// BouncedFilter selects addresses that mail comes back from, of all sites or of one.
type BouncedFilter struct {
	Site string
	// At and ID are those of the last one of the page before.
	At time.Time
	ID string
}

// Bounced is a page of users to whom nothing is sent, because mail to their address comes back.
type Bounced struct {
	BouncedFilter
	Users []FoundUser
	More  bool
}

// Bounced returns users whose address mail comes back from, the newest mark first.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Bounced(ctx context.Context, c gatehouse.Caller, sites []*site.Site, f BouncedFilter) (b Bounced, err error) {
	if !c.Operates(gatehouse.OperatorSee) {
		return b, errForbidden
	}
	b.BouncedFilter = f
	for _, st := range sitesOf(sites, f.Site) {
		users, err := s.Store.Read().BouncedUsers(ctx, st.ID, f.At, f.ID, bouncesPage+1)
		if err != nil {
			return b, err
		}
		for _, u := range users {
			b.Users = append(b.Users, FoundUser{Site: st, User: bare(u)})
		}
	}
	slices.SortFunc(b.Users, func(x, y FoundUser) int {
		return cmp.Or(y.User.Bounce.At.Compare(x.User.Bounce.At), strings.Compare(y.User.ID, x.User.ID))
	})
	if len(b.Users) > bouncesPage {
		b.Users, b.More = b.Users[:bouncesPage], true
	}
	return b, nil
}
