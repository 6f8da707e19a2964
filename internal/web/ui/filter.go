package ui

// Filter is a drop-down in a form above a list, for the template "filter".
type Filter struct {
	Name, Label string
	Choices     []FilterChoice
}

// FilterChoice is a choice of a filter.
type FilterChoice struct {
	Value, Text string
	Current     bool
}

// FilterOf is a filter with these choices, after one for all.
func FilterOf[T ~string](name, label, all string, current T, values []T, text func(T) string) Filter {
	f := Filter{Name: name, Label: label, Choices: []FilterChoice{{Text: all, Current: current == ""}}}
	for _, v := range values {
		f.Choices = append(f.Choices, FilterChoice{string(v), text(v), v == current})
	}
	return f
}

// ActivityFilters are those for the kind and the result of events.
func ActivityFilters[T, R ~string](p *Page, topic T, topics []T, result R, results []R) []Filter {
	return []Filter{
		FilterOf("kind", p.T("activity.kind"), p.T("activity.kind_all"), topic, topics, func(t T) string { return p.T("activity.kind_" + string(t)) }),
		FilterOf("result", p.T("activity.result"), p.T("activity.result_all"), result, results, func(r R) string { return p.T("activity.result_" + string(r)) }),
	}
}
