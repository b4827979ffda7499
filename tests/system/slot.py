# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the guest: reads a slot's device beside the daemon and prints JSON.

slot.py /dev/ecom0s1 frames                       the last WX and RX
slot.py /dev/ecom0s1 registers STATION V COUNT    station as 89, V in octal

The structures are those of uapi/linux/ecom.h, spelled out a second time, so
that a change of the interface by mistake shows.
"""
import fcntl
import json
import os
import struct
import sys

FRAME = "=QIHHHHI128s"
GET_FRAMES = 0x80000000 | 2 * struct.calcsize(FRAME) << 16 | 0xec << 8 | 0x06
REGISTERS = "=4H64H"
GET_REGISTERS = 0xc0000000 | struct.calcsize(REGISTERS) << 16 | 0xec << 8 | 0x05


def frames(device):
    """GET_FRAMES."""
    buffer = bytearray(2 * struct.calcsize(FRAME))
    fcntl.ioctl(device, GET_FRAMES, buffer)
    names = "when_ns", "sequence", "result", "station", "address", "length", "reserved", "data"
    result = {}
    for kind, fields in zip(("wx", "rx"), struct.iter_unpack(FRAME, buffer)):
        frame = dict(zip(names, fields))
        frame["data"] = frame["data"][:frame["length"]].hex()
        result[kind] = frame
    return result


def registers(device, station, address, count):
    """GET_REGISTERS."""
    buffer = bytearray(struct.calcsize(REGISTERS))
    struct.pack_into("=4H", buffer, 0, int(station, 16), int(address, 8), int(count), 0)
    fcntl.ioctl(device, GET_REGISTERS, buffer)
    return list(struct.unpack(REGISTERS, buffer)[4:4 + int(count)])


def main():
    """Prints what the command line asks for."""
    device = os.open(sys.argv[1], os.O_RDONLY)
    print(json.dumps(globals()[sys.argv[2]](device, *sys.argv[3:])))


if __name__ == "__main__":
    main()
