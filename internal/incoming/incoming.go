// Package incoming reads mail that people write: its words without what they answer to, and its files.
// Anybody can write anything into a mail, so nothing here fails on what is odd, everything has a limit,
// and mail that no person has written is told apart, because answering it would start a loop.
package incoming

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // other charsets than UTF-8
	"github.com/emersion/go-message/mail"
	"golang.org/x/text/encoding/charmap"
)

// Mail is what somebody has written.
type Mail struct {
	// From is the address in From; empty if there is not exactly one. It can be forged.
	From string
	// MessageID is as in the header, without the angle brackets.
	MessageID, Subject string
	// Text is what was written, without the history.
	Text  string
	Files []File
	// Left: there were files, or parts of one, that are not in Files.
	Left bool
	// Automatic: no person has written it.
	Automatic bool
	// Mark is the same for the same mail.
	Mark string
}

// File is a file that came with a mail. What it is has to be told from its content.
type File struct {
	Name string
	Body []byte
}

// The limits of what is read of a mail.
const (
	mostHeader = 256 << 10
	mostParts  = 100
	mostDepth  = 8
	mostWords  = 256 << 10 // of a part, in bytes
	mostLetter = 5000      // of what was written, in characters
	// smallPicture is the size of pictures in a text, up to which they belong to a signature.
	smallPicture = 8 << 10
)

// Limits are how long a mail may be, how many files it may have, and how large one of them may be.
type Limits struct{ Bytes, Files, FileBytes int }

// ErrTooLarge is the error for a mail that is longer than the limit.
var ErrTooLarge = errors.New("incoming: the mail is too large")

// ErrUnreadable is the error for something that is no mail.
var ErrUnreadable = errors.New("incoming: not a mail")

// Read reads a mail to its end. Errors: ErrTooLarge, ErrUnreadable, and the reader’s.
func Read(from io.Reader, limits Limits) (Mail, error) {
	source := &measured{r: from, left: limits.Bytes}
	m, err := read(source, limits)
	io.Copy(io.Discard, source) //nolint:errcheck // the source remembers its error
	switch {
	case source.err != nil:
		return Mail{}, source.err
	case err != nil:
		return Mail{}, ErrUnreadable
	}
	if m.Mark == "" { // no Message-ID: the content tells one mail from another
		m.Mark = digest(m.From, m.Subject, m.Text)
	}
	return m, nil
}

func read(from io.Reader, limits Limits) (Mail, error) {
	e, err := message.ReadWithOptions(from, &message.ReadOptions{MaxHeaderBytes: mostHeader})
	if e == nil {
		return Mail{}, err
	}
	about := mail.Header{Header: e.Header}
	m := Mail{From: author(about), Automatic: automatic(e.Header)}
	m.MessageID = strings.Trim(strings.TrimSpace(e.Header.Get("Message-Id")), "<>")
	if m.MessageID != "" {
		m.Mark = digest(m.MessageID)
	}
	m.Subject, _ = about.Subject() // what cannot be read is as it came
	m.Subject = oneLine(m.Subject)
	r := reader{limits: limits}
	words := r.walk(e, 0).text
	m.Text = shorten(uncover(clean(words)))
	m.Files, m.Left = r.files, r.left
	return m, nil
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// author is the address in From. With more than one nobody knows who has written.
func author(about mail.Header) string {
	if len(about.Values("From")) != 1 {
		return ""
	}
	all, err := about.AddressList("From")
	if err != nil || len(all) != 1 {
		return ""
	}
	return oneLine(all[0].Address)
}

// measured reads up to a limit, and remembers why it could not read on.
type measured struct {
	r    io.Reader
	left int
	err  error
}

func (m *measured) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p[:min(len(p), m.left+1)])
	if m.left -= n; m.left < 0 {
		n, err = 0, ErrTooLarge
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// reader collects what is in the parts of a mail.
type reader struct {
	limits Limits
	parts  int
	files  []File
	left   bool
}

// words are those of a part; plain: they need no translation from HTML.
type words struct {
	text  string
	plain bool
}

func (r *reader) walk(e *message.Entity, depth int) words {
	if r.parts++; r.parts > mostParts || depth > mostDepth {
		r.left = true
		return words{}
	}
	kind, _, err := e.Header.ContentType()
	if err != nil || kind == "" {
		kind = "text/plain"
		if bad := e.Header.Get("Content-Type"); bad != "" {
			kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(bad)), ";")
		}
	}
	disposition, about, _ := e.Header.ContentDisposition()
	name := about["filename"]
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		return r.several(e, kind, depth)
	case disposition != "attachment" && name == "" && (kind == "text/plain" || kind == "text/html"):
		text := decoded(upTo(e.Body, mostWords))
		if kind == "text/html" {
			return words{ofHTML(text), false}
		}
		return words{text, true}
	case strings.HasSuffix(kind, "/pgp-signature") || strings.HasSuffix(kind, "pkcs7-signature"):
		return words{} // says nothing to people
	}
	r.file(e, name, disposition)
	return words{}
}

// several reads the parts of a part.
func (r *reader) several(e *message.Entity, kind string, depth int) (all words) {
	parts := e.MultipartReader()
	if parts == nil {
		return words{}
	}
	for r.parts <= mostParts {
		part, err := parts.NextPart()
		if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			break
		}
		found := r.walk(part, depth+1)
		switch {
		case strings.TrimSpace(found.text) == "":
		case all.text == "":
			all = found
		case kind != "multipart/alternative":
			all.text += "\n" + found.text
		case found.plain && !all.plain: // the same once more, as its author saw it
			all = found
		}
	}
	return all
}

// file keeps a file, if there is room for it.
func (r *reader) file(e *message.Entity, name, disposition string) {
	if name == "" {
		_, about, _ := e.Header.ContentType()
		name = about["name"]
	}
	if len(r.files) >= r.limits.Files {
		r.left = true
		return
	}
	body := upTo(e.Body, r.limits.FileBytes+1)
	inText := disposition != "attachment" && e.Header.Get("Content-Id") != ""
	switch {
	case len(body) == 0, inText && len(body) <= smallPicture:
	case len(body) > r.limits.FileBytes:
		r.left = true
	default:
		r.files = append(r.files, File{Name: oneLine(name), Body: body})
	}
}

// upTo reads some bytes. A fault ends it.
func upTo(from io.Reader, most int) []byte {
	var b bytes.Buffer
	io.Copy(&b, io.LimitReader(from, int64(most))) //nolint:errcheck // what was read counts
	return b.Bytes()
}

// decoded is a text in UTF-8: what is none was written on an old computer that says nothing about it.
func decoded(text []byte) string {
	whole := strings.ToValidUTF8(string(text), "")
	if len(text)-len(whole) <= 3 { // it may have been cut within a letter
		return whole
	}
	latin, err := charmap.Windows1252.NewDecoder().Bytes(text)
	if err != nil {
		return whole
	}
	return strings.ToValidUTF8(string(latin), "")
}
