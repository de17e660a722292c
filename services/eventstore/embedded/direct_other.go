//go:build !linux

package embedded

import "errors"

// writeDirectly fails: other systems write through the cache.
func writeDirectly(uintptr, bool) error { return errors.ErrUnsupported }

// writeThrough fails: other systems write and sync in two steps.
func writeThrough(uintptr, []byte, int64) error { return errors.ErrUnsupported }
