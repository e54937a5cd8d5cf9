"""Watches RTP on loopback as it comes to media ports and leaves them, with the times of the kernel, and says at the end of
its input what each stream looked like. Usage: rtp_watch.py PORT... Prints {"unseen", "streams": [{ssrc, direction,
client, packets, missing, longestGapMs}]}; unseen packets were too many for this program. SRTP leaves the header of RTP as it is (RFC 3711 section 3.1), so that sequence numbers can be read."""

import json
import select
import socket
import struct
import sys

SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_OUTGOING = 4
ETH_P_IP = 0x0800


class Stream:
    def __init__(self, sequence, at):
        self.first = self.last = sequence  # extended: counts on after 65535
        self.seen = {sequence}
        self.at = at
        self.longest_gap = 0.0

    def take(self, sequence, at):
        step = (sequence - self.last) & 0xFFFF
        extended = self.last + (step if step < 0x8000 else step - 0x10000)
        self.seen.add(extended)
        if extended > self.last:
            self.last = extended
        self.longest_gap = max(self.longest_gap, at - self.at)
        self.at = at

    def missing(self):
        return sum(1 for number in range(self.first, self.last + 1) if number not in self.seen)


def main():
    ports = {int(text) for text in sys.argv[1:]}
    streams = {}
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 * 1024 * 1024)
    packets.bind(("lo", 0))
    print("watching", flush=True)
    while True:
        ready, _, _ = select.select([packets, sys.stdin], [], [])
        if sys.stdin in ready:
            break
        data, notes, _, address = packets.recvmsg(2048, 64)
        if address[2] == PACKET_OUTGOING or len(data) < 40 or data[9] != socket.IPPROTO_UDP:
            continue  # loopback shows each packet as it goes out, and as it comes in
        header = (data[0] & 0x0F) * 4
        source, target = struct.unpack_from("!HH", data, header)
        rtp = header + 8
        if source in ports:
            direction, client = "out", target
        elif target in ports:
            direction, client = "in", source
        else:
            continue
        if len(data) < rtp + 12 or data[rtp] >> 6 != 2:
            continue
        if 192 <= data[rtp + 1] <= 223:
            continue  # RTCP (RFC 5761 section 4)
        sequence, _, ssrc = struct.unpack_from("!HII", data, rtp + 2)
        seconds, nanoseconds = struct.unpack("qq", notes[0][2][:16])
        at = seconds * 1000 + nanoseconds / 1e6
        stream = streams.get((ssrc, direction, client))
        if stream:
            stream.take(sequence, at)
        else:
            streams[ssrc, direction, client] = Stream(sequence, at)
    _, unseen = struct.unpack("II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    found = [
        {
            "ssrc": ssrc,
            "direction": direction,
            "client": client,
            "packets": len(stream.seen),
            "missing": stream.missing(),
            "longestGapMs": round(stream.longest_gap, 1),
        }
        for (ssrc, direction, client), stream in streams.items()
    ]
    print(json.dumps({"unseen": unseen, "streams": found}))


main()
