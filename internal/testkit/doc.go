// Package testkit is for writing tests: databases (Databases, PostgresURL,
// OwnPostgres), a person at a browser (Browser), a browser without scripts (Client), a
// mail server (SMTP), a reader of HTML (HTMLErrors), and a whole Gatehouse with a clock
// (Server).
//
// A test that needs PostgreSQL, Chromium or Tidy is skipped if they are missing, and
// fails if CI=true. What the kits start ends with the test process, however that ends.
package testkit
