// Package rows is the little of SQL that read models need, on SQLite and on PostgreSQL alike.
//
// It stands below the projections: the runner commits rows and checkpoint through it in one transaction, and queries read
// through it in another. There is one SQL text with `?` for both databases. What differs between them is in this package and
// nowhere else: placeholders, how a connection is opened, and who may write at the same time.
//
// A [Table] is declared once; its DDL, its upserts, its lookups by key and its dumps follow from that. Columns are TEXT, BIGINT
// or BYTEA, three types that both databases know by these names and store without changing a value. There are no NULLs.
//
// # What is guaranteed
//
//   - [DB.Update] commits everything or nothing, and [DB.View] reads one state of the database from its first query to its last.
//   - On SQLite there is one writer at a time, in this process and among processes (BEGIN IMMEDIATE, busy_timeout), and readers
//     are not held up by it (write-ahead log).
//
// # What is not
//
// On SQLite a power cut may take the last commits with it (synchronous=NORMAL), never part of one: rows and checkpoint go back
// together, and the runner folds those events again. Nothing that cannot be rebuilt belongs here.
package rows
