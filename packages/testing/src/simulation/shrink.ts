// Shrink: cuts a scenario that breaks a rule down to the steps that are needed for it.
import type { Scenario, Step } from './scenario.js';

/**
 * Removes steps as long as `fails` says that what is left still fails: first large parts, then single steps. A step
 * that ends what another one began goes with it.
 */
export async function shrinkScenario(
  scenario: Scenario,
  fails: (scenario: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  let steps = scenario.steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < steps.length;) {
      const fewer = withoutOrphans([...steps.slice(0, at), ...steps.slice(at + size)]);
      if (fewer.length < steps.length && (await fails({ ...scenario, steps: fewer }))) steps = fewer;
      else at += size;
    }
  }
  return { ...scenario, steps };
}

function withoutOrphans(steps: readonly Step[]): readonly Step[] {
  const begun = new Set(steps.flatMap((step) => (step.do === 'subscribe' ? [step.subscription] : [])));
  return steps.filter((step) => step.do !== 'unsubscribe' || begun.has(step.subscription));
}
