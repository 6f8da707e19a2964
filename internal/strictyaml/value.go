package strictyaml

import (
	"encoding"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// field is one key of a struct.
type field struct {
	name     string
	index    int
	required bool
	oneOf    []string
}

// fieldsOf reads the tags of a struct.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		parts := strings.Split(t.Field(i).Tag.Get("yaml"), ",")
		if parts[0] == "" || parts[0] == "-" {
			continue
		}
		f := field{name: parts[0], index: i}
		for _, option := range parts[1:] {
			if list, ok := strings.CutPrefix(option, "oneof="); ok {
				f.oneOf = strings.Split(list, "|")
			} else if option == "required" {
				f.required = true
			} else {
				panic("strictyaml: unknown option " + option + " of " + t.String() + "." + t.Field(i).Name)
			}
		}
		fields = append(fields, f)
	}
	return fields
}

var durationType = reflect.TypeFor[time.Duration]()

// isScalar reports whether a type is written as one value.
func isScalar(t reflect.Type) bool {
	if t == durationType || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return true
	}
	return false
}

// wrong reports a value with another shape than the key requires.
func (d *Doc) wrong(key string, n *yaml.Node, format string, args ...any) {
	p := d.At(key, format, args...)
	if d.env[key] == "" {
		p.Line = max(n.Line, 1)
	}
	d.problems = append(d.problems, p)
	d.bad[key] = true
}

func (d *Doc) value(key string, n *yaml.Node, v reflect.Value, f field) {
	t := v.Type()
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.wrong(key, n, "uses an anchor or alias; write the value out")
	case n.Tag == "!!null":
		d.wrong(key, n, "has no value; give it one or remove the key")
	case isScalar(t):
		d.scalar(key, n, v, f)
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		d.value(key, n, v.Elem(), f)
	case t.Kind() == reflect.Struct:
		d.group(key, n, v)
	case t.Kind() == reflect.Map:
		d.dictionary(key, n, v)
	case t.Kind() == reflect.Slice:
		d.list(key, n, v, f)
	default:
		panic("strictyaml: cannot read into " + t.String())
	}
}

// pairs calls visit for the first occurrence of each key in a mapping.
func (d *Doc) pairs(path string, n *yaml.Node, visit func(key string, name, value *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		d.wrong(path, n, "must be a group of keys (name: value)")
		return false
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		key := join(path, name.Value)
		switch line, twice := first[name.Value]; {
		case name.Kind != yaml.ScalarNode:
			d.add(name.Line, path, "has a key that is not a word")
		case twice:
			d.add(name.Line, key, "is written twice; it is in line %d already", line)
		default:
			first[name.Value] = name.Line
			d.lines[key] = name.Line
			visit(key, name, n.Content[i+1])
		}
	}
	return true
}

func (d *Doc) group(path string, n *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	seen := map[string]bool{}
	ok := d.pairs(path, n, func(key string, name, value *yaml.Node) {
		i := slices.Index(names, name.Value)
		if i < 0 {
			d.add(name.Line, key, "is not a known key; %s", suggest(name.Value, names))
			return
		}
		seen[name.Value] = true
		d.value(key, value, v.Field(fields[i].index), fields[i])
	})
	for _, f := range fields {
		if key := join(path, f.name); ok && f.required && !seen[f.name] {
			d.add(d.line(path), key, "is missing")
			d.bad[key] = true
		}
	}
}

func (d *Doc) dictionary(path string, n *yaml.Node, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(path, n, func(key string, name, value *yaml.Node) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(key, value, element, field{})
		v.SetMapIndex(reflect.ValueOf(name.Value).Convert(v.Type().Key()), element)
	})
}

func (d *Doc) list(key string, n *yaml.Node, v reflect.Value, f field) {
	if n.Kind != yaml.SequenceNode {
		d.wrong(key, n, "must be a list")
		return
	}
	if f.required && len(n.Content) == 0 {
		d.wrong(key, n, "must not be empty")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", key, i)
		d.lines[at] = item.Line
		if name := d.env[key]; name != "" {
			d.env[at] = name
		}
		d.value(at, item, v.Index(i), field{oneOf: f.oneOf})
	}
}

func (d *Doc) scalar(key string, n *yaml.Node, v reflect.Value, f field) {
	if n.Kind != yaml.ScalarNode {
		d.wrong(key, n, "must be one value, not a list or group")
		return
	}
	switch {
	case f.required && n.Value == "":
		d.wrong(key, n, "must not be empty")
	case f.oneOf != nil && !slices.Contains(f.oneOf, n.Value):
		d.wrong(key, n, "is %q, must be one of: %s", n.Value, strings.Join(f.oneOf, ", "))
	default:
		if problem := set(v, n.Value); problem != "" {
			d.wrong(key, n, "%s", problem)
		}
	}
}

// set puts a text into a scalar and returns what is wrong with it, if anything.
func set(v reflect.Value, text string) string {
	if v.Type() == durationType {
		span, ok := ParseDuration(text)
		v.SetInt(int64(span))
		return unless(ok, "is %q, must be a time span such as 90s, 15m, 24h or 15d", text)
	}
	switch into := v.Addr().Interface().(type) {
	case *time.Time:
		return unless(into.UnmarshalText([]byte(text)) == nil, "is %q, must be a time with its zone such as 2026-11-21T02:00:00+11:00", text)
	case *netip.Prefix:
		return unless(into.UnmarshalText([]byte(text)) == nil, "is %q, must be a network such as 10.0.0.0/8", text)
	case encoding.TextUnmarshaler:
		if err := into.UnmarshalText([]byte(text)); err != nil {
			return "is wrong: " + err.Error()
		}
		return ""
	}
	switch k := v.Kind(); {
	case k == reflect.String:
		v.SetString(text)
		bad := !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
		return unless(!bad, "holds a control character or is not UTF-8")
	case k == reflect.Bool:
		v.SetBool(text == "true")
		return unless(text == "true" || text == "false", "is %q, must be true or false", text)
	case v.CanFloat():
		x, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(x)
		return unless(err == nil && !math.IsNaN(x) && !math.IsInf(x, 0), "is %q, must be a number such as 0.5", text)
	case v.CanUint():
		x, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(x)
		return unless(err == nil, "is %q, must be a whole number, 0 or more", text)
	default:
		x, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(x)
		return unless(err == nil, "is %q, must be a whole number", text)
	}
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// ParseDuration reads a time span: what time.ParseDuration accepts, unless it is
// negative, optionally preceded by days: 15d, 1d12h.
func ParseDuration(text string) (time.Duration, bool) {
	var days int64
	rest := text
	if head, tail, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(head, 10, 16) // 65535 days do not overflow
		if err != nil {
			return 0, false
		}
		if days, rest = int64(n), tail; rest == "" {
			rest = "0"
		}
	}
	span, err := time.ParseDuration(rest)
	if err != nil || span < 0 || strings.HasPrefix(rest, "+") || span > 1<<61 {
		return 0, false
	}
	return time.Duration(days)*24*time.Hour + span, true
}
