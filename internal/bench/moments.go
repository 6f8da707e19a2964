package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// measureStart starts the server several times on an existing database.
func measureStart(ctx context.Context, b *bench, db *database) error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.report.add(figure{Name: "size of the program", Value: float64(info.Size()) / 1e6, Unit: "MB", Limit: 35, Bound: below})
	var took []time.Duration
	for range max(2, b.count(9)) {
		begun := time.Now()
		s, err := b.begin(ctx, db, "")
		if err != nil {
			return err
		}
		took = append(took, time.Since(begun))
		if err := s.stop(); err != nil {
			return err
		}
	}
	b.report.add(figure{Name: "start to the first sign-in page", Value: millis(median(took)), Unit: "ms", Limit: 60, Bound: below,
		Detail: fmt.Sprintf("median of %d, shortest %.0f ms, longest %.0f ms", len(took), millis(quantile(took, 0)), millis(quantile(took, 1)))})
	return b.during(ctx, db, func(s *server) error {
		for _, path := range []string{"/", "/sign-in", "/robots.txt", "/nothing"} {
			if _, err := once(s.public, s.host, path); err != nil {
				return err
			}
		}
		pause(ctx, 5*time.Second)
		b.report.add(figure{Name: "idle memory", Value: memory(s.cmd.Process.Pid, "VmRSS"), Unit: "MiB", Limit: 32, Bound: below})
		return ctx.Err()
	})
}

// hashTime is how long one hash takes, alone.
func (b *bench) hashTime(ctx context.Context) time.Duration {
	var took []time.Duration
	for range max(5, b.count(50)) {
		begun := time.Now()
		if _, err := b.hasher.Verify(ctx, b.hash, password); err != nil {
			break
		}
		took = append(took, time.Since(begun))
	}
	return median(took)
}

// measureImport imports users with their hashes into an empty database.
func measureImport(ctx context.Context, b *bench) error {
	if b.command(ctx, "import", "--help").Run() != nil {
		return fmt.Errorf("%w: this program has no command import", errSkip)
	}
	rows := b.count(100_000)
	users := filepath.Join(b.dir, "users.csv")
	if err := b.writeUsers(users, rows); err != nil {
		return err
	}
	path, err := b.configure("import", "127.0.0.1:8443", "127.0.0.1:9090", "sqlite://"+filepath.Join(b.dir, "import.db"), "")
	if err != nil {
		return err
	}
	if said, err := b.command(ctx, "migrate", "--config", path).CombinedOutput(); err != nil {
		return fmt.Errorf("gatehouse migrate: %w\n%s", err, said)
	}
	cmd := b.command(ctx, "import", "--config", path, "--site", siteID, users)
	begun := time.Now()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("gatehouse import: %w\n%s", err, said)
	}
	b.report.add(figure{Name: fmt.Sprintf("import of %d users, sqlite", rows), Value: time.Since(begun).Seconds(), Unit: "s", Limit: 60, Bound: below})
	return nil
}

// writeUsers writes a file of users in companies of 50.
func (b *bench) writeUsers(path string, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "account_number,company,username,email,first_name,last_name,password_hash")
	for i := range rows {
		fmt.Fprintf(w, "%d,Company %d,user%07d,user%d@northgate.example,Mira,Santos,%q\n", 200_000+i/50, i/50, i, i, b.hash)
	}
	return errors.Join(w.Flush(), f.Close())
}
