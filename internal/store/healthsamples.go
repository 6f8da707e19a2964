package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gatehouse"
)

// InsertSample keeps how a process was.
func (q Queries) InsertSample(ctx context.Context, s gatehouse.Sample) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	_, err = q.exec(ctx, "insert sample", `INSERT INTO health_samples (process, at, detail) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, s.Process, micros(s.At), string(text))
	return err
}

// SamplesSince returns how the processes were from a time on, the newest first.
func (q Queries) SamplesSince(ctx context.Context, from time.Time) (all []gatehouse.Sample, err error) {
	err = q.all(ctx, "samples", `SELECT process, at, detail FROM health_samples WHERE at >= $1 ORDER BY at DESC, process LIMIT $2`,
		[]any{micros(from), mostSamples}, func(scan func(...any) error) error {
			var s gatehouse.Sample
			var text string
			err := scan(&s.Process, when{&s.At}, &text)
			if err == nil && text != "" {
				err = json.Unmarshal([]byte(text), &s)
			}
			all = append(all, s)
			return err
		})
	return all, err
}

// mostSamples are those of a day of 60 processes.
const mostSamples = 60 * 300

// ForgetSamples removes how processes were before a time.
func (q Queries) ForgetSamples(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "forget samples", `DELETE FROM health_samples WHERE at < $1`, micros(before))
	return err
}

// Size is how large the database is, in bytes.
func (s *Store) Size(ctx context.Context) (bytes int64, err error) {
	err = s.Read().one(ctx, "size", s.dialect.size, nil, &bytes)
	return bytes, err
}

// Connections returns how many connections to the database are in use, and how many there may be.
func (s *Store) Connections() (used, most int) {
	read := s.read.Stats()
	if s.read == s.write {
		return read.InUse, read.MaxOpenConnections
	}
	write := s.write.Stats()
	return read.InUse + write.InUse, read.MaxOpenConnections + write.MaxOpenConnections
}
