package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// proxy is a module proxy in a folder, with the environment of a user whose
// module cache is empty.
type proxy struct {
	dir string
	env []string
}

// newProxy makes an empty proxy below dir. Its users find other modules in the
// module cache of the current user, or else at the current user's proxies.
func newProxy(dir string) (*proxy, error) {
	settings, err := output(exec.Command("go", "env", "-json", "GOPROXY", "GOMODCACHE", "GOSUMDB", "GONOSUMDB"), dir, nil)
	if err != nil {
		return nil, err
	}
	var user struct{ GOPROXY, GOMODCACHE, GOSUMDB, GONOSUMDB string }
	if err := json.Unmarshal([]byte(settings), &user); err != nil {
		return nil, err
	}
	p := &proxy{dir: filepath.Join(dir, "proxy")}
	proxies := []string{fileURL(p.dir), fileURL(filepath.Join(user.GOMODCACHE, "cache", "download")), user.GOPROXY}
	p.env = append(os.Environ(),
		"GOWORK=off",
		"GOENV=off", // it may have a GOPRIVATE or GONOPROXY, which would come before the proxy
		"GOPRIVATE=",
		"GONOPROXY=",
		"GOPROXY="+strings.Join(proxies, ","),
		"GOSUMDB="+user.GOSUMDB,
		"GONOSUMDB="+strings.TrimPrefix(user.GONOSUMDB+","+root, ","),
		"GOMODCACHE="+filepath.Join(dir, "modcache"),
		// A cache that can be removed, and builds that do not depend on where
		// it is, so that later runs find them in the build cache.
		"GOFLAGS=-modcacherw -trimpath -buildvcs=false",
	)
	return p, os.MkdirAll(p.dir, 0o755)
}

func fileURL(dir string) string {
	dir = filepath.ToSlash(dir)
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir // a drive letter
	}
	return "file://" + dir
}

// add publishes the files below dir as a version of a module.
func (p *proxy) add(path, version, dir string) (err error) {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return err
	}
	base := filepath.Join(p.dir, filepath.FromSlash(escaped), "@v")
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, time.Now().UTC()})
	if err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": mod} {
		if err := writeFile(filepath.Join(base, name), data); err != nil {
			return err
		}
	}
	file, err := os.Create(filepath.Join(base, version+".zip"))
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	return zip.CreateFromDir(file, module.Version{Path: path, Version: version}, dir)
}

// run runs the go command in a folder as a user of the proxy.
func (p *proxy) run(dir string, args ...string) (string, error) {
	out, err := output(exec.Command("go", args...), dir, p.env)
	if err != nil {
		return "", fmt.Errorf("through the proxy: %w", err)
	}
	return out, nil
}
