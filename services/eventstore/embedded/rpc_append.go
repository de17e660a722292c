package embedded

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

type streamsService struct {
	streams.UnimplementedStreamsServer
	s *Store
}

// Append takes one append. The request is read to its end before anything is
// answered, also a refusal: the Go client loses an answer that comes earlier.
func (svc *streamsService) Append(stream streams.Streams_AppendServer) error {
	c, err := svc.readAppend(stream)
	if err != nil {
		return err
	}
	out, err := svc.s.submit(stream.Context(), c)
	if err != nil {
		return err
	}
	switch out.verdict {
	case streamDeleted:
		return deletedFailure(c.stream)
	case wrongRevision:
		return stream.SendAndClose(wrongVersionResponse(c.expected, out.last))
	}
	if out.last >= 0 && out.pos > 0 {
		return stream.SendMsg(frame(appendSuccess(make([]byte, 0, 40), out)))
	}
	return stream.SendAndClose(successResponse(out))
}

// readAppend collects an append. After the first mistake the rest is read and
// dropped, so a hostile caller costs no memory.
func (svc *streamsService) readAppend(stream streams.Streams_AppendServer) (*command, error) {
	c := &command{kind: cmdAppend}
	var refusal error
	size, first := 0, true
	var m appendMessage
	for {
		err := stream.RecvMsg(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			continue
		}
		if first {
			refusal = c.begin(&m)
			first = false
			continue
		}
		refusal = c.propose(&m, &size, svc.s.opts.MaxAppendSize)
		if refusal != nil {
			c.events = nil
		}
	}
	if first && refusal == nil {
		refusal = invalid("the append has no options")
	}
	return c, refusal
}

// begin takes the first message of an append.
func (c *command) begin(m *appendMessage) error {
	if m.kind == optionsMessage {
		if err := checkStreamName(m.stream); err != nil {
			return invalid("%v", err)
		}
		c.stream, c.expected = string(m.stream), m.want
		return nil
	}
	return c.options(m.generic.GetOptions())
}

func (c *command) options(o *streams.AppendReq_Options) error {
	if o == nil {
		return invalid("the first message of an append must be its options")
	}
	name := o.GetStreamIdentifier().GetStreamName()
	if err := checkStreamName(name); err != nil {
		return invalid("%v", err)
	}
	c.stream = string(name)
	switch e := o.GetExpectedStreamRevision().(type) {
	case *streams.AppendReq_Options_Revision:
		c.expected = expected{expectRevision, e.Revision}
	case *streams.AppendReq_Options_NoStream:
		c.expected.kind = expectNoStream
	case *streams.AppendReq_Options_Any:
		c.expected.kind = expectAny
	case *streams.AppendReq_Options_StreamExists:
		c.expected.kind = expectExists
	default:
		return invalid("the append names no expected revision")
	}
	return nil
}

// propose adds one event to the command.
func (c *command) propose(m *appendMessage, size *int, limit int) error {
	e, content := m.event, m.content
	if m.kind != proposedMessage {
		p := m.generic.GetProposedMessage()
		if p == nil {
			return invalid("expected a proposed message")
		}
		id, err := parseID(p.GetId())
		if err != nil {
			return err
		}
		e = event{id: id, typ: p.GetMetadata()["type"], meta: p.GetCustomMetadata(), data: p.GetData()}
		content = p.GetMetadata()["content-type"]
	}
	switch {
	case e.id == uuid.Nil:
		return errNoID
	case e.typ == "":
		return missingMetadataFailure("type")
	case content == "":
		return missingMetadataFailure("content-type")
	case content != contentJSON && content != contentBinary:
		return invalid("the content type must be %s or %s", contentJSON, contentBinary)
	}
	e.json = content == contentJSON
	if *size += e.size(); *size > limit {
		return tooBigFailure(limit)
	}
	if len(c.events) == maxAppendEvents {
		return invalid("an append holds at most %d events", maxAppendEvents)
	}
	c.events = append(c.events, e)
	return nil
}

var errNoID = invalid("the event id is missing or zero")

func parseID(id *shared.UUID) (out uuid.UUID, err error) {
	switch v := id.GetValue().(type) {
	case *shared.UUID_Structured_:
		binary.BigEndian.PutUint64(out[:8], uint64(v.Structured.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(out[8:], uint64(v.Structured.GetLeastSignificantBits()))
	case *shared.UUID_String_:
		if out, err = uuid.Parse(v.String_); err != nil {
			return out, invalid("the event id is not a UUID")
		}
	}
	if out == uuid.Nil {
		return out, errNoID
	}
	return out, nil
}

func formatID(id [16]byte) string { return uuid.UUID(id).String() }

func successResponse(out outcome) *streams.AppendResp {
	ok := &streams.AppendResp_Success{}
	if out.last >= 0 {
		ok.CurrentRevisionOption = &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(out.last)}
	} else {
		ok.CurrentRevisionOption = &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	}
	if out.pos > 0 {
		ok.PositionOption = &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: out.pos, PreparePosition: out.pos},
		}
	} else {
		ok.PositionOption = &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: ok}}
}

// wrongVersionResponse is a normal answer. The fields of version 20.6.0 are for
// clients older than the others.
func wrongVersionResponse(want expected, last int64) *streams.AppendResp {
	w := &streams.AppendResp_WrongExpectedVersion{}
	if last >= 0 {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(last)}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: uint64(last)}
	} else {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}}
	}
	switch want.kind {
	case expectAny:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: &shared.Empty{}}
	case expectExists:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: &shared.Empty{}}
	case expectNoStream:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: math.MaxUint64}
	case expectRevision:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: want.rev}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: want.rev}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
