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

// This file is in no program that anybody is given: only "go build -tags profile" has it,
// which is what make profile builds. What a profile shows of a server is nobody else's.

const profileVariable = "GATEHOUSE_PROFILE"

func init() { around = profiled }

// profiled runs the program, and writes what it spent its time on, what it allocated and
// where it waited for locks into the folder that GATEHOUSE_PROFILE names.
func profiled(run func() int) int {
	dir := os.Getenv(profileVariable)
	os.Unsetenv(profileVariable) // it is no setting of the configuration file
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
