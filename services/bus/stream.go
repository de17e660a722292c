package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// schemaKey holds, in a stream's metadata, which generation of this file made it. It rises with any change that an older
// hub must not undo.
const (
	schemaKey = "mash.schema"
	schema    = 1
)

const (
	// ackWait is how long a message may stay with intake before it is delivered again. Handing over waits for a free
	// place in intake, so it is far above the time that one message takes.
	ackWait = time.Minute
	// maxWaiting bounds the messages of one agency that are delivered and not settled. Those handed back with a delay
	// count: a message that waits for its contact for a day must not hold up those behind it, so the bound is high.
	maxWaiting = 16 << 10
	// agencyAckWait and agencyMaxWaiting are the same for what an agency reads.
	agencyAckWait    = 30 * time.Second
	agencyMaxWaiting = 1024
	// receiptAge is how long receipts are kept; by then its sender has sent the message again and has another.
	receiptAge = 30 * 24 * time.Hour
)

// EnsureStreams makes the streams and consumers of every account as this version of the hub wants them, or brings those
// that are there up to it. It refuses a change that could lose messages or that an operator must have meant otherwise,
// and says which; nothing of that stream is changed then.
func (b *Bus) EnsureStreams(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range b.links {
		group.Go(func() error { return b.ensure(ctx, l) })
	}
	return group.Wait()
}

func (b *Bus) ensure(ctx context.Context, l *link) error {
	for _, want := range b.streams(l.agency) {
		if err := untilAnswered(ctx, func(ctx context.Context) error { return ensureStream(ctx, l.js, want) }); err != nil {
			return fmt.Errorf("stream %s of %s: %w", want.Name, l.agency, err)
		}
	}
	for stream, consumer := range consumers() {
		err := untilAnswered(ctx, func(ctx context.Context) error {
			_, err := l.js.CreateOrUpdateConsumer(ctx, stream, consumer)
			return err
		})
		if err != nil {
			return fmt.Errorf("consumer %s on stream %s of %s: %w", consumer.Durable, stream, l.agency, err)
		}
	}
	return nil
}

// untilAnswered asks again what is not answered, until ctx ends. A request to JetStream is one message and its answer another: a server with
// more to do than it can queue drops them, and a cluster's leader takes them along when it goes. All that is asked here may be asked twice.
func untilAnswered(ctx context.Context, ask func(context.Context) error) error {
	for {
		short, cancel := context.WithTimeout(ctx, answerTime)
		err := ask(short)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
	}
}

// answerTime is what a server at work takes at the most to sync a new stream.
const answerTime = 10 * time.Second

// streams are an account's streams as they should be. Deleting and purging are denied in all: the hub never does either,
// and a publisher can make the server send a PubAck to any subject of its account, where its body reads as a purge request
// to a server that is not strict about unknown fields.
func (b *Bus) streams(agency string) []jetstream.StreamConfig {
	base := jetstream.StreamConfig{
		Storage:    jetstream.FileStorage,
		Replicas:   max(1, b.cfg.Replicas),
		DenyDelete: true,
		DenyPurge:  true,
		// As short as NATS allows. A sender that sets Nats-Msg-Id and sends again after a lost receipt would otherwise
		// be told "stored" and never get its receipt; intake tells duplicates by their content.
		Duplicates: 100 * time.Millisecond,
		Metadata:   map[string]string{schemaKey: strconv.Itoa(schema)},
	}
	in, receipt, out := base, base, base
	in.Name, in.Subjects, in.MaxBytes = StreamIn, []string{InSubject(agency, "*")}, b.cfg.Limits.In
	in.Retention, in.Discard, in.MaxMsgSize = jetstream.WorkQueuePolicy, jetstream.DiscardNew, MaxMessage

	receipt.Name, receipt.MaxBytes = StreamReceipt, b.cfg.Limits.Receipt
	receipt.Subjects = []string{OutSubject(agency, KindReceipt), OutSubject(agency, KindRejection)}
	receipt.Discard, receipt.MaxAge = jetstream.DiscardOld, receiptAge
	if receipt.Replicas == 1 {
		// Not synced one by one: what it answers is on record before it is sent, and a receipt that a power failure takes
		// is sent again when its message is. It saves one of three syncs per message.
		receipt.PersistMode = jetstream.AsyncPersistMode
	}

	out.Name, out.MaxBytes, out.Discard = StreamOut, b.cfg.Limits.Out, jetstream.DiscardNew
	// Kept after the agency has read it: the outbox looks here, after a crash, for what it had already sent.
	out.Retention, out.MaxAge = jetstream.LimitsPolicy, receiptAge
	for _, kind := range OutKinds() {
		out.Subjects = append(out.Subjects, OutSubject(agency, kind))
	}
	return []jetstream.StreamConfig{in, receipt, out}
}

func consumers() map[string]jetstream.ConsumerConfig {
	// No MaxDeliver anywhere: what can never be accepted is intake's to decide, and to keep.
	forAgency := jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: agencyAckWait, MaxAckPending: agencyMaxWaiting, MaxDeliver: -1,
	}
	intake, receipts, out := forAgency, forAgency, forAgency
	intake.Durable, intake.AckWait, intake.MaxAckPending = ConsumerIntake, ackWait, maxWaiting
	// What is in IN is not settled: the stream itself says all that has to survive, and the server need not write and sync the
	// consumer's state ten times a second. Without it, what a crash cut off comes again at once and not after ackWait.
	intake.MemoryStorage = true
	receipts.Durable = ConsumerReceipts
	out.Durable = ConsumerOut
	return map[string]jetstream.ConsumerConfig{StreamIn: intake, StreamReceipt: receipts, StreamOut: out}
}

func ensureStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) error {
	s, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, want)
		return err
	}
	if err != nil {
		return err
	}
	is := s.CachedInfo().Config
	if err := checkDrift(is, want); err != nil {
		return err
	}
	// The operator's, not ours: how many copies, where, and what else is noted on the stream. The mode goes with the copies.
	want.Replicas, want.Placement, want.PersistMode = max(want.Replicas, is.Replicas), is.Placement, is.PersistMode
	metadata := maps.Clone(is.Metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	maps.Copy(metadata, want.Metadata)
	want.Metadata = metadata
	_, err = js.UpdateStream(ctx, want)
	return err
}

// A DriftError says why a stream that is there cannot be brought to what this hub wants without the risk of losing
// messages. An operator decides.
type DriftError struct {
	Setting string
	Is      any
	Want    any
}

func (e *DriftError) Error() string {
	return fmt.Sprintf("%s is %v and this hub wants %v: changing it could lose messages, so it is left to an operator", e.Setting, e.Is, e.Want)
}

func checkDrift(is, want jetstream.StreamConfig) error {
	drift := func(setting string, is, want any) error { return &DriftError{setting, is, want} }
	made, err := strconv.Atoi(is.Metadata[schemaKey])
	if err != nil || made > schema {
		return drift("metadata "+schemaKey, fmt.Sprintf("%q", is.Metadata[schemaKey]), fmt.Sprintf("at most %d", schema))
	}
	switch {
	case is.Retention != want.Retention:
		return drift("retention", is.Retention, want.Retention)
	case is.Storage != want.Storage:
		return drift("storage", is.Storage, want.Storage)
	case is.Discard != want.Discard:
		return drift("discard", is.Discard, want.Discard)
	case is.DenyDelete && !want.DenyDelete || is.DenyPurge && !want.DenyPurge:
		return drift("deny delete and purge", true, false)
	case tighter(is.MaxBytes, want.MaxBytes):
		return drift("max bytes", is.MaxBytes, want.MaxBytes)
	case tighter(int64(is.MaxMsgSize), int64(want.MaxMsgSize)):
		return drift("max message size", is.MaxMsgSize, want.MaxMsgSize)
	case tighter(int64(is.MaxAge), int64(want.MaxAge)):
		return drift("max age", is.MaxAge, want.MaxAge)
	}
	for _, subject := range is.Subjects {
		if !slices.Contains(want.Subjects, subject) {
			return drift("subjects", is.Subjects, want.Subjects)
		}
	}
	return nil
}

// tighter reports whether a limit would come down; zero and -1 are "no limit".
func tighter(is, want int64) bool { return want > 0 && (is <= 0 || want < is) }

// Depth is how much lies in an agency's IN, for health and for the morning's figures.
type Depth struct {
	// Messages and Bytes in the stream, whatever their state.
	Messages, Bytes uint64
	// Undelivered were never handed to intake; Unsettled were and are with it, or wait for their delay.
	Undelivered, Unsettled uint64
	// Oldest is when the oldest message that is still there arrived; zero when there is none.
	Oldest time.Time
}

// InDepth asks how much lies in the agency's IN.
func (b *Bus) InDepth(ctx context.Context, agency string) (Depth, error) {
	l, err := b.link(agency)
	if err != nil {
		return Depth{}, err
	}
	consumer, err := l.js.Consumer(ctx, StreamIn, ConsumerIntake)
	if err != nil {
		return Depth{}, fmt.Errorf("depth of IN of %s: %w", agency, err)
	}
	stream, err := l.js.Stream(ctx, StreamIn)
	if err != nil {
		return Depth{}, fmt.Errorf("depth of IN of %s: %w", agency, err)
	}
	state, info := stream.CachedInfo().State, consumer.CachedInfo()
	d := Depth{
		Messages: state.Msgs, Bytes: state.Bytes,
		Undelivered: info.NumPending, Unsettled: uint64(info.NumAckPending),
	}
	if state.Msgs > 0 {
		d.Oldest = state.FirstTime
	}
	return d, nil
}
