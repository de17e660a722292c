package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// settingsFile reads a --config file: one JSON object whose keys are the names of flags, such as {"grpc": "127.0.0.1:9090"}. A key that no
// flag has is an error: a setting that is silently ignored is worse than one that stops the start.
func settingsFile(r io.Reader) (kong.Resolver, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	values, err := readObject(dec)
	if err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("config file: there is something behind the JSON object of settings")
	}
	return &settings{values: values}, nil
}

// readObject reads one object and refuses a key that is there twice, of which JSON itself would keep the last and say nothing.
func readObject(dec *json.Decoder) (map[string]any, error) {
	values := map[string]any{}
	notOne := func(err error) error { return fmt.Errorf("config file: not one JSON object of settings: %w", err) }
	begin, err := dec.Token()
	if err == nil && begin != json.Delim('{') {
		err = errors.New("it does not begin with {")
	}
	if err != nil {
		return nil, notOne(err)
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, notOne(err)
		}
		key, _ := token.(string) // a key is a string, or Token has failed
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("config file: %q is there twice", key)
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, notOne(err)
		}
		values[key] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, notOne(err)
	}
	return values, nil
}

type settings struct{ values map[string]any }

// Validate refuses keys that are no settings of a hub. Flags of other verbs are not settings: a seed for the demo is no agency's seed.
func (s *settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, verb := range app.Children {
		if verb.Name != "serve" {
			continue
		}
		for _, flag := range verb.Flags {
			known[flag.Name] = true
		}
	}
	for key, v := range s.values {
		if !known[key] {
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
	if len(flag.Envs) == 0 {
		return nil, nil // not a setting of a hub, whatever its name
	}
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
