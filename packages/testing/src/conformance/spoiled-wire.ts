// Spoiled wire: makes a right server wrong, frame by frame, to prove that a wrong server is found. Not part of any door.
import type { ConformanceWire, WireConnection, WireEvents } from './server-script.js';

export type WireFrame = Readonly<Record<string, unknown>>;

/** One fault. What it answers is sent instead; nothing leaves a frame out. */
export interface Fault {
  /** What the server says. */
  readonly said?: (frame: WireFrame) => readonly WireFrame[];
  /** What the server hears. */
  readonly heard?: (frame: WireFrame) => readonly WireFrame[];
  /** Lines of a message reach the server one by one. */
  readonly lineByLine?: true;
  /** Close codes. */
  readonly closes?: (code: number) => number | null;
}

/** A wire on which a fault happens all the time, but on the first connection, which only asks what the server offers. */
export function spoil(wire: ConformanceWire, makeFault: () => Fault): ConformanceWire {
  let connections = 0;
  return {
    ...wire,
    open: (request, events) => {
      if (connections++ === 0) return wire.open(request, events);
      const fault = makeFault();
      return spoiledConnection(wire.open(request, spoiledEvents(events, fault)), fault);
    },
  };
}

function spoiledEvents(events: WireEvents, { said, closes }: Fault): WireEvents {
  return {
    ...events,
    onMessage: (data) => {
      const frames = typeof data === 'string' && said !== undefined ? changed(data, said) : data;
      if (frames !== '') events.onMessage(frames);
    },
    onClose: (code, reason) => {
      const told = closes === undefined ? code : closes(code);
      if (told !== null) events.onClose(told, reason);
    },
  };
}

function spoiledConnection(connection: WireConnection, { heard, lineByLine }: Fault): WireConnection {
  return {
    ...connection,
    send: (data) => {
      if (typeof data !== 'string') {
        connection.send(data);
        return;
      }
      for (const message of lineByLine === true ? data.split('\n') : [data]) {
        const text = heard === undefined ? message : changed(message, heard);
        if (text !== '' || message === '') connection.send(text);
      }
    },
  };
}

function changed(message: string, change: (frame: WireFrame) => readonly WireFrame[]): string {
  return message
    .split('\n')
    .flatMap((line) => {
      try {
        return change(JSON.parse(line) as WireFrame).map((frame) => JSON.stringify(frame));
      } catch {
        return [line];
      }
    })
    .join('\n');
}
