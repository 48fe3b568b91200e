// Rows: cases that differ in what is sent and share what is answered.
import { expect } from 'vitest';
import { call } from './exchange.js';
import type { HostileCase } from './harness.js';
import type { Stage } from './stage.js';
import { textFrame } from './websocket-bytes.js';

/** An error is short: it repeats nothing of what was sent, and names few places. */
const MAX_ERROR_BYTES = 1_024;

/** What is sent: bytes as they are, a text as a message. */
export type Sent = Uint8Array | string | ((stage: Stage) => Uint8Array | string);

function bytesOf(sent: Sent, stage: Stage): Uint8Array {
  const made = typeof sent === 'function' ? sent(stage) : sent;
  return typeof made === 'string' ? textFrame(made) : made;
}

/** It ends the connection with this code, and nothing in it is acted on. */
export const closeRow = (number: number, what: string, code: number, sent: Sent): HostileCase => ({
  case: number,
  what,
  reaction: `close ${code}`,
  play: async (stage) => {
    const { socket } = await stage.session();
    socket.send(bytesOf(sent, stage));
    expect(await socket.ending()).toMatchObject({ code, closeFrames: 1 });
    expect(socket.heard).toEqual([]);
  },
});

/** It changes nothing: not a word about it, and the next frame is served. */
export const ignoredRow = (number: number, what: string, sent: Sent): HostileCase => ({
  case: number,
  what,
  reaction: 'ignored',
  play: async (stage) => {
    const { socket } = await stage.session();
    socket.send(bytesOf(sent, stage));
    await socket.roundTrip();
    expect(socket.heard).toEqual([]);
  },
});

/** The frame is refused as a bad one, with its id where it could be read. */
export const badFrameRow = (number: number, what: string, message: string, id?: number): HostileCase => ({
  case: number,
  what,
  reaction: 'err bad_frame',
  play: async (stage) => {
    const { socket } = await stage.session();
    socket.sayText(message);
    const err = await socket.hearType('err');
    expect(err).toMatchObject({ err: { c: 'bad_frame', x: 'no' } });
    expect(err['id']).toBe(id);
    expect(JSON.stringify(err).length).toBeLessThan(MAX_ERROR_BYTES);
    await socket.roundTrip();
    expect(socket.heard).toEqual([]);
  },
});

/** The input of a command is refused; the error tells where it is wrong, and nothing else. */
export const badInputRow = (
  number: number,
  what: string,
  method: string,
  json: (stage: Stage) => string,
): HostileCase => ({
  case: number,
  what,
  reaction: 'res bad_input',
  play: async (stage) => {
    const { socket } = await stage.session();
    const response = await call(socket, method, json(stage));
    expect(response).toMatchObject({ err: { c: 'bad_input', x: 'no' } });
    expect(JSON.stringify(response).length).toBeLessThan(MAX_ERROR_BYTES);
  },
});
