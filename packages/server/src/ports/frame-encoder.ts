// Frame encoder: the port that turns a frame's text into what a socket writes. Knows neither frames nor sockets.

/** What a frame is about: `data` is what a cursor can make good if it is lost, everything else is `control`. */
export type FrameKind = 'control' | 'data';

/** One frame, encoded once and shared by every socket it goes to. */
export interface EncodedFrame {
  /** Bytes of the frame's text in UTF-8: what the peer's `lim.in` is compared with. */
  readonly byteLength: number;
  readonly kind: FrameKind;
  /** Made by the encoder for the sockets that go with it; opaque to everybody else. */
  readonly payload: unknown;
}

/** Encodes one frame's text. A server has one encoder, so all its sockets must understand that encoder's payload. */
export type FrameEncoder = (text: string, kind: FrameKind) => EncodedFrame;
