package demo

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed sites
var siteFiles embed.FS

// WriteSites writes the folders of the demo's sites into a folder, for site.Open. An
// existing folder stays as it is: somebody may be trying out changes.
func WriteSites(dir string) error {
	sites, err := fs.ReadDir(siteFiles, "sites")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, s := range sites {
		folder := filepath.Join(dir, s.Name())
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		files, err := fs.Sub(siteFiles, "sites/"+s.Name())
		if err != nil {
			return err
		}
		half := filepath.Join(dir, "."+s.Name()) // which nothing takes for a site
		if err := errors.Join(os.RemoveAll(half), os.CopyFS(half, files)); err != nil {
			return err
		}
		if err := os.Rename(half, folder); err != nil {
			return err
		}
	}
	return nil
}
