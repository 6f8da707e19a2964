package attachment

import (
	"strings"
	"unicode"
)

// mostName is how long a name is kept, in characters.
const mostName = 60

// Name is a name for a file, made from the one that it came with: only what no system takes for a
// path, a command or another kind of file.
func Name(came string, kind Kind, n int) string {
	if at := strings.LastIndexAny(came, `/\`); at >= 0 {
		came = came[at+1:]
	}
	if at := strings.LastIndexByte(came, '.'); at >= 0 {
		came = came[:at]
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return r
		case r == ' ', r == '.', r == '(', r == ')':
			return '-'
		}
		return -1
	}, strings.ToValidUTF8(came, ""))
	name = strings.Trim(name, "-_")
	if runes := []rune(name); len(runes) > mostName {
		name = string(runes[:mostName])
	}
	if name == "" {
		name = "file-" + string(rune('0'+n%10))
	}
	return name + "." + extensions[kind]
}

var extensions = map[Kind]string{PNG: "png", JPEG: "jpg", PDF: "pdf"}
