package incoming

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// clean leaves the letters, and the ends of lines: other control characters, and those that turn the
// direction of what follows, could make a page say something else than what was written.
func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ", "\u00a0", " ", "\u2028", "\n", "\u2029", "\n").Replace(text)
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff, r == 0x200b, r == utf8.RuneError:
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}

func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// shorten cuts what is longer than a message may be.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > mostLetter {
		return strings.TrimSpace(string(runes[:mostLetter-4])) + " […]"
	}
	return text
}

// pattern is a regular expression that is compiled when it is first used: these take a millisecond, in
// every start of a program that may never read a mail.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// What mail programs put before the mail that is answered, in English, German and French.
var (
	separator = pattern(`(?i)^[-_ ]{2,}\s*(original message|original appointment|reply message|forwarded message|urspr(ü|ue)ngliche (nachricht|mail|e-mail)|weitergeleitete nachricht|message d[’']origine|message original|message transf[ée]r[ée])\s*[-_ ]{2,}$`)
	ruler     = pattern(`^_{10,}$|^-{10,}$`)
	author1   = pattern(`(?i)^\*?(from|von|de|exp[ée]diteur|exp[ée]di[ée] par)\s?:\*?\s*\S`)
	field     = pattern(`(?i)^\*?(sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|antwort an|envoy[ée]|[àa]|objet|cc)(\s?:|[^:]{0,12}:)\*?`)
	wrote     = pattern(`(?i)^(on|am|le|il)\s.{6,300}\s(wrote|schrieb|a [ée]crit|[ée]crivait)\b.{0,160}:$`)
	wrote2    = pattern(`(?i)^.{3,200}\s(wrote|schrieb|a [ée]crit)(\s(am|on|le)\b.{4,120})?\s?:$`)
	digit     = pattern(`\d`)
)

// mostAttribution is over how many lines "On … wrote:" is broken.
const mostAttribution = 4

// uncover returns what somebody has written, without the mail that they answer. Where all of it
// would go, it returns all of it: rather twice than not at all.
func uncover(text string) string {
	var kept []string
	lines := strings.Split(text, "\n")
	for n := 0; n < len(lines); n++ {
		line := strings.TrimSpace(lines[n])
		if n > 0 && len(kept) == 0 && line == "" {
			continue
		}
		if begins(lines[n:]) {
			break
		}
		if used := attribution(lines[n:]); used > 0 {
			rest := lines[n+used:]
			if !quotedFirst(rest) { // an old mail that is not marked goes on to the end
				break
			}
			n += used - 1
			continue
		}
		if strings.HasPrefix(line, ">") {
			continue
		}
		kept = append(kept, strings.TrimRight(lines[n], " "))
	}
	said := strings.TrimSpace(blanks.ReplaceAllString(strings.Join(kept, "\n"), "\n\n"))
	if said == "" {
		return text
	}
	return said
}

var blanks = regexp.MustCompile(`\n{3,}`)

// begins reports whether an old mail begins here, without a mark on each line.
func begins(lines []string) bool {
	line := strings.TrimSpace(lines[0])
	switch {
	case separator().MatchString(line):
		return true
	case ruler().MatchString(line):
		return len(lines) > 1 && header(lines[1:])
	}
	return header(lines)
}

// header reports whether lines are those that name who wrote an old mail, when, and to whom.
func header(lines []string) bool {
	lines = lines[:min(len(lines), 8)]
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	if len(lines) == 0 || !author1().MatchString(strings.TrimSpace(lines[0])) {
		return false
	}
	n := 0
	for _, line := range lines[1:] {
		if field().MatchString(strings.TrimSpace(line)) {
			n++
		}
	}
	return n >= 2
}

// attribution is how many lines "On …, … wrote:" takes here; 0: there is none. Somebody may tell what
// another one wrote, so it counts only with a date or an old mail behind it.
func attribution(lines []string) int {
	whole := ""
	for n := range min(mostAttribution, len(lines)) {
		line := strings.TrimSpace(lines[n])
		if line == "" || strings.HasPrefix(line, ">") {
			return 0
		}
		whole = strings.TrimSpace(whole + " " + line)
		found := wrote().MatchString(whole) || n == 0 && wrote2().MatchString(whole)
		if found && (digit().MatchString(whole) && strings.ContainsAny(whole, "@<:,") || quotedFirst(lines[n+1:])) {
			return n + 1
		}
	}
	return 0
}

// quotedFirst reports whether the first line that is not blank is a quoted one.
func quotedFirst(lines []string) bool {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			return strings.HasPrefix(line, ">")
		}
	}
	return false
}
