package secret

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled on first use. There are many, some are large,
// and most processes never need most of them.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
