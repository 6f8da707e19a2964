package mail

import "time"

// AccessRequest tells a company's administrator that somebody asks for access to a platform.
type AccessRequest struct {
	notice
	// Name and Username are the user's, Platform is what the user wants to open.
	Name, Username, Platform string
	At                       time.Time
}

// Kind implements Message.
func (AccessRequest) Kind() string { return "access-request" }

// AccessAnswer tells a user how a request for access to a platform was answered.
type AccessAnswer struct {
	notice
	Username, Platform string
	Allowed            bool
	// By is the name of the administrator who answered; empty: an operator did.
	By string
	At time.Time
}

// Kind implements Message.
func (AccessAnswer) Kind() string { return "access-answer" }
