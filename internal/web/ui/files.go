package ui

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"
)

// Parts are the parts of a form from the first file on. The fields before it have been read.
type Parts struct {
	first *multipart.Part
	rest  *multipart.Reader
}

// FieldsBefore reads the fields of a form up to its first file, which is not read yet.
func FieldsBefore(rest *multipart.Reader, most int64, field func(name, value string)) (*Parts, error) {
	for {
		part, err := rest.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return &Parts{nil, rest}, nil
		case err != nil:
			return nil, err
		case isFile(part):
			return &Parts{part, rest}, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, most+1))
		if err != nil {
			return nil, err
		}
		if most -= int64(len(value)); most < 0 {
			return nil, &http.MaxBytesError{Limit: most}
		}
		field(part.FormName(), string(value))
	}
}

// isFile: also an empty one, where none was chosen.
func isFile(part *multipart.Part) bool {
	_, about, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, named := about["filename"]
	return err == nil && named
}

// None reports whether there is certainly no file: a browser sends one without a name if none was
// chosen.
func (p *Parts) None() bool {
	return p.first == nil || p.first.FileName() == ""
}

// NextPart returns the next file or field; io.EOF at the end.
func (p *Parts) NextPart() (*multipart.Part, error) {
	if first := p.first; first != nil {
		p.first = nil
		return first, nil
	}
	if p.rest == nil {
		return nil, io.EOF
	}
	return p.rest.NextPart()
}

// Sent is a file that came with a form.
type Sent struct {
	Name string
	Body []byte
}

// ErrTooMuch: what was sent is larger than the form takes.
var ErrTooMuch = errors.New("ui: too much was sent")

// Read reads the files of a form, one byte more of each than most at the most, so that its reader can
// tell that it is too large; the rest of it is thrown away. It stops when the time is over. Every file
// after the limit of how many is read over.
func (p *Parts) Read(w http.ResponseWriter, most int64, many int, patience time.Duration) (all []Sent, err error) {
	defer deadline(w, patience)()
	for {
		part, err := p.NextPart()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		var body []byte
		if err == nil && isFile(part) && part.FileName() != "" && len(all) < many {
			body, err = io.ReadAll(io.LimitReader(part, most+1))
			all = append(all, Sent{part.FileName(), body})
		}
		if err == nil {
			_, err = io.Copy(io.Discard, part)
		}
		if _, much := errors.AsType[*http.MaxBytesError](err); much {
			return all, ErrTooMuch
		}
		if err != nil {
			return all, err
		}
	}
}

// deadline replaces the limits on a connection, which are for forms without files.
func deadline(w http.ResponseWriter, most time.Duration) (stop func()) {
	stream := http.NewResponseController(w)
	stream.SetReadDeadline(time.Time{})                                             //nolint:errcheck // then a slow file is cut off
	stream.SetWriteDeadline(time.Time{})                                            //nolint:errcheck
	end := time.AfterFunc(most, func() { stream.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck
	return func() { end.Stop() }
}

// WriteDownload gives out a file that somebody has sent: as a download of an unknown kind, under a
// policy that allows nothing, and never as a page of this site.
func WriteDownload(w http.ResponseWriter, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}
