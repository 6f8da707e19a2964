package jobs

import (
	"time"

	"gatehouse/internal/watch"
)

// Health writes down how this process is, for the operators' pages; see watch.Service.Note.
func Health(w *watch.Service) Job {
	return Job{Name: "health", Every: 15 * time.Second, Run: w.Note}
}
