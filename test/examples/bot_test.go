package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/test/harness"
)

// botTest is a room of alice's, a bot, and how to start it.
type botTest struct {
	t     *testing.T
	s     *harness.Server
	alice *harness.Peer
	room  string
	dir   string // of the example
	state string
}

func newBotTest(t *testing.T) *botTest {
	t.Helper()
	s := harness.Start(t)
	return &botTest{t, s, s.Dial(t, "alice"), s.Room(t, "alice"), installed(t, "examples", "bot"), filepath.Join(t.TempDir(), "state.json")}
}

func (b *botTest) start() *terminal {
	b.t.Helper()
	env := []string{"PARLEY_TOKEN=" + token(b.t, b.s, "bot")}
	bot := run(b.t, b.dir, env, "node", "bot.js", "--url", b.s.URL, "--state", b.state)
	bot.wants("bot is connected")
	return bot
}

func (b *botTest) invite() {
	b.t.Helper()
	status, answer := b.s.Call(b.t, "PUT", "/chat/rooms/"+b.room+"/addUsers", harness.Token(b.t, "alice", "user"),
		map[string]any{"users": []string{"bot"}})
	if status != 200 {
		b.t.Fatalf("%d %v", status, answer)
	}
}

// asks posts as alice and returns the message's id.
func (b *botTest) asks(text string) string {
	b.t.Helper()
	ack := b.alice.Call("message", b.room, text)
	if !ack.Ok {
		b.t.Fatalf("%+v", ack)
	}
	return ack.MessageID
}

func (b *botTest) hears(text string) harness.Arrival {
	b.t.Helper()
	return b.alice.Await(text, func(a harness.Arrival) bool {
		return a.Name == "message" && a.Sender == "bot" && a.Message == text
	})
}

// answers are all that the bot has said, as the server stored it. A last question
// makes sure that it is through with all before.
func (b *botTest) answers() string {
	b.t.Helper()
	b.asks("@bot echo the last")
	b.hears("the last")
	status, list := b.s.Call(b.t, "GET", "/chat/messages?limit=200&roomId="+b.room, harness.Token(b.t, "alice", "user"), nil)
	messages, _ := list["messages"].([]any)
	if status != 200 {
		b.t.Fatalf("%d %v", status, list)
	}
	var said []string
	for i := len(messages) - 1; i >= 0; i-- {
		if m, _ := messages[i].(map[string]any); m["senderUser"] == "bot" {
			text, _ := m["message"].(string)
			said = append(said, text)
		}
	}
	return strings.Join(said, "|")
}

// TestBot holds that it answers who asks it, and nobody else.
func TestBot(t *testing.T) {
	b := newBotTest(t)
	bot := b.start()
	b.asks("@bot echo before it came")
	b.invite()
	asked := b.asks("@bot echo @bot echo me") // the answer looks like a question
	if got := b.hears("@bot echo me"); !strings.Contains(got.Raw, `"replyTo":"`+asked+`"`) {
		t.Errorf("an answer to something else: %s", got.Raw)
	}
	bot.wants(`in "TestBot"`)
	b.asks("not to anybody")
	b.asks("@robot echo for another")
	b.asks("@BOT what can you do?")
	if got := b.answers(); got != `@bot echo me|I know "time" and "echo".|the last` {
		t.Errorf("it said %s", got)
	}
	if code := bot.ends(syscall.SIGTERM); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

// TestBotAway holds that it answers what it was asked while it was away, and not
// what was there before it, though it is edited meanwhile.
func TestBotAway(t *testing.T) {
	b := newBotTest(t)
	old := b.asks("@bot echo old")
	bot := b.start()
	b.invite()
	b.asks("@bot echo one")
	b.hears("one")
	bot.ends(syscall.SIGTERM)
	if ack := b.alice.Call("edit", old, "@bot echo old and edited"); !ack.Ok {
		t.Fatalf("%+v", ack)
	}
	b.asks("@bot echo two")
	taken := b.asks("@bot echo taken back")
	if ack := b.alice.Call("delete", taken); !ack.Ok {
		t.Fatalf("%+v", ack)
	}
	b.start()
	b.hears("two")
	if got := b.answers(); got != "one|two|the last" {
		t.Errorf("it said %s", got)
	}
}

// TestBotEndsInTheMiddle kills it when its answer is stored and its position is
// not written yet.
func TestBotEndsInTheMiddle(t *testing.T) {
	b := newBotTest(t)
	bot := b.start()
	b.invite()
	b.asks("@bot echo one")
	b.hears("one")
	bot.ends(syscall.SIGKILL)
	b.asks("@bot echo two")
	bot = b.start()
	b.hears("two")
	bot.ends(syscall.SIGKILL)
	b.start()
	if got := b.answers(); got != "one|two|the last" {
		t.Errorf("it said %s", got)
	}
}

// TestBotOverServerRestart ends the server under it.
func TestBotOverServerRestart(t *testing.T) {
	b := newBotTest(t)
	bot := b.start()
	b.invite()
	b.asks("@bot echo one")
	b.hears("one")
	b.s.Kill()
	b.s.Run()
	b.alice = b.s.Dial(t, "alice")
	b.asks("@bot echo two")
	b.hears("two")
	b.s.Stop() // a drain: the bot is told when to come back
	b.s.Run()
	b.alice = b.s.Dial(t, "alice")
	b.asks("@bot echo three")
	b.hears("three")
	if got := b.answers(); got != "one|two|three|the last" {
		t.Errorf("it said %s", got)
	}
	if !strings.Contains(bot.text(), "connected") || bot.ends(syscall.SIGTERM) != 0 {
		t.Error("it was not the same bot all the time")
	}
}

// TestBotWithOwnAnswers puts an answer.js of a reader's in place, which fails at times.
func TestBotWithOwnAnswers(t *testing.T) {
	b := newBotTest(t)
	dir := t.TempDir()
	link(t, b.dir, dir)
	for _, name := range []string{"package.json", "bot.js", "positions.js"} {
		text, err := os.ReadFile(filepath.Join(b.dir, name)) //nolint:gosec // our own
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, string(text))
	}
	write(t, dir, "answer.js", `export async function answer(question) {
  if (question === 'fail') throw new Error('no model');
  return question.replace('echo ', '');
}`)
	b.dir = dir
	bot := b.start()
	b.invite()
	b.asks("@bot fail")
	b.asks("@bot two words")
	if got := b.answers(); got != "I could not find out. Ask me again later.|two words|the last" {
		t.Errorf("it said %s", got)
	}
	bot.wants("fail: no model")
}

// TestBotWithoutToken ends by itself, where coming back is of no use.
func TestBotWithoutToken(t *testing.T) {
	s := harness.Start(t)
	bot := run(t, installed(t, "examples", "bot"), []string{"PARLEY_TOKEN=wrong"},
		"node", "bot.js", "--url", s.URL, "--state", filepath.Join(t.TempDir(), "state.json"))
	bot.wants("16 UNAUTHENTICATED")
	<-bot.done
	if code := bot.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("it ended with %d", code)
	}
}
