// UTF-8 length: how many bytes a text takes. The core has no encoder of a platform, and needs no bytes to count them.

/** Bytes of a text in UTF-8; a lone surrogate counts as the three of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A pair takes four bytes, two for each of its halves.
    bytes += unit < 0x800 || isPairAt(text, at) || isPairAt(text, at - 1) ? 1 : 2;
  }
  return bytes;
}

function isPairAt(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}
