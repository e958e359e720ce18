package socketio

import (
	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

// adapters makes the library's adapters: ours keep nothing, for rooms are the
// hub's and recovery is the session's.
type adapters struct{}

// New returns the adapter of a namespace.
func (adapters) New(nsp socket.Namespace) socket.Adapter {
	a := &adapter{Adapter: socket.MakeAdapter()}
	a.Prototype(a)
	a.Construct(nsp)
	return a
}

type adapter struct{ socket.Adapter }

// AddAll keeps no rooms.
func (*adapter) AddAll(socket.SocketId, *types.Set[socket.Room]) {}

// Del keeps no rooms.
func (*adapter) Del(socket.SocketId, socket.Room) {}

// DelAll keeps no rooms.
func (*adapter) DelAll(socket.SocketId) {}

// SocketRooms keeps no rooms.
func (*adapter) SocketRooms(socket.SocketId) *types.Set[socket.Room] { return nil }

// PersistSession keeps nothing.
func (*adapter) PersistSession(*socket.SessionToPersist) {}

// RestoreSession names the new socket. The CONNECT that the library sees is
// ours: its pid and offset are the ids that link has chosen for the socket,
// fresh ones or those of the session that is resumed.
func (*adapter) RestoreSession(pid socket.PrivateSessionId, sid string) (*socket.Session, error) {
	return &socket.Session{SessionToPersist: &socket.SessionToPersist{
		Sid: socket.SocketId(sid), Pid: pid, Rooms: types.NewSet[socket.Room](),
	}}, nil
}
