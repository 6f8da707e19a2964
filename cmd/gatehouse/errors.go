package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/strictyaml"
)

// isConfiguration reports whether an error is one of the configuration or of a site's.
func isConfiguration(err error) bool {
	var e *strictyaml.Error
	return errors.As(err, &e)
}

// explain says what went wrong in one line, and in further ones what to do about it.
func explain(err error) string {
	var config *strictyaml.Error
	var e *gatehouse.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted; nothing was changed"
	case errors.As(err, &config):
		return explainConfig(config)
	case errors.As(err, &e) && e.Kind == gatehouse.Invalid && len(e.Fields) > 0:
		return explainFields(e)
	case errors.As(err, &e) && reasonAdvice[e.Reason] != "":
		return reasonAdvice[e.Reason]
	case errors.As(err, &e) && e.Kind == gatehouse.Unavailable:
		return err.Error() + "\nCheck that the database runs and can be reached; gatehouse doctor says more. Then try again."
	case errors.As(err, &e) && e.Err != nil && e.Kind == gatehouse.Invalid:
		return e.Err.Error()
	}
	return err.Error()
}

// reasonAdvice are the service errors that a command can meet.
var reasonAdvice = map[string]string{
	directory.ReasonSuspended:        "the company is suspended\nRun gatehouse company resume first.",
	directory.ReasonMerged:           "the company was merged into another one\nName that one.",
	directory.ReasonSameCompany:      "that is the same company\nName two different ones.",
	directory.ReasonMoveChanged:      "nothing was changed: the users, or a company, changed meanwhile\nRun the command again.",
	directory.ReasonDeactivated:      "the account is deactivated\nRun gatehouse user activate first.",
	string(gatehouse.RefusedDeleted): "the user was deleted\nRun gatehouse user restore first.",
	directory.ReasonImportMoved:      "nothing was imported: the same users, or the file, changed meanwhile\nRun the import again.",
	store.ReasonHostTaken:            "one of the hosts behind a proxy is another application's\nRun gatehouse app list and gatehouse app show to see which; take it away there first.",
	directory.ReasonBusy:             "too many passwords are being hashed at once\nTry again in a few seconds.",
}

// fieldAdvice are the errors that only an application can have.
var fieldAdvice = map[string]string{
	"own-origin":  "is not at the origin of one of the redirect addresses",
	"unprotected": "is not in forward_auth.hosts of the site",
	"picture":     "is no PNG or JPEG",
	"sides":       "has to have 32 to 1024 pixels a side, and may be four times as long as wide",
	"size":        "has more than 256 KiB",
}

func explainConfig(e *strictyaml.Error) string {
	if len(e.Problems) == 1 {
		return e.Error() + "\nFix this and try again."
	}
	return fmt.Sprintf("the configuration has %d problems; fix them and try again:\n%v", len(e.Problems), e)
}

func explainFields(e *gatehouse.Error) string {
	lines := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		advice := fieldAdvice[f.Reason]
		if advice == "" {
			advice = directory.Explain(f)
		}
		lines[i] = strings.ReplaceAll(f.Field, "_", " ") + " " + advice
	}
	if len(lines) == 1 {
		return "the " + lines[0]
	}
	return fmt.Sprintf("%d fields cannot be used:\n%s", len(lines), strings.Join(lines, "\n"))
}
