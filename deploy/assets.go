// Package deploy carries what a hub is deployed with inside the binary, so that it starts on a machine that has nothing
// but the binary. Every folder it embeds can be replaced by one on disk with a setting; the files here are the default
// and the example.
//
// Add a folder by giving it an embedded file system and a function of its own.
package deploy

import (
	"embed"
	"io/fs"
)

//go:embed agencies/*.json
var agencyFiles embed.FS

// Agencies is the agency registry of Kent: one JSON file per agency, as services/agencies reads them.
func Agencies() fs.FS { return sub(agencyFiles, "agencies") }

// sub cannot fail: dir is one that the embed directive beside its caller names.
func sub(files embed.FS, dir string) fs.FS {
	tree, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return tree
}
