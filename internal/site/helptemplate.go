package site

import (
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"gatehouse"
	"gatehouse/internal/strictyaml"
)

// helpFacts is what a help page can name: the effective settings, and nothing that a
// page should not have (A13). Numbers are numbers; time spans are words, and empty if
// there is none.
type helpFacts struct {
	// Site is the site's name, Host its address without the scheme, Origin with it.
	Site, Host, Origin told
	// HTTPS: the site is reached by https.
	HTTPS bool
	// One of these is true: what people sign in with.
	WithUsername, WithEmail, WithEither bool
	// One of these is true: how a forgotten password is replaced.
	ByChallenge, ByLink bool
	// AsksSoleUser: the site asks "are you the only person who uses this sign-in?".
	AsksSoleUser bool
	// HasTerms: there are terms of use.
	HasTerms bool
	// Languages are the names of the site's languages.
	Languages []told
	Password  passwordFacts
	Lockout   lockoutFacts
	// TemporaryPassword and ResetLink are how long they work, SignIn is how long a
	// sign-in may take.
	TemporaryPassword, ResetLink, SignIn told
	// UndoEmail is how long the old address can undo a change of address.
	UndoEmail told
	// SessionIdle is how long a session may be idle, SessionLength how long it lasts at
	// most.
	SessionIdle, SessionLength told
	// Code is how long a one-time code works, CodePause the time between two of them,
	// CodesAnHour and CodeTries how many may be sent and entered.
	Code, CodePause        told
	CodesAnHour, CodeTries int
	// TrustedDevice is how long a browser needs no code; empty: it always needs one.
	TrustedDevice told
	Sender        senderFacts
	Support       supportFacts
}

type passwordFacts struct {
	MinLength, MaxLength          int
	Upper, Lower, Digit           bool
	NoUsernameParts, ContextWords bool
	History                       int
	// MaxAge is when a password expires; empty: never.
	MaxAge told
}

type lockoutFacts struct {
	Attempts, AttemptsInAll int
	// UnlockAfter is when a lock ends by itself; empty: never.
	UnlockAfter told
}

type senderFacts struct{ Name, Address told }

type supportFacts struct {
	Email, Phone, Hours told
	// Dial is the phone's number for a tel: link.
	Dial told
}

// told is a setting in a text. Printed, it has a backslash before every character that
// could mean something in Markdown, so that a setting never becomes markup (ASVS
// 1.3.1); compared, it is the plain value.
type told string

func (t told) String() string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(string(t)), " ") {
		if r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// factsIn returns the facts of a site in a language. A page may be in a language that
// the site does not offer.
func (s *Site) factsIn(lang string) helpFacts {
	words := s
	if _, ok := s.texts[lang]; !ok {
		words = &Site{Zone: s.Zone}
	}
	span := func(d time.Duration) told {
		if d == 0 {
			return ""
		}
		return told(words.FormatDuration(lang, d))
	}
	_, host, _ := strings.Cut(s.Origin, "://")
	w := s.Policy.Password
	f := helpFacts{
		Site: told(s.Name), Host: told(host), Origin: told(s.Origin), HTTPS: strings.HasPrefix(s.Origin, "https://"),
		WithUsername: s.SignInWith == gatehouse.WithUsername, WithEmail: s.SignInWith == gatehouse.WithEmail,
		WithEither:  s.SignInWith == gatehouse.WithUsernameOrEmail,
		ByChallenge: s.Recovery == gatehouse.RecoverByChallenge, ByLink: s.Recovery == gatehouse.RecoverByLink,
		AsksSoleUser: s.AsksSoleUser, HasTerms: s.TermsVersion != "",
		Password: passwordFacts{
			MinLength: w.MinLength, MaxLength: gatehouse.MaxPasswordLength, Upper: w.Upper, Lower: w.Lower, Digit: w.Digit,
			NoUsernameParts: w.NoUsernameParts, ContextWords: w.NoContextWords, History: w.History, MaxAge: span(w.MaxAge),
		},
		Lockout: lockoutFacts{Attempts: s.Policy.Lockout.Attempts, AttemptsInAll: s.Policy.Lockout.InAll,
			UnlockAfter: span(s.Policy.Lockout.UnlockAfter)},
		TemporaryPassword: span(s.Policy.TemporaryPassword), ResetLink: span(s.Policy.ResetLink), SignIn: span(s.Policy.SignIn), UndoEmail: span(gatehouse.UndoEmailFor),
		SessionIdle: span(s.Policy.Session.Idle), SessionLength: span(s.Policy.Session.Absolute),
		Code: span(s.Policy.Code), CodePause: span(gatehouse.CodePause), CodesAnHour: gatehouse.CodesAnHour, CodeTries: gatehouse.CodeTries,
		TrustedDevice: span(s.Policy.TrustedDevice),
		Sender:        senderFacts{told(s.Sender.Name), told(s.Sender.Address)},
		Support: supportFacts{Email: told(s.Support.Email), Phone: told(s.Support.Phone), Hours: told(s.Own(lang, s.Support.Hours)),
			Dial: told(strings.Map(dialled, s.Support.Phone))},
	}
	for _, own := range s.Languages {
		f.Languages = append(f.Languages, told(s.Text(own, "language.name")))
	}
	return f
}

func dialled(r rune) rune {
	if r >= '0' && r <= '9' || r == '+' {
		return r
	}
	return -1
}

// helpTemplate is the text of a page before the settings are in it.
type helpTemplate struct{ parsed *template.Template }

// templateError is a fault in a page's actions.
type templateError struct {
	line int
	text string
}

func (e templateError) Error() string { return e.text }

func parseHelpTemplate(text string) (helpTemplate, error) {
	t, err := template.New("page").Parse(text)
	return helpTemplate{t}, faultIn(err)
}

func (t helpTemplate) execute(facts helpFacts) (string, error) {
	var b strings.Builder
	err := t.parsed.Execute(&b, facts)
	return b.String(), faultIn(err)
}

var (
	templateFault = regexp.MustCompile(`^template: page:(\d+)(?::\d+)?: (?s:(.*))$`)
	executing     = regexp.MustCompile(`^executing "[^"]*" at <(.*?)>: `)
	unknownField  = regexp.MustCompile(`can't evaluate field (\w+) in type`)
)

// faultIn finds the line in an error of package template, and rewords it for authors of
// pages.
func faultIn(err error) error {
	if err == nil {
		return nil
	}
	e := templateError{1, err.Error()}
	if at := templateFault.FindStringSubmatch(e.text); at != nil {
		e.line, _ = strconv.Atoi(at[1])
		e.text = at[2]
	}
	where := executing.FindStringSubmatch(e.text)
	field := unknownField.FindStringSubmatch(e.text)
	var exec template.ExecError
	if errors.As(err, &exec) && where != nil && field != nil {
		e.text = "{{" + where[1] + "}} names no setting"
		if near := strictyaml.Nearest(field[1], factNames(reflect.TypeFor[helpFacts]())); near != "" {
			e.text += "; did you mean ." + near + "?"
		}
	}
	return e
}

// factNames are the names of all facts, including those of groups.
func factNames(of reflect.Type) []string {
	var names []string
	for _, field := range reflect.VisibleFields(of) {
		names = append(names, field.Name)
		if field.Type.Kind() == reflect.Struct {
			names = append(names, factNames(field.Type)...)
		}
	}
	return names
}
