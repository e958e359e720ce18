package passages

import "strings"

const (
	// maxColumns and maxLabel bound the head of a table that is said again with
	// every row, so that a document does not grow much by it.
	maxColumns = 40
	maxLabel   = 40
)

// table turns rows into sentences: "Size: M; Chest: 96 cm".
type table struct {
	head []string // what the columns are called
	said bool     // a row has said it
}

// setHead takes the cells of the row that names the columns. It refuses what is too
// long to be said with every row.
func (t *table) setHead(cells []string) bool {
	*t = table{}
	if len(cells) > maxColumns {
		return false
	}
	head := make([]string, len(cells))
	for i, cell := range cells {
		head[i] = strings.TrimRight(collapse(cell), ": ")
		if len(head[i]) > maxLabel {
			return false
		}
	}
	t.head = head
	return true
}

// end returns the head if no row has said it.
func (t *table) end() string {
	if t == nil || t.said {
		return ""
	}
	return strings.Join(t.head, "; ")
}

// row returns a row as text. Where the columns have no names, a first cell that is
// named does for the others: "Monday: 9 to 18".
func (t *table) row(cells []string, named bool) string {
	var b strings.Builder
	for i, cell := range cells {
		cell = collapse(cell)
		if cell == "" {
			continue
		}
		switch {
		case b.Len() == 0:
		case named && t.head == nil && i == 1:
			b.WriteString(": ")
		default:
			b.WriteString("; ")
		}
		if i < len(t.head) && t.head[i] != "" {
			b.WriteString(t.head[i])
			b.WriteString(": ")
		}
		b.WriteString(cell)
	}
	t.said = true
	return b.String()
}
