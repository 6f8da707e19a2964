package portal

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/support"
	"gatehouse/internal/web/ui"
)

const (
	// MostUpload is how much a form with files may have. It is more than can be kept, so that somebody who
	// sends a file that is too large reads so on the page, instead of losing the connection.
	MostUpload = 64 << 20
	// uploadTime is how long files may take to come.
	uploadTime = 2 * time.Minute
	// mostUploads is how many forms with files one process reads at a time, and mostUploadsOf how many
	// from one address: a slow sender must not keep the others out. Forms without files need no place.
	mostUploads, mostUploadsOf = 8, 2
)

// uploads are the forms with files that are being read, by the address block that they come from.
type uploads struct {
	mu   sync.Mutex
	all  int
	from map[string]int
}

func (u *uploads) enter(block string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all >= mostUploads || u.from[block] >= mostUploadsOf {
		return false
	}
	if u.from == nil {
		u.from = map[string]int{}
	}
	u.all++
	u.from[block]++
	return true
}

func (u *uploads) leave(block string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all--
	if u.from[block]--; u.from[block] == 0 {
		delete(u.from, block)
	}
}

// files reads the files of a form. What is wrong with them is a fault of the field files; the service
// says what is wrong with each. done has to be called when they have been dealt with.
func (p *Portal) files(w http.ResponseWriter, r *http.Request) (all []support.Upload, done func(), faults gatehouse.Faults) {
	v := ui.VisitOf(r)
	if v.Parts.None() {
		return nil, func() {}, nil
	}
	block := signin.IPBlock(v.IPAddress)
	if !p.uploads.enter(block) {
		faults.Add("files", "case-files-busy")
		return nil, func() {}, faults
	}
	sent, err := v.Parts.Read(w, gatehouse.MostCaseFile, gatehouse.MostCaseFiles+1, uploadTime)
	for _, f := range sent {
		all = append(all, support.Upload(f))
	}
	switch {
	case errors.Is(err, ui.ErrTooMuch):
		faults.Add("files", "case-files-large")
	case err != nil:
		faults.Add("files", "case-files-broken")
	}
	return all, func() { p.uploads.leave(block) }, faults
}
