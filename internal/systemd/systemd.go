// Package systemd talks to the service manager that started the process: it takes the sockets that
// the manager opened, says when the server is ready, reloading or stopping, and that it is alive.
// The protocols are those of sd_listen_fds(3) and sd_notify(3), which other managers speak, too.
// Without a manager there are no sockets, and nobody is told anything.
package systemd

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// firstSocket is the number of the first socket that is handed over (SD_LISTEN_FDS_START).
const firstSocket = 3

// Sockets are listeners that the manager has opened, by name (FileDescriptorName= of the unit).
type Sockets map[string]net.Listener

// Handed takes the sockets that were handed to this process.
func Handed() (Sockets, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil, nil // for nobody, or for another process
	}
	count, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil || count < 0 {
		return nil, fmt.Errorf("the service manager hands over %q sockets, which is no number", os.Getenv("LISTEN_FDS"))
	}
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	all := Sockets{}
	for i := range count {
		name := "unknown"
		if i < len(names) && names[i] != "" {
			name = names[i]
		}
		file := os.NewFile(uintptr(firstSocket+i), name)
		listener, err := net.FileListener(file) // a copy, which no child inherits
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("the socket %s of the service manager cannot be listened at: %w", name, err)
		}
		if all[name] != nil {
			return nil, fmt.Errorf("the service manager hands over two sockets with the name %s; give each a FileDescriptorName= of its own", name)
		}
		all[name] = listener
	}
	return all, nil
}

// Take returns the socket with a name, which is then the caller's; nil: there is none.
func (s Sockets) Take(name string) net.Listener {
	l := s[name]
	delete(s, name)
	return l
}

// Left are the names of the sockets that nobody has taken.
func (s Sockets) Left() []string {
	var names []string
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Notify tells the manager about lines such as READY=1 or STOPPING=1.
func Notify(lines ...string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if path[0] == '@' { // an abstract address
		path = "\x00" + path[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("the service manager cannot be told: %w", err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte(strings.Join(lines, "\n")))
	return err
}

// Watchdog tells the manager that the process is alive, twice as often as the manager asks for,
// until ctx ends. It does not if alive says otherwise: then the manager kills and restarts the
// process, which hangs. It returns at once if the manager does not watch.
func Watchdog(ctx context.Context, alive func(context.Context) error, failed func(error)) {
	every := interval()
	if every == 0 {
		return
	}
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for {
		asked, cancel := context.WithTimeout(ctx, every/2)
		err := alive(asked)
		cancel()
		if err == nil {
			err = Notify("WATCHDOG=1")
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// interval is how long the manager waits for a sign of life; 0: it does not.
func interval() time.Duration {
	if pid := os.Getenv("WATCHDOG_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0
	}
	micros, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || micros <= 0 {
		return 0
	}
	return time.Duration(micros) * time.Microsecond
}
