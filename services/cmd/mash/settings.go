package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// settingsFile reads a --config file: one JSON object whose keys are the names of flags, such as {"grpc": "127.0.0.1:9090"}. A key that no
// flag has is an error: a setting that is silently ignored is worse than one that stops the start.
func settingsFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	dec := json.NewDecoder(r)
	dec.UseNumber()
	if err := dec.Decode(&values); err != nil {
		return nil, fmt.Errorf("config file: not one JSON object of settings: %w", err)
	}
	return &settings{values: values}, nil
}

type settings struct{ values map[string]any }

// Validate refuses keys that no flag of any verb has.
func (s *settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known[flag.Name] = true
		}
		return next(nil)
	})
	for key, v := range s.values {
		if !known[key] || key == "config" {
			return fmt.Errorf("config file: %q is not a setting", key)
		}
		switch v.(type) {
		case string, bool, json.Number, []any:
		default:
			return fmt.Errorf("config file: %s: want a string, a number, true or false, or a list", key)
		}
	}
	return nil
}

// Resolve gives a flag its value from the file. Kong does not ask for a flag that is on the command line; a value from the environment,
// which it takes for a default, would be overwritten here.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return nil, nil
		}
	}
	v, ok := s.values[flag.Name]
	if !ok {
		return nil, nil
	}
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = fmt.Sprint(p)
		}
		return strings.Join(parts, ","), nil
	case bool:
		return v, nil
	default:
		return fmt.Sprint(v), nil
	}
}
