package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresSchema is a message store as one would write it on PostgreSQL.
const postgresSchema = `
CREATE TABLE message (
	position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	stream   text NOT NULL,
	revision bigint NOT NULL,
	id       uuid NOT NULL UNIQUE,
	type     text NOT NULL,
	data     bytea NOT NULL,
	created  timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (stream, revision)
)`

// postgresTell makes each transaction tell listeners that there is something new. Commits that tell take turns at one lock of the
// database: that is what PostgreSQL asks for being followed.
const postgresTell = `
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('%[1]s', ''); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON message FOR EACH STATEMENT EXECUTE FUNCTION tell()`

// postgresAppend inserts at an expected revision: no row when the stream has got elsewhere, and the unique key decides a race.
const postgresAppend = `INSERT INTO message (stream, revision, id, type, data)
	SELECT $1, $2::bigint + 1, $3, $4, $5
	WHERE coalesce((SELECT revision FROM message WHERE stream = $1 ORDER BY revision DESC LIMIT 1), -1) = $2::bigint`

// aPostgres is a schema of its own on a server.
type aPostgres struct{ dsn, schema string }

// postgres measures PostgreSQL as an event store.
func (r *storeRun) postgres(ctx context.Context, round int) error {
	if r.o.Postgres == "" {
		if round == 0 {
			r.note("PostgreSQL was not measured: --postgres or MASH_TEST_POSTGRES names a server.")
		}
		return nil
	}
	return r.withPostgres(ctx, func(p aPostgres, admin *pgx.Conn) error {
		if err := r.describePostgres(ctx, admin, round); err != nil {
			return err
		}
		for _, kind := range []struct{ who, schema string }{
			{"PostgreSQL without NOTIFY", postgresSchema}, {"PostgreSQL", fmt.Sprintf(postgresTell, p.schema)},
		} {
			if _, err := admin.Exec(ctx, kind.schema); err != nil {
				return err
			}
			for _, n := range writers {
				l, err := r.contend(ctx, n, p.appender())
				if err != nil {
					return err
				}
				r.recordLoad(kind.who, n, l)
			}
		}
		latency, err := r.live(ctx, p.subscriber, p.appender())
		if err != nil {
			return err
		}
		r.recordLive("PostgreSQL", latency)
		return r.readPostgres(ctx, admin)
	})
}

// withPostgres runs do with a new schema, which is dropped afterwards.
func (r *storeRun) withPostgres(ctx context.Context, do func(aPostgres, *pgx.Conn) error) (err error) {
	p := aPostgres{r.o.Postgres, "mash_bench_" + strings.ReplaceAll(uuid.NewString(), "-", "")}
	admin, err := pgx.Connect(ctx, p.dsn)
	if err != nil {
		return withoutDSN(err)
	}
	after := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, admin.Close(after)) }()
	if _, err := admin.Exec(ctx, "CREATE SCHEMA "+p.schema+"; SET search_path TO "+p.schema); err != nil {
		return err
	}
	defer func() {
		_, dropErr := admin.Exec(after, "DROP SCHEMA "+p.schema+" CASCADE")
		err = errors.Join(err, dropErr)
	}()
	return do(p, admin)
}

// describePostgres notes what a reader must know of the server, and refuses one that does not sync.
func (r *storeRun) describePostgres(ctx context.Context, c *pgx.Conn, round int) error {
	var version, fsync, commit string
	row := c.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')")
	if err := row.Scan(&version, &fsync, &commit); err != nil {
		return err
	}
	if fsync != "on" || commit == "off" {
		return fmt.Errorf("it answers before it has synced (fsync %s, synchronous_commit %s): that would be no comparison", fsync, commit)
	}
	if round == 0 {
		r.note("PostgreSQL is %s, fsync %s, synchronous_commit %s; whether its data is on the same disk is not known here.", version, fsync, commit)
	}
	return nil
}

// withoutDSN keeps what a DSN holds, which may be a password, out of an error.
func withoutDSN(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("the DSN cannot be read")
	}
	return err
}

func (p aPostgres) connect(ctx context.Context) (*pgx.Conn, error) {
	c, err := pgx.Connect(ctx, p.dsn)
	if err != nil {
		return nil, withoutDSN(err)
	}
	if _, err := c.Exec(ctx, "SET search_path TO "+p.schema); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// appender gives each goroutine a connection, as a pool would.
func (p aPostgres) appender() appending {
	run := uuid.NewString()[:8]
	return func(ctx context.Context, goroutine int) (appender, func(int) string, func() error, error) {
		c, err := p.connect(ctx)
		if err != nil {
			return nil, nil, nil, err
		}
		do := func(ctx context.Context, stream string, expected int, data []byte) error {
			tag, err := c.Exec(ctx, postgresAppend, stream, expected, uuid.NewString(), eventType, data)
			if err == nil && tag.RowsAffected() != 1 {
				err = fmt.Errorf("%d rows were inserted at expected revision %d", tag.RowsAffected(), expected)
			}
			return err
		}
		stream := func(n int) string { return fmt.Sprintf("contact-%s-%d-%d", run, goroutine, n) }
		return do, stream, func() error { return c.Close(context.WithoutCancel(ctx)) }, nil
	}
}

// subscriber listens, and reads what is new each time it is told that something is.
func (p aPostgres) subscriber(ctx context.Context, started func(), seen func()) (err error) {
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	if _, err := c.Exec(ctx, "LISTEN "+p.schema); err != nil {
		return err
	}
	var last int64
	if err := c.QueryRow(ctx, "SELECT coalesce(max(position), 0) FROM message").Scan(&last); err != nil {
		return err
	}
	started()
	for {
		if _, err := c.WaitForNotification(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		rows, err := c.Query(ctx, "SELECT position FROM message WHERE position > $1 ORDER BY position", last)
		if err != nil {
			return err
		}
		if _, err := pgx.ForEachRow(rows, []any{&last}, func() error { seen(); return nil }); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// readPostgres reads in the order of positions what the appends have left.
func (r *storeRun) readPostgres(ctx context.Context, c *pgx.Conn) error {
	watch := startWatch()
	rows, err := c.Query(ctx, "SELECT position, stream, revision, id, type, data, created FROM message ORDER BY position LIMIT $1", r.events)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		values := rows.RawValues()
		if got := len(values[5]); got != eventSize {
			return fmt.Errorf("read: an event of %d bytes, want %d", got, eventSize)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	r.record("PostgreSQL: read forwards", "/s", perSecond(n, watch.elapsed()))
	return nil
}
