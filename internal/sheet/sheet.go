package sheet

import (
	"bytes"
	"errors"
	"fmt"
)

// Limits bound what a file may unpack to.
type Limits struct {
	// Rows and Columns are the most that the table may have, the heading included.
	Rows, Columns int
	// Bytes is the most that may be read from the parts of a workbook, and that the text may have.
	Bytes int
}

// Table is a file as text.
type Table struct {
	// Text is CSV in UTF-8, without a byte order mark. A line of it is a line of the file, or a row
	// of the workbook.
	Text []byte
	// Charset is what the text was written in: "UTF-8", "UTF-16", "Windows-1252"; empty for a
	// workbook.
	Charset string
	// Merged: the workbook has merged cells, of which only the first has a value.
	Merged bool
}

// Error says why a file cannot be read as a table.
type Error struct {
	Reason Reason
	Err    error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "sheet: " + string(e.Reason)
	}
	return fmt.Sprintf("sheet: %s: %v", e.Reason, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Reason is why a file cannot be read.
type Reason string

// The reasons.
const (
	// Empty: there is nothing in it.
	Empty Reason = "empty"
	// NoTable: it is something else, such as a picture or an archive.
	NoTable Reason = "no-table"
	// OldExcel: it has the format of old spreadsheets, which is also that of protected ones.
	OldExcel Reason = "old-excel"
	// Damaged: it is a workbook that cannot be read.
	Damaged Reason = "damaged"
	// TooLarge, TooManyRows and TooManyColumns: it has more than the limits say.
	TooLarge       Reason = "too-large"
	TooManyRows    Reason = "too-many-rows"
	TooManyColumns Reason = "too-many-columns"
)

// ReasonOf is the reason of an error of this package; empty for another one.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

// What other files begin with. Names say nothing: a workbook is often called .csv.
var (
	zipped    = []byte("PK\x03\x04")
	compound  = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	notTables = [][]byte{[]byte("%PDF"), []byte("\x89PNG"), []byte("\xff\xd8\xff"), []byte("GIF8"), []byte("\x1f\x8b"), []byte("7z\xbc\xaf"),
		[]byte("Rar!"), []byte("\x7fELF"), []byte("MZ\x90"), []byte("PK\x05\x06"), []byte("SQLite format 3\x00"), []byte("{\\rtf"), []byte("<!DOCTYPE"), []byte("<html")}
)

// Read reads a file. Errors are of type *Error.
func Read(file []byte, most Limits) (Table, error) {
	switch {
	case bytes.HasPrefix(file, zipped):
		return readWorkbook(file, most)
	case bytes.HasPrefix(file, compound):
		return Table{}, &Error{Reason: OldExcel}
	}
	for _, begin := range notTables {
		if bytes.HasPrefix(file, begin) {
			return Table{}, &Error{Reason: NoTable}
		}
	}
	return readText(file, most)
}

func readText(file []byte, most Limits) (Table, error) {
	charset := charsetOf(file)
	if charset == "" {
		return Table{}, &Error{Reason: NoTable}
	}
	text := decode(file, charset)
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return Table{}, &Error{Reason: Empty}
	case len(text) > most.Bytes:
		return Table{}, &Error{Reason: TooLarge}
	}
	if !bytes.ContainsRune(text, '\n') { // as some desktops wrote lines, long ago
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	if bytes.Count(bytes.TrimRight(text, "\r\n"), []byte("\n")) >= most.Rows {
		return Table{}, &Error{Reason: TooManyRows}
	}
	return Table{Text: text, Charset: charset}, nil
}
