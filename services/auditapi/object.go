package auditapi

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/openmash/mash/services/eventstore"
)

func appendText(b []byte, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, valueString, protowire.BytesType), s)
}

func appendNumber(b []byte, n float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, valueNumber, protowire.Fixed64Type), math.Float64bits(n))
}

func appendBool(b []byte, yes bool) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, valueBool, protowire.VarintType), protowire.EncodeBool(yes))
}

// appendMetadata appends the Struct that an event's metadata is, encoded.
func appendMetadata(b, text []byte) ([]byte, error) {
	quick := b
	plain := eventstore.PlainFields(string(text), func(name, value string, quoted bool) bool {
		var of entry
		quick, of = openEntry(quick, name)
		if quoted {
			quick = shutEntry(appendText(quick, value), of)
			return utf8.ValidString(name) && utf8.ValidString(value)
		}
		number, err := strconv.ParseUint(value, 10, 64)
		quick = shutEntry(appendNumber(quick, float64(number)), of)
		return err == nil
	})
	if plain {
		return quick, nil
	}
	return appendJSON(b, text)
}

// appendJSON appends the Struct that an object is, encoded.
func appendJSON(b, text []byte) ([]byte, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	return appendObject(b, fields)
}

func appendObject(b []byte, fields map[string]any) (_ []byte, err error) {
	for key, value := range fields {
		var of entry
		b, of = openEntry(b, key)
		if b, err = appendAny(b, value); err != nil {
			return nil, err
		}
		b = shutEntry(b, of)
	}
	return b, nil
}

// appendAny appends the content of a Value.
func appendAny(b []byte, value any) (_ []byte, err error) {
	switch v := value.(type) {
	case nil:
		return protowire.AppendVarint(protowire.AppendTag(b, valueNull, protowire.VarintType), 0), nil
	case string:
		return appendText(b, v), nil
	case float64:
		return appendNumber(b, v), nil
	case bool:
		return appendBool(b, v), nil
	case map[string]any:
		b, object := open(b, valueStruct)
		if b, err = appendObject(b, v); err != nil {
			return nil, err
		}
		return shut(b, object), nil
	case []any:
		b, list := open(b, valueList)
		for _, of := range v {
			var item int
			b, item = open(b, listValues)
			if b, err = appendAny(b, of); err != nil {
				return nil, err
			}
			b = shut(b, item)
		}
		return shut(b, list), nil
	}
	return nil, fmt.Errorf("%T is not of JSON", value)
}
