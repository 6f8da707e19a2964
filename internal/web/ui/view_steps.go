package ui

import (
	"html/template"
	"slices"

	"gatehouse"
	"gatehouse/internal/site"
)

// Progress is where a page stands in a sequence of pages: "Step 2 of 4".
type Progress struct {
	Now   int
	Steps []ProgressStep
}

// ProgressStep is one page of the sequence.
type ProgressStep struct {
	Text          string
	Done, Current bool
}

// sequenced is a view that stands in a sequence: the keys of the steps' names, and
// which of them it is.
type sequenced interface {
	sequence(p *page) (names []string, at int)
}

// Progress is nil on pages that stand alone.
func (p *page) Progress() *Progress {
	view, ok := p.View.(sequenced)
	if !ok {
		return nil
	}
	names, at := view.sequence(p)
	if len(names) < 2 {
		return nil
	}
	progress := &Progress{Now: at + 1}
	for i, name := range names {
		progress.Steps = append(progress.Steps, ProgressStep{p.T("steps." + name), i < at, i == at})
	}
	return progress
}

// InSteps is where a page of a sign-in stands among the steps that were due when the
// sign-in began.
type InSteps struct {
	Step  gatehouse.Step
	Steps []gatehouse.Step
}

// stepNames are the keys of the steps' names.
var stepNames = map[gatehouse.Step]string{
	gatehouse.StepCode: "code", gatehouse.StepPassword: "password", gatehouse.StepChallenge: "challenge",
	gatehouse.StepTerms: "terms", gatehouse.StepSoleUser: "sole_user",
}

// sequence: a step that became due meanwhile, such as new terms, is not among those of
// the beginning; the count then includes it.
func (v InSteps) sequence(*page) (names []string, at int) {
	steps := v.Steps
	if !slices.Contains(steps, v.Step) {
		steps = append(slices.Clone(steps), v.Step)
	}
	for _, step := range steps {
		names = append(names, stepNames[step])
	}
	return names, slices.Index(steps, v.Step)
}

// PasswordExpired asks for a new password in place of a temporary or expired one (B13).
type PasswordExpired struct {
	InSteps
	Username string
	// Temporary: somebody else set it; else it is as old as the policy allows.
	Temporary bool
	Errors    []gatehouse.FieldError
}

func (PasswordExpired) template() string     { return "password_expired" }
func (PasswordExpired) title(p *page) string { return p.T("expired.title") }
func (v PasswordExpired) failed() bool       { return len(v.Errors) > 0 }

func (v PasswordExpired) fields(p *page) []field {
	old := presentPassword(p, "old_password", "field.old_password")
	if v.Temporary {
		old.Hint = p.T("expired.old_hint")
	}
	return append([]field{old}, newPassword(p)...)
}

func (v PasswordExpired) fieldErrors() []gatehouse.FieldError { return v.Errors }
func (v PasswordExpired) ruled() (username, old string)       { return v.Username, "old_password" }

// ChallengeForm is what was chosen and typed about a challenge question. The answer is
// a secret and is never shown again.
type ChallengeForm struct {
	// Question is an ID of gatehouse.ChallengeQuestions, or gatehouse.OwnQuestion.
	Question, Own string
	Errors        []gatehouse.FieldError
}

func (v ChallengeForm) failed() bool                        { return len(v.Errors) > 0 }
func (v ChallengeForm) fieldErrors() []gatehouse.FieldError { return v.Errors }

// fields: the answer is shown while it is typed, because it is typed only once.
func (v ChallengeForm) fields(p *page) []field {
	options := []option{{Text: p.T("challenge.choose")}}
	for _, id := range gatehouse.ChallengeQuestions {
		options = append(options, option{Value: id, Text: p.T("question." + id)})
	}
	options = append(options, option{Value: gatehouse.OwnQuestion, Text: p.T("challenge.own")})
	own := field{Name: "own_question", Label: p.T("field.own_question"), Hint: p.T("challenge.own_hint"), Value: v.Own,
		Autocomplete: "off", Prose: true, Sometimes: true, Missing: "question"}
	return []field{
		{Name: "question", Label: p.T("field.question"), Control: choose, Options: optionsOf("question", v.Question, options...), Autocomplete: "off", Missing: "choice"},
		own,
		{Name: "answer", Label: p.T("field.answer"), Hint: p.T("challenge.answer_hint"), Autocomplete: "off", Missing: "answer"},
		presentPassword(p, "current_password", "field.current_password"),
	}
}

// ChallengeSetup asks for a challenge question during a sign-in (B14).
type ChallengeSetup struct {
	InSteps
	ChallengeForm
	Username string
}

func (ChallengeSetup) template() string     { return "challenge_setup" }
func (ChallengeSetup) title(p *page) string { return p.T("challenge.title") }

// AcceptTerms asks for a yes to the terms in force (A03, B15).
type AcceptTerms struct {
	InSteps
	TermsText
	Errors []gatehouse.FieldError
}

func (AcceptTerms) template() string     { return "accept_terms" }
func (AcceptTerms) title(p *page) string { return p.T("terms.accept_title") }
func (v AcceptTerms) failed() bool       { return len(v.Errors) > 0 }

func (AcceptTerms) fields(p *page) []field {
	return []field{{Name: "accept", Label: p.T("terms.declaration"), Control: box, Missing: "accept"}}
}

func (v AcceptTerms) fieldErrors() []gatehouse.FieldError { return v.Errors }

// Changed reports whether another text is in force than the one that was accepted.
func (v AcceptTerms) Changed() bool {
	return slices.ContainsFunc(v.Errors, func(e gatehouse.FieldError) bool { return e.Code == "terms-changed" })
}

// TermsText is one version of the terms in one language.
type TermsText struct {
	Version string
	// Text is the Markdown as the site's folder has it.
	Text string
}

// Hash names the very text that the page shows: it is what was accepted.
func (v TermsText) Hash() string { return gatehouse.TermsHash(v.Text) }

// HTML is the text as it is read; package site lets no markup through but its own.
func (v TermsText) HTML() template.HTML { return template.HTML(site.Markdown(v.Text)) }

// Wide: a document needs longer lines than a form.
func (TermsText) Wide() bool { return true }

// Terms is a version of the terms for everybody, to read and to print.
type Terms struct {
	TermsText
	// InForce: it is the version that holds now.
	InForce bool
}

func (Terms) template() string     { return "terms" }
func (Terms) title(p *page) string { return p.T("terms.title") }
func (Terms) failed() bool         { return false }

// TermsLanguage is the language that a version of the terms is shown in, which need not be
// the page's (WCAG 3.1.2).
func (p *page) TermsLanguage(version string) string { return p.Site.TermsLanguage(version, p.Lang) }

// SoleUser asks whether the person is the only one who uses the sign-in (A04).
type SoleUser struct {
	InSteps
	Username string
	// Administrator: the person is the one whom others' answers are told to.
	Administrator bool
	Errors        []gatehouse.FieldError
}

func (SoleUser) template() string     { return "sole_user" }
func (SoleUser) title(p *page) string { return p.T("sole_user.title") }
func (v SoleUser) failed() bool       { return len(v.Errors) > 0 }

func (v SoleUser) fields(p *page) []field {
	hint := p.T("sole_user.no_hint")
	if v.Administrator {
		hint = p.T("sole_user.no_hint_administrator", "site", p.SiteName())
	}
	return []field{{Name: "sole_user", Label: p.T("sole_user.question"), Control: choices, Missing: "sole_user", Options: optionsOf("sole_user", "none",
		option{Value: "yes", Text: p.T("sole_user.yes")},
		option{Value: "no", Text: p.T("sole_user.no"), Hint: hint})}}
}

func (v SoleUser) fieldErrors() []gatehouse.FieldError { return v.Errors }

// Wide reports whether the page's panel holds a document.
func (p *page) Wide() bool {
	view, ok := p.View.(interface{ Wide() bool })
	return ok && view.Wide()
}
