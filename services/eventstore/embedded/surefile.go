package embedded

import "github.com/cockroachdb/pebble/v2/vfs"

// A sureFile never fails: a fault in it stops the store, and who met it waits for
// ever. Pebble reports most faults of its write-ahead log to who waits for the
// sync; but one that it meets while it goes from one log to the next it takes for
// a fault of the program, and ends the whole process with all that runs in it.
type sureFile struct {
	vfs.File
	fatal func(error)
}

// end reports a fault and does not return. What waits here is left behind with
// the store, which waits for nothing once it has failed.
func end(fatal func(error), err error) {
	fatal(err)
	select {}
}

func (f sureFile) sure(err error) error {
	if err != nil {
		end(f.fatal, err)
	}
	return nil
}

func (f sureFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.sure(err)
}

func (f sureFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.sure(err)
}

func (f sureFile) Sync() error     { return f.sure(f.File.Sync()) }
func (f sureFile) SyncData() error { return f.sure(f.File.SyncData()) }
func (f sureFile) Close() error    { return f.sure(f.File.Close()) }
