// What is needed of STUN (RFC 8489) to tell whose path a packet belongs to.
const bindingRequest = 0x0001;
const magicCookie = 0x2112a442;
const usernameType = 0x0006;
const headerBytes = 20;

/** The receiver's half of the USERNAME in a binding request (RFC 8445 section 7.2.2); undefined: this is no such thing. */
export function usernameOf(packet: Buffer): string | undefined {
  if (packet.length < headerBytes || packet.readUInt16BE(0) !== bindingRequest) return undefined;
  if (packet.readUInt32BE(4) !== magicCookie) return undefined;
  for (let at = headerBytes; at + 4 <= packet.length;) {
    const [type, length] = [packet.readUInt16BE(at), packet.readUInt16BE(at + 2)];
    if (type === usernameType) return packet.toString('utf8', at + 4, at + 4 + length).split(':')[0];
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return undefined;
}
