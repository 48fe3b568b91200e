// Kind: what a channel can be.

/** What a channel is (P-MODEL-1). */
export type ChannelKind = 'state' | 'collection' | 'stream';
