package strictyaml

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// setting is a key that the environment may set.
type setting struct {
	path []string
	list bool
}

// override puts the environment's values into the document before it is read, so that
// the same rules apply to them, and problems name the variable.
func (d *Doc) override(root *yaml.Node, t reflect.Type, prefix string, environ []string) {
	known := map[string]setting{}
	settings(t, nil, prefix, known)
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || value == "" {
			continue
		}
		s, ok := known[name]
		if !ok {
			d.problems = append(d.problems, Problem{File: "environment", Key: name, Text: "is not a setting; " + unknown(name, prefix, names)})
			continue
		}
		d.env[strings.Join(s.path, ".")] = name
		d.place(root, s, value)
	}
}

// unknown says what to do about a variable that is not a setting. Kubernetes sets some
// of its own for every service, which the operator did not write.
func unknown(name, prefix string, names []string) string {
	rest := strings.TrimPrefix(name, prefix)
	if strings.HasPrefix(rest, "SERVICE_") || strings.HasPrefix(rest, "PORT") {
		return "if Kubernetes set it, because a service has this name, put enableServiceLinks: false into the pod"
	}
	return suggest(name, names)
}

// settings collects the scalars and lists of scalars of a struct by variable.
func settings(t reflect.Type, path []string, prefix string, into map[string]setting) {
	for _, f := range fieldsOf(t) {
		here := append(slices.Clone(path), f.name)
		name := prefix + strings.ToUpper(strings.Join(here, "_"))
		ft := t.Field(f.index).Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		s := setting{path: here, list: ft.Kind() == reflect.Slice && isScalar(ft.Elem())}
		switch {
		case isScalar(ft) || s.list:
			if _, twice := into[name]; twice {
				panic("strictyaml: two keys would be set by " + name)
			}
			into[name] = s
		case ft.Kind() == reflect.Struct:
			settings(ft, here, prefix, into)
		}
	}
}

// place sets the node of a key, creating the groups on the way.
func (d *Doc) place(n *yaml.Node, s setting, value string) {
	for i, name := range s.path {
		if n.Kind != yaml.MappingNode {
			return // wrong in the file, and reported as such
		}
		last := i == len(s.path)-1
		at := valueOf(n, name)
		if at == nil {
			at = &yaml.Node{}
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, at)
		}
		switch {
		case last:
			*at = *valueNode(s, value)
		case at.Kind == 0 || at.Tag == "!!null":
			*at = yaml.Node{Kind: yaml.MappingNode}
		}
		n = at
	}
}

func valueOf(mapping *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func valueNode(s setting, value string) *yaml.Node {
	if !s.list {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: part})
		}
	}
	return list
}
