package keys

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Names in mash_ring. Each value is wrapped by the master keyset with its name as associated data.
const (
	checkName     = "check"
	pseudonymName = "pseudonym"
)

var checkText = []byte("this database belongs to this master keyset")

// openMaster reads the master keyset, or makes it for a database that holds nothing yet, and proves that the two belong
// together before anything is sealed: a wrong keyset found out later would leave a record nobody can read.
func openMaster(ctx context.Context, db *database, c Config) (tink.AEAD, error) {
	check, err := ringValue(ctx, db, checkName)
	if err != nil {
		return nil, fmt.Errorf("read key database: %w", err)
	}
	master, err := readMaster(c.MasterKeyFile)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing && check != nil {
		return nil, fmt.Errorf("%w: the database holds keys and %s is not there", ErrMasterKey, c.MasterKeyFile)
	}
	if missing {
		c.Logger.Info("making a master keyset", "file", c.MasterKeyFile)
		master, err = makeMaster(c.MasterKeyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("master keyset %s: %w", c.MasterKeyFile, err)
	}
	if check == nil {
		if check, err = makeRingValue(ctx, db, master, checkName, checkText); err != nil {
			return nil, fmt.Errorf("name the master keyset in the key database: %w", err)
		}
	}
	if text, err := master.Decrypt(check, []byte(checkName)); err != nil || !bytes.Equal(text, checkText) {
		return nil, fmt.Errorf("%w: %s is not the keyset that the database was made with", ErrMasterKey, c.MasterKeyFile)
	}
	return master, nil
}

func readMaster(file string) (tink.AEAD, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		// Tink's message may quote what it read, and what it read may be a key.
		return nil, errors.New("is not a cleartext Tink keyset in JSON")
	}
	return aead.New(handle)
}

// makeMaster writes a new keyset whole or not at all, never over one that is there: two processes that start together
// end up with the same one.
func makeMaster(file string) (tink.AEAD, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&data)); err != nil {
		return nil, err
	}
	if err := writeOnce(file, data.Bytes()); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readMaster(file)
}

// writeOnce makes file with data, durable before it returns, or fails with fs.ErrExist.
func writeOnce(file string, data []byte) error {
	dir := filepath.Dir(file)
	f, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), file); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ringValue returns nil where there is no such value.
func ringValue(ctx context.Context, db *database, name string) ([]byte, error) {
	var value []byte
	err := db.write.QueryRowContext(ctx, db.text(`SELECT value FROM mash_ring WHERE name = ?`), name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, err
}

// makeRingValue stores a value, wrapped, unless another process was first, and returns what is stored.
func makeRingValue(ctx context.Context, db *database, master tink.AEAD, name string, value []byte) ([]byte, error) {
	wrapped, err := master.Encrypt(value, []byte(name))
	if err != nil {
		return nil, err
	}
	insert := db.text(`INSERT INTO mash_ring (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING`)
	if _, err := db.write.ExecContext(ctx, insert, name, wrapped); err != nil {
		return nil, err
	}
	return ringValue(ctx, db, name)
}
