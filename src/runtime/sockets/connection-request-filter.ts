import type { FilterInstruction } from "./libc.ts";

/** Opcodes of classic BPF (linux/bpf_common.h). */
const LOAD_BYTE = 0x30;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

/** Of the TCP header (RFC 9293 3.1): where the flags are, and two of them. */
const FLAGS_OFFSET = 13;
const SYN = 0x02;
const ACK = 0x10;

/**
 * Drops connection requests (SYN without ACK) and lets everything else through, so that handshakes in progress are
 * completed. On a TCP socket a packet begins with the TCP header. Accepted sockets inherit it, but never need such a
 * packet.
 */
export const dropConnectionRequests: readonly FilterInstruction[] = [
  { code: LOAD_BYTE, jt: 0, jf: 0, k: FLAGS_OFFSET },
  { code: AND, jt: 0, jf: 0, k: SYN | ACK },
  { code: JUMP_IF_EQUAL, jt: 0, jf: 1, k: SYN },
  { code: RETURN, jt: 0, jf: 0, k: 0 },
  { code: RETURN, jt: 0, jf: 0, k: 0xffffffff },
];
