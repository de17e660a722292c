// Package seed holds the words of the demonstration: names, places and parts of sentences from which
// services/simulation/generator puts invented contacts together. README.md says what each file is.
//
// It holds data only, and no rule reads it. Nothing in it is about a person who exists.
package seed

import (
	"embed"
	"io/fs"
)

//go:embed *.txt names/*.txt reasons/*.txt
var files embed.FS

// Files is the embedded data, read only.
func Files() fs.FS { return files }
