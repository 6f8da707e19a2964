package store

import (
	"context"
	"time"

	"gatehouse"
)

// ProcessID identifies this process among those that share the database.
func (s *Store) ProcessID() string { return s.process }

// NoteProcess writes down that a process serves, and that it was heard of now.
func (q Queries) NoteProcess(ctx context.Context, p gatehouse.ProcessState) error {
	_, err := q.exec(ctx, "note process", `INSERT INTO process_states (id, host, pid, version, started_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
		p.ID, p.Host, p.PID, p.Version, micros(p.StartedAt), micros(p.SeenAt))
	return err
}

// NoteJob writes down what a process knows of a job.
func (q Queries) NoteJob(ctx context.Context, j gatehouse.JobState) error {
	_, err := q.exec(ctx, "note job", `INSERT INTO job_runs (process, job, every, begun_at, ended_at, took, did, did_at, error, failed_at, failing_since, noted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (process, job) DO UPDATE SET every = excluded.every,
		begun_at = excluded.begun_at, ended_at = excluded.ended_at, took = excluded.took, did = excluded.did, did_at = excluded.did_at,
		error = excluded.error, failed_at = excluded.failed_at, failing_since = excluded.failing_since, noted_at = excluded.noted_at`,
		j.Process, j.Name, j.Every.Microseconds(), micros(j.BegunAt), micros(j.EndedAt), j.Took.Microseconds(), j.Did, micros(j.DidAt),
		j.Error, micros(j.FailedAt), micros(j.FailingSince), micros(j.NotedAt))
	return err
}

// mostProcesses bounds what is read, should processes come and go faster than they are forgotten.
const mostProcesses = 200

// ProcessesSince returns the processes that were heard of since a time, the latest first.
func (q Queries) ProcessesSince(ctx context.Context, from time.Time) (all []gatehouse.ProcessState, err error) {
	err = q.all(ctx, "processes", `SELECT id, host, pid, version, started_at, seen_at FROM process_states WHERE seen_at >= $1
		ORDER BY seen_at DESC, id DESC LIMIT $2`, []any{micros(from), mostProcesses}, func(scan func(...any) error) error {
		var p gatehouse.ProcessState
		err := scan(&p.ID, &p.Host, &p.PID, &p.Version, when{&p.StartedAt}, when{&p.SeenAt})
		all = append(all, p)
		return err
	})
	return all, err
}

// JobsSince returns what processes have written of their jobs since a time, the latest first.
func (q Queries) JobsSince(ctx context.Context, from time.Time) (all []gatehouse.JobState, err error) {
	err = q.all(ctx, "jobs", `SELECT process, job, every, begun_at, ended_at, took, did, did_at, error, failed_at, failing_since, noted_at
		FROM job_runs WHERE noted_at >= $1 ORDER BY noted_at DESC, process, job LIMIT $2`, []any{micros(from), 50 * mostProcesses}, func(scan func(...any) error) error {
		var j gatehouse.JobState
		var every, took int64
		err := scan(&j.Process, &j.Name, &every, when{&j.BegunAt}, when{&j.EndedAt}, &took, &j.Did, when{&j.DidAt}, &j.Error, when{&j.FailedAt}, when{&j.FailingSince}, when{&j.NotedAt})
		j.Every, j.Took = time.Duration(every)*time.Microsecond, time.Duration(took)*time.Microsecond
		all = append(all, j)
		return err
	})
	return all, err
}

// ForgetProcesses removes processes that were last heard of before a time, and what is known of their
// jobs.
func (q Queries) ForgetProcesses(ctx context.Context, before time.Time) error {
	for _, text := range []string{`DELETE FROM process_states WHERE seen_at < $1`, `DELETE FROM job_runs WHERE noted_at < $1`} {
		if _, err := q.exec(ctx, "forget processes", text, micros(before)); err != nil {
			return err
		}
	}
	return nil
}
