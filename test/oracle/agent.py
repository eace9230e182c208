"""Moves packets for the kernel oracle: one process that holds two network namespaces and every socket in them.

`host` is the network namespace under test, `world` holds the far ends of its links, which have no IP stack of their own:
what is sent there are frames from packet sockets, what comes out is read by packet sockets. What the host delivers to
itself is read by raw sockets, which the kernel serves after the input hooks. What the host says in answer (ICMP errors,
resets) is dropped by the testbed's observer chain before any rule under test, and read over NFLOG.

Requests are JSON objects, one a line, on stdin; each has one answer line on stdout. The namespaces live as long as this
process, and it ends when its stdin does.
"""

import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 23, 3
SO_MARK, SO_RCVBUFFORCE = 36, 33
IPV6_RECVPKTINFO, IPV6_PKTINFO, IPV6_HDRINCL = 49, 50, 36
NETLINK_NETFILTER, NFULNL, NFACCT = 12, 4 << 8, 7 << 8
NLM_F_CREATE = 0x400
# A hop that the kernel's backlog queue may hold back: world → host, host → host (lo), host → world, and the answers' hops.
FENCE_ROUNDS = 4


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def new_namespace():
    check(libc.unshare(CLONE_NEWNET))
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def enter(namespace):
    check(libc.setns(namespace, CLONE_NEWNET))


def packet_socket(interface):
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    opened.bind((interface, ETH_P_ALL))
    opened.setblocking(False)
    return opened


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value.ljust((len(value) + 3) & ~3, b"\0")


def nfnetlink():
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    opened.bind((0, 0))
    return opened


def nfnetlink_ask(opened, message, flags, resource, attributes):
    """Sends a request (nfnetlink.h, uapi) and waits for the kernel's word; gives its error number, 0 for none."""
    body = struct.pack(">BBH", 0, 0, resource) + attributes
    opened.send(struct.pack("=IHHII", 16 + len(body), message, flags | 5, 1, 0) + body)
    return -struct.unpack_from("=i", opened.recv(4096), 16)[0]


def nflog(group):
    """Source: nfnetlink_log.h (uapi): bind the group, copy whole packets, send each at once."""
    opened = nfnetlink()
    for attributes in (
        attribute(1, struct.pack("B", 1)),
        attribute(2, struct.pack(">IBB", 0xFFFF, 2, 0)) + attribute(5, struct.pack(">I", 1)),
    ):
        code = nfnetlink_ask(opened, NFULNL | 1, 0, group, attributes)
        if code != 0:
            raise OSError(code, os.strerror(code))
    opened.setblocking(False)
    return opened


def nflog_payloads(message):
    offset = 20
    while offset + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, offset)
        if length < 4:
            return
        if kind & 0x7FFF == 9:
            yield message[offset + 4 : offset + length]
        offset += (length + 3) & ~3


class Agent:
    def __init__(self):
        cpu = min(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cpu})
        # Packets wait for this process alone, also on a busy machine.
        os.nice(-10)
        self.world = new_namespace()
        self.host = new_namespace()
        self.readers = {}
        self.senders = {}
        self.poll = select.poll()
        self.fences = 0

    def watch(self, opened, read):
        opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        self.readers[opened.fileno()] = (opened, read)
        self.poll.register(opened.fileno(), select.POLLIN)

    def open(self, request):
        enter(self.world)
        for name in request["world"]:
            self.senders[name] = packet_socket(name)
            self.watch(self.senders[name], lambda taken, name=name: [[name, taken.recv(4096).hex()]])
        self.fence_out, self.fence_in = (packet_socket(name) for name in request["fence"])
        enter(self.host)
        for protocol in request["protocols"]:
            self.watch(self.raw4(protocol), lambda taken: [["local", taken.recv(4096).hex()]])
            self.watch(self.raw6(protocol), lambda taken, protocol=protocol: [["local", self.read6(taken, protocol)]])
        self.watch(
            nflog(request["group"]), lambda taken: [["answer", data.hex()] for data in nflog_payloads(taken.recv(65536))]
        )
        return {}

    def raw4(self, protocol):
        opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
        opened.setblocking(False)
        return opened

    def raw6(self, protocol):
        opened = socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol)
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        opened.setblocking(False)
        return opened

    def read6(self, taken, protocol):
        """The kernel gives no IPv6 header to raw sockets: it is written again from what it gives."""
        data, ancillary, _, source = taken.recvmsg(4096, 256)
        target = next(value[:16] for level, kind, value in ancillary if kind == IPV6_PKTINFO)
        head = struct.pack(">IHBB", 6 << 28, len(data), protocol, 64)
        return (head + socket.inet_pton(socket.AF_INET6, source[0].split("%")[0]) + target + data).hex()

    def drain(self):
        seen = []
        while True:
            ready = self.poll.poll(0)
            if not ready:
                return seen
            for number, _ in ready:
                opened, read = self.readers[number]
                try:
                    while True:
                        seen += read(opened)
                except BlockingIOError:
                    pass

    def fence(self):
        """Returns when everything that was queued before it on this processor has been handled."""
        for _ in range(FENCE_ROUNDS):
            self.fences += 1
            frame = b"\2\0\0\0\0\2\2\0\0\0\0\1\x88\xb5" + struct.pack(">Q", self.fences) + bytes(40)
            self.fence_out.send(frame)
            while True:
                if not select.select([self.fence_in], [], [], 5)[0]:
                    raise TimeoutError("the fence frame did not come back within 5 s")
                if self.fence_in.recv(4096) == frame:
                    break

    def send(self, packet):
        via = packet["via"]
        if via in self.senders:
            self.senders[via].send(bytes.fromhex(packet["bytes"]))
            return
        family = socket.AF_INET6 if ":" in packet["to"][0] else socket.AF_INET
        kind = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM, "raw": socket.SOCK_RAW}[via]
        if packet.get("uid"):
            os.seteuid(packet["uid"])
        try:
            opened = socket.socket(family, kind, socket.IPPROTO_RAW if via == "raw" else 0)
        finally:
            os.seteuid(0)
        with opened:
            opened.setblocking(False)
            if packet.get("mark"):
                opened.setsockopt(socket.SOL_SOCKET, SO_MARK, packet["mark"])
            if via == "raw":
                if family == socket.AF_INET6:
                    opened.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
                opened.sendto(bytes.fromhex(packet["bytes"]), (packet["to"][0], 0))
                return
            opened.bind(tuple(packet["from"]))
            if via == "udp":
                opened.sendto(b"oracle", tuple(packet["to"]))
            else:
                opened.connect(tuple(packet["to"]))

    def forget(self):
        """Empties the lists of xt_recent: to each packet, its sender was not seen before."""
        folder = "/proc/self/net/xt_recent"
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            with open(f"{folder}/{name}", "w") as entry:
                entry.write("/")

    def run(self, request):
        results = []
        for packet in request["packets"]:
            self.forget()
            self.drain()
            failed = []
            try:
                self.send(packet)
            except BlockingIOError:
                pass
            except OSError as error:
                failed = [["error", errno.errorcode.get(error.errno, str(error))]]
            self.fence()
            results.append(failed + self.drain())
        return {"results": results}

    def nfacct(self, request):
        """Makes counters of nfnetlink_acct.h (uapi), which kube-proxy's rules name; no command of iptables' makes them."""
        with nfnetlink() as opened:
            for name in request["names"]:
                code = nfnetlink_ask(opened, NFACCT, NLM_F_CREATE, 0, attribute(1, name.encode() + b"\0"))
                if code not in (0, errno.EEXIST, errno.EBUSY):
                    raise OSError(code, os.strerror(code))
        return {}

    def exec(self, request):
        """Runs a command in the network namespace of the host under test, or in the world."""
        if request.get("world"):
            enter(self.world)
        try:
            done = subprocess.run(
                request["argv"], input=request.get("input", ""), capture_output=True, text=True, errors="surrogateescape", timeout=60
            )
        finally:
            enter(self.host)
        return {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


def main():
    agent = Agent()
    namespaces = {"host": f"/proc/{os.getpid()}/fd/{agent.host}", "world": f"/proc/{os.getpid()}/fd/{agent.world}"}
    print(json.dumps(namespaces), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(agent, request["op"])(request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
