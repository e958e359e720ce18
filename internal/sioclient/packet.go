package sioclient

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// The Engine.IO 4 packet types that this client meets, as they stand on the wire.
const (
	engineOpen    = '0'
	engineClose   = '1'
	enginePing    = '2'
	enginePong    = '3'
	engineMessage = '4'
	engineNoop    = '6'
)

// The Socket.IO 5 packet types, as they stand on the wire.
const (
	packetConnect      = '0'
	packetDisconnect   = '1'
	packetEvent        = '2'
	packetAck          = '3'
	packetConnectError = '4'
)

var errMalformed = errors.New("malformed packet")

// packet is one decoded Socket.IO packet. Its slices point into the frame.
type packet struct {
	kind      byte
	namespace []byte
	id        uint64
	hasID     bool
	payload   []byte
}

// decodePacket reads a Socket.IO packet, the Engine.IO type already cut off:
// type, then "/namespace," unless it is "/", then an ack id, then JSON.
// Packets with attachments are malformed here: nothing that is measured sends them.
func decodePacket(frame []byte) (packet, error) {
	if len(frame) == 0 || frame[0] < packetConnect || frame[0] > packetConnectError {
		return packet{}, fmt.Errorf("%w: %.40q", errMalformed, frame)
	}
	p := packet{kind: frame[0], namespace: []byte("/")}
	rest := frame[1:]
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		p.namespace, rest = name, after
	}
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		p.id = p.id*10 + uint64(rest[digits]-'0')
		digits++
	}
	if digits > 19 {
		return packet{}, fmt.Errorf("%w: ack id of %d digits", errMalformed, digits)
	}
	p.hasID = digits > 0
	p.payload = rest[digits:]
	return p, nil
}

// appendPacket appends the text frame of a Socket.IO packet to dst.
func appendPacket(dst []byte, kind byte, namespace string, id uint64, payload []byte) []byte {
	dst = append(dst, engineMessage, kind)
	if namespace != "/" {
		dst = append(dst, namespace...)
		dst = append(dst, ',')
	}
	if id != 0 {
		dst = strconv.AppendUint(dst, id, 10)
	}
	return append(dst, payload...)
}
