//go:build race

package signin_test

// raced: with the race detector SQLite takes many times as long.
const raced = true
