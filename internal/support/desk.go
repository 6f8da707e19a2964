package support

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Filter is what an operator wants to see of the cases.
type Filter struct {
	State gatehouse.CaseState
	// Whose: "mine", "nobody", or empty for all.
	Whose string
	// Text is a number, the reference of an error page, or an address.
	Text string
	// After and AfterID are the last case of the page before.
	After   time.Time
	AfterID string
}

// Queue is a page of the list of cases.
type Queue struct {
	Filter
	Cases []View
	// More: there is another page.
	More bool
	// Open is how many wait for support, up to MostCounted. Answered is how many were first answered in
	// the last 30 days, and FirstAnswer how long that took on average.
	Open, Answered int
	FirstAnswer    time.Duration
}

const (
	// CasesPerPage is how many cases a page shows.
	CasesPerPage = 50
	// MostCounted is as far as the open cases are counted.
	MostCounted = 1000
	// answersOf is how far back first answers are looked at.
	answersOf = 30 * 24 * time.Hour
)

func mayWork(c gatehouse.Caller) error {
	if c.Operates(gatehouse.OperatorCases) {
		return nil
	}
	return errForbidden
}

// Queue returns the cases of all sites.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Queue(ctx context.Context, c gatehouse.Caller, f Filter) (d Queue, err error) {
	if err := mayWork(c); err != nil {
		return d, err
	}
	if !gatehouse.IsCaseState(f.State) {
		f.State = gatehouse.CaseOpen
	}
	d.Filter = f
	q := s.Store.Read()
	found, err := s.found(ctx, q, c, f)
	if err == nil {
		d.Open, err = q.CountCases(ctx, gatehouse.CaseOpen, MostCounted)
	}
	if err == nil {
		d.Answered, d.FirstAnswer, err = q.FirstAnswers(ctx, s.Now().Add(-answersOf))
	}
	if len(found) > CasesPerPage {
		found, d.More = found[:CasesPerPage], true
	}
	for _, one := range found {
		d.Cases = append(d.Cases, View{Case: one, Title: s.Title(one)})
	}
	return d, err
}

func (s *Service) found(ctx context.Context, q store.Queries, c gatehouse.Caller, f Filter) ([]gatehouse.Case, error) {
	switch {
	case f.Text != "":
		number, _ := ReadNumber(f.Text)
		reference, _ := ReadReference(f.Text)
		return q.FindCases(ctx, number, reference, f.Text, CasesPerPage)
	case f.Whose == "mine":
		return q.CasesAssigned(ctx, c.UserID, f.State, f.After, f.AfterID, CasesPerPage+1)
	case f.Whose == "nobody":
		return q.CasesAssigned(ctx, "", f.State, f.After, f.AfterID, CasesPerPage+1)
	}
	return q.CasesIn(ctx, f.State, f.After, f.AfterID, CasesPerPage+1)
}

// Work is a case as an operator sees it.
type Work struct {
	View
	// Accounts are those that may be the customer's: the user's own, or those with a stranger's address,
	// who need not be their owner.
	Accounts []gatehouse.User
}

// Work returns a case with its notes, and with what waits for a person.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Work(ctx context.Context, st *site.Site, c gatehouse.Caller, number string) (w Work, err error) {
	if err := mayWork(c); err != nil {
		return w, err
	}
	q := s.Store.Read()
	one, err := q.CaseByNumber(ctx, st.ID, number)
	if err != nil {
		return w, err
	}
	if w.View, err = s.view(ctx, q, one, true); err != nil {
		return w, err
	}
	if one.UserID == "" {
		w.Accounts, err = q.UsersByEmail(ctx, st.ID, one.Email, gatehouse.MostAccounts)
		return w, err
	}
	u, err := q.User(ctx, st.ID, one.UserID)
	if err == nil {
		w.Accounts = []gatehouse.User{u}
	}
	return w, err
}

// WorkFile returns a file of a case to an operator.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) WorkFile(ctx context.Context, st *site.Site, c gatehouse.Caller, number, id string) (f gatehouse.CaseFile, body []byte, err error) {
	if err := mayWork(c); err != nil {
		return f, nil, err
	}
	q := s.Store.Read()
	one, err := q.CaseByNumber(ctx, st.ID, number)
	if err == nil {
		f, err = q.CaseFile(ctx, st.ID, one.ID, id)
	}
	if err == nil {
		body, err = s.content(ctx, f)
	}
	return f, body, err
}

// CaseStep is what an operator does about a case.
type CaseStep struct {
	Number string
	// Version is that of the case as the operator saw it.
	Version int
	Do      StepKind
	// Text is the answer, or the note. Message is the one to let in, or to drop.
	Text, Message string
}

// StepKind is what is done.
type StepKind string

// The steps.
const (
	StepAnswer  StepKind = "answer"
	StepSettle  StepKind = "settle" // answer, and close
	StepNote    StepKind = "note"
	StepClose   StepKind = "close"
	StepTake    StepKind = "take"
	StepRelease StepKind = "release"
	StepLetIn   StepKind = "let-in"
	StepDrop    StepKind = "drop"
)

// Step does a step. Nothing is done if the case is no longer as the operator saw it: the customer may
// have written, or another operator have answered.
//
// Errors: Invalid with the field text; Forbidden; NotFound; Conflict (ReasonCaseChanged, ReasonCaseFull);
// Unavailable.
func (s *Service) Step(ctx context.Context, st *site.Site, c gatehouse.Caller, step CaseStep) error {
	if err := mayWork(c); err != nil {
		return err
	}
	step.Text = Form{What: step.Text}.trimmed().What
	var faults gatehouse.Faults
	if step.Do == StepAnswer || step.Do == StepSettle || step.Do == StepNote {
		prose(&faults, "text", step.Text, true)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		before, err := tx.CaseByNumber(tx, st.ID, step.Number)
		if err != nil {
			return err
		}
		if before.Version != step.Version {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonCaseChanged}
		}
		after, kind, err := s.stepped(tx, before, step)
		if err != nil {
			return err
		}
		if err := change(tx, before, after); err != nil {
			return err
		}
		return recordStep(tx, after, kind, step.Do)
	})
}

// recordStep writes an event. The user reads of answers and of the end, not of what support does for
// itself.
func recordStep(tx *act.Unit, one gatehouse.Case, kind gatehouse.EventKind, do StepKind) error {
	switch kind {
	case gatehouse.EventCaseNoted, gatehouse.EventCaseChanged, gatehouse.EventCaseSettled:
		one.UserID, one.CompanyID = "", ""
	}
	detail := []string{"to", one.Assignee, "state", string(one.State)}
	if kind == gatehouse.EventCaseSettled {
		detail = append(detail, "let_in", yesNo(do == StepLetIn))
	}
	return record(tx, one, kind, detail...)
}

// stepped is the case after a step, whose other rows are written.
func (s *Service) stepped(tx *act.Unit, before gatehouse.Case, step CaseStep) (after gatehouse.Case, kind gatehouse.EventKind, err error) {
	after, kind = before, gatehouse.EventCaseChanged
	switch step.Do {
	case StepAnswer, StepSettle:
		return s.answered(tx, before, step)
	case StepNote:
		kind, err = gatehouse.EventCaseNoted, s.say(tx, before, gatehouse.CaseNote, step.Text)
	case StepClose:
		return before.AfterClosing(tx.Now()), gatehouse.EventCaseClosed, nil
	case StepTake:
		after.AssignedTo, after.Assignee = tx.Caller.UserID, tx.Caller.Name
	case StepRelease:
		after.AssignedTo, after.Assignee = "", ""
	case StepLetIn, StepDrop:
		return s.settled(tx, before, step)
	default:
		return after, kind, errForbidden
	}
	after.Version++
	return after, kind, err
}

// settled lets in a mail that was held, or drops it.
func (s *Service) settled(tx *act.Unit, before gatehouse.Case, step CaseStep) (gatehouse.Case, gatehouse.EventKind, error) {
	let := step.Do == StepLetIn
	held, err := tx.SettleCaseMessage(tx, before.SiteID, before.ID, step.Message, let)
	if err == nil && !held {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonCaseChanged}
	}
	if err == nil && !let {
		err = tx.DropFilesOfMessage(tx, before.SiteID, before.ID, step.Message)
	}
	after := before
	if after.Version++; let {
		after = before.AfterReply(tx.Now())
	}
	after.Held = max(0, before.Held-1)
	return after, gatehouse.EventCaseSettled, err
}

// answered writes and mails the answer. The one who answers looks after the case from then on, if
// nobody does.
func (s *Service) answered(tx *act.Unit, before gatehouse.Case, step CaseStep) (after gatehouse.Case, kind gatehouse.EventKind, err error) {
	after, kind = before.AfterAnswer(tx.Now()), gatehouse.EventCaseAnswered
	if before.Disowned { // whose address it is has asked for no more mail
		return after, kind, errForbidden
	}
	if step.Do == StepSettle {
		version := after.Version
		after = after.AfterClosing(tx.Now())
		after.Version = version
	}
	if after.AssignedTo == "" {
		after.AssignedTo, after.Assignee = tx.Caller.UserID, tx.Caller.Name
	}
	if err := s.say(tx, before, gatehouse.CaseFromSupport, step.Text); err != nil {
		return after, kind, err
	}
	msg := mail.CaseAnswer{CaseLink: s.linkTo(tx, before), Text: mail.Lines(step.Text),
		Closed: step.Do == StepSettle, Until: tx.Now().Add(gatehouse.CaseSilence)}
	if before.UserID != "" {
		u, err := tx.User(tx, before.SiteID, before.UserID)
		if err != nil {
			return after, kind, err
		}
		return after, kind, tx.Tell(u, msg)
	}
	_, err = tx.Mail(recipient(before), msg)
	return after, kind, err
}

// say adds what an operator writes.
func (s *Service) say(tx *act.Unit, one gatehouse.Case, kind gatehouse.CaseMessageKind, text string) error {
	if err := room(tx, one, 0); err != nil {
		return err
	}
	words, err := s.sealWords(one.SiteID, one.ID, gatehouse.CaseWords{Text: text})
	if err != nil {
		return err
	}
	_, err = tx.InsertCaseMessage(tx, gatehouse.CaseMessage{SiteID: one.SiteID, CaseID: one.ID, ID: store.NewID("csm", tx.Now()), Kind: kind,
		ByID: tx.Caller.UserID, By: tx.Caller.Name, Words: words, At: tx.Now()})
	return err
}
