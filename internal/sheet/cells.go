package sheet

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	mostRowNumber = 1 << 20 // of a spreadsheet
	// exactNumbers is from where on a spreadsheet has lost digits: it keeps 15.
	exactNumbers = 1e15
)

// readTexts reads the shared strings.
func (b *book) readTexts(name string) error {
	return b.part(name, func(p *parser, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		text, err := p.text("rPh") // how to pronounce it
		b.texts = append(b.texts, text)
		return err
	})
}

// readStyles finds the styles of dates.
func (b *book) readStyles(name string) error {
	formats, inCells, n := map[string]bool{}, false, 0
	return b.part(name, func(_ *parser, e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmt":
			formats[attr(e, "numFmtId")] = isDate(attr(e, "formatCode"))
		case "cellStyleXfs", "dxfs", "cellStyles":
			inCells = false
		case "cellXfs":
			inCells = true
		case "xf":
			if inCells {
				id := attr(e, "numFmtId")
				known, _ := strconv.Atoi(id)
				b.dates[n] = formats[id] || known >= 14 && known <= 22 || known >= 45 && known <= 47
				n++
			}
		}
		return nil
	})
}

// isDate reports whether a number format shows a date or a time.
func isDate(format string) bool {
	for i := 0; i < len(format); i++ {
		switch format[i] {
		case '"':
			end := strings.IndexByte(format[i+1:], '"')
			if end < 0 {
				return false
			}
			i += end + 1
		case '[':
			end := strings.IndexByte(format[i:], ']')
			if end < 0 {
				return false
			}
			i += end
		case '\\', '_', '*':
			i++
		case 'd', 'D', 'm', 'M', 'y', 'Y', 'h', 'H', 's', 'S':
			return true
		}
	}
	return false
}

// readSheet writes the rows of a sheet as CSV.
func (b *book) readSheet(name string) (t Table, err error) {
	var out bytes.Buffer
	line, rows := 0, 0
	err = b.part(name, func(p *parser, e xml.StartElement) error {
		switch e.Name.Local {
		case "mergeCell":
			t.Merged = true
		case "row":
			number := line + 1
			if r, err := strconv.Atoi(attr(e, "r")); err == nil && r > line {
				number = r
			}
			if number > mostRowNumber {
				return fmt.Errorf("row %d", number)
			}
			cells, err := b.readRow(p)
			if err != nil || len(cells) == 0 {
				return err
			}
			for ; line < number-1; line++ {
				out.WriteByte('\n')
			}
			line++
			writeRow(&out, cells)
			if rows++; rows > b.most.Rows {
				return &Error{Reason: TooManyRows}
			}
			if out.Len() > b.most.Bytes {
				return errTooLarge
			}
		}
		return nil
	})
	if err == nil && rows == 0 {
		err = &Error{Reason: Empty}
	}
	t.Text = out.Bytes()
	return t, err
}

// readRow reads the cells of the row that has begun; none if all of them are empty.
func (b *book) readRow(p *parser) (cells []string, err error) {
	for until := p.depth - 1; p.depth > until; {
		token, err := p.next()
		if err != nil {
			return nil, unexpected(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "c" {
			continue
		}
		at := columnOf(attr(e, "r"), len(cells))
		value, err := b.readCell(p, e)
		if err != nil || value == "" {
			if err != nil {
				return nil, err
			}
			continue
		}
		if at >= b.most.Columns {
			return nil, &Error{Reason: TooManyColumns}
		}
		for len(cells) <= at {
			cells = append(cells, "")
		}
		cells[at] = value
	}
	return cells, nil
}

// columnOf is the index of a cell's column, of "AB12"; next if the cell does not say it.
func columnOf(reference string, next int) int {
	n := 0
	for _, c := range reference {
		if c < 'A' || c > 'Z' || n > 1<<20 {
			break
		}
		n = 26*n + int(c-'A') + 1
	}
	if n == 0 {
		return next
	}
	return n - 1
}

// readCell returns what a spreadsheet shows in a cell. Of a formula, that is its last result.
func (b *book) readCell(p *parser, cell xml.StartElement) (value string, err error) {
	for until := p.depth - 1; p.depth > until; {
		token, err := p.next()
		if err != nil {
			return "", unexpected(err)
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "v" || e.Name.Local == "is") {
			if value, err = p.text("rPh"); err != nil {
				return "", err
			}
		}
	}
	switch attr(cell, "t") {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(b.texts) {
			return "", fmt.Errorf("the cell %.10q has the text %.10q of %d", attr(cell, "r"), value, len(b.texts))
		}
		return b.texts[i], nil
	case "b":
		return map[string]string{"0": "false", "1": "true"}[strings.TrimSpace(value)], nil
	case "", "n":
		style, _ := strconv.Atoi(attr(cell, "s"))
		return number(strings.TrimSpace(value), b.dates[style]), nil
	}
	return value, nil
}

// number writes a number as people do, without an exponent, unless digits of it are lost: then the
// exponent stays, as a sign of that.
func number(value string, date bool) string {
	f, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		return value
	case date && f >= 1 && f < 2958466: // up to the year 9999
		day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(f))
		return day.Format(time.DateOnly)
	case math.Abs(f) >= exactNumbers:
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// writeRow writes a line of CSV. A line break in a cell becomes a blank: it is how somebody made a
// long name fit.
func writeRow(out *bytes.Buffer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			out.WriteByte(',')
		}
		if strings.ContainsAny(cell, "\r\n") {
			cell = strings.Join(strings.FieldsFunc(cell, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
		}
		if strings.ContainsAny(cell, `",;`) || strings.Contains(cell, "\t") {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		out.WriteString(cell)
	}
	out.WriteByte('\n')
}
