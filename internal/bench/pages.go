package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// mostOfPage is the limit for a page's processor time, in milliseconds.
const mostOfPage = 0.3

// measurePages requests the pages that most visitors see, as a new browser does, and
// divides the server's processor time by their number.
func measurePages(ctx context.Context, b *bench, db *database) error {
	return b.during(ctx, db, func(s *server) error {
		for _, path := range []string{"/sign-in", "/help", "/contact"} {
			all, disturbed, err := quietly(ctx, b.count(5), func() (float64, processor, error) { return s.costOf(path, b.count(4000)) })
			if err != nil {
				return err
			}
			b.report.add(figure{Name: "processor time of a page, " + path, Value: median(all), Unit: "ms", Limit: mostOfPage, Bound: below,
				Disturbed: disturbed, Detail: fmt.Sprintf("user and kernel, one connection that stays open, no TLS; rounds %.3f", all)})
		}
		return nil
	})
}

// costOf is the cost of one answer, in milliseconds.
func (s *server) costOf(path string, times int) (float64, processor, error) {
	c := newClient(s.public, s.host)
	defer c.close()
	var before processor
	for i := range times/10 + times { // the first tenth warms up
		if i == times/10 {
			before = processorTime(s)
		}
		a, err := c.get(path, "")
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("status %d", a.status)
		}
		if err != nil {
			return 0, processor{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	spent := processorTime(s).minus(before)
	return float64(spent.server) / float64(time.Millisecond) / float64(times), spent, nil
}
