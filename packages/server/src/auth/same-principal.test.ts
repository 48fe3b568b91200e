import { describe, expect, test } from 'vitest';
import { isSamePrincipal } from './same-principal.js';

class User {
  readonly #name: string;
  constructor(name: string) {
    this.#name = name;
  }
  toString(): string {
    return this.#name;
  }
}

const circle = (): object => {
  const self: Record<string, unknown> = {};
  self['self'] = self;
  return self;
};
const ann = new User('ann');

describe('principals without a name', () => {
  test.each<[string, unknown, unknown]>([
    ['nobody', null, null],
    ['a text', 'ann', 'ann'],
    ['data', { sub: 'ann', roles: ['a', { b: 1 }] }, { roles: ['a', { b: 1 }], sub: 'ann' }],
    ['the very same instance', ann, ann],
  ])('are the same: %s', (_what, a, b) => {
    expect(isSamePrincipal(a, b)).toBe(true);
  });

  test.each<[string, unknown, unknown]>([
    ['another text', 'ann', 'bob'],
    ['another field', { sub: 'ann' }, { sub: 'bob' }],
    ['a field more', { sub: 'ann' }, { sub: 'ann', admin: true }],
    ['a field less', { sub: 'ann', admin: true }, { sub: 'ann' }],
    ['another field of nothing', { a: undefined }, { b: undefined }],
    ['a list and an object', [], {}],
    ['a list more', ['a'], ['a', 'b']],
    ['nobody and somebody', null, {}],
    ['a field that every object has', { a: 1 }, Object.create({ a: 1 }) as object],
    ['instances, which may differ in what nobody sees', new User('ann'), new User('bob')],
    ['moments', new Date(1), new Date(2)],
    ['circles', circle(), circle()],
  ])('are not the same: %s', (_what, a, b) => {
    expect(isSamePrincipal(a, b)).toBe(false);
  });
});
