package keys

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// The vault holds the bytes of messages in quarantine: they may be anything, so they are sealed like what is known to
// be personal, and bounded, so that an agency that sends rubbish fills its own share and nothing else.

// Keep puts a message into the vault, sealed. kept is false when the agency's quota is used up. Keeping the same id
// again changes nothing and is true.
func (r *Ring) Keep(
	ctx context.Context, agency, id string, payload []byte, header map[string][]string,
) (kept bool, err error) {
	if full, err := r.vaultFull(ctx, agency, id); err != nil || full {
		return false, err
	}
	sealed, err := r.sealMessage(ctx, agency, id, payload, header)
	if err != nil {
		return false, fmt.Errorf("keep message %s: %w", id, err)
	}
	err = r.db.inTx(ctx, func(tx *sql.Tx) (err error) {
		kept, err = r.insertMessage(tx, agency, id, sealed)
		return err
	})
	if errors.Is(err, errQuota) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("keep message %s: %w", id, err)
	}
	return kept, nil
}

var errQuota = errors.New("quota is used up")

// vaultFull answers from the count of messages alone, so that a flood into a full vault costs one read each.
func (r *Ring) vaultFull(ctx context.Context, agency, id string) (bool, error) {
	text := r.db.text(`SELECT messages, (SELECT COUNT(*) FROM mash_vault WHERE agency = ? AND id = ?)
		FROM mash_vault_use WHERE agency = ?`)
	var messages, same int
	err := r.db.read.QueryRowContext(ctx, text, agency, id, agency).Scan(&messages, &same)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read vault: %w", err)
	}
	return messages >= r.config.VaultMessages && same == 0, nil
}

// insertMessage writes the message and its share of the quota, or neither. The update of the quota's row is its own
// lock, in both databases.
func (r *Ring) insertMessage(tx *sql.Tx, agency, id string, s Sealed) (bool, error) {
	size := int64(len(s.Ciphertext))
	insert := r.db.text(`INSERT INTO mash_vault (agency, id, size, kept_at, key_id, algorithm, sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	at := r.config.Now().UTC().Format(timeLayout)
	done, err := tx.Exec(insert, agency, id, size, at, s.KeyID, s.Algorithm, s.Ciphertext)
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err == nil, err
	}
	first := r.db.text(`INSERT INTO mash_vault_use (agency, messages, bytes) VALUES (?, 0, 0) ON CONFLICT DO NOTHING`)
	if _, err := tx.Exec(first, agency); err != nil {
		return false, err
	}
	use := r.db.text(`UPDATE mash_vault_use SET messages = messages + 1, bytes = bytes + ?
		WHERE agency = ? AND messages < ? AND bytes <= ?`)
	done, err = tx.Exec(use, size, agency, r.config.VaultMessages, r.config.VaultBytes-size)
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return false, errors.Join(err, errQuota)
	}
	return true, nil
}

// Fetch returns a message from the vault, or ErrNotKept.
func (r *Ring) Fetch(ctx context.Context, agency, id string) (payload []byte, header map[string][]string, err error) {
	q := OpenRequest{AAD: vaultAAD(agency, id)}
	text := r.db.text(`SELECT key_id, algorithm, sealed FROM mash_vault WHERE agency = ? AND id = ?`)
	err = r.db.read.QueryRowContext(ctx, text, agency, id).Scan(&q.KeyID, &q.Algorithm, &q.Ciphertext)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, ErrNotKept
	}
	if err != nil {
		return nil, nil, fmt.Errorf("fetch message %s: %w", id, err)
	}
	opened, err := r.Open(ctx, []OpenRequest{q})
	if err != nil {
		return nil, nil, fmt.Errorf("fetch message %s: %w", id, err)
	}
	if opened[0].Erased != nil {
		return nil, nil, ErrNotKept
	}
	return parseMessage(opened[0].Plaintext)
}

// Held gives the ids of the messages that the vault holds of an agency.
func (r *Ring) Held(ctx context.Context, agency string) (map[string]bool, error) {
	rows, err := r.db.read.QueryContext(ctx, r.db.text(`SELECT id FROM mash_vault WHERE agency = ?`), agency)
	if err != nil {
		return nil, fmt.Errorf("read vault: %w", err)
	}
	defer rows.Close()
	held := make(map[string]bool)
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read vault: %w", err)
		}
		held[id] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read vault: %w", err)
	}
	return held, nil
}

// Discard removes a message from the vault and gives its share of the quota back. Discarding what is not there is no
// error.
func (r *Ring) Discard(ctx context.Context, agency, id string) error {
	err := r.db.inTx(ctx, func(tx *sql.Tx) error {
		var size int64
		remove := r.db.text(`DELETE FROM mash_vault WHERE agency = ? AND id = ? RETURNING size`)
		err := tx.QueryRow(remove, agency, id).Scan(&size)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		use := r.db.text(`UPDATE mash_vault_use SET messages = messages - 1, bytes = bytes - ? WHERE agency = ?`)
		_, err = tx.Exec(use, size, agency)
		return err
	})
	if err != nil {
		return fmt.Errorf("discard message %s: %w", id, err)
	}
	return nil
}

// sealMessage seals payload and header as one: a uvarint of the header's length, the header as JSON, the payload.
func (r *Ring) sealMessage(
	ctx context.Context, agency, id string, payload []byte, header map[string][]string,
) (Sealed, error) {
	head, err := json.Marshal(header)
	if err != nil {
		return Sealed{}, err
	}
	plain := binary.AppendUvarint(nil, uint64(len(head)))
	plain = append(append(plain, head...), payload...)
	sealed, err := r.Seal(ctx, []Request{{
		Owner:     "quarantine-" + agency,
		About:     []string{"messages"},
		AAD:       vaultAAD(agency, id),
		Plaintext: plain,
	}})
	if err != nil {
		return Sealed{}, err
	}
	return sealed[0], nil
}

func parseMessage(plain []byte) (payload []byte, header map[string][]string, err error) {
	length, n := binary.Uvarint(plain)
	if n <= 0 || length > uint64(len(plain)-n) {
		return nil, nil, errors.New("message in the vault is malformed")
	}
	head, payload := plain[n:n+int(length)], plain[n+int(length):]
	if err := json.Unmarshal(head, &header); err != nil {
		return nil, nil, fmt.Errorf("message in the vault is malformed: %w", err)
	}
	return payload, header, nil
}

// vaultAAD binds sealed bytes to their place in the vault.
func vaultAAD(agency, id string) []byte {
	aad := binary.AppendUvarint([]byte("vault"), uint64(len(agency)))
	return append(append(aad, agency...), id...)
}
