package sheet

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// The charsets in which spreadsheets save.
const (
	UTF8    = "UTF-8"
	UTF16   = "UTF-16"
	Windows = "Windows-1252" // and Latin-1, which has control characters where this has letters
)

var (
	mark8        = []byte("\xef\xbb\xbf")
	markLittle   = []byte("\xff\xfe")
	markBig      = []byte("\xfe\xff")
	lookAtStart  = 4096
	mostNulShare = 16 // of the beginning of a text, at most one byte in so many is NUL
)

// charsetOf returns the charset of a text; empty: this is no text.
func charsetOf(file []byte) string {
	switch {
	case bytes.HasPrefix(file, mark8):
		return UTF8
	case bytes.HasPrefix(file, markLittle), bytes.HasPrefix(file, markBig):
		return UTF16
	}
	start := file[:min(len(file), lookAtStart)]
	nuls := bytes.Count(start, []byte{0})
	switch {
	case nuls > 0 && orderOf(start) != nil:
		return UTF16
	case nuls*mostNulShare > len(start):
		return ""
	case mostlyUTF8(file):
		return UTF8
	}
	return Windows
}

// orderOf returns the byte order of UTF-16 without a mark: most of its letters have a zero half,
// always the same one. nil: it is not UTF-16.
func orderOf(start []byte) binary.ByteOrder {
	var zero [2]int
	for i, b := range start {
		if b == 0 {
			zero[i%2]++
		}
	}
	half := len(start) / 2
	switch {
	case zero[1]*10 > half*6 && zero[0]*10 < half:
		return binary.LittleEndian
	case zero[0]*10 > half*6 && zero[1]*10 < half:
		return binary.BigEndian
	}
	return nil
}

// mostlyUTF8 reports whether there are more characters of UTF-8 in a text than bytes that do not
// belong to any. One damaged name must not turn all others into nonsense.
func mostlyUTF8(file []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(file); {
		if file[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(file[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	return bad == 0 || good > bad
}

// decode returns a text in UTF-8 without its mark.
func decode(file []byte, charset string) []byte {
	switch charset {
	case UTF16:
		return fromUTF16(file)
	case Windows:
		return fromWindows(file)
	}
	return bytes.TrimPrefix(file, mark8)
}

func fromUTF16(file []byte) []byte {
	order := binary.ByteOrder(binary.LittleEndian)
	switch {
	case bytes.HasPrefix(file, markBig):
		order, file = binary.BigEndian, file[2:]
	case bytes.HasPrefix(file, markLittle):
		file = file[2:]
	default:
		order = orderOf(file[:min(len(file), lookAtStart)])
	}
	text := make([]byte, 0, len(file))
	for ; len(file) >= 2; file = file[2:] {
		r := rune(order.Uint16(file))
		if utf16.IsSurrogate(r) {
			next := rune(utf8.RuneError)
			if len(file) >= 4 {
				next = utf16.DecodeRune(r, rune(order.Uint16(file[2:])))
			}
			if next != utf8.RuneError {
				file = file[2:]
			}
			r = next
		}
		text = utf8.AppendRune(text, r)
	}
	if len(file) == 1 { // half a character: shown as a fault, not dropped
		text = utf8.AppendRune(text, utf8.RuneError)
	}
	return text
}

// high are the characters of Windows-1252 from 0x80 to 0x9F; those from 0xA0 on are the same in
// Unicode.
var high = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

func fromWindows(file []byte) []byte {
	text := make([]byte, 0, len(file)+len(file)/8)
	for _, b := range file {
		switch {
		case b < utf8.RuneSelf:
			text = append(text, b)
		case b < 0xa0:
			text = utf8.AppendRune(text, high[b-0x80])
		default:
			text = utf8.AppendRune(text, rune(b))
		}
	}
	return text
}
