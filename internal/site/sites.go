package site

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gatehouse"
	"gatehouse/internal/strictyaml"
)

// Sites are all sites of the server. Reading them takes no lock; a request keeps the
// site it got while Reload replaces them.
type Sites struct {
	dir     string
	env     LoadEnv
	reload  sync.Mutex
	current atomic.Pointer[index]
}

// index is one state of all sites; it never changes.
type index struct {
	byHost, byID map[string]*Site
	all          []*Site // by ID, without that of the operators
	operators    *Site   // nil: there is none
}

// Open reads every folder under dir. Any problem with any of them is an error: the
// server starts with all its sites or not at all.
func Open(dir string, env LoadEnv) (*Sites, error) {
	s := &Sites{dir: dir, env: env}
	folders, err := siteFolders(dir)
	if err != nil {
		return nil, err
	}
	var problems []strictyaml.Problem
	found := map[string]*Site{}
	var mu sync.Mutex // over both
	var all sync.WaitGroup
	for id, folder := range folders { // all at once: startup waits for this
		all.Go(func() {
			one, err := Load(folder, env)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				problems = append(problems, strictyaml.Problems(folder, err)...)
				return
			}
			found[id] = one
		})
	}
	all.Wait()
	for _, c := range conflicts(found) {
		problems = append(problems, c.problem())
	}
	if len(folders) == 0 {
		problems = append(problems, strictyaml.Problem{File: dir, Text: "holds no site; each site is a folder with a site.yaml"})
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b strictyaml.Problem) int { return strings.Compare(a.File, b.File) })
		return nil, &strictyaml.Error{Problems: problems}
	}
	s.current.Store(s.newIndex(found))
	return s, nil
}

// siteFolders returns the folders under dir by name. Links to folders count: mounted
// configuration is made of them.
func siteFolders(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &strictyaml.Error{Problems: []strictyaml.Problem{{File: dir, Text: "the sites cannot be read: " + err.Error()}}}
	}
	folders := map[string]string{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			folders[e.Name()] = path
		}
	}
	return folders, nil
}

func (s *Sites) newIndex(sites map[string]*Site) *index {
	x := &index{byHost: map[string]*Site{}, byID: sites}
	for _, id := range slices.Sorted(maps.Keys(sites)) {
		x.all = append(x.all, sites[id])
		for _, host := range sites[id].Hosts {
			x.byHost[host] = sites[id]
		}
	}
	if len(x.all) > 0 {
		x.operators = s.env.operators(x.all[0])
	}
	if x.operators != nil {
		for _, host := range x.operators.Hosts {
			x.byHost[host] = x.operators
		}
	}
	return x
}

// conflict is a host that two sites claim.
type conflict struct {
	host   string
	first  *Site
	second *Site
}

func (c conflict) problem() strictyaml.Problem {
	key := fmt.Sprintf("hosts[%d]", slices.Index(c.second.Hosts, c.host))
	return c.second.doc.At(key, "%s belongs to the site %s already (%s)", c.host, c.first.ID, filepath.Join(c.first.Folder, "site.yaml"))
}

func conflicts(sites map[string]*Site) []conflict {
	var found []conflict
	owner := map[string]*Site{}
	for _, id := range slices.Sorted(maps.Keys(sites)) {
		for _, host := range sites[id].Hosts {
			if first := owner[host]; first != nil {
				found = append(found, conflict{host, first, sites[id]})
				continue
			}
			owner[host] = sites[id]
		}
	}
	return found
}

// ByHost returns the site of a request's host, nil if there is none. A port, a trailing
// dot and case make no difference.
func (s *Sites) ByHost(host string) *Site {
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return s.current.Load().byHost[strings.ToLower(strings.TrimSuffix(host, "."))]
}

// ByID returns a site by its ID, nil if there is none; also that of the operators.
func (s *Sites) ByID(id string) *Site {
	if id == gatehouse.OperatorsSite {
		return s.Operators()
	}
	return s.current.Load().byID[id]
}

// Operators returns the operators' site, nil if there is none.
func (s *Sites) Operators() *Site { return s.current.Load().operators }

// All returns all sites in the order of their IDs, without that of the operators. The slice is
// shared.
func (s *Sites) All() []*Site { return s.current.Load().all }

// Reload reads all folders again. A site stays as it was if its folder is broken, or if
// it claims another one's host; a new folder becomes a site; a site without a folder is
// removed. Everything other than a plain update is reported.
func (s *Sites) Reload() []error {
	s.reload.Lock()
	defer s.reload.Unlock()
	old := s.current.Load().byID
	folders, err := siteFolders(s.dir)
	if err != nil {
		return []error{err}
	}
	if len(folders) == 0 { // more likely a missing mount than a wish to remove everything
		return []error{fmt.Errorf("%s: no longer holds a site; all stay as they are", s.dir)}
	}
	var reports []error
	next := map[string]*Site{}
	for _, id := range slices.Sorted(maps.Keys(folders)) {
		one, err := Load(folders[id], s.env)
		if err != nil {
			reports = append(reports, err)
			one = old[id]
		}
		if one != nil {
			next[id] = one
		}
	}
	reports = append(reports, settle(next, old)...)
	for _, id := range slices.Sorted(maps.Keys(old)) {
		if folders[id] == "" {
			reports = append(reports, fmt.Errorf("%s: the folder is gone, so the site %s has ended", old[id].Folder, id))
		}
	}
	s.current.Store(s.newIndex(next))
	return reports
}

// settle resolves conflicts about hosts by restoring the old versions of both sites; a
// new site is dropped. As the old ones had no conflict, this terminates.
func settle(next, old map[string]*Site) []error {
	var reports []error
	for {
		found := conflicts(next)
		if len(found) == 0 {
			return reports
		}
		for _, c := range found {
			reports = append(reports, &strictyaml.Error{Problems: []strictyaml.Problem{c.problem()}})
			for _, one := range []*Site{c.first, c.second} {
				if was := old[one.ID]; was != nil {
					next[one.ID] = was
				} else {
					delete(next, one.ID)
				}
			}
		}
	}
}
