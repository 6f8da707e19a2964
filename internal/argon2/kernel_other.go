//go:build !amd64

package argon2

// kernels are those that this machine can run.
func kernels() []*kernel { return []*kernel{inLibrary} }
