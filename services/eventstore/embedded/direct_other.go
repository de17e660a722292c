//go:build !linux

package embedded

import "errors"

// writeDirectly fails: other systems write through the cache.
func writeDirectly(uintptr, bool) error { return errors.ErrUnsupported }
