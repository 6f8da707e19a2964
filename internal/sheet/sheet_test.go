package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"gatehouse/internal/sheet"
)

var most = sheet.Limits{Rows: 1000, Columns: 50, Bytes: 4 << 20}

func utf16Of(order binary.ByteOrder, mark bool, text string) []byte {
	var out []byte
	if mark {
		text = "\ufeff" + text
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		two := make([]byte, 2)
		order.PutUint16(two, unit)
		out = append(out, two...)
	}
	return out
}

// The same table in every charset in which spreadsheets save it.
func TestCharsets(t *testing.T) {
	const text = "username;first_name\nzoe;Zoë\nola;“Ölaf” – 100 €\n"
	for name, test := range map[string]struct {
		file    string
		charset string
	}{
		"UTF-8":                     {text, sheet.UTF8},
		"with a mark":               {"\ufeff" + text, sheet.UTF8},
		"Windows-1252":              {"username;first_name\nzoe;Zo\xeb\nola;\x93\xd6laf\x94 \x96 100 \x80\n", sheet.Windows},
		"UTF-16, little, with mark": {string(utf16Of(binary.LittleEndian, true, text)), sheet.UTF16},
		"UTF-16, big, with mark":    {string(utf16Of(binary.BigEndian, true, text)), sheet.UTF16},
		"UTF-16, little, none":      {string(utf16Of(binary.LittleEndian, false, text)), sheet.UTF16},
		"UTF-16, big, none":         {string(utf16Of(binary.BigEndian, false, text)), sheet.UTF16},
	} {
		got, err := sheet.Read([]byte(test.file), most)
		if err != nil || got.Charset != test.charset || string(got.Text) != text {
			t.Errorf("%s: %s, %q, %v", name, got.Charset, got.Text, err)
		}
	}
	// One damaged name does not turn the others into nonsense.
	if got, err := sheet.Read([]byte("Zoë\nÖlaf\nJ\xfcrgen\n"), most); err != nil || !strings.HasPrefix(string(got.Text), "Zoë\nÖlaf\n") {
		t.Errorf("%q, %v", got.Text, err)
	}
	// Beyond the first plane, and half of a pair.
	if got, err := sheet.Read(append(utf16Of(binary.LittleEndian, true, "a𝒜b\n"), 0x00, 0xd8, 'c', 0, 'x'), most); err != nil || string(got.Text) != "a𝒜b\n\ufffdc\ufffd" {
		t.Errorf("%q, %v", got.Text, err)
	}
	// Lines of an old desktop.
	if got, err := sheet.Read([]byte("a\rb\r"), most); err != nil || string(got.Text) != "a\nb\n" {
		t.Errorf("%q, %v", got.Text, err)
	}
}

// workbook makes a workbook from the XML of its sheet.
func workbook(sheetXML string, more map[string]string) []byte {
	parts := map[string]string{
		"_rels/.rels":              `<Relationships><Relationship Id="r" Type="http://schemas.example/officeDocument" Target="book/main.xml"/></Relationships>`,
		"book/main.xml":            `<workbook xmlns:r="x"><sheets><sheet name="Notes" state="hidden" r:id="rId9"/><sheet name="People" r:id="rId1"/><sheet name="More" r:id="rId2"/></sheets></workbook>`,
		"book/_rels/main.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://schemas.example/worksheet" Target="sheets/1.xml"/><Relationship Id="rId3" Type="http://schemas.example/sharedStrings" Target="/book/texts.xml"/><Relationship Id="rId4" Type="http://schemas.example/styles" Target="styles.xml"/></Relationships>`,
		"book/sheets/1.xml":        sheetXML,
		"book/texts.xml":           `<sst count="-1"><si><t>username</t></si><si><r><t>rich</t></r><r><t> text</t></r><rPh><t>sound</t></rPh></si></sst>`,
		"book/styles.xml":          `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm"/><numFmt numFmtId="165" formatCode="&quot;day&quot; 0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
	}
	for name, text := range more {
		parts[name] = text
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func rows(xml string) string { return "<worksheet><sheetData>" + xml + "</sheetData></worksheet>" }

// What is in a workbook is read as its user sees it.
func TestWorkbook(t *testing.T) {
	got, err := sheet.Read(workbook("<worksheet><sheetData>"+
		`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>`+
		`<row r="3"><c r="A3" t="inlineStr"><is><t>a "quoted", cell</t></is></c><c r="B3"><v>42</v></c><c r="C3"><v>1.234567890123456E15</v></c></row>`+
		`<row r="4"><c r="A4" s="1"><v>45000</v></c><c r="B4" s="2"><v>45000.5</v></c><c r="C4" s="3"><v>7</v></c></row>`+
		`<row r="5"><c r="A5" t="str"><f>CONCAT("x","y")</f><v>xy</v></c><c r="B5" t="b"><v>1</v></c><c r="C5" t="e"><v>#N/A</v></c></row>`+
		`<row><c t="inlineStr"><is><t>two
lines</t></is></c><c><v>0.1</v></c><c><v>123456789012345</v></c></row>`+
		`<row r="7"><c r="A7" s="1"/></row>`+
		`</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells></worksheet>`, nil), most)
	want := "username,,rich text\n\n\"a \"\"quoted\"\", cell\",42,1.234567890123456E+15\n2023-03-15,2023-03-15,7\nxy,true,#N/A\ntwo lines,0.1,123456789012345\n"
	if err != nil || string(got.Text) != want || !got.Merged || got.Charset != "" {
		t.Errorf("%q, %v\nwant %q", got.Text, err, want)
	}
}

// Files that are none, and workbooks that claim what is not true or want too much.
func TestWhatCannotBeRead(t *testing.T) {
	deep := strings.Repeat("<a>", 1000)
	for name, test := range map[string]struct {
		file []byte
		want sheet.Reason
	}{
		"nothing":                  {nil, sheet.Empty},
		"blanks":                   {[]byte(" \r\n\n"), sheet.Empty},
		"only a mark":              {[]byte("\xef\xbb\xbf"), sheet.Empty},
		"a picture":                {[]byte("\x89PNG\r\n\x1a\n"), sheet.NoTable},
		"bytes":                    {bytes.Repeat([]byte{0, 0, 7}, 100), sheet.NoTable},
		"an archive":               {zipOf("readme.txt", "hello"), sheet.NoTable},
		"the beginning of one":     {[]byte("PK\x03\x04"), sheet.NoTable},
		"an old one":               {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxx"), sheet.OldExcel},
		"too many lines":           {[]byte(strings.Repeat("x\n", most.Rows+1)), sheet.TooManyRows},
		"too many rows":            {workbook(rows(strings.Repeat(`<row><c><v>1</v></c></row>`, most.Rows+1)), nil), sheet.TooManyRows},
		"a column far away":        {workbook(rows(`<row><c r="ZZZ1"><v>1</v></c></row>`), nil), sheet.TooManyColumns},
		"a row far away":           {workbook(rows(`<row r="99999999"><c><v>1</v></c></row>`), nil), sheet.Damaged},
		"a text that is not there": {workbook(rows(`<row><c t="s"><v>-1</v></c></row>`), nil), sheet.Damaged},
		"another":                  {workbook(rows(`<row><c t="s"><v>2</v></c></row>`), nil), sheet.Damaged},
		"cut off":                  {workbook(`<worksheet><sheetData><row><c><v>1</v></c></row><row><c>`, nil), sheet.Damaged},
		"deep":                     {workbook(rows(deep), nil), sheet.TooLarge},
		"a bomb":                   {workbook(rows(strings.Repeat(`<row></row>`, 1<<20)), nil), sheet.TooLarge},
		"a bomb in one element":    {workbook(rows(`<row `+strings.Repeat(`a="" `, 1<<19)+`/>`), nil), sheet.TooLarge},
		"a bomb in one cell":       {workbook(rows(`<row><c t="inlineStr"><is>`+strings.Repeat("<t>xxxxxxxxxx</t>", 1<<17)+`</is></c></row>`), nil), sheet.TooLarge},
		"no rows":                  {workbook(rows(""), nil), sheet.Empty},
		"no sheet":                 {workbook("", map[string]string{"book/main.xml": "<workbook/>"}), sheet.Damaged},
		"an entity":                {workbook(`<!DOCTYPE x [<!ENTITY a "aaaa">]>`+rows(`<row><c><v>&a;</v></c></row>`), nil), sheet.Damaged},
	} {
		if _, err := sheet.Read(test.file, most); sheet.ReasonOf(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func zipOf(name, text string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	if w, err := z.Create(name); err == nil {
		fmt.Fprint(w, text) //nolint:errcheck // into memory
	}
	z.Close() //nolint:errcheck
	return out.Bytes()
}

// Whatever is uploaded: no panic, an error with a reason, or UTF-8 within the limits.
func FuzzRead(f *testing.F) {
	f.Add([]byte("username,email\nkim,kim@x.example\n"))
	f.Add(utf16Of(binary.LittleEndian, true, "a;b\n"))
	f.Add(utf16Of(binary.BigEndian, false, "a;b\n"))
	f.Add([]byte("Zo\xeb\n\x00"))
	f.Add(workbook(rows(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>1</v></c></row>`), nil))
	f.Add(workbook(rows(`<row><c t="s"><v>-1</v></c></row>`), map[string]string{"book/texts.xml": `<sst><si><t>a`}))
	f.Fuzz(func(t *testing.T, file []byte) { check(t, file) })
}

// The same for the parts of a workbook, which chance does not find inside an archive.
func FuzzWorkbook(f *testing.F) {
	f.Add(rows(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`), `<sst><si><t>a</t></si></sst>`, `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
	f.Add(`<row><c t="inlineStr"><is><r><t>`, `<si><rPh>`, `<numFmt numFmtId="1" formatCode="[&quot;\"/>`)
	f.Add(`</row><row r="2"/><c r="1A"><v>1E400</v></c>`, `</si>`, `<xf/>`)
	f.Fuzz(func(t *testing.T, one, texts, styles string) {
		check(t, workbook(one, map[string]string{"book/texts.xml": texts, "book/styles.xml": styles}))
	})
}

func check(t *testing.T, file []byte) {
	t.Helper()
	got, err := sheet.Read(file, most)
	switch {
	case err != nil && sheet.ReasonOf(err) == "":
		t.Fatalf("an error without a reason: %v", err)
	case err == nil && (len(got.Text) > most.Bytes+1<<20 || bytes.Count(got.Text, []byte("\n")) > 1<<20):
		t.Fatalf("%d bytes", len(got.Text))
	case err == nil && got.Charset != sheet.UTF8 && !utf8.Valid(got.Text) && got.Charset != "":
		t.Fatalf("%s is not UTF-8 now", got.Charset)
	}
}
