package engineio

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"parley/gateway"
)

// upgrade moves a polling connection to a WebSocket, as the protocol's probe
// asks: "2probe" is answered "3probe", waiting polls are released, and "5" makes
// the WebSocket the transport. A probe that fails leaves the polling as it was.
func (c *Conn) upgrade(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	refused := c.closed || c.websocket || c.ws.Conn != nil || c.upgrading
	c.upgrading = c.upgrading || !refused
	c.mu.Unlock()
	if refused {
		refuse(w, http.StatusBadRequest, errRequest)
		return
	}
	ws, ok := c.server.accept(w, r)
	if !ok {
		c.endUpgrade()
		return
	}
	c.mu.Lock()
	c.probing = ws
	ended := c.ended
	c.mu.Unlock()
	if ended {
		_ = ws.Close()
		return
	}
	go func() {
		if !c.probe(ws) {
			c.endUpgrade()
			_ = ws.Close()
			return
		}
		c.useWebSocket(ws)
		c.endUpgrade()
		c.read(ws)
	}()
}

// probe reports whether the client completed the upgrade in time.
func (c *Conn) probe(ws *socket) bool {
	_ = ws.SetReadDeadline(time.Now().Add(c.server.opts.UpgradeTimeout))
	kind, data, err := readMessage(ws)
	if err != nil || kind != websocket.TextMessage || string(data) != "2probe" {
		return false
	}
	_ = ws.raw.SetWriteDeadline(time.Now().Add(c.server.opts.WriteTimeout))
	if _, err := ws.raw.Write(gateway.NewFrame([]byte("3probe")).Bytes()); err != nil {
		return false
	}
	c.releasePoll()
	kind, data, err = readMessage(ws)
	if err != nil || kind != websocket.TextMessage || string(data) != "5" {
		return false
	}
	return ws.SetReadDeadline(time.Time{}) == nil
}

// releasePoll has the GET that waits answered, and lets none wait while the
// upgrade goes on: the client pauses its polling before it says "5".
func (c *Conn) releasePoll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.probed = true
	c.freePoll()
}

func (c *Conn) endUpgrade() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.upgrading, c.probed, c.probing = false, false, nil
}
