package operator

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// Proposals lists the addresses that were proposed, and what became of them.
func (o *Operator) Proposals(w http.ResponseWriter, r *http.Request) error {
	all, err := o.Directory.Proposals(r.Context(), by(r), o.Sites.All())
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Proposals{All: all, By: by(r)})
}

// Proposals are proposed addresses, newest first, as an operator sees them.
type Proposals struct {
	All []directory.ProposedAddress
	By  gatehouse.Caller
}

func (Proposals) Template() string        { return "operator_proposals" }
func (Proposals) Title(p *ui.Page) string { return p.T("proposal.title") }

// Open are those that wait for an answer, Ended the others.
func (v Proposals) Open() []directory.ProposedAddress  { return v.in(true) }
func (v Proposals) Ended() []directory.ProposedAddress { return v.in(false) }

func (v Proposals) in(open bool) (list []directory.ProposedAddress) {
	for _, p := range v.All {
		if (p.State == gatehouse.ProposalOpen) == open {
			list = append(list, p)
		}
	}
	return list
}

// Mine: it takes this operator to answer.
func (v Proposals) Mine(p directory.ProposedAddress) bool { return p.MayAnswer(v.By) }

// Path is the page of a proposal.
func (Proposals) Path(p directory.ProposedAddress) string { return proposalPath(p.SiteID, p.ID) }

func proposalPath(siteID, id string) string {
	return ui.OperatorAddressesPath + "/" + url.PathEscape(siteID) + "/" + url.PathEscape(id)
}

// Proposal shows one, with what can be done about it.
func (o *Operator) Proposal(w http.ResponseWriter, r *http.Request) error {
	v, err := o.proposal(r)
	if err != nil {
		return err
	}
	v.Done = r.URL.Query().Get("done")
	return o.page(w, r, http.StatusOK, v)
}

func (o *Operator) proposal(r *http.Request) (v OneProposal, err error) {
	v.By = by(r)
	if v.On, err = o.siteOf(r.PathValue("site")); err != nil {
		return v, err
	}
	v.ProposedAddress, err = o.Directory.Proposal(r.Context(), v.On, v.By, r.PathValue("proposal"))
	return v, err
}

// AnswerProposal agrees to one, or refuses it.
func (o *Operator) AnswerProposal(w http.ResponseWriter, r *http.Request) error {
	return o.settle(w, r, func(v OneProposal) (string, error) {
		switch r.PostFormValue("answer") {
		case "agree":
			_, err := o.Directory.AgreeToEmail(r.Context(), v.On, v.By, v.ID)
			return "agreed", err
		case "refuse":
			return "refused", o.Directory.RefuseEmail(r.Context(), v.On, v.By, v.ID, r.PostFormValue("reason"))
		}
		return "", gatehouse.ErrNotFound
	})
}

// WithdrawProposal takes one back.
func (o *Operator) WithdrawProposal(w http.ResponseWriter, r *http.Request) error {
	return o.settle(w, r, func(v OneProposal) (string, error) {
		return "withdrawn", o.Directory.WithdrawEmail(r.Context(), v.On, v.By, v.ID)
	})
}

// settle ends a proposal, or shows the page as it is now.
func (o *Operator) settle(w http.ResponseWriter, r *http.Request, act func(OneProposal) (done string, err error)) error {
	v, err := o.proposal(r)
	if err != nil {
		return err
	}
	done, err := act(v)
	if err == nil {
		http.Redirect(w, r, v.Path()+"?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
		return nil
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 && !slices.Contains(proposalTooLate, e.Reason) {
		return err
	}
	typed := clip(r.PostFormValue("reason"))
	if v, err = o.proposal(r); err != nil {
		return err
	}
	v.Reason, v.Fields, v.Late = typed, e.Fields, len(e.Fields) == 0
	v.Taken = slices.ContainsFunc(e.Fields, func(f gatehouse.FieldError) bool { return f.Field != "reason" })
	return o.page(w, r, ui.StatusOf(e), v)
}

// proposalTooLate are the reasons that say that nothing can be answered.
var proposalTooLate = []string{directory.ReasonProposalOver, directory.ReasonOwnProposal}

// OneProposal is a proposed address, as an operator sees it.
type OneProposal struct {
	directory.ProposedAddress
	On *site.Site
	By gatehouse.Caller
	// Reason is the value of the field.
	Reason string
	Fields []gatehouse.FieldError
	// Late: an answer came too late. Taken: the address cannot be the user's any longer.
	Late, Taken bool
	Done        string
}

func (OneProposal) Template() string        { return "operator_proposal" }
func (OneProposal) Title(p *ui.Page) string { return p.T("proposal.one_title") }
func (v OneProposal) Failed() bool          { return v.Late || v.Taken }

// Path is this page, UserPath that of the user, FirmPath that of the company.
func (v OneProposal) Path() string     { return proposalPath(v.SiteID, v.ID) }
func (v OneProposal) UserPath() string { return userPath(v.SiteID, v.UserID) }
func (v OneProposal) FirmPath() string { return companyPath(v.SiteID, v.User.CompanyID) }

// Open: it waits for an answer. Answers: from this operator. Own: it is this operator's.
func (v OneProposal) Open() bool    { return v.State == gatehouse.ProposalOpen }
func (v OneProposal) Answers() bool { return v.Open() && v.MayAnswer(v.By) }
func (v OneProposal) Own() bool     { return v.ByID == v.By.UserID }

// DoneText says what was just done; empty: nothing.
func (v OneProposal) DoneText(p *ui.Page) string {
	if slices.Contains([]string{"agreed", "refused", "withdrawn"}, v.Done) && string(v.State) == v.Done {
		return p.T("proposal.done_" + v.Done)
	}
	return ""
}

func (v OneProposal) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	if !v.Answers() {
		return nil, nil
	}
	return []ui.Field{{Name: "reason", Label: p.T("proposal.reason"), Hint: p.T("proposal.reason_hint"), Value: v.Reason, Prose: true, Autocomplete: "off", Missing: "proposal_reason"}}, v.Fields
}
