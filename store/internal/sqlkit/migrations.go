package sqlkit

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Migration is one step of a schema.
type Migration struct {
	Version int    // counted from 1
	Name    string // of the file
	Text    string
}

// Migrations reads the files migrations/<version>_<topic>.sql in the order of
// their versions, which have four digits and no gaps.
func Migrations(files fs.FS) ([]Migration, error) {
	paths, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	list := make([]Migration, len(paths))
	for i, p := range paths {
		name := path.Base(p)
		if !strings.HasPrefix(name, fmt.Sprintf("%04d_", i+1)) {
			return nil, fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		text, err := fs.ReadFile(files, p)
		if err != nil {
			return nil, err
		}
		list[i] = Migration{Version: i + 1, Name: name, Text: string(text)}
	}
	return list, nil
}
