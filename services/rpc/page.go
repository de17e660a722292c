package rpc

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const pageTokenVersion, pageBinding = 1, 12

// PageSize coerces what a caller asked for: 0 is the usual size, more than the most is the most. Negative sizes were
// refused before, by the rule in the proto.
func PageSize(asked int32, usual, most int) int {
	switch {
	case asked <= 0:
		return usual
	case int(asked) > most:
		return most
	}
	return int(asked)
}

// PageToken makes the opaque token of a list's next page from the cursor that finds it. It is bound to the request (all
// but its page_token, page_size and not_before), so that a token given for one filter is not taken for another.
//
// It is neither secret nor signed: a cursor only says where in the answer to go on, every page is authorised by itself,
// and a made-up one gets nothing that a request without it would not. Cursors hold no personal data.
func PageToken(request proto.Message, cursor []byte) string {
	token := append([]byte{pageTokenVersion}, binding(request)...)
	return base64.RawURLEncoding.EncodeToString(append(token, cursor...))
}

// PageCursor gives the cursor of a request's page token, nil for an empty token: the first page. Its error is an
// *[Error], INVALID_ARGUMENT, when the token was given for another request or never.
func PageCursor(request proto.Message, token string) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+pageBinding || raw[0] != pageTokenVersion ||
		subtle.ConstantTimeCompare(raw[1:1+pageBinding], binding(request)) != 1 {
		return nil, BadPageToken()
	}
	return raw[1+pageBinding:], nil
}

// BadPageToken is INVALID_ARGUMENT for a token that was not given for this request; also for a cursor that a list cannot
// read.
func BadPageToken() *Error {
	return &Error{
		Code: codes.InvalidArgument, Reason: ReasonBadPageToken,
		Message: "the page token was not given for this request; begin with the first page",
		Violations: []Violation{{
			Field: "page_token", Rule: "page_token", Description: "was not given for this request",
		}},
	}
}

func binding(request proto.Message) []byte {
	bare := proto.Clone(request).ProtoReflect()
	for _, name := range []protoreflect.Name{"page_token", "page_size", "not_before"} {
		if field := bare.Descriptor().Fields().ByName(name); field != nil {
			bare.Clear(field)
		}
	}
	// Marshal fails only for invalid UTF-8, which gRPC has refused before.
	raw, _ := proto.MarshalOptions{Deterministic: true}.Marshal(bare.Interface())
	sum := sha256.Sum256(append([]byte(bare.Descriptor().FullName()+"\x00"), raw...))
	return sum[:pageBinding]
}
