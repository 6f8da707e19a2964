package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"os"
	"sync"
)

// walHeader is the header of SQLite's index of its log, both copies: which transaction is the newest.
// A commit writes it before it returns, in memory that all connections of all
// processes share (https://sqlite.org/walformat.html, "The WAL-Index Header").
type walHeader [96]byte

// written reports whether it is a header as this package knows it; otherwise it says nothing.
func (h walHeader) written() bool {
	const format, isInit = 3007000, 12
	return binary.NativeEndian.Uint32(h[:]) == format && h[isInit] == 1
}

// walIndex is a database's index, mapped into memory to be read.
type walIndex struct {
	path   string
	file   *os.File
	memory []byte
	users  int // under walIndexes.mu
}

// walIndexes are the ones in use, by path. SQLite's locks on a file are the process's, and closing
// any descriptor of the file drops all of them (POSIX, fcntl). So a file is opened once for all
// stores that use it, and closed when the last one has closed its connections.
var walIndexes = struct {
	mu   sync.Mutex
	open map[string]*walIndex
}{open: map[string]*walIndex{}}

// openWALIndex returns the index of a connection's database; nil if there is none. It may be read
// for as long as the connection is open (while there is one, nobody shortens the file), and is
// released when the store has closed all of its connections.
func openWALIndex(ctx context.Context, conn *sql.Conn) *walIndex {
	path := databaseFile(ctx, conn)
	if path == "" {
		return nil
	}
	path += "-shm"
	walIndexes.mu.Lock()
	defer walIndexes.mu.Unlock()
	x := walIndexes.open[path]
	// SQLite removes it with the last connection, and a store that was closed while it was used has left
	// it open.
	if x == nil || !isStill(path, x.file) {
		file, err := os.Open(path)
		if err != nil {
			return nil
		}
		// Even if it cannot be mapped: it must not be closed yet.
		x = &walIndex{path: path, file: file, memory: mapped(file, len(walHeader{}))}
		walIndexes.open[path] = x
	}
	x.users++
	return x
}

// header returns the current header; false: it says nothing.
func (x *walIndex) header() (h walHeader, known bool) {
	if x == nil || x.memory == nil {
		return h, false
	}
	copy(h[:], x.memory)
	return h, h.written()
}

// release closes the file with its last user.
func (x *walIndex) release() {
	if x == nil {
		return
	}
	walIndexes.mu.Lock()
	defer walIndexes.mu.Unlock()
	if x.users--; x.users > 0 {
		return
	}
	if walIndexes.open[x.path] == x {
		delete(walIndexes.open, x.path)
	}
	unmap(x.memory)
	x.file.Close()
}
