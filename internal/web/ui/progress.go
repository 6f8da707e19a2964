package ui

// Progress is the position of a page in a sequence of pages, "Step 2 of 4", for the template "steps". Now
// counts from 1.
type Progress struct {
	// Label names the list of the pages, where nothing else does.
	Label string
	Now   int
	Steps []ProgressStep
}

// ProgressStep is one page of the sequence.
type ProgressStep struct {
	Text          string
	Done, Current bool
}

// ProgressIn is the position of a page among those with these names; with stem before them, they are text
// keys. at counts from 0.
func ProgressIn(p *Page, stem string, at int, names []string) *Progress {
	progress := &Progress{Now: at + 1}
	for i, name := range names {
		progress.Steps = append(progress.Steps, ProgressStep{p.T(stem + name), i < at, i == at})
	}
	return progress
}
