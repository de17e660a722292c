package rpc

import (
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/grpc"

	"github.com/openmash/mash/services/domain/access"
)

// Register adds a service. Access names the action of each of its methods ("GetContact"), and no others. It must be called
// before Serve.
func (s *Server) Register(desc *grpc.ServiceDesc, implementation any, actions map[string]access.Action) error {
	want := reflect.TypeOf(desc.HandlerType).Elem()
	// grpc ends the process when the implementation is not the service's.
	if got := reflect.TypeOf(implementation); got == nil || !got.Implements(want) {
		return fmt.Errorf("rpc: register %s: %v does not implement it", desc.ServiceName, got)
	}
	if _, twice := s.grpc.GetServiceInfo()[desc.ServiceName]; twice {
		return fmt.Errorf("rpc: register %s: it is registered already", desc.ServiceName)
	}
	methods := map[string]bool{}
	for _, m := range desc.Methods {
		methods[m.MethodName] = true
	}
	for _, m := range desc.Streams {
		methods[m.StreamName] = true
	}
	for name, action := range actions {
		if !methods[name] {
			return fmt.Errorf("rpc: register %s: there is no method %s to give %q to", desc.ServiceName, name, action)
		}
		s.actions["/"+desc.ServiceName+"/"+name] = action
	}
	s.grpc.RegisterService(desc, implementation)
	s.health.adopt(desc.ServiceName)
	return nil
}

// checkActions walks what gRPC would serve, so that a method added to a proto stays shut until somebody has decided who
// may call it. An action that the table does not know would be denied to everybody and is a mistake, too.
func (s *Server) checkActions() error {
	known := map[access.Action]bool{}
	for _, a := range access.Actions() {
		known[a] = true
	}
	var missing []error
	for service, info := range s.grpc.GetServiceInfo() {
		for _, method := range info.Methods {
			full := "/" + service + "/" + method.Name
			if action, ok := s.actions[full]; !ok {
				missing = append(missing, fmt.Errorf("%s has no action", full))
			} else if !known[action] {
				missing = append(missing, fmt.Errorf("%s has the unknown action %q", full, action))
			}
		}
	}
	return errors.Join(missing...)
}
