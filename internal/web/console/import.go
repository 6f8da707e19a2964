package console

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

const (
	// ImportPath is where an import begins.
	ImportPath = ui.CompanyUsersPath + "/import"
	// uploadTime is how long a file may take to come: 16 MB in five minutes are half a megabit a second.
	uploadTime = 5 * time.Minute
	// mostUploads is how many files one process reads at a time: each takes some times its size.
	mostUploads = 2
	// linesOfImport is how many lines of an import a page shows.
	linesOfImport = 50
)

// ReasonManyUploads: other files are being read.
const ReasonManyUploads = "many-uploads"

// ImportPage asks for a file.
func (c *Console) ImportPage(w http.ResponseWriter, r *http.Request) error {
	return c.importPage(w, r, http.StatusOK, nil)
}

func (c *Console) importPage(w http.ResponseWriter, r *http.Request, status int, faults []gatehouse.FieldError) error {
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	all, err := c.Directory.Imports(r.Context(), at.Site, at.By, at.Firm.ID)
	if err != nil {
		return err
	}
	return c.page(w, r, status, ImportUpload{importing{at}, all, faults})
}

// ImportUpload takes the file.
func (c *Console) ImportUpload(w http.ResponseWriter, r *http.Request) error {
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	if c.uploads.Add(1) > mostUploads {
		c.uploads.Add(-1)
		return &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: ReasonManyUploads, RetryAfter: 10 * time.Second}
	}
	defer c.uploads.Add(-1)
	name, file, err := c.readUpload(w, r)
	var i gatehouse.Import
	if err == nil {
		i, err = c.Directory.UploadImport(r.Context(), at.Site, at.By, at.Firm.ID, name, file)
	}
	switch e, ok := errors.AsType[*gatehouse.Error](err); {
	case err == nil:
		http.Redirect(w, r, at.importPath(i.ID), http.StatusSeeOther)
		return nil
	case ok && e.Kind == gatehouse.Invalid:
		status := http.StatusUnprocessableEntity
		if e.Fields[0].Reason == faultTooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		return c.importPage(w, r, status, e.Fields)
	case ok && e.Reason == directory.ReasonImportWait:
		return c.importPage(w, r, http.StatusTooManyRequests, []gatehouse.FieldError{{Field: "file", Reason: directory.ReasonImportWait,
			Args: map[string]string{"minutes": strconv.Itoa(int(e.RetryAfter.Minutes()) + 1)}}})
	}
	return err
}

const (
	faultTooLarge = "too-large"
	faultNone     = "none"
)

// readUpload reads the file of a form whose token was right. One that says that it is too large is
// not read at all, and one that lies about it only as far as it may go.
func (c *Console) readUpload(w http.ResponseWriter, r *http.Request) (name string, file []byte, err error) {
	tooLarge := gatehouse.Faults{{Field: "file", Reason: faultTooLarge, Args: map[string]string{"megabytes": strconv.Itoa(directory.MaxImportFile >> 20)}}}
	if r.ContentLength > directory.MaxImportFile+1<<16 {
		return "", nil, tooLarge.Err()
	}
	// The limits on a connection are for forms. This one ends by itself.
	stream := http.NewResponseController(w)
	stream.SetReadDeadline(time.Time{})                                                         //nolint:errcheck // then a slow file is cut off
	stream.SetWriteDeadline(time.Time{})                                                        //nolint:errcheck
	defer time.AfterFunc(uploadTime, func() { stream.SetReadDeadline(time.Unix(1, 0)) }).Stop() //nolint:errcheck
	for {
		part, err := ui.VisitOf(r).Parts.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, noFile()
		}
		if err != nil {
			return "", nil, uploadError(err, tooLarge)
		}
		if part.FormName() != "file" {
			continue
		}
		var all bytes.Buffer
		all.Grow(int(min(max(r.ContentLength, 0), directory.MaxImportFile)) + bytes.MinRead)
		n, err := all.ReadFrom(io.LimitReader(part, directory.MaxImportFile+1))
		switch {
		case err != nil:
			return "", nil, uploadError(err, tooLarge)
		case n > directory.MaxImportFile:
			return "", nil, tooLarge.Err()
		case n == 0 && part.FileName() == "":
			return "", nil, noFile()
		}
		return part.FileName(), all.Bytes(), nil
	}
}

func noFile() error {
	return gatehouse.Faults{{Field: "file", Reason: faultNone}}.Err()
}

// uploadError: a connection that breaks is nobody's fault to tell anybody about.
func uploadError(err error, tooLarge gatehouse.Faults) error {
	if _, much := errors.AsType[*http.MaxBytesError](err); much {
		return tooLarge.Err()
	}
	return gatehouse.Faults{{Field: "file", Reason: "broken"}}.Err()
}

// Import shows an import in the state in which it is. An address that ends in .csv is the list of
// all its lines.
func (c *Console) Import(w http.ResponseWriter, r *http.Request) error {
	id, file := strings.CutSuffix(r.PathValue("id"), ".csv")
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	i, err := c.Directory.ImportByID(r.Context(), at.Site, at.By, at.Firm.ID, id)
	switch {
	case err != nil:
		return err
	case file && i.State != gatehouse.ImportUploaded:
		return c.importFile(w, r, i)
	case file:
		return gatehouse.ErrNotFound
	case i.State == gatehouse.ImportUploaded, i.State == gatehouse.ImportChecked && r.URL.Query().Has("columns"):
		return c.showColumns(w, r, http.StatusOK, ImportColumns{importing: importing{at}, Import: i})
	case i.State.Runs(), i.State.Over() && r.URL.Query().Has(ProgressQuery):
		return c.page(w, r, http.StatusOK, ImportRunning{importing{at}, i})
	}
	return c.showLines(w, r, http.StatusOK, at, i)
}

func (c *Console) showColumns(w http.ResponseWriter, r *http.Request, status int, view ImportColumns) (err error) {
	if view.Sample, err = c.Directory.ImportSample(r.Context(), view.Import); err != nil {
		return err
	}
	return c.page(w, r, status, view)
}

// ImportColumns takes what the columns are.
func (c *Console) ImportColumns(w http.ResponseWriter, r *http.Request) error {
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	columns := r.PostForm["column"]
	for n, name := range columns {
		if !slices.Contains(directory.PageColumns, name) {
			columns[n] = ""
		}
	}
	i, err := c.Directory.CheckImport(r.Context(), at.Site, at.By, at.Firm.ID, id, columns, !r.PostForm.Has("headless"))
	e, ok := errors.AsType[*gatehouse.Error](err)
	switch {
	case ok && e.Kind == gatehouse.Invalid:
		return c.showColumns(w, r, http.StatusUnprocessableEntity, ImportColumns{importing: importing{at}, Import: i, Faults: e.Fields})
	case ok && e.Kind == gatehouse.Conflict: // it was confirmed, or has other columns by now
	case err != nil:
		return err
	}
	http.Redirect(w, r, at.importPath(id), http.StatusSeeOther)
	return nil
}

// ImportConfirm does what the preview says.
func (c *Console) ImportConfirm(w http.ResponseWriter, r *http.Request) error {
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	i, err := c.Directory.StartImport(r.Context(), at.Site, at.By, at.Firm.ID, r.PathValue("id"), r.PostFormValue("preview"), r.PostForm.Has("invite"))
	switch e, ok := errors.AsType[*gatehouse.Error](err); {
	case ok && e.Kind == gatehouse.Conflict:
		return c.showLines(w, r, http.StatusConflict, at, i)
	case err != nil:
		return err
	}
	http.Redirect(w, r, at.importPath(i.ID)+"?"+ProgressQuery+"=1", http.StatusSeeOther)
	return nil
}

// ImportDiscard forgets the file.
func (c *Console) ImportDiscard(w http.ResponseWriter, r *http.Request) error {
	at, err := c.placeOf(r)
	if err != nil {
		return err
	}
	err = c.Directory.DropImport(r.Context(), at.Site, at.By, at.Firm.ID, r.PathValue("id"))
	if kind := gatehouse.KindOf(err); err != nil && kind != gatehouse.Conflict {
		return err
	}
	if err != nil { // it was confirmed meanwhile
		http.Redirect(w, r, at.importPath(r.PathValue("id")), http.StatusSeeOther)
		return nil
	}
	http.Redirect(w, r, at.ImportPath(), http.StatusSeeOther)
	return nil
}

// showLines shows a page of the lines of a preview or a result.
func (c *Console) showLines(w http.ResponseWriter, r *http.Request, status int, at Place, i gatehouse.Import) error {
	q := r.URL.Query()
	view := ImportLines{importing: importing{at}, Import: i, Conflict: status == http.StatusConflict, Outcome: gatehouse.ImportOutcome(q.Get("outcome")), Different: q.Has("different") || status == http.StatusConflict && i.Moved > 0}
	view.After, _ = strconv.Atoi(q.Get("after"))
	if !slices.Contains(gatehouse.ImportOutcomes, view.Outcome) {
		view.Outcome = ""
	}
	lines, err := c.Directory.ImportLines(r.Context(), i, view.Outcome, view.Different, max(view.After, 0), linesOfImport+1)
	if err != nil {
		return err
	}
	if len(lines) > linesOfImport {
		lines = lines[:linesOfImport]
		view.Next = lines[linesOfImport-1].Line
	}
	view.Lines = lines
	return c.page(w, r, status, view)
}
