//go:build tools

// Package tools keeps the programs that only install/tools.ts names in go.mod and go.sum.
package tools

import (
	_ "sigs.k8s.io/krew/cmd/krew"
	_ "sigs.k8s.io/krew/cmd/validate-krew-manifest"
)
