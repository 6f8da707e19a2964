package support

import (
	"context"
	"errors"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/attachment"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Upload is a file as it came.
type Upload struct {
	Name string
	Body []byte
}

// ready is a file that was read and can be kept.
type ready struct {
	name string
	attachment.File
}

// readFiles reads files. A file that cannot be used is a fault of the field files.
func (s *Service) readFiles(ctx context.Context, uploads []Upload) (all []ready, faults gatehouse.Faults, err error) {
	if len(uploads) > gatehouse.MostCaseFiles {
		faults.Add("files", "case-files-many", "most", strconv.Itoa(gatehouse.MostCaseFiles))
		return nil, faults, nil
	}
	for n, u := range uploads {
		if len(u.Body) > gatehouse.MostCaseFile {
			faults.Add("files", "case-file-large", "name", shown(u.Name), "megabytes", strconv.Itoa(gatehouse.MostCaseFile>>20))
			continue
		}
		if err := begin(ctx, s.reading); err != nil {
			return nil, nil, err
		}
		f, err := attachment.Read(u.Body)
		<-s.reading
		switch {
		case errors.Is(err, attachment.ErrPixels):
			faults.Add("files", "case-file-pixels", "name", shown(u.Name))
		case errors.Is(err, attachment.ErrKind):
			faults.Add("files", "case-file-kind", "name", shown(u.Name))
		case err != nil:
			faults.Add("files", "case-file-damaged", "name", shown(u.Name))
		default:
			all = append(all, ready{attachment.Name(u.Name, f.Kind, n+1), f})
		}
	}
	return all, faults, nil
}

// shown is how an error names a file.
func shown(name string) string {
	const most = 60
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return name
}

// readWait is how long a file waits for others to be read.
const readWait = 20 * time.Second

// begin waits for a place where something is read.
func begin(ctx context.Context, place chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: "busy", RetryAfter: readWait, Err: ctx.Err()}
	}
}

// partSize is how large the pieces are in which a file is kept: each is one short transaction.
const partSize = 512 << 10

// putFiles writes the content of files, which belong to no case yet.
func (s *Service) putFiles(ctx context.Context, st *site.Site, files []ready) (all []gatehouse.CaseFile, err error) {
	for _, f := range files {
		one := gatehouse.CaseFile{SiteID: st.ID, ID: store.NewID("fil", s.Now()), Name: f.name, Kind: gatehouse.CaseFileKind(f.Kind), Size: len(f.Body), At: s.Now()}
		for part := 0; part*partSize < len(f.Body); part++ {
			piece := f.Body[part*partSize : min(len(f.Body), (part+1)*partSize)]
			sealed, err := s.Keys.Seal(partSeal(st.ID, one.ID, part), piece)
			if err != nil {
				return nil, err
			}
			err = s.Store.Write(ctx, func(q store.Queries) error { return q.PutCasePart(ctx, st.ID, one.ID, part, sealed, one.At) })
			if err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// own makes files those of a message.
func own(tx *act.Unit, m gatehouse.CaseMessage, files []gatehouse.CaseFile) error {
	for _, f := range files {
		f.CaseID, f.MessageID = m.CaseID, m.ID
		if err := tx.InsertCaseFile(tx, f); err != nil {
			return err
		}
	}
	return nil
}

// File returns a file of a case that the caller may see, with its content.
//
// Errors: NotFound, Forbidden (ReasonCaseUnconfirmed), Unavailable.
func (s *Service) File(ctx context.Context, st *site.Site, c gatehouse.Caller, by Access, id string) (gatehouse.CaseFile, []byte, error) {
	view, err := s.Case(ctx, st, c, by)
	if err != nil {
		return gatehouse.CaseFile{}, nil, err
	}
	for _, m := range view.Messages { // not one of a message that is for support only
		for _, f := range m.Files {
			if f.ID == id {
				body, err := s.content(ctx, f)
				return f, body, err
			}
		}
	}
	return gatehouse.CaseFile{}, nil, errNoCase
}

// content opens a file.
func (s *Service) content(ctx context.Context, f gatehouse.CaseFile) ([]byte, error) {
	parts, err := s.Store.Read().CaseParts(ctx, f)
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, f.Size)
	for n, sealed := range parts {
		piece, err := s.Keys.Open(partSeal(f.SiteID, f.ID, n), sealed)
		if err != nil {
			return nil, err
		}
		body = append(body, piece...)
	}
	if len(body) != f.Size || len(parts) == 0 {
		return nil, errNoCase
	}
	return body, nil
}
