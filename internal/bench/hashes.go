package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/argon2"
	"gatehouse/internal/secret"
)

// hashing is this program again, in a process that hashes on request and does nothing
// else: anything else in the process would slow its hashes down.
type hashing struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startHashing starts one with a kernel; empty: the one that servers use here.
func startHashing(kernel string) (*hashing, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &hashing{cmd: exec.Command(self, "-hashes")}
	h.cmd.Env = append(os.Environ(), argon2.Variable+"="+kernel)
	h.cmd.Stderr = os.Stderr
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.out = bufio.NewReader(out)
	return h, h.cmd.Start()
}

// measure makes it hash for a while.
func (h *hashing) measure(d time.Duration) (r round, err error) {
	if _, err := fmt.Fprintln(h.in, d); err != nil {
		return r, err
	}
	_, err = fmt.Fscanln(h.out, &r.perSecond, &r.count, &r.spent.own, &r.spent.busy, &r.spent.all)
	return r, err
}

func (h *hashing) stop() error { return errors.Join(h.in.Close(), h.cmd.Wait()) }

// serveHashes is that process. Each line on its standard input is how long to hash.
func serveHashes() error {
	h := newHasher()
	hash, err := h.Hash(context.Background(), password)
	if err != nil {
		return err
	}
	var text string
	for {
		if _, err := fmt.Scanln(&text); err != nil { // the other one has ended
			return nil
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		r := hashFor(h, hash, d)
		fmt.Println(r.perSecond, r.count, int64(r.spent.own), int64(r.spent.busy), int64(r.spent.all))
	}
}

// hashFor counts how much this process can hash in a while.
func hashFor(h *secret.Hasher, hash string, d time.Duration) round {
	var done atomic.Int64
	var all sync.WaitGroup
	end := make(chan struct{})
	for range 2 * runtime.NumCPU() { // so that somebody is always waiting at the gate
		all.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if v, err := h.Verify(context.Background(), hash, password); err != nil || !v.Match {
					panic(fmt.Sprint("the hash is not the password's: ", err))
				}
				done.Add(1)
			}
		})
	}
	pause(context.Background(), d/10)
	r := watch(context.Background(), nil, &done, d)
	close(end)
	all.Wait()
	return r
}

// leastOfLibrary is how much faster than the library a kernel has to be.
var leastOfLibrary = map[string]float64{"avx2": 2.1}

// measureHashes compares the kernel of this machine with the library, in turns.
func measureHashes(ctx context.Context, b *bench) error {
	kernel, fault := argon2.Kernel()
	if kernel == "library" {
		return errors.Join(fmt.Errorf("%w: this machine has no other kernel than the library", errSkip), fault)
	}
	const length = 500 * time.Millisecond
	before, err := b.library.measure(length)
	if err != nil {
		return err
	}
	all, disturbed, err := quietly(ctx, b.count(25), func() (c compared, spent processor, err error) {
		if c.server, err = b.limit.measure(length); err != nil {
			return c, spent, err
		}
		after, err := b.library.measure(length)
		c.best = round{perSecond: (before.perSecond + after.perSecond) / 2}
		c.ratio = c.server.perSecond / c.best.perSecond
		spent = before.spent.plus(c.server.spent).plus(after.spent)
		before = after
		return c, spent, err
	})
	if err != nil {
		return err
	}
	b.report.add(figure{Name: "hashes with " + kernel + " / with the library", Value: median(ratios(all)), Limit: leastOfLibrary[kernel],
		Bound: atLeast, Disturbed: disturbed, Detail: describe(all)})
	return nil
}
