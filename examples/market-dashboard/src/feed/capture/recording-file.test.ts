import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CaptureError } from './capture.js';
import { readRecording } from './recording-file.js';

const folder = mkdtempSync(join(tmpdir(), 'tickwire-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function complaintAbout(path: string): Promise<string> {
  const error: unknown = await readRecording(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CaptureError);
  return (error as CaptureError).message;
}

test('a path that is no readable file is one sentence that names it', async () => {
  const missing = join(folder, 'missing.txt');
  expect(await complaintAbout(missing)).toBe(`--replay ${missing}: There is no such file.`);
  expect(await complaintAbout(folder)).toBe(`--replay ${folder}: It is a folder, not a recording.`);
});

test('a file that is no recording says what a recording looks like', async () => {
  const path = join(folder, 'binary');
  writeFileSync(path, Buffer.from(Array.from({ length: 4_000 }, (_, index) => (index * 37) % 256)));
  expect(await complaintAbout(path)).toContain('No line of it has the form of a capture.');
  writeFileSync(path, '');
  expect(await complaintAbout(path)).toContain('It holds no frame.');
});
