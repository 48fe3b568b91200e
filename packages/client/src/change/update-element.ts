// Update element: writes text into a page only where it differs, because writing what is there already costs a layout.

/**
 * Writes a value into an element as text, if it is not there already. Never as HTML.
 * @param format - turns the value into text; `null` and `undefined` are an empty text without it.
 * @returns whether the page was changed.
 */
export function updateElementIfChanged<T>(
  element: { textContent: string | null },
  value: T,
  format: (value: T) => string = (plain) => String(plain ?? ''),
): boolean {
  const text = format(value);
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}
