package directory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gatehouse"
)

// column is a column of an import.
type column int

// The columns. A file may have them in any order, and need not have all of them.
const (
	colCompany column = iota
	colAccount
	colUsername
	colEmail
	colFirstName
	colLastName
	colRole
	colHash
	colHashFormat
	colHashSalt
	colTemporary
	colActive
	columns
)

// ImportColumns are the names of the columns that an import accepts.
var ImportColumns = []string{"company", "account_number", "username", "email", "first_name", "last_name", "role",
	"password_hash", "hash_format", "hash_salt", "temporary_password", "active"}

func (c column) String() string { return ImportColumns[c] }

// ReasonImportHeader is an error about the file as a whole; its cause is written for the person
// who made the file.
const ReasonImportHeader = "import-header"

func headerError(format string, args ...any) error {
	return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: ReasonImportHeader, Err: fmt.Errorf(format, args...)}
}

// maxImportLine is the longest line in bytes: several times what the longest hash and the longest
// names need.
const maxImportLine = 32 << 10

// table parses a CSV file line by line, so a million lines need no more memory than one. A line is
// a record, except that a field in quotes may go over some lines; see join.
type table struct {
	in    *bufio.Reader
	sep   byte
	names []string     // of the columns, as the file has them
	at    [columns]int // the index of each column; -1: missing
	width int
	line  int  // the last one that was read
	cut   bool // it had no line break at its end
	// first are the cells of the first line if it has no names, until it is read.
	first []string
	// ahead are lines that have been looked at, and not yet read.
	ahead []physicalLine
}

// physicalLine is a line as it is in the file.
type physicalLine struct {
	text      string
	long, cut bool
}

// record is a parsed line, or what is wrong with it.
type record struct {
	line    int
	cells   [columns]string
	problem lineFault
}

// lineFault is what is wrong with a line as a whole; it has no code if nothing is.
type lineFault struct {
	code, text string
	args       map[string]string
}

// openTable reads the header.
func openTable(r io.Reader) (*table, error) {
	t, err := startTable(r)
	if err != nil {
		return nil, err
	}
	return t, t.byName()
}

// startTable reads the names of the columns, whatever they are.
func startTable(r io.Reader) (*table, error) {
	t := &table{in: bufio.NewReaderSize(r, maxImportLine)}
	start, err := t.in.Peek(3)
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		t.in.Discard(3) //nolint:errcheck // it was peeked at
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, headerError("the file is UTF-16; save it as CSV in UTF-8")
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	}
	header, long, err := t.readLine()
	if sep, named := strings.CutPrefix(header, "sep="); err == nil && named && len(sep) == 1 { // a line for a spreadsheet alone
		header, long, err = t.readLine()
	}
	if errors.Is(err, io.EOF) || err == nil && (long || strings.TrimSpace(header) == "") {
		return nil, headerError("the first line has no names of columns; known are: %s", strings.Join(ImportColumns, ", "))
	}
	if err != nil {
		return nil, err
	}
	return t, t.header(header)
}

func (t *table) header(line string) error {
	t.sep = ','
	for _, sep := range []byte{';', '\t'} {
		if strings.Count(line, string(sep)) > strings.Count(line, string(t.sep)) {
			t.sep = sep
		}
	}
	for i := range t.at {
		t.at[i] = -1
	}
	names, problem := splitLine(line, t.sep)
	if problem.code == ImportQuoteOpen { // a name may be broken over lines
		if names = t.join(line); names != nil {
			problem = lineFault{}
		}
	}
	if problem.code != "" {
		return headerError("the first line: %s", problem.text)
	}
	for len(names) > 0 && strings.TrimSpace(names[len(names)-1]) == "" { // spreadsheets write emptied columns
		names = names[:len(names)-1]
	}
	t.names, t.width = names, len(names)
	return nil
}

// byName finds the columns by their names.
func (t *table) byName() error {
	for i, name := range t.names {
		c := slices.Index(ImportColumns, columnName(name))
		switch {
		case strings.TrimSpace(name) == "":
			return headerError("column %d has no name; known are: %s", i+1, strings.Join(ImportColumns, ", "))
		case c < 0:
			return headerError("there is no column %.60q; known are: %s", name, strings.Join(ImportColumns, ", "))
		case t.at[c] >= 0:
			return headerError("the column %s is there twice", ImportColumns[c])
		}
		t.at[c] = i
	}
	return nil
}

// columnName normalises a heading: "Account Number" is account_number.
func columnName(heading string) string {
	return strings.Join(strings.FieldsFunc(gatehouse.Fold(heading), func(r rune) bool {
		return unicode.IsSpace(r) || r == '_' || r == '-' || unicode.Is(unicode.Cf, r)
	}), "_")
}

// has reports whether the file has a column.
func (t *table) has(c column) bool { return t.at[c] >= 0 }

// next returns the next non-empty line; io.EOF after the last.
func (t *table) next() (record, error) {
	if cells := t.first; cells != nil {
		t.first = nil
		rec := record{line: t.line}
		rec.problem = t.fill(&rec, cells)
		return rec, nil
	}
	for {
		line, long, err := t.readLine()
		if err != nil {
			return record{}, err
		}
		rec := record{line: t.line}
		if long {
			rec.problem = lineFault{ImportLineLong, fmt.Sprintf("the line has more than %d bytes", maxImportLine), nil}
			return rec, nil
		}
		cells, problem := splitLine(line, t.sep)
		if problem.code == ImportQuoteOpen {
			if cells = t.join(line); cells != nil {
				problem = lineFault{}
			}
		}
		switch {
		case strings.Trim(line, " \u00a0\t\""+string(t.sep)) == "":
			continue
		case problem.code != "":
			rec.problem = problem
		default:
			rec.problem = t.fill(&rec, cells)
		}
		return rec, nil
	}
}

// fill puts the cells of a line into their columns, or returns what is wrong. Spreadsheets write
// empty cells after the last column, and omit those at the end of a line; a line that is also the
// end of the file may have been cut off.
func (t *table) fill(rec *record, cells []string) (problem lineFault) {
	for len(cells) > t.width && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > t.width || len(cells) < t.width && t.cut {
		return lineFault{ImportFieldCount, fmt.Sprintf("the line has %d fields, the header has %d", len(cells), t.width),
			map[string]string{"fields": strconv.Itoa(len(cells)), "columns": strconv.Itoa(t.width)}}
	}
	for c, i := range t.at {
		switch {
		case i < 0 || i >= len(cells):
		case column(c) == colHashSalt: // its blanks count
			rec.cells[c] = cells[i]
		default:
			rec.cells[c] = strings.TrimSpace(cells[i])
		}
	}
	return lineFault{}
}

// mostJoined is over how many lines a field may go.
const mostJoined = 50

// join reads on after a line on which a field in quotes does not end: somebody has broken a long
// text in a column that is of no interest here. Only if that makes a whole record does it count, so
// an unclosed quote spoils its own line and not the rest of the file.
func (t *table) join(text string) []string {
	for i := range mostJoined {
		next, err := t.peek(i)
		if err != nil || next.long || len(text)+len(next.text) > maxImportLine {
			return nil
		}
		text += "\n" + next.text
		cells, problem := splitLine(text, t.sep)
		if problem.code == ImportQuoteOpen {
			continue
		}
		if problem.code != "" || t.width > 0 && len(cells) != t.width {
			return nil
		}
		for range i + 1 {
			t.readLine() //nolint:errcheck // they have been looked at
		}
		return cells
	}
	return nil
}

// peek returns a line ahead; 0 is the next one.
func (t *table) peek(i int) (physicalLine, error) {
	for len(t.ahead) <= i {
		next, err := t.readPhysical()
		if err != nil {
			return physicalLine{}, err
		}
		t.ahead = append(t.ahead, next)
	}
	return t.ahead[i], nil
}

// readLine returns a line without its end. One that is too long is read to its end and discarded.
func (t *table) readLine() (line string, long bool, err error) {
	next := physicalLine{}
	if len(t.ahead) > 0 {
		next, t.ahead = t.ahead[0], t.ahead[1:]
	} else if next, err = t.readPhysical(); err != nil {
		return "", false, err
	}
	t.line++
	t.cut = next.cut
	return next.text, next.long, nil
}

func (t *table) readPhysical() (line physicalLine, err error) {
	long := false
	text, err := t.in.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		text, err = t.in.ReadSlice('\n')
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0 && !long) {
		return physicalLine{}, err
	}
	if long {
		return physicalLine{long: true, cut: err != nil}, nil
	}
	return physicalLine{text: strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), cut: err != nil}, nil
}

// splitLine splits a line according to RFC 4180, or returns what is wrong with it.
func splitLine(line string, sep byte) (cells []string, problem lineFault) {
	for {
		if rest, quoted := strings.CutPrefix(line, `"`); quoted {
			cell, after, closed := unquote(rest)
			switch {
			case !closed:
				return nil, lineFault{ImportQuoteOpen, "a quotation mark is not closed on its line", nil}
			case after == "":
				return append(cells, cell), lineFault{}
			case after[0] != sep:
				return nil, lineFault{ImportQuoteAfter, "something follows a closing quotation mark; write a quotation mark inside quotes twice", nil}
			}
			cells, line = append(cells, cell), after[1:]
			continue
		}
		cell, rest, more := strings.Cut(line, string(sep))
		if strings.Contains(cell, `"`) {
			return nil, lineFault{ImportQuoteInside, "a quotation mark is in a field that does not begin with one; put the field in quotes", nil}
		}
		cells, line = append(cells, cell), rest
		if !more {
			return cells, lineFault{}
		}
	}
}

// unquote returns what is inside quotes, and what follows the closing one.
func unquote(s string) (cell, after string, closed bool) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '"')
		if i < 0 {
			return "", "", false
		}
		i += from
		if i+1 < len(s) && s[i+1] == '"' {
			from = i + 2
			continue
		}
		return strings.ReplaceAll(s[:i], `""`, `"`), s[i+1:], true
	}
}
