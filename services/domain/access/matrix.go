package access

import (
	"slices"
	"strings"
)

// Matrix renders the whole table as Markdown: who the roles are, a yes or no
// for each of them and each action, and the reason of each row.
func Matrix() string {
	var b strings.Builder
	b.WriteString("# Who may do and see what\n\nWhat is not a yes is denied. A practice profile may turn a yes into a no, never the reverse.\n\n")
	row(&b, "role", "who")
	row(&b, "---", "---")
	for _, r := range roles {
		row(&b, string(r.role), r.who)
	}
	b.WriteString("\n")
	header, line := []string{"action"}, []string{"---"}
	for _, r := range roles {
		header, line = append(header, string(r.role)), append(line, "---")
	}
	row(&b, header...)
	row(&b, line...)
	for _, t := range table {
		cells := []string{string(t.action)}
		for _, r := range roles {
			cells = append(cells, answer(slices.Contains(t.roles, r.role)))
		}
		row(&b, cells...)
	}
	b.WriteString("\n")
	row(&b, "action", "what it is", "why")
	row(&b, "---", "---", "---")
	for _, t := range table {
		row(&b, string(t.action), t.what, t.why)
	}
	return b.String()
}

func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func answer(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
