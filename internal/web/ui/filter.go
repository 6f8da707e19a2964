package ui

import "gatehouse"

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
func ActivityFilters(p *Page, topic gatehouse.ActivityTopic, result string) []Filter {
	return []Filter{
		FilterOf("kind", p.T("activity.kind"), p.T("activity.kind_all"), topic, gatehouse.ActivityTopics, func(t gatehouse.ActivityTopic) string { return p.T("activity.kind_" + string(t)) }),
		FilterOf("result", p.T("activity.result"), p.T("activity.result_all"), result, gatehouse.ActivityResults, func(r string) string { return p.T("activity.result_" + r) }),
	}
}
