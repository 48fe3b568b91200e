// Run program: the command line in this process, and what it wrote. For tests.
import { vi } from 'vitest';
import { runProgram } from '../program.js';

/** What became of a run. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tickwire ...args`. Rejects where the program would die with a stack trace. */
export async function tickwire(...args: readonly string[]): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await runProgram(args);
    return { code, stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}
