// Address: under which name connections that are not authenticated yet are counted.

/**
 * The address of a client. An IPv6 client has a whole /64 to itself, so that is what is counted; IPv4 in IPv6 is IPv4.
 * @param hops proxies whose `X-Forwarded-For` is believed: the entry so far from the right is the client.
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | undefined,
  hops: number,
): string | undefined {
  const forwarded = hops === 0 || forwardedFor === undefined ? [] : forwardedFor.split(',');
  const claimed = forwarded[Math.max(0, forwarded.length - hops)]?.trim();
  const address = claimed === undefined || claimed === '' ? remote : claimed;
  return address === undefined ? undefined : networkOf(address);
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address.slice(0, 64);
  const [start = '', end = ''] = address.slice(0, 64).toLowerCase().split('%', 1)[0]?.split('::', 2) ?? [];
  const head = start === '' ? [] : start.split(':');
  const tail = end === '' ? [] : end.split(':');
  const groups = [
    ...head,
    ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0'),
    ...tail,
  ];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
