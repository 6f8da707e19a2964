// Package budget says how long tests may take that could go on forever: random ones, and
// those that try everything.
//
// `make test` takes the short form, which finds likely errors; `make test-long` sets the
// variable and takes the long one.
package budget

import (
	"flag"
	"fmt"
	"os"
	"strconv"
)

// Variable is "1" if tests may take hours. Nothing else reads it.
const Variable = "GATEHOUSE_TEST_LONG"

// Long reports whether tests may take hours.
func Long() bool { return os.Getenv(Variable) == "1" }

// Of is how much of something a test tries.
func Of(short, long int) int {
	if Long() {
		return long
	}
	return short
}

// Rapid sets how often the property tests of a package draw, for its TestMain. A number on
// the command line has precedence. What they draw is printed, with the seed that repeats
// it, and leaves no file in the source.
func Rapid(short, long int) error {
	if !flag.Parsed() {
		flag.Parse()
	}
	named := false
	flag.Visit(func(f *flag.Flag) { named = named || f.Name == "rapid.checks" })
	if !named {
		if err := flag.Set("rapid.checks", strconv.Itoa(Of(short, long))); err != nil {
			return fmt.Errorf("this package draws nothing: %w", err)
		}
	}
	return flag.Set("rapid.nofailfile", "true")
}
