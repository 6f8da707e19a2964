package operator

// Suite is for the tests outside the package: they use internal/testkit, which imports this package.
var Suite = suite
