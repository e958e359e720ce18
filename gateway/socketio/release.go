package socketio

import "parley/gateway"

// Release has a session let go of the way by which its client reaches it, because a
// node on that way is to stop: a poll that waits is answered, and a WebSocket is
// closed as Drain does it. A session that is not here, or no more, is none to let go.
// It does not wait.
func (s *Server) Release(sid string) {
	c := s.eio.Conn(sid)
	if c == nil {
		return
	}
	if c.Polling() {
		c.AnswerPoll()
		return
	}
	if l, ok := c.Handler().(*link); ok {
		_, comeBack := gateway.Drain{Staged: true}.Turn(0, 1) // the other node has kept to the turns
		l.drain(comeBack)
	}
}
