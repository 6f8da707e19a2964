package demo

// Suite is for the tests outside the package: they use internal/testkit, which imports
// much.
var Suite = suite
