// Package keys holds the keys that keep people out of the record, and seals and opens with them.
//
// It stands beside the event store on the way of a contact: before an event is appended, every part of it that
// identifies or describes a person is sealed here, and it is opened here again when the event is read. The record is
// never deleted from, so what may have to become unreadable one day must depend on something that can be destroyed: a
// key for each set of people that a stream speaks of, kept in a database of its own with a backup life of its own.
//
// # What it guarantees
//
//   - A key is on disk (its transaction is committed and synced) before Seal returns anything sealed with it.
//   - Sealed bytes open only with their own key and with the associated data they were sealed with (AES-256-GCM through
//     Tink); anything else is an error, never other plaintext.
//   - A destroyed key opens nothing: Open answers with an Erasure in place of plaintext.
//   - The database holds data keys only wrapped by the master keyset, each bound to its key id. Open refuses to start
//     when the master keyset is missing or is not the one the database was made with.
//   - Bind refuses keys that are not those of the record beside them, also where either was lost and begun anew.
//   - Pseudonym gives the same name for the same value for ever, and nobody without the database and the master
//     keyset can tell whose it is.
//   - The vault is bounded for each agency, in messages and in bytes.
//
// # What it does not do
//
// Destroying and rotating keys are not here yet. The tables have the columns for both, key ids are opaque and Open
// already answers for destroyed keys, so neither will need anything stored before it to change. Sealing hides content,
// not length: a sealed part is as long as the part and 28 bytes. A process that has unwrapped a key may use it for up
// to Config.CacheFor after another process destroyed it. Destroying a key makes what it sealed unreadable here and
// wherever else only sealed bytes went; backups of this database keep the key until they are gone too.
//
// # The master keyset
//
// The first start writes it to Config.MasterKeyFile as a cleartext Tink keyset in JSON, mode 0600. Whoever holds that
// file and a copy of the database can read everything. An operator should keep it on another volume than the database
// and its backups (a secret mounted by the orchestrator, a credential of the service manager, an encrypted or
// removable medium), keep one copy of it offline, and never let one backup hold both. A key management service in its
// place is not supported yet.
package keys
