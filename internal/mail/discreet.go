package mail

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// replyNumber is the status code of an SMTP answer (RFC 5321, 4.2.1).
var replyNumber = regexp.MustCompile(`^[245]\d\d$`)

// statusCode is how the text of an answer may begin (RFC 3463). Registered subjects have
// one digit, so no sign-in code fits.
var statusCode = regexp.MustCompile(`^[245]\.\d\.\d{1,3}(?: |$)`)

// numbered is a diagnostic that begins with an SMTP status code: an enhanced status code
// or a word follows. In "451 273 is your code", 451 is no such code.
var numbered = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([245]\d\d[ -])((?:[245]\.\d\.\d{1,3}(?: |$)|\pL).*)$`)
})

// longWord is what a link's token looks like if it has no digit.
var longWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[\pL\pN_=+/-]{20,}`)
})

// discreet is what may be kept of an answer about a message with a secret: some mail
// servers quote what they refuse, and support and administrators read what is kept (ASVS
// 16.2.5). A code is digits, grouped in any way, and passwords and tokens have digits too:
// so a text with digits is dropped entirely, except for the status code before it.
func discreet(text string) string {
	code := statusCode.FindString(text)
	if rest := text[len(code):]; strings.ContainsFunc(rest, unicode.IsNumber) || longWord().MatchString(rest) {
		return code + "…"
	}
	return text
}

// discreetAnswer is discreet for an answer that begins with an SMTP status code (RFC
// 5321, 4.2).
func discreetAnswer(answer string) string {
	number, text, _ := strings.Cut(answer, " ")
	if !replyNumber.MatchString(number) {
		return discreet(answer)
	}
	return strings.TrimSpace(number + " " + discreet(text))
}

// discreet is what may be kept of a report about a message with a secret. Strangers
// write its fields, including the status.
func (r ReportRecipient) discreet() ReportRecipient {
	if !statusCode.MatchString(r.Status) {
		r.Status = ""
	}
	if parts := numbered().FindStringSubmatch(r.Diagnostic); parts != nil {
		r.Diagnostic = parts[1] + discreet(parts[2])
	} else {
		r.Diagnostic = discreet(r.Diagnostic)
	}
	return r
}
