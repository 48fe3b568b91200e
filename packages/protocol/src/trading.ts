// Door `@tickwire/protocol/trading`: ready-made schemas and a contract for trading dashboards, in zod/mini.
export * from './trading/account.js';
export * from './trading/automation.js';
export * from './trading/contract.js';
export * from './trading/market-data.js';
export {
  Decimal,
  Exchange,
  Figure,
  Id,
  InstrumentSymbol,
  Instant,
  Side,
  toDecimal,
} from './trading/values.js';
