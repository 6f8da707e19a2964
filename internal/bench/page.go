package main

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"
)

// peers is what other servers do, measured side by side on one machine.
//
//go:embed peers.md
var peers string

// writePage writes the figures as a page for people: docs/figures.md.
func (r *report) writePage(path, command string) error {
	var page strings.Builder
	fmt.Fprintf(&page, "# Figures\n\nWhat the machine can do, what Gatehouse does on it, and what other servers do. This page is written by `%s`, one run: run it again instead of editing it.\n\n", strings.TrimSpace(command))
	fmt.Fprintf(&page, "- Machine: %s\n- Begun: %s, measured for %.0f minutes\n- Version: built from this tree as a release is\n", r.Machine, r.Begun.Format("2006-01-02 15:04 MST"), r.Took.Minutes())
	if r.Quick {
		page.WriteString("- Measured briefly (`-quick`): the figures say little\n")
	}
	page.WriteString("\n## Gatehouse\n\nA ratio compares with what was measured in the same run, in turns. The clients, the mail server and the database share the processors with the server.\n\n")
	page.WriteString("| figure | limit | measured | met |\n|---|---|---|---|\n")
	for _, f := range r.Figures {
		fmt.Fprintf(&page, "| %s | %s %s | %s | %s |\n", cell(f.Name), f.Bound, f.number(f.Limit), f.number(f.Value), f.met())
	}
	for _, g := range groups {
		if why, skipped := r.Skipped[g.name]; skipped {
			fmt.Fprintf(&page, "| %s | | | %s |\n", g.name, cell(why))
		}
		if why, failed := r.Failed[g.name]; failed {
			fmt.Fprintf(&page, "| %s | | | not measured to its end: %.200s |\n", g.name, cell(why))
		}
	}
	page.WriteString("\nAn informational figure has a limit for orientation only: its detail says why, or the comment at its measurement in `internal/bench`. A disturbed one was measured while other programs were busy.\n")
	if slices.ContainsFunc(r.Figures, func(f figure) bool { return f.Detail != "" }) {
		page.WriteString("\n### In detail\n\n")
		for _, f := range r.Figures {
			if f.Detail != "" {
				fmt.Fprintf(&page, "- %s: %s\n", f.Name, f.Detail)
			}
		}
	}
	page.WriteString("\n" + peers)
	return os.WriteFile(path, []byte(page.String()), 0o644)
}

// met says in a word or two whether a figure meets its limit.
func (f figure) met() string { return f.judged("yes", "**no**", "**wrong: more than there can be**") }

// cell is text in a table.
func cell(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "|", "\\|")), " ")
}
