// Mutants of the protocol: what both ends reckon with.
import type { Mutant } from './mutant.js';

/** Rules of the protocol, each taken out by itself. */
export const protocolMutants: readonly Mutant[] = [
  {
    name: 'resume-without-epoch',
    rule: 'P-SUB-4: a cursor of another epoch is no cursor',
    file: 'protocol/src/cursor.ts',
    find: 'since.epoch !== head.epoch',
    replace: 'false',
  },
  {
    name: 'hole-applied',
    rule: 'P-DATA-1: no base check',
    file: 'protocol/src/cursor.ts',
    find: "base > cursor ? 'hole' : 'apply'",
    replace: "'apply'",
  },
  {
    name: 'publication-without-link',
    rule: 'P-NODE-2: a publication continues the one before',
    file: 'protocol/src/cursor.ts',
    find: "previousOffset === head.offset ? 'apply' : 'hole'",
    replace: "'apply'",
  },
  {
    name: 'publication-applied-twice',
    rule: 'P-NODE-2: what the head covers is dropped',
    file: 'protocol/src/cursor.ts',
    find: "if (offset <= head.offset) return 'duplicate';",
    replace: "if (offset <= head.offset) return 'apply';",
  },
  {
    name: 'publication-of-another-epoch',
    rule: 'P-NODE-2: another epoch is read again',
    file: 'protocol/src/cursor.ts',
    find: "if (epoch !== head.epoch) return 'fork';",
    replace: '',
  },
  {
    name: 'behind-is-same',
    rule: 'P-SUB-4: only the very offset is the same',
    file: 'protocol/src/cursor.ts',
    find: 'since.offset === head.offset',
    replace: 'since.offset <= head.offset',
  },
  {
    name: 'loss-announced-too-small',
    rule: 'P-DATA-5: the whole of what is lost',
    file: 'protocol/src/cursor.ts',
    find: 'lost: [since.offset, head.floor]',
    replace: 'lost: [since.offset, since.offset + 1]',
  },
  {
    name: 'net-difference',
    rule: 'P-DATA-3: what changed and changed back is named',
    file: 'protocol/src/delta/touched-fields.ts',
    find: '!dequal(before[key], after[key])) fields.add(key);',
    replace: '!dequal(before[key], after[key])) fields.delete(key) || fields.add(key);',
  },
  {
    name: 'gone-field-not-touched',
    rule: 'P-DATA-3: fields that are gone are named',
    file: 'protocol/src/delta/touched-fields.ts',
    find: 'if (!Object.hasOwn(after, key)) fields.add(key);',
    replace: '',
  },
  {
    name: 'recreated-record-patched',
    rule: 'P-DATA-3: what did not exist all the time is whole',
    file: 'protocol/src/delta/touched-fields.ts',
    find: "if (touched === 'whole' ||",
    replace: "if (touched === 'whole') touched = undefined;\n  if (",
  },
  {
    name: 'unset-left-out',
    rule: 'P-DATA-3: fields that are gone are named',
    file: 'protocol/src/delta/touched-fields.ts',
    find: 'else unset.push(key);',
    replace: '',
  },
  {
    name: 'removed-key-left-out',
    rule: 'P-DATA-3: keys that are gone are named',
    file: 'protocol/src/delta/collection-delta.ts',
    find: 'removed.push(key);',
    replace: '',
  },
  {
    name: 'removed-key-kept',
    rule: 'P-DATA-3: keys that are gone are removed',
    file: 'protocol/src/delta/collection-delta.ts',
    find: 'records.delete(key);',
    replace: '',
  },
  {
    name: 'patch-replaces-record',
    rule: 'P-DATA-3: a patch sets fields, and leaves others',
    file: 'protocol/src/delta/touched-fields.ts',
    find: '{ ...value, ...set }',
    replace: '{ ...set }',
  },
];
