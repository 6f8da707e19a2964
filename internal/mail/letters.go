package mail

import (
	"context"
	"errors"
	"io"

	"github.com/emersion/go-smtp"

	"gatehouse"
)

// Letters takes what people write to support cases, at addresses of their own.
type Letters interface {
	// Knows reports whether an address is one of these. Errors: ErrNoMailbox, Unavailable.
	Knows(ctx context.Context, to string) error
	// Take reads a letter. Errors: ErrNoMailbox, ErrDropped, ErrFull, ErrLarge; TooMany and Unavailable,
	// if it should be brought again later.
	Take(ctx context.Context, to string, content io.Reader) error
}

// LetterBytes is how long a letter may be: five files of 5 MB take 35 MB on their way.
const LetterBytes = 40 << 20

// Reasons why a letter is not taken.
var (
	// ErrNoMailbox: there is no such address, or it has ended.
	ErrNoMailbox = errors.New("no such address here")
	// ErrDropped: it is of no use to anybody, such as an absence note. Nobody is told: whatever we said,
	// a program would answer.
	ErrDropped = errors.New("nobody has to read this mail")
	// ErrFull: there are too many letters in this conversation.
	ErrFull = errors.New("this conversation takes no more messages")
	// ErrLarge: it is longer than LetterBytes.
	ErrLarge = errors.New("this mail is too large")
)

// TokenOf returns the token in a Message-ID of ours; empty for all others.
func TokenOf(messageID string) string { return tokenOf(messageID) }

// Deliver takes a report or a letter from a command that the mail system runs. A letter that is
// dropped is done with: the mail system would write back about an error.
//
// Errors: those of Take, and of Letters.
func (r *Receiver) Deliver(ctx context.Context, recipient string, content io.Reader) error {
	if r.Letters == nil || recipient == "" || tokenOf(recipient) != "" {
		return r.Take(ctx, recipient, content)
	}
	err := r.Letters.Take(ctx, recipient, content)
	if errors.Is(err, ErrDropped) {
		return nil
	}
	return err
}

// Final reports whether an error of Deliver stays the same however often it is tried.
func Final(err error) bool {
	return errors.Is(err, ErrNoReport) || errors.Is(err, ErrNoMailbox) || errors.Is(err, ErrFull) || errors.Is(err, ErrLarge)
}

func (r *Receiver) mostBytes() int64 {
	if r.Letters == nil {
		return reportBytes
	}
	return LetterBytes
}

// knows reports whether mail from a sender is taken at an address. Reports have no sender.
func (r *Receiver) knows(ctx context.Context, from, to string) error {
	if token := tokenOf(to); token != "" || r.Letters == nil {
		if from != "" {
			return ErrNoMailbox
		}
		_, err := r.message(ctx, token)
		return err
	}
	return r.Letters.Knows(ctx, to)
}

// takeLetter brings a letter to its case. What has no sender is a report about our mail, or was sent
// by a program (RFC 3834, 3.3).
func (s *reportDelivery) takeLetter(ctx context.Context, content io.Reader) error {
	if s.from == "" {
		return nil
	}
	err := s.receiver.Letters.Take(ctx, s.to, content)
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, ErrDropped):
		s.receiver.Log.InfoContext(ctx, "mail: a letter is dropped", "why", err.Error())
		return nil
	case errors.Is(err, ErrNoMailbox):
		return errNoMailbox
	case errors.Is(err, ErrLarge):
		return smtp.ErrDataTooLarge
	case errors.Is(err, ErrFull):
		return errFull
	case gatehouse.KindOf(err) == gatehouse.TooMany:
		return errTooMany
	}
	return s.later(err)
}

var (
	errFull    = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 2, 2}, Message: "This conversation takes no more messages"}
	errTooMany = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Too many messages in a short time, try again later"}
)
