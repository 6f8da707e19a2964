// Package store keeps everything: all SQL, all transactions and the migrations
// are here, a file for each noun.
//
// The SQL is written once and runs on SQLite and on PostgreSQL. dialect.go is the
// only place that knows which of the two it is. Methods are small and named after
// what they do. A database that cannot be asked is an error of kind
// gatehouse.Unavailable; "not found" is only said by a database that answered.
//
// Reads that stand alone go through Store.Read; everything that changes something
// runs in Store.Write, one transaction, committed as a whole or not at all. On
// SQLite there is one writer at a time and a commit is on the disk before Write
// returns (synchronous=FULL).
package store
