package gms_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// coveredItems are the items of GMS that the table Coverage of MIGRATION.md has.
func coveredItems() []string {
	return []string{
		"50004",
		"50005",
		"50006",
		"50030",
		"`_request_queue_time_stat`",
		"`_request_ewt_service`",
		"`_capacity_add`",
		"`_include_*`",
		"`_use_alternative`",
		"media chat",
		"user confirmation",
		"username and password of a service",
		"`auth` object",
		"structured_text",
		"binary_content",
		"e-mail as customer number",
		"IP address as customer number",
		"callback_status 1",
		"callback_status 13",
		"tenants",
		"FAIL_QUEUEING",
		"FAIL_ERROR",
		"FAIL_LOAD_MESSAGE_FILE",
		"FAIL_IXN_UNKNOWN_MEDIA_TYPE",
		"FAIL_INTERACTION_DELETED",
	}
}

// coverageRow is a row of the table: the item, its tests and the reason.
type coverageRow struct {
	item, reason string
	tests        []string
}

// coverageRows reads the table Coverage of a document.
func coverageRows(document string) (rows []coverageRow) {
	_, table, _ := strings.Cut(document, "\n## Coverage\n")
	table, _, _ = strings.Cut(table, "\n## ")
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || strings.Contains(cells[0], "---") || strings.TrimSpace(cells[0]) == "item" {
			continue
		}
		row := coverageRow{item: strings.TrimSpace(cells[0]), reason: strings.TrimSpace(cells[2])}
		for _, match := range quoted.FindAllStringSubmatch(cells[1], -1) {
			row.tests = append(row.tests, match[1])
		}
		rows = append(rows, row)
	}
	return rows
}

// coverageFaults returns what is wrong with the rows; exists says whether there is a
// test.
func coverageFaults(rows []coverageRow, items []string, exists func(dir, test string) bool) (faults []string) {
	var found []string
	for _, row := range rows {
		found = append(found, row.item)
		if len(row.tests) == 0 && row.reason == "" {
			faults = append(faults, row.item+" has neither test nor reason")
		}
		for _, name := range row.tests {
			dir, test, ok := strings.Cut(name, ".")
			if !ok || !exists(dir, test) {
				faults = append(faults, row.item+" names "+name+", which does not exist")
			}
		}
	}
	for _, item := range items {
		if !slices.Contains(found, item) {
			faults = append(faults, item+" has no row")
		}
	}
	return faults
}

// testExists reports whether a directory of the repository has a test.
func testExists(dir, test string) bool {
	files, _ := filepath.Glob(filepath.Join("../../..", dir, "*_test.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains("\n"+string(text), "\nfunc "+test+"(t *testing.T)")
	})
}

// Every item of GMS has a row in MIGRATION.md, with tests that exist or a reason.
func TestCoverage(t *testing.T) {
	document, err := os.ReadFile("MIGRATION.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range coverageFaults(coverageRows(string(document)), coveredItems(), testExists) {
		t.Error(fault)
	}
}

// The check of the table finds each kind of fault.
func TestCoverageFaults(t *testing.T) {
	rows := coverageRows("# x\n\n## Coverage\n\n| item | tests | reason |\n|---|---|---|\n" +
		"| a | `callback/api/gms.TestCoverage` | |\n| b | | no server |\n| c | | |\n| d | `callback/api/gms.TestCover` | r |\n" +
		"| e | `TestCoverage` | |\n\n## Next\n\n| f | | r |\n")
	want := []string{
		"c has neither test nor reason", "d names callback/api/gms.TestCover, which does not exist",
		"e names TestCoverage, which does not exist", "f has no row",
	}
	if got := coverageFaults(rows, []string{"a", "b", "f"}, testExists); !slices.Equal(got, want) {
		t.Errorf("faults are %q", got)
	}
}
