// Package architecture holds no code: its test states which packages may import
// which, and why.
package architecture
