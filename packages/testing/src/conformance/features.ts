// Features: what a server says it offers, found in its answer to the command `features`. Pure.

/**
 * The features that a message names, if one of its lines is the answer to request `id`; `null` if none is. Nothing where the
 * answer is no list of texts: such a server does not keep the conformance contract.
 */
export function featuresIn(message: string, id: number): readonly string[] | null {
  for (const line of message.split('\n')) {
    const frame = parsed(line);
    if (!isObject(frame) || frame['t'] !== 'res' || frame['id'] !== id) continue;
    const { v } = frame;
    const features = isObject(v) ? v['features'] : undefined;
    return isTexts(features) ? features : [];
  }
  return null;
}

/** A line that is no JSON is not answered here: the reader reports it, with its rule. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
