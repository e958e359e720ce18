import { Emitter } from '@socket.io/component-emitter';

// What socket.io-client needs of socket.io-parser, in whose place the build puts it: Socket.IO 5 in text. Parley sends
// and takes no binary packets.

export enum PacketType {
  CONNECT,
  DISCONNECT,
  EVENT,
  ACK,
  CONNECT_ERROR,
  BINARY_EVENT,
  BINARY_ACK,
}

export interface Packet {
  type: PacketType;
  nsp: string;
  id?: number;
  data?: unknown;
}

export class Encoder {
  encode({ type, nsp, id, data }: Packet): string[] {
    const place = nsp === '/' ? '' : `${nsp},`;
    return [`${type}${place}${id ?? ''}${data == null ? '' : JSON.stringify(data)}`];
  }
}

/** `type/namespace,id[data]`, of which all but the type may be missing. */
const form = /^([0-4])(?:(\/[^,]*),?)?(\d*)(.*)$/s;

export class Decoder extends Emitter<object, object, { decoded: (packet: Packet) => void }> {
  /** Takes a packet; throws if it is none. */
  add(text: string): void {
    const [, type, nsp = '/', id, data] = form.exec(text) ?? [];
    const packet: Packet = { type: Number(type), nsp };
    if (id) packet.id = Number(id);
    if (data) packet.data = JSON.parse(data);
    const listed = packet.type === PacketType.EVENT || packet.type === PacketType.ACK;
    if (!type || (listed && !Array.isArray(packet.data))) throw new Error('This is no packet');
    this.emitReserved('decoded', packet);
  }

  destroy(): void {
    // Nothing is ever half taken.
  }
}
