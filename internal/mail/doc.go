// Package mail sends mail to people: it writes the messages, keeps them in the outbox
// and sends them.
//
// Writing: each kind of message is one file per language in text/, and both the plain
// text and the HTML are made from it (source.go, plain.go, html.go). Text from people
// is data: it is marked before structure is looked for, and cannot become a header, a
// link or markup.
//
// Keeping: Outbox.Enqueue runs in the transaction of the change that the message is
// about, so that there is never one without the other. The content is sealed, and
// erased as soon as the message is sent, refused or expired.
//
// Sending: Sender claims what is due and hands it to one SMTP server. Any number of
// processes may run one. A message is sent at least once: if a process dies, or the
// connection breaks, after the server has accepted a message and before we record that,
// it goes out again under the same Message-ID. It is never being sent twice at the same
// time.
package mail
