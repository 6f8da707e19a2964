// Package store is the persistence layer: all SQL, all transactions and the migrations are here,
// with one file for each noun.
//
// The SQL is written once and runs on SQLite and on PostgreSQL. Only dialect.go knows which of the
// two it is. Methods are small and named after what they do. A database that cannot be queried is
// an error of kind gatehouse.Unavailable; "not found" is only returned if the database answered.
//
// Single reads go through Store.Read; everything that changes something runs in Store.Write, in
// one transaction, committed as a whole or not at all. On SQLite there is one writer at a time and
// a commit is on the disk before Write returns (disk.go), unless it may be lost.
package store
