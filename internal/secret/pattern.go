package secret

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first needed. There are many,
// some are large, and most processes never meet what they are for.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
