// The network between one tab and this process, where the demo breaks it: resets, refusals, lost messages. It works on
// sockets and on the server's transport port; neither the SDK's client nor its server knows that it is there.
import type { Socket } from 'node:net';

const TABS_REMEMBERED = 1_000;

interface Tab {
  readonly sockets: Set<Socket>;
  cutUntilMs: number;
  /** Share of data messages that are lost, 0 to 1. */
  dropShare: number;
}

export interface TabNetwork {
  /** Takes a new connection of `tab`, or resets it because the cable is cut. Says which. */
  readonly admit: (tab: string, socket: Socket) => boolean;
  /** Resets the connections of a tab, and every new one for a while. */
  readonly cut: (tab: string, forMs: number) => void;
  /** Resets the connections of all tabs. */
  readonly cutAll: () => void;
  readonly setDropShare: (tab: string, share: number) => void;
  /** Whether the next data message to `tab` gets lost. */
  readonly loses: (tab: string) => boolean;
}

/**
 * A reset, not a goodbye: the peer hears nothing, as with a pulled plug. A socket that is already saying goodbye cannot
 * be reset (libuv refuses, and Node then never closes it): it is destroyed.
 */
const reset = (socket: Socket): void => {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
};

export function createTabNetwork(
  monotonicMs: () => number = () => performance.now(),
  random: () => number = Math.random,
): TabNetwork {
  const tabs = new Map<string, Tab>();

  const tabOf = (name: string): Tab => {
    const known = tabs.get(name);
    if (known) return known;
    const tab: Tab = { sockets: new Set(), cutUntilMs: 0, dropShare: 0 };
    tabs.set(name, tab);
    if (tabs.size > TABS_REMEMBERED) forgetOldest();
    return tab;
  };

  const forgetOldest = (): void => {
    for (const [name, tab] of tabs) {
      if (tab.sockets.size > 0) continue;
      tabs.delete(name);
      return;
    }
  };

  return {
    admit: (name, socket) => {
      const tab = tabOf(name);
      if (monotonicMs() < tab.cutUntilMs) {
        reset(socket);
        return false;
      }
      tab.sockets.add(socket);
      socket.once('close', () => tab.sockets.delete(socket));
      return true;
    },
    cut: (name, forMs) => {
      const tab = tabOf(name);
      tab.cutUntilMs = monotonicMs() + forMs;
      tab.sockets.forEach(reset);
    },
    cutAll: () => {
      for (const tab of tabs.values()) tab.sockets.forEach(reset);
    },
    setDropShare: (name, share) => {
      tabOf(name).dropShare = share;
    },
    loses: (name) => {
      const share = tabs.get(name)?.dropShare ?? 0;
      return share > 0 && random() < share;
    },
  };
}
