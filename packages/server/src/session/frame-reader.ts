// Frame reader: from a decoded object to a frame this server acts on. Names come from outside, so they are looked up in
// a Map, never in an object (P-FRAME-6).
import {
  authFrameSchema,
  cancelFrameSchema,
  errFrameSchema,
  helloFrameSchema,
  pingFrameSchema,
  pongFrameSchema,
  publishFrameSchema,
  requestFrameSchema,
  subscribeFrameSchema,
  unsubscribeFrameSchema,
} from '@tickwire/protocol/schema';
import type { SessionFrame } from './state.js';

interface FrameSchema {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: unknown };
}

const SCHEMAS: ReadonlyMap<unknown, FrameSchema> = new Map<unknown, FrameSchema>([
  ['hello', helloFrameSchema],
  ['sub', subscribeFrameSchema],
  ['unsub', unsubscribeFrameSchema],
  ['req', requestFrameSchema],
  ['cancel', cancelFrameSchema],
  ['pub', publishFrameSchema],
  ['auth', authFrameSchema],
  ['ping', pingFrameSchema],
  ['pong', pongFrameSchema],
  ['err', errFrameSchema],
]);

/** Only a server sends these (P-FRAME-7). */
const SERVER_ONLY: ReadonlySet<unknown> = new Set([
  'welcome',
  'reject',
  'subd',
  'unsubd',
  'f',
  'd',
  'e',
  'rst',
  'stat',
  'res',
  'reauth',
  'goaway',
]);

/** What an object turned out to be. */
export type ReadFrame =
  | { readonly type: 'frame'; readonly frame: SessionFrame }
  | { readonly type: 'refused'; readonly id: number | undefined }
  | { readonly type: 'unknown'; readonly critical: boolean }
  | { readonly type: 'serverOnly' };

/** Reads one object of a message. */
export function readFrame(raw: Readonly<Record<string, unknown>>): ReadFrame {
  const t = Object.hasOwn(raw, 't') ? raw['t'] : undefined;
  const schema = SCHEMAS.get(t);
  if (schema === undefined) {
    if (SERVER_ONLY.has(t)) return { type: 'serverOnly' };
    if (typeof t !== 'string') return { type: 'refused', id: idOf(raw) };
    return { type: 'unknown', critical: Object.hasOwn(raw, 'crit') && raw['crit'] === 1 };
  }
  let parsed: { readonly success: boolean; readonly data?: unknown };
  try {
    parsed = schema.safeParse(raw);
  } catch {
    parsed = { success: false };
  }
  if (parsed.success) return { type: 'frame', frame: parsed.data as SessionFrame };
  return { type: 'refused', id: idOf(raw) };
}

function idOf(raw: Readonly<Record<string, unknown>>): number | undefined {
  const id = Object.hasOwn(raw, 'id') ? raw['id'] : undefined;
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff ? id : undefined;
}
