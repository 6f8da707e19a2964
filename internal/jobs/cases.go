package jobs

import (
	"time"

	"gatehouse/internal/support"
)

// Cases closes support cases after silence, and removes what is over; see support.Service.Tidy.
func Cases(s *support.Service) Job {
	return Job{Name: "cases", Every: 10 * time.Minute, Run: s.Tidy}
}
