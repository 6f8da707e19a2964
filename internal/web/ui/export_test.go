package ui

// For the tests outside of the package: they use packages that import this one.
var (
	Files         = files
	ErrorStatuses = errorStatuses
)
