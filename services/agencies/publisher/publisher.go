package publisher

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Errors that a Send can end with, beside those of its context.
var (
	// ErrPermission: the credentials may not do this; most often they are another agency's.
	ErrPermission = errors.New("permission denied")
	// ErrRefused: the server will not store the message, now or later, as one that is too large.
	ErrRefused = errors.New("message refused by the server")
	// ErrClosed: the Publisher was closed before an answer came. The message may be on record.
	ErrClosed = errors.New("publisher is closed")
	// ErrInFlight: a message of this source and id is waiting for its answer already.
	ErrInFlight = errors.New("a message with this source and id is in flight")
)

const (
	dialTimeout = 10 * time.Second
	// strayTries is how often an answer that nobody here waits for is left for another process of the same agency; then it
	// is dropped, as sending again brings another. The pauses in between grow by strayWait, to a second or two in all.
	strayTries = 10
	strayWait  = 50 * time.Millisecond
)

// Options say where the hub is and who is speaking.
type Options struct {
	// URL of the hub's nats-server.
	URL string
	// Agency is the agency's id.
	Agency string
	// SeedFile holds the agency's nkey seed.
	SeedFile string
	// MaxInFlight is how many messages may wait for their answers; SendAsync waits for a place. 0 is 128.
	MaxInFlight int
	// ResendAfter is how long to wait for an answer before a message is sent again; 0 is 10 seconds.
	ResendAfter time.Duration
	// TLS is how to trust the server; nil connects in the clear unless URL says tls://.
	TLS *tls.Config
	// Logger takes connection events; nil discards them.
	Logger *slog.Logger
}

// A Publisher is one agency's connection to the hub. It is safe for concurrent use.
type Publisher struct {
	opts      Options
	log       *slog.Logger
	nc        *nats.Conn
	acks      string // prefix of the subjects that acknowledgements come on
	abortDial context.CancelCauseFunc
	consuming jetstream.ConsumeContext
	slots     chan struct{}
	closed    chan struct{}

	mu       sync.Mutex
	isClosed bool
	waiting  map[string]*Pending // by key
}

// Dial connects to the hub as the agency. A connection that breaks later is made again for ever.
func Dial(o Options) (*Publisher, error) {
	if !validToken(o.Agency) {
		return nil, fmt.Errorf("agency %q is not lower-case letters, digits and inner hyphens", o.Agency)
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 128
	}
	if o.ResendAfter == 0 {
		o.ResendAfter = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Publisher{
		opts: o, log: o.Logger.With("agency", o.Agency),
		acks:  "_INBOX." + o.Agency + "." + nuid.Next() + ".",
		slots: make(chan struct{}, o.MaxInFlight), closed: make(chan struct{}), waiting: map[string]*Pending{},
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	ctx, p.abortDial = context.WithCancelCause(ctx)
	if err := p.connect(); err != nil {
		return nil, fmt.Errorf("connect to the hub as %s: %w", o.Agency, err)
	}
	if err := p.listen(ctx); err != nil {
		p.Close()
		// A request that is not permitted is answered with silence; the reason comes on the side and ends ctx.
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("read the hub's receipts as %s: %w", o.Agency, err)
	}
	return p, nil
}

func (p *Publisher) connect() error {
	key, err := nats.NkeyOptionFromSeed(p.opts.SeedFile)
	if err != nil {
		return err
	}
	opts := []nats.Option{
		key,
		nats.Name("mash publisher"),
		nats.CustomInboxPrefix("_INBOX." + p.opts.Agency),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				p.log.Warn("connection to the hub lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { p.log.Info("connection to the hub is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.asyncError(err) }),
		nats.ClosedHandler(func(*nats.Conn) { close(p.closed) }),
	}
	if p.opts.TLS != nil {
		opts = append(opts, nats.Secure(p.opts.TLS))
	}
	p.nc, err = nats.Connect(p.opts.URL, opts...)
	return err
}

// listen starts reading acknowledgements and answers.
func (p *Publisher) listen(ctx context.Context) error {
	if _, err := p.nc.Subscribe(p.acks+"*", p.acknowledged); err != nil {
		return err
	}
	js, err := jetstream.New(p.nc)
	if err != nil {
		return err
	}
	consumer, err := js.Consumer(ctx, "RECEIPT", "receipts")
	if err != nil {
		return err
	}
	p.consuming, err = consumer.Consume(p.answered,
		jetstream.PullMaxMessages(2*p.opts.MaxInFlight),
		jetstream.PullHeartbeat(5*time.Second),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { p.log.Warn("reading receipts", "error", err) }))
	return err
}

// Close ends the connection. Messages that have no answer yet end with ErrClosed.
func (p *Publisher) Close() {
	p.mu.Lock()
	if p.isClosed {
		p.mu.Unlock()
		return
	}
	p.isClosed = true
	left := p.waiting
	p.waiting = map[string]*Pending{}
	p.mu.Unlock()
	for _, w := range left {
		w.finish(Answer{}, ErrClosed)
	}
	if p.consuming != nil {
		p.consuming.Stop()
		<-p.consuming.Closed()
	}
	p.nc.Close()
	<-p.closed
}

// asyncError gets what the server says outside any answer, of which a refused permission matters: the publish it was
// about would otherwise only time out.
func (p *Publisher) asyncError(err error) {
	p.log.Error("the hub's server says", "error", err)
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	denied := fmt.Errorf("%w: %w", ErrPermission, err)
	p.abortDial(denied)
	p.mu.Lock()
	var about []*Pending
	for _, w := range p.waiting {
		if strings.Contains(err.Error(), `"`+w.subject+`"`) {
			about = append(about, w)
		}
	}
	p.mu.Unlock()
	for _, w := range about {
		w.settle(Answer{}, denied)
	}
}

// acknowledged gets the server's word on a publish. "Stored" changes nothing: only the hub's answer ends a message.
func (p *Publisher) acknowledged(msg *nats.Msg) {
	var ack struct {
		Error *struct {
			Code        int    `json:"code"`
			ErrCode     int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	// No responders and the like have no body: the streams are not there yet, and sending again will find them. "Stored"
	// comes thousands of times a second and is not worth parsing.
	if !bytes.Contains(msg.Data, []byte(`"error"`)) || json.Unmarshal(msg.Data, &ack) != nil || ack.Error == nil {
		return
	}
	// 5xx is for now (a full stream, a full disk); 4xx is for good.
	if ack.Error.Code >= 500 {
		p.log.Warn("not stored, will be sent again", "error", ack.Error.Description)
		return
	}
	token := strings.TrimPrefix(msg.Subject, p.acks)
	p.mu.Lock()
	var about *Pending
	for _, w := range p.waiting {
		if w.token == token {
			about = w
		}
	}
	p.mu.Unlock()
	if about != nil {
		about.settle(Answer{}, fmt.Errorf("%w: %s (%d)", ErrRefused, ack.Error.Description, ack.Error.ErrCode))
	}
}

// answered gets a receipt or a rejection.
func (p *Publisher) answered(msg jetstream.Msg) {
	key := msg.Headers().Get(Answers)
	p.mu.Lock()
	w := p.waiting[key]
	p.mu.Unlock()
	if w == nil {
		p.stray(msg)
		return
	}
	w.settle(Answer{Kind: kindOf(msg.Subject()), Header: msg.Headers(), Data: msg.Data()}, nil)
	if err := msg.Ack(); err != nil {
		p.log.Warn("receipt not acknowledged; it comes again", "error", err)
	}
}

// stray leaves an answer for another process of the agency for a while: all of them read the one consumer.
func (p *Publisher) stray(msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err == nil && meta.NumDelivered < strayTries {
		// At random, or two processes could go on getting each other's in step.
		err = msg.NakWithDelay(rand.N(time.Duration(meta.NumDelivered)*strayWait) + time.Millisecond)
	} else {
		err = msg.Ack()
	}
	if err != nil {
		p.log.Warn("stray receipt", "error", err)
	}
}

// kindOf takes the fourth token of mash.out.<agency>.<kind>.v1.
func kindOf(subject string) string {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 5 {
		return ""
	}
	return tokens[3]
}
