import * as official from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { Decoder, Encoder, type Packet, PacketType } from '../src/wire/packets';

const packets: Packet[] = [
  { type: PacketType.CONNECT, nsp: '/chat', data: { token: 'a,b/c' } },
  { type: PacketType.CONNECT, nsp: '/' },
  { type: PacketType.DISCONNECT, nsp: '/chat' },
  { type: PacketType.EVENT, nsp: '/chat', data: ['message', { text: '1,[2]\n/chat,\u2028 😀' }, 'offset'] },
  { type: PacketType.EVENT, nsp: '/', id: 0, data: ['typing'] },
  { type: PacketType.EVENT, nsp: '/chat', id: 120, data: ['sync', { rooms: {} }] },
  { type: PacketType.ACK, nsp: '/chat', id: 12, data: [{ ok: true }] },
  { type: PacketType.ACK, nsp: '/', id: 7, data: [] },
  { type: PacketType.CONNECT_ERROR, nsp: '/chat', data: { message: 'no', data: { code: 'blocked' } } },
];

function decoded(decoder: { on(event: 'decoded', to: (packet: never) => void): unknown; add(text: string): void }) {
  return (text: string): unknown => {
    let found: unknown;
    decoder.on('decoded', (packet) => (found = packet));
    decoder.add(text);
    return found;
  };
}

describe('packets', () => {
  it.each(packets)('are written and read as by socket.io-parser: %j', (packet) => {
    const [text] = new Encoder().encode(packet);
    expect([text]).toEqual(new official.Encoder().encode(packet as never));
    expect(decoded(new Decoder())(text)).toEqual(packet);
    expect(decoded(new official.Decoder() as never)(text)).toEqual(packet);
  });

  it.each(['', '9', '51-["a"]', '2/chat,', '2/chat,{"a":1}', '2/chat,["a"', '3/chat,1{}', 'x["a"]'])(
    'are refused where they are none: %j',
    (text) => {
      expect(() => decoded(new Decoder())(text)).toThrow();
    },
  );
});
