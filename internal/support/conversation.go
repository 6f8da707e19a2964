package support

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// View is a case as it is shown.
type View struct {
	gatehouse.Case
	Title    string
	Messages []Message
}

// Message is a message with its words and files.
type Message struct {
	gatehouse.CaseMessage
	gatehouse.CaseWords
	Files []gatehouse.CaseFile
}

// mostOwnCases is how many of their cases users see.
const mostOwnCases = 100

// Cases returns the newest cases of a signed-in user.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Cases(ctx context.Context, st *site.Site, c gatehouse.Caller) (all []View, err error) {
	if c.Kind != gatehouse.SignedIn || c.SiteID != st.ID || c.UserID == "" {
		return nil, errForbidden
	}
	found, err := s.Store.Read().CasesOfUser(ctx, st.ID, c.UserID, mostOwnCases)
	for _, one := range found {
		all = append(all, View{Case: one, Title: s.Title(one)})
	}
	return all, err
}

// Case returns a case that the caller may see, with what was said to each other. Before its address
// is confirmed, a stranger's case shows nothing: the mail may have reached somebody else, to whom it
// would be a page of ours with a stranger's words.
//
// Errors: NotFound; Forbidden (ReasonCaseUnconfirmed) with the case; Unavailable.
func (s *Service) Case(ctx context.Context, st *site.Site, c gatehouse.Caller, by Access) (View, error) {
	q := s.Store.Read()
	one, err := s.accessible(ctx, q, st, c, by)
	if err != nil {
		return View{}, err
	}
	if one.UserID == "" && !one.Confirmed {
		return View{Case: gatehouse.Case{Number: one.Number, State: one.State, Disowned: one.Disowned, CreatedAt: one.CreatedAt}}, &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonCaseUnconfirmed}
	}
	return s.view(ctx, q, one, false)
}

// view reads the conversation of a case. all: also what only support sees.
func (s *Service) view(ctx context.Context, q store.Queries, one gatehouse.Case, all bool) (View, error) {
	v := View{Case: one, Title: s.Title(one)}
	messages, err := q.CaseMessages(ctx, one.SiteID, one.ID, all, gatehouse.MostCaseMessages)
	if err != nil {
		return v, err
	}
	files, err := q.CaseFiles(ctx, one.SiteID, one.ID)
	if err != nil {
		return v, err
	}
	for _, m := range messages {
		words, err := s.openWords(m)
		if err != nil {
			return v, err
		}
		shown := Message{CaseMessage: m, CaseWords: words}
		for _, f := range files {
			if f.MessageID == m.ID {
				shown.Files = append(shown.Files, f)
			}
		}
		v.Messages = append(v.Messages, shown)
	}
	return v, nil
}

// Confirm is the answer of the one who reads the mail of a stranger's address: wrote says that it was
// them. If not, the case is closed, and nothing more is mailed there about it.
//
// Errors: NotFound, Unavailable.
func (s *Service) Confirm(ctx context.Context, st *site.Site, c gatehouse.Caller, token string, wrote bool) error {
	return s.persist(ctx, st, c, func(tx *act.Unit) error {
		before, err := s.accessible(tx, tx.Queries, st, c, Access{Token: token})
		if err != nil || before.Confirmed || before.Disowned {
			return err
		}
		after, kind := before, gatehouse.EventCaseConfirmed
		after.Version++
		if after.Confirmed = wrote; !wrote {
			after, kind = before.AfterClosing(tx.Now()), gatehouse.EventCaseDisowned
			after.Disowned = true
		}
		if err := change(tx, before, after); err != nil {
			return err
		}
		return record(tx, after, kind)
	})
}

// Reply adds what the customer has to say. It opens a closed case again.
//
// Errors: Invalid with the fields text and files; NotFound; Forbidden (ReasonCaseUnconfirmed);
// Conflict (ReasonCaseFull); TooMany (ReasonCaseWait); Unavailable.
func (s *Service) Reply(ctx context.Context, st *site.Site, c gatehouse.Caller, by Access, text string, uploads []Upload) error {
	one, err := s.accessible(ctx, s.Store.Read(), st, c, by)
	if err != nil {
		return err
	}
	if one.UserID == "" && !one.Confirmed {
		return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonCaseUnconfirmed}
	}
	text = Form{What: text}.trimmed().What
	var faults gatehouse.Faults
	if prose(&faults, "text", text, true); len(faults) > 0 {
		return faults.Err()
	}
	if err := s.allow(ctx, s.Limits.Case.of("case:"+st.ID+":"+one.ID)); err != nil {
		return err
	}
	files, faults, err := s.readFiles(ctx, uploads)
	if err == nil {
		err = faults.Err()
	}
	if err != nil {
		return err
	}
	mark := ""
	if c.Post != "" { // a double click is one reply
		mark = "form:" + secret.HashToken(c.Post)
	}
	return s.add(ctx, st, c, addition{id: one.ID, number: one.Number, text: text, files: files, by: one.Name, mark: mark})
}

// addition is what a customer adds to a case.
type addition struct {
	id, number, text, by, mark string
	files                      []ready
	byMail, held, left         bool
}

// add writes it, and tells support.
func (s *Service) add(ctx context.Context, st *site.Site, c gatehouse.Caller, a addition) error {
	kept, err := s.putFiles(ctx, st, a.files)
	if err != nil {
		return err
	}
	told, err := s.mayNotify(ctx, st)
	if err != nil {
		return err
	}
	words, err := s.sealWords(st.ID, a.id, gatehouse.CaseWords{Text: a.text, Left: a.left})
	if err != nil {
		return err
	}
	return s.persist(ctx, st, c, func(tx *act.Unit) error {
		before, err := tx.CaseByNumber(tx, st.ID, a.number)
		if err != nil {
			return err
		}
		if err := room(tx, before, len(kept)); err != nil {
			return err
		}
		m := gatehouse.CaseMessage{SiteID: st.ID, CaseID: a.id, ID: store.NewID("csm", tx.Now()), Kind: gatehouse.CaseFromCustomer, ByID: before.UserID, By: a.by,
			ByMail: a.byMail, Held: a.held, Words: words, Mark: a.mark, At: tx.Now()}
		if a.held { // nobody knows whose it is
			m.ByID = ""
		}
		isNew, err := tx.InsertCaseMessage(tx, m)
		if err != nil || !isNew {
			return err
		}
		if err := own(tx, m, kept); err != nil {
			return err
		}
		return s.added(tx, before, m, len(kept), told, a.text)
	})
}

// added is what follows from a new message of the customer.
func (s *Service) added(tx *act.Unit, before gatehouse.Case, m gatehouse.CaseMessage, files int, told bool, text string) error {
	after, news := before.AfterReply(tx.Now()), mail.CaseReply
	if m.Held { // nothing but a person changes the state
		after, news = before, mail.CaseHeld
		after.Version++
		after.Held++
	}
	after.Files += files
	if err := change(tx, before, after); err != nil {
		return err
	}
	about := after
	if m.Held { // the user reads of what they have done, not of what others have
		about.UserID, about.CompanyID = "", ""
	}
	if err := record(tx, about, gatehouse.EventCaseReplied, "held", yesNo(m.Held), "by_mail", yesNo(m.ByMail)); err != nil {
		return err
	}
	return s.notify(tx, told, after, news, text, files)
}

// room reports whether a case takes another message.
func room(tx *act.Unit, one gatehouse.Case, files int) error {
	n, err := tx.CountCaseMessages(tx, one.SiteID, one.ID)
	if err == nil && (n >= gatehouse.MostCaseMessages || one.Files+files > gatehouse.MostCaseFilesInAll) {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonCaseFull}
	}
	return err
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
