package scenarios

import (
	"slices"
	"testing"

	"parley/chat"
)

// scenario is one thing that somebody does, and what every door must say to it.
type scenario struct {
	name string
	who  string
	verb Verb
	args Args
	// code is "" for a yes. text, unless "", is what every door says, word for word.
	code chat.Code
	text string
	// seq and version are by how much a yes moves the room.
	seq, version int64
	// lacks says which doors have no form for these arguments, beside verbLacks.
	lacks lacks
}

// TestEveryDoorKeepsTheRules runs the table through all doors. A refusal writes
// nothing; a yes writes the same through each.
func TestEveryDoorKeepsTheRules(t *testing.T) {
	s := newServer(t)
	for _, group := range [][]scenario{callers, posting, reading, changing, members, rooms, wrongKinds} {
		s.play(t, group, s.newHouse)
	}
	for _, group := range [][]scenario{
		comers, talking, repeating, escalating, stopping, sessions, ownReading, clearing, intruding, noGroups, wrongTalk,
	} {
		s.play(t, group, s.newTalks)
	}
	for _, group := range [][]scenario{chatbots, documents, wrongBots} {
		s.play(t, group, s.newLibrary)
	}
}

// play runs a part of the table through all doors, each with a house of its own.
func (s *server) play(t *testing.T, group []scenario, build func() *house) {
	t.Helper()
	houses := map[string]*house{}
	for _, sc := range group {
		t.Run(string(sc.verb)+"/"+sc.name, func(t *testing.T) {
			first := "" // what the first door has written
			for _, d := range s.doors {
				t.Run(d.Name(), func(t *testing.T) {
					if why := missing(d.Name(), Op{sc.verb, sc.args}, sc.lacks); why != "" {
						sc.leaveOut(t, s, d, why)
						return
					}
					if houses[d.Name()] == nil {
						houses[d.Name()] = build()
					}
					h := houses[d.Name()]
					effect := sc.run(t, h, d)
					if h.changed() {
						delete(houses, d.Name())
					}
					if first == "" {
						first = effect
					} else if effect != "" && effect != first {
						t.Errorf("stored is\n%s\nand by the door before it\n%s", effect, first)
					}
				})
			}
		})
	}
}

// leaveOut expects that the door has indeed no form for the scenario.
func (sc scenario) leaveOut(t *testing.T, s *server, d Door, why string) {
	t.Helper()
	who, ok := s.people[sc.who]
	if !ok {
		who = s.people["creator"]
	}
	if _, asked := d.Do(t, who, Op{sc.verb, sc.args}); asked {
		t.Fatalf("the door has a form for it; the table says: %s", why)
	}
	t.Logf("not asked: %s", why)
}

// run plays the scenario at one door and returns what is stored after a yes.
func (sc scenario) run(t *testing.T, h *house, d Door) string {
	t.Helper()
	who, ok := h.people[sc.who]
	if !ok {
		t.Fatalf("there is no %q", sc.who)
	}
	a, asked := d.Do(t, who, Op{sc.verb, h.fill(sc.args).(Args)})
	if !asked {
		t.Fatal("the door has no form for it, and the table does not say so")
	}
	sc.check(t, a)
	h.after = h.look()
	after := h.after
	if len(a.Codes) > 0 {
		if after.all != h.before.all {
			t.Errorf("refused, and yet stored is\n%s\nwhich was\n%s", after.all, h.before.all)
		}
		return ""
	}
	if seq, version := after.seq-h.before.seq, after.version-h.before.version; seq != sc.seq || version != sc.version {
		t.Errorf("moved by %d messages and %d changes, want %d and %d", seq, version, sc.seq, sc.version)
	}
	return after.effect
}

func (sc scenario) check(t *testing.T, a Answer) {
	t.Helper()
	switch {
	case sc.code == "" && len(a.Codes) == 0:
	case sc.code == "" || !slices.Contains(a.Codes, sc.code):
		t.Errorf("answered %v %q, want %q", a.Codes, a.Text, sc.code)
	case a.Text == "" || sc.text != "" && a.Text != sc.text:
		t.Errorf("answered %v %q, want the text %q", a.Codes, a.Text, sc.text)
	case a.Later != (sc.code == chat.CodeRateLimited):
		t.Errorf("answered %v, with when to come back: %t", a.Codes, a.Later)
	}
}
