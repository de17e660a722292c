package rows

import "strings"

// Where gathers the conditions of a query, all of which have to hold, and what stands for their question marks, in the same order.
// The zero value has none, and holds for every row.
type Where struct {
	conditions []string
	args       []any
}

// And adds a condition, with a value for each of its question marks. One that has an OR needs brackets of its own.
func (w *Where) And(condition string, args ...any) {
	w.conditions, w.args = append(w.conditions, condition), append(w.args, args...)
}

// AnyOf adds that a column has one of the values; where none is named, it may have any.
func (w *Where) AnyOf(column string, values []string) {
	if len(values) == 0 {
		return
	}
	w.conditions = append(w.conditions, column+" IN ("+marks(len(values))+")")
	for _, v := range values {
		w.args = append(w.args, v)
	}
}

// All adds the conditions of another one.
func (w *Where) All(other Where) {
	w.conditions, w.args = append(w.conditions, other.conditions...), append(w.args, other.args...)
}

// Clause gives the conditions as they follow the tables of a query: with WHERE, or empty where there are none.
func (w *Where) Clause() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// Args are the values of the question marks in Clause.
func (w *Where) Args() []any { return w.args }
