package gen

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// shortMetadata returns the short-number metadata by region.
func shortMetadata() (map[string]*phonenumbers.PhoneMetadata, error) {
	collection, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		return nil, fmt.Errorf("gen: short number metadata: %w", err)
	}
	byRegion := map[string]*phonenumbers.PhoneMetadata{}
	for _, m := range collection.GetMetadata() {
		if m.GetId() != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			byRegion[m.GetId()] = m
		}
	}
	return byRegion, nil
}

// zonePrefixes returns the time zones by number prefix. The library does not
// export that table, so it is read from the data file in the module's folder.
func zonePrefixes() (map[int][]string, error) {
	dir, err := portModule("{{.Dir}}")
	if err != nil {
		return nil, err
	}
	file, err := os.ReadFile(filepath.Join(dir, "data", "prefix_to_timezone.xml.gz"))
	if err != nil {
		return nil, fmt.Errorf("gen: %w", err)
	}
	prefixes, err := decodeZones(file)
	if err != nil {
		return nil, fmt.Errorf("gen: time zone data: %w", err)
	}
	return prefixes, nil
}

// decodeZones decodes a gzipped list of newline-separated names followed by,
// for each prefix, its difference from the previous one, a count, and that many
// indexes of names.
func decodeZones(file []byte) (map[int][]string, error) {
	unzip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(unzip)
	var size, count uint32
	if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
		return nil, err
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	names := strings.Split(string(text), "\n")
	if err := binary.Read(r, binary.LittleEndian, &count); err != nil {
		return nil, err
	}
	prefixes := make(map[int][]string, count)
	prefix := 0
	for range count {
		step, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, err
		}
		prefix += int(step)
		n, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		for range n {
			var name uint16
			if err := binary.Read(r, binary.LittleEndian, &name); err != nil {
				return nil, err
			}
			if int(name) >= len(names) {
				return nil, errors.New("name out of range")
			}
			prefixes[prefix] = append(prefixes[prefix], names[name])
		}
	}
	return prefixes, nil
}
