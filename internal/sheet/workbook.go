package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	mostParts = 2000 // of a workbook, which is a ZIP archive
	mostDepth = 64   // of elements in one another
	mostToken = 1 << 20
)

// book is a workbook that is being read.
type book struct {
	parts map[string]*zip.File
	most  Limits
	left  int // bytes that may still be unpacked
	// texts are the shared strings, and dates the styles that show a number as a date.
	texts []string
	dates map[int]bool
}

var errTooLarge = errors.New("it unpacks to too much")

// readWorkbook reads the first sheet that is not hidden.
func readWorkbook(file []byte, most Limits) (Table, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(z.File) > mostParts {
		return Table{}, &Error{NoTable, err}
	}
	b := &book{parts: map[string]*zip.File{}, most: most, left: most.Bytes, dates: map[int]bool{}}
	for _, f := range z.File {
		b.parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	main := b.related("", "/officeDocument", "xl/workbook.xml")
	if b.parts[main] == nil {
		return Table{}, &Error{NoTable, errors.New("an archive without a workbook")}
	}
	t, err := b.read(main)
	if e := (*Error)(nil); err == nil || errors.As(err, &e) {
		return t, err
	}
	if errors.Is(err, errTooLarge) {
		return Table{}, &Error{TooLarge, err}
	}
	return Table{}, &Error{Damaged, err}
}

func (b *book) read(main string) (Table, error) {
	sheet, err := b.firstSheet(main)
	if err != nil {
		return Table{}, err
	}
	if err := b.readTexts(b.related(main, "/sharedStrings", "xl/sharedStrings.xml")); err != nil {
		return Table{}, err
	}
	if err := b.readStyles(b.related(main, "/styles", "xl/styles.xml")); err != nil {
		return Table{}, err
	}
	return b.readSheet(sheet)
}

// part reads an XML part token by token; nothing happens if there is none.
func (b *book) part(name string, each func(*parser, xml.StartElement) error) error {
	f := b.parts[name]
	if f == nil {
		return nil
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it is only read
	p := &parser{book: b, in: in}
	p.Decoder = xml.NewDecoder(p)
	p.Strict = true
	for {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := each(p, start); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
}

// parser reads the tokens of a part. It bounds what is unpacked in all, what one token takes, and
// how deep elements are in one another.
type parser struct {
	*xml.Decoder
	book  *book
	in    io.Reader
	token int // bytes that this token may still take
	depth int
}

// Read is what the decoder reads from.
func (p *parser) Read(into []byte) (int, error) {
	if p.book.left <= 0 || p.token <= 0 {
		return 0, errTooLarge
	}
	n, err := p.in.Read(into[:min(len(into), p.book.left, p.token)])
	p.book.left -= n
	p.token -= n
	return n, err
}

func (p *parser) next() (xml.Token, error) {
	p.token = mostToken
	t, err := p.Token()
	switch t.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > mostDepth {
			return nil, errTooLarge
		}
	case xml.EndElement:
		p.depth--
	}
	return t, err
}

// text returns the text inside the element that has begun, and of the elements named t in it. What
// is in elements named skip does not count.
func (p *parser) text(skip string) (string, error) {
	var all strings.Builder
	skipped := 0
	for until := p.depth - 1; p.depth > until; {
		token, err := p.next()
		if err != nil {
			return "", unexpected(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if skipped > 0 || t.Name.Local == skip {
				skipped++
			}
		case xml.EndElement:
			skipped = max(0, skipped-1)
		case xml.CharData:
			if skipped == 0 {
				all.Write(t)
			}
		}
		if all.Len() > mostToken {
			return "", errTooLarge
		}
	}
	return all.String(), nil
}

// unexpected: inside an element, the end of the file is an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// related returns the part to which another one (empty: the archive) has a relation of a type, or
// the usual name.
func (b *book) related(from, kind, usual string) string {
	found := usual
	b.relations(from, func(id, of, target string) { //nolint:errcheck // then it has its usual name, or is missed
		if strings.HasSuffix(of, kind) {
			found = target
		}
	})
	return found
}

func (b *book) relations(from string, each func(id, kind, target string)) error {
	dir, name := path.Split(from)
	return b.part(dir+"_rels/"+name+".rels", func(_ *parser, e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		each(attr(e, "Id"), attr(e, "Type"), strings.TrimPrefix(target, "/"))
		return nil
	})
}

// firstSheet returns the part of the first sheet that people see.
func (b *book) firstSheet(main string) (string, error) {
	parts := map[string]string{}
	if err := b.relations(main, func(id, _, target string) { parts[id] = target }); err != nil {
		return "", err
	}
	first := ""
	err := b.part(main, func(_ *parser, e xml.StartElement) error {
		if state := attr(e, "state"); e.Name.Local == "sheet" && first == "" && state != "hidden" && state != "veryHidden" {
			first = parts[attr(e, "id")]
		}
		return nil
	})
	if err == nil && b.parts[first] == nil {
		err = errors.New("it has no sheet")
	}
	return first, err
}
