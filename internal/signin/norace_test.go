//go:build !race

package signin_test

const raced = false
