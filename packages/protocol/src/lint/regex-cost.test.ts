import { describe, expect, test } from 'vitest';
import { judgeRegex } from './regex-cost.js';

describe('expressions that can need more than linear time are refused', () => {
  test.each([
    /^(a+)+$/, /(a|a)*/, /(a|ab)*c/, /^(a*)*$/, /^(a|a)*$/, /^(a|aa)+$/, /^(a?b?)*$/, /^((a*|b*)c)*$/, /^(\w+\s?)*$/,
    /^([a-z]+)*@/, /^(.*,)*x$/, /^(a{1,100}){1,100}$/, /^([a-z]{1,20}-?){1,20}$/, /^(?:a|[a-c])+$/, /^(A|a)*$/i,
    /^(\d|[0-5])+$/, /^(x+x+)+y$/, /^\d+\d+$/, /^a*a*$/, /^\s*(.*?)\s*$/, /\s+$/, /\d+-\d+/, /^.*foo.*bar.*baz$/,
    /^[^@]+@[^@]+\.[^@]+$/, /^(?=(a+)+$)a/, /^(a)\1$/, /^(?<x>a)\k<x>$/, /^(?:\p{L}|a)+$/u, /^([^]|b)*$/, /^(?:(?:a)+)+$/m,
    /^(?:ab|a|b)*$/, /a*b/, /^\w+\d+$/, /^(\w{1,9}){1,9}$/, /^([A-Z0-9]{1,8}[ -]?){1,8}$/, /^(?:(?:(?:a{1,9}){1,9}){1,9})$/,
    /^(\w{1,9}){9}$/, /^(a?){25}$/, /^a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaa$/, /^\w{1,9}\w{1,9}\w{1,9}\w{1,9}\w{1,9}\w{1,9}$/,
    /^\w{1,900}\w{1,900}$/, /^([a-z]{1,9}){1,3}([a-z]{1,9}){1,3}$/, /^(?:k|\u212a)*$/iu, /^(?:s|\u017f)*$/iu, /^(?:[^s]|\u017f)*s(?:s|\u017f)*$/iu,
  ])('%s', (regex) => {
    expect(judgeRegex(regex).danger).toBeTypeOf('string');
  }); // prettier-ignore

  test('and the sentence says why', () => {
    expect(judgeRegex(/^(a+)+$/).danger).toContain('exponentially many ways');
    expect(judgeRegex(/^\d+\d+$/).danger).toContain('two repetitions in a row');
    expect(judgeRegex(/\d+-\d+/).danger).toContain('not anchored with ^');
    expect(judgeRegex(/^(a)\1$/).danger).toContain('backreference');
    expect(judgeRegex(/^\w{1,900}\w{1,900}$/).danger).toContain('more than 100,000 ways');
    // Node 20 cannot read it, so it is no literal.
    expect(judgeRegex({ source: '^(?:(?i:a)|A)*$', flags: '' }).danger).toContain('flags for a part');
    expect(judgeRegex(new RegExp(`^${'(?:ab?)'.repeat(200)}$`)).danger).toContain('too large');
  });
});

describe('expressions in linear time are not refused', () => {
  test.each([
    /^[a-z]+$/, /^-?\d{1,20}(?:\.\d{1,18})?$/, /^(?:[a-z]+-)*[a-z]+$/, /^[A-Z]{3,5}\/[A-Z]{3,5}$/, /^a|b$/, /^(a|b)*$/,
    /^(?:a|ab)*c$/, /^\d+(?:\.\d+)?$/, /^[\w.-]+@[A-Za-z]{2,10}$/, /^(?:\d{1,3}\.){3}\d{1,3}$/, /foo/, /[a-z]+/, /^$/, /^\s*x/,
    /^[a-z0-9]{1,20}-?[a-z0-9]{1,20}$/, /^(?:[a-z]{1,63}\.){1,8}[a-z]{2,63}$/, /^#[0-9a-f]{6}$/i, /^\u{1F680}+$/u,
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, /^(?!bad)[a-z]+$/, /^[\]\\^-]+$/, /^a{2,}b{3,}$/, /^\cJ+x$/,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/, /^(?:buy|sell)$/, /^[+-]?(?:0|[1-9]\d*)$/, /^x{}$/, /^(?:"[^"]*",)*$/,
    /^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$/, /^(?:\d{1,2}){2}$/, /^(?:[a-z]{1,5}-)*$/, /^\w{1,9}\w{1,9}\w{1,9}$/, /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, /^[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}$/i, /^\+?[0-9]{1,3}[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}$/,
    /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/, /^[A-Z]{1,5}(?:\.[A-Z]{1,3})?(?:-[A-Z]{1,4})?$/, /^(?:\w+\W)*$/iu, /^(?:k|s)*$/iu, /^(?:[a-z]|[^a-z])*$/iu, /^(?:k|\u212a)*$/i,
    /^.{1,500}$/s, /^[a-z]{1,200}(?:,[a-z]{1,200}){0,50}$/, /^\d{1,12}(?:\.\d{1,8})?(?:[eE][+-]?\d{1,3})?$/,
  ])('%s', (regex) => {
    expect(judgeRegex(regex).danger).toBeUndefined();
  }); // prettier-ignore
});

test.each([
  [/^-?\d{1,20}(?:\.\d{1,18})?$/, 40],
  [/^(?:buy|sell)$/, 4],
  [/^(?:a{2}){3}$/, 6],
  [/^\u{1F680}{2}$/u, 4],
  [/^$/, 0],
  [/^a+$/, Infinity],
  [/a/, Infinity],
  [/^a/, Infinity],
  [/a$/, Infinity],
  [/^a|b$/, Infinity],
  [/^(?:^a|^b)$/, 1],
  [/^a$/m, Infinity],
])('the longest match of %s has %d characters', (regex, length) => {
  expect(judgeRegex(regex).maxLength).toBe(length);
});
