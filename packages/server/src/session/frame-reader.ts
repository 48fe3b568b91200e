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

/** Of each type that holds a list, the field it is in. */
const LISTS: ReadonlyMap<unknown, string> = new Map([
  ['hello', 'caps'],
  ['sub', 'ch'],
  ['unsub', 'ch'],
]);

/** Most capabilities in `hello`; its schema says so too. */
const MAX_CAPS = 64;

/** What an object turned out to be. */
export type ReadFrame =
  | { readonly type: 'frame'; readonly frame: SessionFrame }
  | { readonly type: 'refused'; readonly id: number | undefined }
  | { readonly type: 'unknown'; readonly critical: boolean }
  | { readonly type: 'serverOnly' };

/**
 * Reads one object of a message.
 * @param maxChannels channels a `sub` may name. Of more it reads one more, enough to be refused for.
 */
export function readFrame(raw: Readonly<Record<string, unknown>>, maxChannels: number): ReadFrame {
  const t = Object.hasOwn(raw, 't') ? raw['t'] : undefined;
  const schema = SCHEMAS.get(t);
  if (schema === undefined) {
    if (SERVER_ONLY.has(t)) return { type: 'serverOnly' };
    if (typeof t !== 'string') return { type: 'refused', id: idOf(raw) };
    return { type: 'unknown', critical: Object.hasOwn(raw, 'crit') && raw['crit'] === 1 };
  }
  let parsed: { readonly success: boolean; readonly data?: unknown };
  try {
    parsed = schema.safeParse(shortened(t, raw, maxChannels));
  } catch {
    parsed = { success: false };
  }
  if (parsed.success) return { type: 'frame', frame: parsed.data as SessionFrame };
  return { type: 'refused', id: idOf(raw) };
}

/** A schema finds fault with every element of a list, be it thousands: it is shown what decides and no more. */
function shortened(
  t: unknown,
  raw: Readonly<Record<string, unknown>>,
  maxChannels: number,
): Readonly<Record<string, unknown>> {
  const field = LISTS.get(t);
  const list: unknown = field !== undefined && Object.hasOwn(raw, field) ? raw[field] : undefined;
  if (field === undefined || !Array.isArray(list)) return raw;
  if (t === 'unsub') {
    const wrong = list.findIndex((channel) => typeof channel !== 'string');
    return wrong === -1 ? raw : { ...raw, ch: list.slice(wrong, wrong + 1) };
  }
  const most = t === 'sub' ? maxChannels : MAX_CAPS;
  return list.length <= most ? raw : { ...raw, [field]: list.slice(0, most + 1) };
}

function idOf(raw: Readonly<Record<string, unknown>>): number | undefined {
  const id = Object.hasOwn(raw, 'id') ? raw['id'] : undefined;
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff ? id : undefined;
}
