// Mutants of the client.
import type { Mutant } from './mutant.js';

/** Rules of the client, each taken out by itself. */
export const clientMutants: readonly Mutant[] = [
  {
    name: 'cursor-before-handler',
    rule: 'P-POS-3: the cursor moves when data has been applied',
    file: 'client/src/subscription/channel.ts',
    find: 'const verdict = sequencer.accept(frame);',
    replace:
      "const verdict = sequencer.accept(frame);\n      if (typeof verdict !== 'string') sequencer.commit(verdict);",
  },
  {
    name: 'no-resync-after-hole',
    rule: 'P-DATA-6: a hole is asked for',
    file: 'client/src/subscription/registry.ts',
    find: 'if (!channel.receive(frame)) resync(channel);',
    replace: 'if (!channel.receive(frame)) return;',
  },
  {
    name: 'part-applied-alone',
    rule: 'P-DATA-7: parts are applied together',
    file: 'client/src/subscription/sequencer.ts',
    find: "return more ? 'ignore' : merge(parts.splice(0));",
    replace: 'return merge(parts.splice(0));',
  },
  {
    name: 'parts-not-merged',
    rule: 'P-DATA-7: all parts make the value',
    file: 'client/src/subscription/sequencer.ts',
    find: 'merge(parts.splice(0))',
    replace: 'parts.splice(0).at(-1)!',
  },
  {
    name: 'head-of-the-old-epoch',
    rule: 'P-DATA-1: another epoch has another head',
    file: 'client/src/subscription/sequencer.ts',
    find: 'if (epoch !== entryEpoch) head = frame.o;',
    replace: '',
  },
  {
    name: 'events-of-an-overlap-twice',
    rule: 'P-DATA-4: only events after the cursor are delivered',
    file: 'client/src/subscription/channel.ts',
    find: 'if (offset <= known) return false;',
    replace: '',
  },
  {
    name: 'gap-not-told',
    rule: 'P-APP-3: a loss is announced',
    file: 'client/src/subscription/channel.ts',
    find: "tell('gap', {",
    replace: 'void ({',
  },
  {
    name: 'value-not-renewed',
    rule: 'P-SUB-9: a full value replaces everything',
    file: 'client/src/store/collection-store.ts',
    find: 'records = new Map(Object.entries(k));',
    replace: 'records = new Map([...before, ...Object.entries(k)]);',
  },
  {
    name: 'unkeyed-command-sent-again',
    rule: 'P-CMD-2: nothing is sent again without a key',
    file: 'client/src/command/commands.ts',
    find: 'if (call.sent && !call.repeatable)',
    replace: 'if (false)',
  },
  {
    name: 'sent-command-not-done',
    rule: 'P-CMD-2: without an answer the outcome is unknown',
    file: 'client/src/command/commands.ts',
    find: "call.sent ? 'maybe' : 'no'",
    replace: "'no'",
  },
  {
    name: 'refusal-never-asked-again',
    rule: 'P-SUB-13: a passing refusal is asked again',
    file: 'client/src/subscription/transition.ts',
    find: 'const waitMs = error.temporary',
    replace: 'const waitMs = false',
  },
  {
    name: 'not-asked-on-a-new-connection',
    rule: 'P-SUB-7: a new connection is asked for everything',
    file: 'client/src/subscription/registry.ts',
    find: 'attachAll: () => channels.forEach(want),',
    replace: 'attachAll: () => undefined,',
  },
  {
    name: 'late-close-of-an-old-socket',
    rule: 'Every event of a socket carries its id',
    file: 'client/src/connection/transition.ts',
    find: 'if (!lost && current?.socketId !== socketId) return undefined;',
    replace: '',
  },
  {
    name: 'drain-is-not-followed',
    rule: 'P-LIVE-4: a connection that ended is made again',
    file: 'client/src/connection/transition.ts',
    find: "if (policy === 'stop' || streak >= MAX_CLOSES_IN_A_ROW || gaveUp) {",
    replace: "if (policy === 'stop' || policy === 'soon' || streak >= MAX_CLOSES_IN_A_ROW || gaveUp) {",
  },
];
