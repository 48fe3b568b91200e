// Candles of the chosen product. The chart library draws; this file feeds it only what changed.
import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  type CandlestickData,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef, type ReactElement } from 'react';
import type { Candle, Product } from '../../src/contract.js';
import { formatTime } from '../format.js';
import { useChannel } from '../live.js';
import type { Theme } from '../theme.js';

interface CandleChartProps {
  readonly product: Product;
  readonly theme: Theme;
  readonly candlesOf: 'trades' | 'mid';
}

interface Drawing {
  readonly chart: IChartApi;
  readonly series: ISeriesApi<'Candlestick'>;
  product: string | null;
  decimals: number;
  drawn: ReadonlyMap<string, Candle>;
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

/** Colours of the scheme in force, asked of the page so that they are written in one place only. */
function probe(name: string): string {
  const element = document.createElement('span');
  element.style.color = `var(${name})`;
  document.body.append(element);
  const value = getComputedStyle(element).color;
  element.remove();
  return value;
}

const SCALE_MARGINS = { top: 0.12, bottom: 0.1 };
/** Labels of the scale closer than this to the tag of the last price would look out from behind it. */
const TAG_REACH_PX = 16;

/** A label this close to an end of the scale is cut in half by it. */
const HALF_LABEL_PX = 7;

/** The scale's labels, without those that the tag covers or an end cuts. */
function labelsOf(drawing: Drawing | null, prices: readonly number[]): string[] {
  const last = [...(drawing?.drawn.values() ?? [])].reduce<Candle | null>(
    (newest, candle) => (newest !== null && newest.openMs > candle.openMs ? newest : candle),
    null,
  );
  const place = (price: number): number | null => drawing?.series.priceToCoordinate(price) ?? null;
  const tag = last === null ? null : place(Number(last.close));
  const height = drawing?.chart.panes()[0]?.getHeight() ?? Infinity;
  return prices.map((price) => {
    const at = place(price);
    const isCovered = at !== null && tag !== null && Math.abs(at - tag) < TAG_REACH_PX;
    const isCut = at !== null && (at < HALF_LABEL_PX || at > height - HALF_LABEL_PX);
    return isCovered || isCut ? '' : price.toFixed(drawing?.decimals ?? 2);
  });
}

const toBar = (candle: Candle): CandlestickData<UTCTimestamp> => ({
  time: (candle.openMs / 1_000) as UTCTimestamp,
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close),
});

export function CandleChart({ product, theme, candlesOf }: CandleChartProps): ReactElement {
  const container = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const { data: candles, status } = useChannel(
    'candles/{product}',
    { product: product.id },
    { maxUpdatesPerSecond: 10 },
  );

  useEffect(() => {
    if (!container.current) return;
    const chart = createChart(container.current, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      localization: {
        timeFormatter: (time: number) => formatTime(time * 1_000),
        tickmarksPriceFormatter: (prices: readonly number[]) => labelsOf(drawing.current, prices),
      },
      rightPriceScale: { borderVisible: false, scaleMargins: SCALE_MARGINS },
      timeScale: {
        borderVisible: false,
        timeVisible: true,
        secondsVisible: true,
        barSpacing: 9,
        rightOffset: 4,
        tickMarkFormatter: (time: number) => formatTime(time * 1_000),
      },
    });
    const series = chart.addSeries(CandlestickSeries, { borderVisible: false });
    drawing.current = { chart, series, product: null, decimals: 2, drawn: new Map() };
    return () => {
      chart.remove();
      drawing.current = null;
    };
  }, []);

  useEffect(() => {
    const up = probe('--up');
    const down = probe('--down');
    const line = probe('--line');
    drawing.current?.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: 'transparent' },
        textColor: probe('--muted'),
        fontFamily: colour('--font'),
        fontSize: 11,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
    });
    drawing.current?.series.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
  }, [theme]);

  useEffect(() => {
    const state = drawing.current;
    if (!state) return;
    const { series, chart } = state;
    state.decimals = product.priceDecimals;
    const sorted = [...(candles?.values() ?? [])].sort((one, two) => one.openMs - two.openMs);
    const newestDrawn = Math.max(0, ...[...state.drawn.values()].map((candle) => candle.openMs));
    const changed = sorted.filter((candle) => state.drawn.get(candle.key) !== candle);
    if (state.product !== product.id || changed.some((candle) => candle.openMs < newestDrawn)) {
      series.applyOptions({
        priceFormat: {
          type: 'price',
          precision: product.priceDecimals,
          minMove: 10 ** -product.priceDecimals,
        },
      });
      series.setData(sorted.map(toBar));
      if (state.product !== product.id) chart.timeScale().scrollToRealTime();
    } else {
      for (const candle of changed) series.update(toBar(candle));
    }
    state.product = candles ? product.id : null;
    state.drawn = candles ?? new Map();
    // The library keeps its labels while the range stays; the tag moves within it.
    series.priceScale().applyOptions({ scaleMargins: SCALE_MARGINS });
  }, [candles, product]);

  return (
    <div className="chart" data-product={product.id} data-candles={candles?.size ?? 0}>
      <div
        ref={container}
        className="chart-canvas fades"
        role="img"
        aria-label={`Candles of ${product.id}, made of ${candlesOf === 'mid' ? 'the middle of the book' : 'trades'}`}
      />
      {status === 'pending' && <div className="empty">Waiting for the first candle</div>}
    </div>
  );
}
