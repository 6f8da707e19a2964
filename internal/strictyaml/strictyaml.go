// Package strictyaml reads a YAML file into a struct and takes nothing for
// granted: an unknown key, a wrong type, a key written twice, a missing key or a
// second document is a problem that names file, line and key. All problems of a
// file come at once.
//
// Struct tags say what a field accepts:
//
//	Listen string        `yaml:"listen,required"`
//	Log    string        `yaml:"level,oneof=debug|info|warn|error"`
//	Idle   time.Duration `yaml:"idle"` // 90s, 15m, 24h, 15d
//
// A field without the tag is not read from the file. Strings, integers, numbers,
// booleans, durations, types with UnmarshalText, structs, pointers, slices and
// maps with string keys are supported; anchors and aliases are not.
//
// What only the caller can judge is reported through Doc.Problem, which knows
// the line of every key.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is one thing that is wrong.
type Problem struct {
	// File is the file's name, or "environment".
	File string
	// Line counts from 1; 0 if there is none.
	Line int
	// Key is the path of the key, such as limits.hash_time or hosts[1], or the
	// name of an environment variable; empty for the file as a whole.
	Key string
	// Text says what is wrong and what is allowed.
	Text string
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File + ":")
	if p.Line > 0 {
		b.WriteString(strconv.Itoa(p.Line) + ":")
	}
	if p.Key != "" {
		b.WriteString(" " + p.Key + ":")
	}
	return b.String() + " " + p.Text
}

// Error is everything that is wrong, one line each.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Problems returns the problems in err; an error of another kind becomes one.
func Problems(file string, err error) []Problem {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e.Problems
	}
	return []Problem{{File: file, Text: err.Error()}}
}

// Doc is a document that was read: it knows the line of each key.
type Doc struct {
	name     string
	lines    map[string]int    // of the keys in the document
	env      map[string]string // key: the variable that it came from
	bad      map[string]bool   // keys whose value could not be read
	problems []Problem
}

// Read reads the file into what the pointer into points to. If there is an error, the
// document is nil if nothing could be read at all; otherwise the caller may go on
// checking what could be read, and return Doc.Err in the end.
func Read(path string, into any) (*Doc, error) { return ReadEnv(path, "", nil, into) }

// ReadEnv is Read with an environment: the variable PREFIX_SMTP_URL replaces the key
// smtp.url, and a variable with the prefix that matches no key is a problem. A list is
// separated by commas; an empty variable counts as not set.
func ReadEnv(path, prefix string, environ []string, into any) (*Doc, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{[]Problem{{File: path, Text: "cannot be read: " + cause(err)}}}
	}
	return decode(path, data, into, func(d *Doc, root *yaml.Node) {
		if prefix != "" {
			d.override(root, reflect.TypeOf(into).Elem(), prefix+"_", environ)
		}
	})
}

// Decode is Read for data in memory; name identifies it in problems.
func Decode(name string, data []byte, into any) (*Doc, error) {
	return decode(name, data, into, func(*Doc, *yaml.Node) {})
}

// cause is a file system error without the path, which the problem names.
func cause(err error) string {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

func decode(name string, data []byte, into any, change func(*Doc, *yaml.Node)) (*Doc, error) {
	d := &Doc{name: name, lines: map[string]int{}, env: map[string]string{}, bad: map[string]bool{}}
	root, err := d.parse(data)
	if err != nil {
		return nil, err
	}
	change(d, root)
	d.value("", root, reflect.ValueOf(into).Elem(), field{})
	return d, d.Err()
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parse returns the mapping that is the one document of data; an empty file is
// an empty mapping, so that its missing keys are named.
func (d *Doc) parse(data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		text := err.Error()
		at := syntaxLine.FindStringSubmatch(text)
		line := 0
		if at != nil {
			line, _ = strconv.Atoi(at[1])
		}
		return nil, &Error{[]Problem{{File: d.name, Line: max(line, 1), Text: "is not YAML: " + syntaxLine.ReplaceAllString(text, "")}}}
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		d.add(more.Line, "", "a second document begins here; only one is read")
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1}, nil
	}
	return doc.Content[0], nil
}

func (d *Doc) add(line int, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.name, max(line, 1), key, fmt.Sprintf(format, args...)})
}

// Problem adds a problem with the value of a key, at its line. If the value could not
// be read at all, the caller cannot have judged it, and the problem is dropped.
func (d *Doc) Problem(key, format string, args ...any) {
	for k := key; k != ""; k = parent(k) {
		if d.bad[k] {
			return
		}
	}
	d.problems = append(d.problems, d.At(key, format, args...))
}

// At returns a problem with the value of a key without adding it. A key that is not in
// the file gets the line of its group.
func (d *Doc) At(key, format string, args ...any) Problem {
	text := fmt.Sprintf(format, args...)
	if name := d.env[key]; name != "" {
		return Problem{File: "environment", Key: name, Text: text}
	}
	return Problem{File: d.name, Line: d.line(key), Key: key, Text: text}
}

// Has reports whether the document (or the environment) has the key.
func (d *Doc) Has(key string) bool { return d.lines[key] > 0 || d.env[key] != "" }

// Err returns all problems as an *Error in the order of their lines, or nil.
func (d *Doc) Err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &Error{slices.Clone(d.problems)}
}

func (d *Doc) line(key string) int {
	for ; key != ""; key = parent(key) {
		if line := d.lines[key]; line > 0 {
			return line
		}
	}
	return 1
}

// parent returns the key that a key belongs to: a of a.b and of a[1].
func parent(key string) string { return key[:max(0, strings.LastIndexAny(key, ".["))] }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
