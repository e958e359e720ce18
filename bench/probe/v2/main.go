// Command v2 is the server that `make -C bench probe` asks its questions of:
// the smallest use of github.com/zishang520/socket.io/v2. Its twin
// in ../v3 differs by the import alone.
//
//	v2 127.0.0.1:4300
package main

import (
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/zishang520/socket.io/v2/socket"
)

func main() {
	io := socket.NewServer(nil, nil)
	var mu sync.Mutex
	var order []any
	must(io.On("connection", func(args ...any) {
		client := args[0].(*socket.Socket)
		client.Join("room")
		// broadcast(n): n events to the room, numbered.
		must(client.On("broadcast", func(args ...any) {
			for i := range int(args[0].(float64)) {
				must(io.To("room").Emit("numbered", i))
			}
		}))
		// nth(i): is noted, in the order in which handlers get it.
		must(client.On("nth", func(args ...any) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, args[0])
		}))
		// order(ack): what was noted so far.
		must(client.On("order", func(args ...any) {
			mu.Lock()
			defer mu.Unlock()
			args[len(args)-1].(socket.Ack)([]any{order}, nil)
		}))
	}))
	http.Handle("/socket.io/", io.ServeHandler(nil))
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

func must(err error) {
	if err != nil {
		log.Print(err)
	}
}
