// Package sqlkit has what the stores in SQL databases share: errors, names of
// columns, counting by groups, and reading migrations. It imports no driver.
package sqlkit
