// A recording as a file: found, opened and read whole, or one sentence about why not.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CaptureError, readCapture, type Capture } from './capture.js';

const WHY_NOT_OPENED: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EISDIR: 'It is a folder, not a recording.',
  EACCES: 'It may not be read.',
};

/** @throws {@link CaptureError} when the file cannot be opened, or is no recording. */
export async function readRecording(path: string): Promise<Capture> {
  try {
    return await readCapture(createInterface({ input: createReadStream(path), crlfDelay: Infinity }));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const code = 'code' in cause ? String(cause.code) : '';
    throw new CaptureError(`--replay ${path}: ${WHY_NOT_OPENED[code] ?? cause.message}`, { cause });
  }
}
