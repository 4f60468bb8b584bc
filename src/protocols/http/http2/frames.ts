/** Frames of HTTP/2 (RFC 9113 section 4.1), as far as they are looked at on their way. */

/** Types of frames (RFC 9113 section 6). */
export const FrameType = Object.freeze({
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
});

/** Flags of frames. `ack` has the same bit as `endStream`, on other types. */
export const FrameFlag = Object.freeze({ endStream: 0x1, ack: 0x1, endHeaders: 0x4 });

/** Error codes (RFC 9113 section 7). */
export const ErrorCode = Object.freeze({
  noError: 0x0,
  internalError: 0x2,
  refusedStream: 0x7,
  cancel: 0x8,
  enhanceYourCalm: 0xb,
});

export const HEADER_LENGTH = 9;
/** The largest number of a stream: a GOAWAY with it announces the end and refuses nothing (RFC 9113 section 6.8). */
export const LAST_STREAM = 2 ** 31 - 1;
/** What a client begins with (RFC 9113 section 3.4). */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** The header of one frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** Octets behind the header. */
  readonly length: number;
}

export function frameAt(octets: Buffer, at: number): Frame {
  return {
    length: octets.readUIntBE(at, 3),
    type: octets[at + 3] ?? 0,
    flags: octets[at + 4] ?? 0,
    stream: octets.readUInt32BE(at + 5) & LAST_STREAM,
  };
}

export function has(frame: Frame, flag: number): boolean {
  return (frame.flags & flag) !== 0;
}

export function goAway(lastStream: number, errorCode: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(lastStream, 0);
  payload.writeUInt32BE(errorCode, 4);
  return frameOf(FrameType.goAway, payload);
}

/** What a server has to begin with, if it has nothing to settle. */
export const emptySettings = frameOf(FrameType.settings, Buffer.alloc(0));

function frameOf(type: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(HEADER_LENGTH + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  payload.copy(frame, HEADER_LENGTH);
  return frame;
}
