package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// Challenge is My account > Challenge question (A07).
func (p *Portal) Challenge(w http.ResponseWriter, r *http.Request) error {
	return p.accountChallenge(w, r, http.StatusOK, ChallengeForm{})
}

// accountChallenge shows the stored question, and the form for another one. Sites that
// mail a link have no such page.
func (p *Portal) accountChallenge(w http.ResponseWriter, r *http.Request, status int, form ChallengeForm) error {
	v := ui.VisitOf(r)
	if v.Site.Recovery != gatehouse.RecoverByChallenge {
		return gatehouse.ErrNotFound
	}
	view := AccountChallenge{ChallengeForm: form, Username: v.User.Username, Saved: r.URL.Query().Has("saved")}
	switch current, err := p.SignIn.Challenge(r.Context(), v.Site, v.User.ID); {
	case err == nil:
		view.Current = &current
	case gatehouse.KindOf(err) != gatehouse.NotFound:
		return err
	}
	return p.page(w, r, status, view)
}

// SetChallenge accepts another challenge question.
func (p *Portal) SetChallenge(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), challengeForm(r)
	if v.Site.Recovery != gatehouse.RecoverByChallenge {
		return gatehouse.ErrNotFound
	}
	err := p.SignIn.SetChallenge(r.Context(), v.Site, in(r, v), form)
	if bad := faults(err); bad != nil {
		return p.accountChallenge(w, r, http.StatusUnprocessableEntity, keptChallenge(form, bad))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/account/challenge?saved", http.StatusSeeOther)
	return nil
}

// SetFirstChallenge accepts the challenge question (B14).
func (p *Portal) SetFirstChallenge(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), challengeForm(r)
	out, err := p.SignIn.SetFirstChallenge(r.Context(), v.Site, at(r, v), form)
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return ChallengeSetup{inSteps(v, gatehouse.StepChallenge), keptChallenge(form, bad)}
	})
}

func challengeForm(r *http.Request) gatehouse.ChallengeForm {
	return gatehouse.ChallengeForm{Question: r.PostFormValue("question"), Own: r.PostFormValue("own_question"),
		Answer: r.PostFormValue("answer"), CurrentPassword: r.PostFormValue("current_password")}
}

// keptChallenge is the part of the form that a page shows again: not the secrets.
func keptChallenge(form gatehouse.ChallengeForm, bad []gatehouse.FieldError) ChallengeForm {
	return ChallengeForm{Question: form.Question, Own: clip(form.Own), Errors: bad}
}

// AccountChallenge is My account > Challenge question (A07).
type AccountChallenge struct {
	ChallengeForm
	Username string
	// Current is the stored question; nil: none.
	Current *gatehouse.Challenge
	Saved   bool
}

func (AccountChallenge) Template() string        { return "challenge" }
func (AccountChallenge) Title(p *ui.Page) string { return p.T("challenge.account_title") }

// CurrentText is the stored question, in words.
func (v AccountChallenge) CurrentText(p *ui.Page) string { return questionText(p, *v.Current) }

func questionText(p *ui.Page, c gatehouse.Challenge) string {
	if c.Question == "" {
		return c.Own
	}
	return p.T("question." + c.Question)
}

// ChallengeForm is what was chosen and typed about a challenge question. The answer is
// a secret and is never shown again.
type ChallengeForm struct {
	// Question is an ID of gatehouse.ChallengeQuestions, or gatehouse.OwnQuestion.
	Question, Own string
	Errors        []gatehouse.FieldError
}

// Form: the answer is shown while it is typed, because it is typed only once.
func (v ChallengeForm) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	options := []ui.Option{{Text: p.T("challenge.choose")}}
	for _, id := range gatehouse.ChallengeQuestions {
		options = append(options, ui.Option{Value: id, Text: p.T("question." + id)})
	}
	options = append(options, ui.Option{Value: gatehouse.OwnQuestion, Text: p.T("challenge.own")})
	own := ui.Field{Name: "own_question", Label: p.T("field.own_question"), Hint: p.T("challenge.own_hint"), Value: v.Own,
		Autocomplete: "off", Prose: true, Sometimes: true, Missing: "question"}
	return []ui.Field{
		{Name: "question", Label: p.T("field.question"), Control: ui.Choose, Options: ui.OptionsOf("question", v.Question, options...), Autocomplete: "off", Missing: "choice"},
		own,
		{Name: "answer", Label: p.T("field.answer"), Hint: p.T("challenge.answer_hint"), Autocomplete: "off", Missing: "answer"},
		ui.PresentPassword(p, "current_password", "field.current_password"),
	}, v.Errors
}

// ChallengeSetup asks for a challenge question during a sign-in (B14).
type ChallengeSetup struct {
	InSteps
	ChallengeForm
}

func (ChallengeSetup) Template() string        { return "challenge_setup" }
func (ChallengeSetup) Title(p *ui.Page) string { return p.T("challenge.title") }
