package jobs

import (
	"time"

	"gatehouse/internal/watch"
)

// Health writes down how this process is, for the operators' pages; see watch.Service.Note.
func Health(w *watch.Service) Job {
	return Job{Name: "health", Every: 15 * time.Second, Run: w.Note}
}

// LookForAlerts opens and closes alerts; see watch.Alerts.Look.
func LookForAlerts(a *watch.Alerts) Job {
	return Job{Name: "alerts", Every: time.Minute, Run: a.Look}
}

// AlertCalls calls the webhook about alerts; see watch.Alerts.CallWebhook.
func AlertCalls(a *watch.Alerts) Job {
	return Job{Name: "alert calls", Every: 5 * time.Second, Run: a.CallWebhook}
}
