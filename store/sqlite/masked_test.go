package sqlite_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/store/sqlite"
)

// The key of digests finds a number among those of a stolen file, and is in no
// print of a configuration or a store.
func TestPrintingHidesDigestKey(t *testing.T) {
	key := [32]byte([]byte("thirty-two bytes of a secret key"))
	config := sqlite.Config{DigestKey: &key}
	store, err := sqlite.Open(t.Context(), t.TempDir()+"/x.db", config)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, v := range []any{config, &config, store, []any{config, store}, map[string]any{"c": &config, "s": store}} {
		var out bytes.Buffer
		for _, verb := range "vsqxXdt" {
			fmt.Fprintf(&out, "%"+string(verb)+"%+"+string(verb)+"%#"+string(verb), v, v, v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		body, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		out.Write(body)
		for _, s := range []string{"thirty-two", fmt.Sprintf("%x", "thirty-two"), fmt.Sprintf("%X", "thirty-two"), "116 104 105 114", "116,104,105,114", "0x74, 0x68, 0x69"} {
			if strings.Contains(out.String(), s) {
				t.Errorf("%T shows %s", v, s)
			}
		}
	}
}
