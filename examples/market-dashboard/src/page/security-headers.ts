// The headers of the page: nothing inline, nothing from elsewhere, nobody may frame it.

/**
 * The chart library's attribution brings its style as an inline sheet. This is the sheet's hash, so that it is allowed
 * and nothing else inline is; a test compares it with the library.
 */
export const ATTRIBUTION_STYLE_HASH = 'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY=';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' '${ATTRIBUTION_STYLE_HASH}'`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
