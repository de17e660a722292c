package keys

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Seal seals each request with the key of its owner and set of people, making keys that are not there yet. New keys
// are durable before it returns.
func (r *Ring) Seal(ctx context.Context, reqs []Request) ([]Sealed, error) {
	purposes := make([]purpose, len(reqs))
	for i, q := range reqs {
		p, err := purposeOf(q)
		if err != nil {
			return nil, err
		}
		purposes[i] = p
	}
	keys, err := r.keysFor(ctx, purposes)
	if err != nil {
		return nil, err
	}
	sealed := make([]Sealed, len(reqs))
	for i, q := range reqs {
		key := keys[purposes[i]]
		ciphertext, err := key.aead.Encrypt(q.Plaintext, q.AAD)
		if err != nil {
			return nil, fmt.Errorf("seal with key %s: %w", key.id, err)
		}
		sealed[i] = Sealed{KeyID: key.id, Algorithm: Algorithm, Ciphertext: ciphertext}
	}
	return sealed, nil
}

// keysFor finds or makes the keys in use for some purposes.
func (r *Ring) keysFor(ctx context.Context, purposes []purpose) (map[purpose]*dataKey, error) {
	keys := make(map[purpose]*dataKey, len(purposes))
	var candidates []candidate
	for _, p := range purposes {
		if _, done := keys[p]; done {
			continue
		}
		if id, found := r.inUse.get(p); found {
			if key, found := r.byID.get(id); found && key.erased == nil {
				keys[p] = key
				continue
			}
		}
		c, err := newCandidate(p, r.master)
		if err != nil {
			return nil, err
		}
		keys[p] = c.key
		candidates = append(candidates, c)
	}
	if len(candidates) == 0 {
		return keys, nil
	}
	return keys, r.settle(ctx, candidates, keys)
}

// settle has the candidates made and puts in place of those that came too late the keys that were there before.
func (r *Ring) settle(ctx context.Context, candidates []candidate, keys map[purpose]*dataKey) error {
	ids, err := r.maker.make(ctx, candidates)
	if err != nil {
		return err
	}
	var others []string
	for i, c := range candidates {
		if ids[i] == c.key.id {
			r.byID.put(c.key.id, c.key)
		} else {
			others = append(others, ids[i])
		}
	}
	found, err := r.load(ctx, others)
	if err != nil {
		return err
	}
	for i, c := range candidates {
		if key, ok := found[ids[i]]; ok {
			if key.erased != nil {
				return fmt.Errorf("key %s was destroyed meanwhile", key.id)
			}
			keys[c.purpose] = key
		}
		r.inUse.put(c.purpose, ids[i])
	}
	return nil
}

// Open opens each request. A destroyed key is an answer (Erased), an unknown key or altered bytes an error.
func (r *Ring) Open(ctx context.Context, reqs []OpenRequest) ([]Opened, error) {
	ids := make([]string, len(reqs))
	for i, q := range reqs {
		if q.Algorithm != Algorithm {
			return nil, fmt.Errorf("open with key %s: unknown algorithm %q", q.KeyID, q.Algorithm)
		}
		ids[i] = q.KeyID
	}
	keys, err := r.load(ctx, ids)
	if err != nil {
		return nil, err
	}
	opened := make([]Opened, len(reqs))
	for i, q := range reqs {
		key := keys[q.KeyID]
		if key.erased != nil {
			erasure := *key.erased
			opened[i].Erased = &erasure
			continue
		}
		if opened[i].Plaintext, err = key.aead.Decrypt(q.Ciphertext, q.AAD); err != nil {
			return nil, fmt.Errorf("%w: key %s", ErrTampered, q.KeyID)
		}
	}
	return opened, nil
}

// load returns keys by their ids, from memory or the database, destroyed ones included.
func (r *Ring) load(ctx context.Context, ids []string) (map[string]*dataKey, error) {
	keys := make(map[string]*dataKey, len(ids))
	var missing []any
	for _, id := range ids {
		if _, done := keys[id]; done {
			continue
		}
		key, found := r.byID.get(id)
		if !found {
			missing = append(missing, id)
		}
		keys[id] = key
	}
	for len(missing) > 0 {
		n := min(len(missing), 500)
		if err := r.query(ctx, missing[:n], keys); err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
		missing = missing[n:]
	}
	for id, key := range keys {
		if key == nil {
			return nil, fmt.Errorf("%w: %s", ErrUnknownKey, id)
		}
	}
	return keys, nil
}

func (r *Ring) query(ctx context.Context, ids []any, keys map[string]*dataKey) error {
	text := r.db.text(`SELECT key_id, state, wrapped, destroyed_at, destroyed_authority, destroyed_reason
		FROM mash_key WHERE key_id IN (?` + strings.Repeat(`,?`, len(ids)-1) + `)`)
	rows, err := r.db.read.QueryContext(ctx, text, ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		key, err := r.scan(rows)
		if err != nil {
			return err
		}
		keys[key.id] = key
		r.byID.put(key.id, key)
	}
	return rows.Err()
}

func (r *Ring) scan(rows *sql.Rows) (*dataKey, error) {
	var id, state string
	var wrapped []byte
	var at, authority, reason sql.NullString
	if err := rows.Scan(&id, &state, &wrapped, &at, &authority, &reason); err != nil {
		return nil, err
	}
	if state != stateDestroyed {
		return unwrap(id, wrapped, r.master)
	}
	erasure := &Erasure{Authority: authority.String, Reason: reason.String}
	if at.Valid {
		when, err := time.Parse(timeLayout, at.String)
		if err != nil {
			return nil, fmt.Errorf("key %s: when it was destroyed: %w", id, err)
		}
		erasure.At = when
	}
	return &dataKey{id: id, erased: erasure}, nil
}
