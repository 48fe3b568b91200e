import { describe, expect, it } from 'vitest';
import { drawScenario } from './draw-scenario.js';
import { shrinkScenario } from './shrink.js';

describe('shrinkScenario', () => {
  it('keeps only the steps without which nothing fails', async () => {
    const scenario = drawScenario(3);
    const needed = scenario.steps.filter((_, index) => index % 40 === 7);
    const shrunk = await shrinkScenario(scenario, async ({ steps }) =>
      needed.every((step) => steps.includes(step)),
    );
    const begun = needed.flatMap((step) => (step.do === 'unsubscribe' ? [step.subscription] : []));
    const wanted = scenario.steps.filter(
      (step) => needed.includes(step) || (step.do === 'subscribe' && begun.includes(step.subscription)),
    );
    expect(shrunk.steps).toEqual(wanted);
  });

  it('takes away the end of what it takes away', async () => {
    const scenario = drawScenario(3);
    const { steps } = await shrinkScenario(scenario, async () => true);
    expect(steps).toEqual([]);
  });
});
