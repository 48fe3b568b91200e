import { render } from '@testing-library/react';
import { createElement, useEffect, version } from 'react';
import { version as domVersion } from 'react-dom';
import { expect, test } from 'vitest';

test('hooks and renderer are those of React 18', () => {
  let effects = 0;
  const Component = (): null => {
    useEffect(() => {
      effects++;
    });
    return null;
  };
  render(createElement(Component));
  expect([version, domVersion]).toEqual(['18.3.1', '18.3.1']);
  expect(effects).toBe(1);
});
