// Server platform: what test doubles give a server core in place of Node. Knows no platform but what Node and browsers
// share.
import type { Logger } from '@tickwire/protocol';
import type { PlatformSettings } from '@tickwire/server/core';
import type { FrameEncoder } from '@tickwire/server';

const utf8 = new TextEncoder();

/** Frames as text, for connections that carry text. */
export const textFrameEncoder: FrameEncoder = (text, kind) => ({
  byteLength: utf8.encode(text).byteLength,
  kind,
  payload: text,
});

export const createAbortSource: PlatformSettings['createAbortSource'] = () => {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
};

/** Tells of mistakes in the test itself; `double` names whose server it is. */
export const errorsToConsole =
  (double: 'test' | 'msw'): Logger =>
  (level, message, fields) => {
    if (level === 'error') console.error(`tickwire ${double} server: ${message}`, fields ?? '');
  };
