package rpc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// buildValidator compiles the rules of every request of the registered services: a rule takes about a millisecond to
// compile, which the first caller should not wait for, and one that does not compile should stop the start. Requests that
// it was not built with (health's and reflection's) have no rules.
func (s *Server) buildValidator() error {
	var requests []protoreflect.MessageDescriptor
	for service := range s.grpc.GetServiceInfo() {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
		if err != nil {
			return fmt.Errorf("find %s: %w", service, err)
		}
		methods := found.(protoreflect.ServiceDescriptor).Methods()
		for i := range methods.Len() {
			requests = append(requests, methods.Get(i).Input())
		}
	}
	validator, err := protovalidate.New(protovalidate.WithMessageDescriptors(requests...), protovalidate.WithDisableLazy())
	if err != nil {
		return fmt.Errorf("build the validator: %w", err)
	}
	s.validator = validator
	return nil
}

func (s *Server) validate(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return nil
	}
	err := s.validator.Validate(message)
	if broken, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		return Invalid(violations(broken)...)
	}
	if err != nil {
		return fmt.Errorf("evaluate the rules of %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	return nil
}

func violations(broken *protovalidate.ValidationError) []Violation {
	all := make([]Violation, 0, len(broken.Violations))
	for _, v := range broken.Violations {
		description := v.Proto.GetMessage() // written in the proto, so it knows no value
		if description == "" {
			description = "breaks the rule " + v.Proto.GetRuleId()
		}
		all = append(all, Violation{Field: fieldPath(v.Proto.GetField()), Rule: v.Proto.GetRuleId(), Description: description})
	}
	return all
}

// fieldPath writes a path like protovalidate does, but for the keys of maps: those are the sender's words.
func fieldPath(path *validate.FieldPath) string {
	var b strings.Builder
	for i, element := range path.GetElements() {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(element.GetFieldName())
		switch element.WhichSubscript() {
		case validate.FieldPathElement_Subscript_not_set_case:
		case validate.FieldPathElement_Index_case:
			b.WriteString("[" + strconv.FormatUint(element.GetIndex(), 10) + "]")
		default:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

func (s *Server) validateUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := s.validate(req); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func (s *Server) validateStream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(srv, &validatedStream{stream, s})
}

// validatedStream checks each message that a client sends.
type validatedStream struct {
	grpc.ServerStream
	server *Server
}

func (s *validatedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.server.validate(m)
}
