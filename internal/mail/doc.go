// Package mail says things to people: it writes the messages, keeps them in the
// outbox and sends them.
//
// Writing: each kind of message is one file per language in text/, from which
// both the plain text and the HTML are made (source.go, plain.go, html.go). What
// comes from people is data: it is marked before structure is looked for, and can
// be neither a header, nor a link, nor markup.
//
// Keeping: Outbox.Enqueue runs in the transaction of the change that the message
// tells about, so that there is never one without the other. The content is sealed
// and is erased as soon as the message is sent, refused or expired.
//
// Sending: Sender claims what is due and hands it to one SMTP server. Any number
// of processes may run one. A message is sent at least once: if a process dies, or
// the connection breaks, between the server's taking it and our noting that, it goes
// out again under the same Message-ID. It is never being sent twice at a time.
package mail
