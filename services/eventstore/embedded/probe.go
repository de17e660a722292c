package embedded

import (
	"bytes"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// probe looks up index entries for the writer, most of which are not there: most
// streams that are not in memory are new, and most event ids are. Unlike Get it
// asks the bloom filters of the lowest level too, which holds nearly everything,
// so that what was never written costs no read of a block. One iterator serves
// all commands of a group; it sees what had been applied when it was made, and
// what the group itself writes is in the writer's memory.
type probe struct {
	db  *pebble.DB
	it  *pebble.Iterator
	key []byte
}

// iter opens the iterator at the first use in a group.
func (p *probe) iter() (*pebble.Iterator, error) {
	if p.it != nil {
		return p.it, nil
	}
	it, err := p.db.NewIter(&pebble.IterOptions{UseL6Filters: true})
	if err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	p.it = it
	return it, nil
}

// end lets go of what the group saw.
func (p *probe) end() error {
	if p.it == nil {
		return nil
	}
	err := p.it.Close()
	p.it = nil
	return err
}

// position is where the entry in p.key leads; ok is false when there is none.
func (p *probe) position() (pos uint64, ok bool, err error) {
	it, err := p.iter()
	if err != nil {
		return 0, false, err
	}
	if !it.SeekPrefixGE(p.key) || !bytes.Equal(it.Key(), p.key) {
		return 0, false, it.Error()
	}
	v, err := it.ValueAndErr()
	if err != nil {
		return 0, false, fmt.Errorf("read index: %w", err)
	}
	pos, err = indexedPosition(v)
	return pos, err == nil, err
}

func (p *probe) revision(stream string, rev uint64) (pos uint64, ok bool, err error) {
	p.key = appendStreamKey(p.key[:0], stream, rev)
	return p.position()
}

func (p *probe) eventID(id [16]byte, stream string) (pos uint64, ok bool, err error) {
	p.key = appendEventIDKey(p.key[:0], id, stream)
	return p.position()
}

// head finds where a stream stands, pending events included. Revisions begin at
// 0, so a stream with neither that nor a tombstone has nothing.
func (p *probe) head(stream string) (streamHead, error) {
	none := streamHead{last: -1}
	_, begun, err := p.revision(stream, 0)
	if err != nil {
		return none, err
	}
	if !begun {
		if _, ended, err := p.revision(stream, tombstoneRevision); err != nil || !ended {
			return none, err
		}
	}
	it, err := p.iter()
	if err != nil {
		return none, err
	}
	return findHead(it, stream, everything)
}
