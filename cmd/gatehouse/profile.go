//go:build profile

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// This file is not in any program that is released: only "go build -tags profile" has it,
// which is what make profile builds. A server's profile is nobody else's business.

const profileVariable = "GATEHOUSE_PROFILE"

func init() { around = profiled }

// profiled runs the program, and writes its CPU, allocation and lock profiles into the
// folder that GATEHOUSE_PROFILE names.
func profiled(run func() int) int {
	dir := os.Getenv(profileVariable)
	os.Unsetenv(profileVariable) // it is not a setting of the configuration file
	if dir == "" {
		return run()
	}
	runtime.SetMutexProfileFraction(5)
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err == nil {
		err = pprof.StartCPUProfile(cpu)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatehouse: profile:", err)
		return exitFailed
	}
	status := run()
	pprof.StopCPUProfile()
	err = errors.Join(cpu.Close(), writeProfile(dir, "allocs"), writeProfile(dir, "mutex"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatehouse: profile:", err)
		return exitFailed
	}
	return status
}

func writeProfile(dir, name string) error {
	f, err := os.Create(filepath.Join(dir, name+".pprof"))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(f, 0), f.Close())
}
